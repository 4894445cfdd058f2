"""Text of any origin in one short line."""

import pytest

from numlp.common.wording import printable, shortened


def test_control_characters_and_ends_of_lines_are_gone() -> None:
    assert printable("a\x1b[31m\r\nb\x00\u202ec\td") == "a[31m bc d"


@pytest.mark.parametrize(
    ("text", "most", "expected"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("ab cd", 4, "ab…"),
        ("a\n\nb", 3, "a b"),
        ("\x1b" * 9, 3, ""),
    ],
)
def test_a_long_text_is_cut_and_says_so(text: str, most: int, expected: str) -> None:
    assert shortened(text, most) == expected
