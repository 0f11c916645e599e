"""A disk cache for compiled kernels whose key is everything that the machine code depends on.

numba's own cache keys an entry on the kernel's file alone, so an edited penalty goes unnoticed, and it keeps one index
per kernel that names the classes it was compiled for, so a class that cannot be imported breaks every other entry. Here
an entry is one file, named by a hash of

    all kernel sources  +  the kernel  +  its argument types  +  the processor  +  the versions of Python, NumPy and numba

where the argument types carry a fingerprint of each user-defined class (`_jit.fingerprint`). Nothing is shared between
entries, hence nothing can go stale, be half-written or be overwritten by a second process.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import shutil
import sys
import tempfile
from functools import cache, cached_property
from pathlib import Path

import numba
import numpy as np
from numba.core.caching import CompileResultCacheImpl, _Cache
from numba.core.compiler import CompileResult
from numba.core.runtime import rtsys
from numba.core.serialize import dumps

from ._fingerprint import digest_functions, is_ours

PACKAGE = Path(__file__).resolve().parent
# Layers whose sources end up in machine code; the estimators may change without a recompilation.
KERNEL_LAYERS = ("_jit.py", "_kernel_cache.py", "_fingerprint.py", "design", "losses", "penalties", "solvers")
# Marks in the names of lowered classes: of a user's class, and of one without a fingerprint.
USER, UNCACHED = "user", "uncached"
# How many versions of the sources keep their entries in one folder.
VERSIONS_KEPT = 8


@cache
def sources_hash() -> str:
    """Hash of every source file that a kernel can be built from."""
    digest = hashlib.sha256()
    for layer in KERNEL_LAYERS:
        path = PACKAGE / layer
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.relative_to(PACKAGE).as_posix().encode())
            digest.update(file.read_bytes())
    versions = (sys.version, np.__version__, numba.__version__)
    digest.update(repr(versions).encode())
    return digest.hexdigest()[:16]


def candidate_folders() -> list[Path]:
    """Folders that may hold the cache, in order of preference."""
    folders = []
    if os.environ.get("NUMBA_CACHE_DIR"):
        folders.append(Path(os.environ["NUMBA_CACHE_DIR"]) / "skregloss")
    folders.append(PACKAGE / "__pycache__" / "kernels")
    home = os.path.expanduser("~")
    user_cache = os.environ.get("XDG_CACHE_HOME") or (os.path.join(home, ".cache") if home not in ("", "/", "~") else "")
    if os.path.isabs(user_cache):
        folders.append(Path(user_cache) / "skregloss")
    return folders


def _is_writable(folder: Path) -> bool:
    """Whether entries can be written to `folder`, found by writing: access bits say nothing of a read-only mount."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


@cache
def writable_folder() -> Path | None:
    """The first folder that takes new entries; None means that kernels are compiled in every process."""
    return next((folder for folder in candidate_folders() if _is_writable(folder)), None)


class KernelCache(_Cache):
    """The cache of one kernel, in the form that numba's dispatcher asks for."""

    def __init__(self, py_func):
        self._name = f"{py_func.__module__}.{py_func.__qualname__}".replace("<locals>.", "")
        self._py_func = py_func
        self._enabled = True

    @cached_property
    def _own_hash(self) -> str:
        """What `sources_hash` does not know of a kernel that is not the package's."""
        return "" if is_ours(self._py_func) else digest_functions({self._name: self._py_func})

    @property
    def cache_path(self):
        return str(writable_folder())

    def enable(self):
        self._enabled = True

    def disable(self):
        self._enabled = False

    def flush(self):
        """Remove this kernel's entries."""
        folder = writable_folder()
        for entry in folder.glob(f"*/{self._name}-*") if folder else ():
            entry.unlink(missing_ok=True)

    def _entry(self, signature, processor) -> Path:
        key = "|".join([*map(str, signature), *map(str, processor), self._own_hash])
        digest = hashlib.sha256(key.encode()).hexdigest()[:24]
        return Path(sources_hash()) / f"{self._name}-{digest}.kernel"

    def load_overload(self, sig, target_context):
        _prepare(target_context, any_code=f"{USER}_" in str(sig) or bool(self._own_hash))
        if not self._enabled or UNCACHED in str(sig):
            return None
        triple, name, features = target_context.codegen().magic_tuple()
        # Code for a generic processor runs on every machine of the family: images are warmed up with it.
        for processor in ((triple, name, features), (triple, "generic", "")):
            entry = self._entry(sig, processor)
            for folder in candidate_folders():
                try:
                    return CompileResult._rebuild(target_context, *pickle.loads((folder / entry).read_bytes()))
                except OSError:
                    continue
                except Exception:  # an entry that cannot be read, for whatever reason, means: compile anew
                    continue
        return None

    def save_overload(self, sig, data):
        folder = writable_folder()
        # Code that numba bound to addresses of this process (dynamic globals) means nothing to the next.
        if not self._enabled or folder is None or UNCACHED in str(sig) or data.library.has_dynamic_globals:
            return
        processor = data.codegen.magic_tuple()
        entry = folder / self._entry(sig, processor)
        payload = dumps(CompileResultCacheImpl.reduce(None, data))
        try:
            if not entry.parent.exists():
                _remove_old_versions(folder)
            entry.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=entry.parent, delete=False) as file:
                file.write(payload)
            os.replace(file.name, entry)
        except OSError:  # a full or vanished disk costs a recompilation, never a fit
            pass


def _prepare(target_context, any_code: bool):
    """Make numba ready to load machine code.

    In full that is `refresh`, which imports everything numba can compile and takes as long as the rest of a first fit. The
    package's own kernels need no more than the memory manager; numba refreshes by itself before it compiles.
    """
    if any_code:
        target_context.refresh()
    else:
        rtsys.initialize(target_context)


def _remove_old_versions(folder):
    """Make room for a new version of the sources: the entries of the oldest go."""
    versions = sorted((path for path in folder.iterdir() if path.is_dir()), key=lambda path: path.stat().st_mtime)
    for version in versions[: 1 - VERSIONS_KEPT]:
        shutil.rmtree(version, ignore_errors=True)
