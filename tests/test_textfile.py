"""What a message quotes; reading itself is tested through files.py, in test_files.py."""

import pytest

from numlp.textfile import show


@pytest.mark.parametrize(
    ("cell", "shown"), [("x" * 40, repr("x" * 40)), ("x" * 41, repr("x" * 37 + "..."))]
)
def test_a_cell_is_quoted_whole_up_to_40_characters(cell: str, shown: str) -> None:
    assert show(cell) == shown
