"""The Python of a page, run as in a fresh interpreter: with a numlp that nobody has loaded yet."""

import ast
import contextlib
import io
import sys
from collections.abc import Iterator, Sequence
from typing import Any

Names = dict[str, Any]
EAGER = ("numlp", "np")  # their parts are there once they are imported


def run_page(snippets: Sequence[str]) -> tuple[Names, str]:
    """Run the snippets in their order, in names of their own; return these, and what is printed.

    A new process would take half a second for each page to import NumPy and pandas.  In place of it
    numlp is loaded anew for the page, so that it has no attribute that another test has loaded.  A
    part of another package has to be imported by the page, wherever else it has been imported.
    """
    names: Names = {"__name__": "__main__"}
    _check_parts("\n".join(snippets))
    with _without_numlp(), contextlib.redirect_stdout(io.StringIO()) as out:
        for code in snippets:
            exec(code, names)  # noqa: S102 - the page's own words
    return names, out.getvalue()


@contextlib.contextmanager
def _without_numlp() -> Iterator[None]:
    """For a block, none of numlp's modules is loaded; afterwards those are that were before."""
    finders = list(sys.meta_path)

    def taken() -> dict[str, Any]:
        own = [name for name in sys.modules if name.partition(".")[0] == "numlp"]
        return {name: sys.modules.pop(name) for name in own}

    before = taken()
    try:
        yield
    finally:
        taken()
        sys.modules.update(before)
        # A finder of another package stays: importlib_metadata puts its own in place of Python's.
        sys.meta_path[:] = [f for f in sys.meta_path if f in finders or not _is_own(f)]


def _is_own(finder: object) -> bool:
    return getattr(finder, "__module__", "").partition(".")[0] == "numlp"


def _check_parts(source: str) -> None:
    """Raise an ImportError where a module is used by its dotted name and never imported."""
    tree = ast.parse(source)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    imported = {alias.name for node in imports for alias in node.names}
    modules = {alias.asname or alias.name: alias.name for n in imports for alias in n.names}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute):
            continue
        root, _, rest = ast.unparse(node).partition(".")
        name = f"{modules.get(root)}.{rest}"
        there = any(each == name or each.startswith(f"{name}.") for each in imported)
        if root in modules and root not in EAGER and name in sys.modules and not there:
            raise ImportError(f"{name} is used, and not imported on the page")
