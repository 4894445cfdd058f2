"""A model and rows whose classes are known -> one page of HTML that loads nothing else.

>>> from numlp import TabularClassifier
>>> table, y = {"size": [1.0, 1.2, 3.1, 3.3] * 20}, ["wren", "wren", "rook", "rook"] * 20
>>> clf = TabularClassifier("fast", epochs=5, random_state=0).fit(table, y)
>>> page = to_html(clf, table, y)
>>> page.startswith("<!doctype html>"), len(page) < 100_000
(True, True)
"""

from .page import to_html, write_report

__all__ = ["to_html", "write_report"]
