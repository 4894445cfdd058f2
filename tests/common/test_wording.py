"""Text of any origin in one short line."""

import pytest

from numlp.common.wording import guesses, nearest, printable, shortened


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


@pytest.mark.parametrize(
    ("typed", "names", "meant"),
    [
        ("--group", ["--output", "--target"], []),
        ("--ouput", ["--output", "--target"], ["--output"]),
        ("--max-epochs", ["--epochs", "--target"], ["--epochs"]),
        ("--class_weight", ["--class-weight"], ["--class-weight"]),
        ("--cost", ["--cost-fp", "--cost-fn", "--column"], ["--cost-fp", "--cost-fn"]),
        ("trian", ["train", "tune"], ["train"]),
        ("credi", ["credits", "credit"], ["credit"]),
        ("Species ", ["species", "specie s2"], ["species"]),
        ("x1", ["x0", "x2"], []),
        ("y2019", ["y2020", "y2018"], []),
        ("age", ["wage", "page"], ["wage", "page"]),
        ("cat", ["dog", "bird"], []),
        ("", ["a", "b"], []),
        ("名前", ["名前 2", "住所"], []),
        ("a", ["a1", "ab", "a b"], []),
        ("row", ["row one", "row two", "row three", "row four"], []),  # too many to be a guess
    ],
)
def test_a_guess_is_a_slip_of_the_keys_or_there_is_none(
    typed: str, names: list[str], meant: list[str]
) -> None:
    assert guesses(typed, names) == meant
    assert nearest(typed, names).startswith("did you mean" if meant else "it has")
