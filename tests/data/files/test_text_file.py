"""How a message is made; reading itself is tested through files.py, in test_files.py."""

import pytest

from numlp.data.files.text_file import fault, show


@pytest.mark.parametrize(
    ("cell", "shown"), [("x" * 40, repr("x" * 40)), ("x" * 41, repr("x" * 37 + "..."))]
)
def test_a_cell_is_quoted_whole_up_to_40_characters(cell: str, shown: str) -> None:
    assert show(cell) == shown


def test_control_characters_become_one_blank() -> None:
    assert str(fault("t.csv", "a\x1b\x7f[31m,\r\nb")) == "t.csv: a [31m, b"
