"""The view of a design for several outputs, each with its own coefficients."""

from __future__ import annotations

import numpy as np

from ._base import Design


class Outputs(Design):
    """diag(X, ..., X): output after output, in rows as in columns; nothing is copied.

    Row i of output k is k n + i, and its coefficient of column j is k p + j.
    """

    def __init__(self, design, count):
        self.design, self.count = design, count
        self.n_samples, self.n_features = count * design.n_samples, count * design.n_features
        self.shift, self.scale = np.tile(design.shift, count), np.tile(design.scale, count)

    def kernel_parameters(self):
        return {"design": self.design, "rows": self.design.n_samples, "width": self.design.n_features}

    def _each(self, function, coef):
        return np.array([function(own) for own in coef.reshape(self.count, -1)])

    def unscaled(self, coef):
        """The coefficients of the columns as they were given"""
        return self._each(self.design.unscaled, coef).ravel()

    def scaled(self, coef):
        """The inverse of `unscaled`"""
        return self._each(self.design.scaled, coef).ravel()

    def shift_effect(self, coef):
        """What centring takes from each output's intercept"""
        return self._each(self.design.shift_effect, coef)

    def row_sets(self, columns):
        """Pairs (places in `columns`, the rows these columns have entries in)"""
        for output, places, _ in self.parts(columns):
            yield places, self._rows(output)

    def parts(self, columns):
        """For each output with some of the columns: the output, their places in `columns`, and the columns of X"""
        width = self.design.n_features
        if columns is None:
            for output in range(self.count):
                yield output, slice(output * width, (output + 1) * width), None
            return
        outputs = columns // width
        for output in range(self.count):
            places = np.flatnonzero(outputs == output)
            if len(places):
                yield output, places, columns[places] - output * width

    def _rows(self, output):
        return slice(output * self.design.n_samples, (output + 1) * self.design.n_samples)

    def matvec(self, coef, columns=None):
        result = np.zeros(self.n_samples)
        for output, places, own in self.parts(columns):
            result[self._rows(output)] = self.design.matvec(coef[places], own)
        return result

    def rmatvec(self, vector, columns=None):
        if columns is None:
            return self.design.rmatvecs(vector.reshape(self.count, -1)).ravel()
        result = np.empty(len(columns))
        for output, places, own in self.parts(columns):
            result[places] = self.design.rmatvec(vector[self._rows(output)], own)
        return result

    def rmatvecs(self, vectors, columns=None):
        if columns is not None:
            return np.array([self.rmatvec(vector, columns) for vector in vectors])
        return self.design.rmatvecs(vectors.reshape(len(vectors) * self.count, -1)).reshape(len(vectors), -1)

    def squares(self, weights, columns=None):
        result = np.empty(self.n_features if columns is None else len(columns))
        for output, places, own in self.parts(columns):
            result[places] = self.design.squares(weights[self._rows(output)], own)
        return result

    def gram(self, weights, columns, others=None):
        result = np.zeros((len(columns), len(columns if others is None else others)))
        right = None if others is None else {output: (places, own) for output, places, own in self.parts(others)}
        for output, places, own in self.parts(columns):
            if right is None:
                result[np.ix_(places, places)] = self.design.gram(weights[self._rows(output)], own)
            elif output in right:
                other_places, others_own = right[output]
                block = self.design.gram(weights[self._rows(output)], own, others_own)
                result[np.ix_(places, other_places)] = block
        return result

    def outer(self, columns, scales):
        result = np.zeros((self.n_samples, self.n_samples))
        for output, places, own in self.parts(columns):
            rows = self._rows(output)
            result[rows, rows] = self.design.outer(own, scales[places])
        return result

    def entries(self, rows, columns):
        result = np.zeros((len(rows), len(columns)))
        outputs = rows // self.design.n_samples
        for output, places, own in self.parts(columns):
            own_rows = np.flatnonzero(outputs == output)
            inside = rows[own_rows] - output * self.design.n_samples
            result[np.ix_(own_rows, places)] = self.design.entries(inside, own)
        return result

    def rows_of(self, columns):
        """The columns of X that these are, as rows, and their outputs"""
        outputs, own = np.divmod(columns, self.design.n_features)
        return self.design.transposed(own), outputs

    def dot(self, column, vector):
        output = column // int(self.width)
        start = output * int(self.rows)
        return self.design.dot(column - output * int(self.width), vector[start : start + int(self.rows)])

    def add_scaled(self, column, factor, weights, out):
        output = column // int(self.width)
        start, stop = output * int(self.rows), (output + 1) * int(self.rows)
        self.design.add_scaled(column - output * int(self.width), factor, weights[start:stop], out[start:stop])
