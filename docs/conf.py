"""The site of the documentation: ``sphinx-build -W --keep-going -b html docs build/site``."""

import re
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

import numlp

ROOT = Path(__file__).parents[1]

project = "numlp"
author = "The numlp maintainers"
project_copyright = author
version = release = numlp.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "numpydoc"]
exclude_patterns = ["_static"]
templates_path: list[str] = []
language = "en"
highlight_language = "none"  # of a block that names no language
default_role = "code"
smartquotes = False  # two hyphens are an option
nitpicky = True  # a role that names nothing is a warning
toc_object_entries_show_parents = "hide"
python_maximum_signature_line_length = 88

# Of Markdown: links to headings, down to the fourth level.
myst_enable_extensions = ["deflist"]
myst_heading_anchors = 4

# Of docstrings: types are in their text. A method that only overrides another is told once.
autodoc_typehints = "none"
autodoc_inherit_docstrings = False
autodoc_member_order = "bysource"
numpydoc_show_class_members = False

html_theme = "pydata_sphinx_theme"
html_title = "numlp"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_search_summary = False  # it would fetch pages, which a browser refuses of files
html_show_sourcelink = False
html_sidebars = {"index": [], "engine": []}  # of other pages: those of their section
html_theme_options = {
    "logo": {"text": "numlp"},
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


def adapt_links(_: Sphinx, page: str, source: list[str]) -> None:
    """Let links lead to pages of the site, or to a copy of a file that is no page of it.

    ``security`` has the text of SECURITY.md. A link to a heading of a file outside of ``docs``
    leads to the file, since its copy is not rendered.  A picture stays as it is: Sphinx copies it.
    """
    text = source[0]
    if page == "security":
        text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
        text = text.replace("](docs/", "](").replace("](CONTRIBUTING", "](../CONTRIBUTING")
    text = re.sub(r"\]\((?:\.\./)+SECURITY\.md", "](/security.md", text)
    up = "../" * (page.count("/") + 1)
    file = rf"{re.escape(up)}(?![^)]*\.png\))([^.)#][^)#]*)"
    source[0] = re.sub(rf"\]\({file}(#[^)]*)?\)", rf"](path:{up}\1)", text)


def leave_out(*event: Any) -> bool | None:
    """Leave out the fields of named tuples: the docstring of the class tells what they are."""
    member = event[3]  # after the app, what it is a member of, and its name
    return True if type(member).__name__ == "_tuplegetter" else None


def setup(app: Sphinx) -> None:
    """Connect what this file adds to Sphinx."""
    app.connect("source-read", adapt_links)
    app.connect("autodoc-skip-member", leave_out)
