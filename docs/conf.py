"""How the documentation is built: `python -m sphinx -W -b html docs docs/_build/html`."""

from __future__ import annotations

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(Path(__file__).resolve().parent))

import docstrings
import generated_pages

import skregloss

project = "skregloss"
author = "The skregloss developers"
copyright = author
version = release = skregloss.__version__

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "numpydoc",
    "sphinx_gallery.gen_gallery",
]
templates_path = ["_templates"]
exclude_patterns = ["_build", "**/GALLERY_HEADER.rst"]
# `name` in a docstring is a link where there is something of that name, and code where there is not.
default_role = "py:obj"
smartquotes = False
highlight_language = "python"

autosummary_generate = True
autodoc_typehints = "none"
autodoc_class_signature = "mixed"
numpydoc_show_class_members = False

sphinx_gallery_conf = {
    "examples_dirs": "examples",
    "gallery_dirs": "gallery",
    "filename_pattern": r"plot_",
    "matplotlib_animations": False,
    "download_all_examples": False,
    "remove_config_comments": True,
    "plot_gallery": True,
    "abort_on_example_error": True,
    "show_memory": False,
    "show_signature": False,
    "within_subsection_order": "ExampleTitleSortKey",
}

html_theme = "pydata_sphinx_theme"
html_title = f"skregloss {version}"
html_static_path = ["_static"]
html_css_files = ["custom.css"]
html_show_sourcelink = False
html_sidebars = {"reference/*": ["sidebar-nav-bs"], "index": []}
html_theme_options = {
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "navbar_align": "left",
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}


def setup(app):
    """Write the generated pages before Sphinx looks for pages, and prepare docstrings before numpydoc reads them."""
    generated_pages.write(Path(__file__).resolve().parent)
    app.connect("autodoc-process-docstring", docstrings.prepare, priority=100)
    app.connect("autodoc-skip-member", docstrings.skip_inherited)
