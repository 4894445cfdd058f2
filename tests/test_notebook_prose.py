"""What notebooks are asked for: figures in prose that a cell shows, and words for each picture."""

from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from .programs.notebooks import execute, figures_not_shown, pictures_without_words, printed


def code(source: str = "", *, text: str = "", **data: str) -> NotebookNode:
    """A code cell that printed a text, or shows HTML or a picture."""
    outputs = [new_output("stream", text=text)] if text else []
    if data:
        kinds = {kind.replace("_", "/"): shown for kind, shown in data.items()}
        outputs.append(new_output("display_data", data=kinds))
    return new_code_cell(source, outputs=outputs)


def missing(told: str, *cells: NotebookNode, **allowed: list[str]) -> list[str]:
    """The figures of a prose that none of the cells after it shows."""
    notebook = new_notebook(cells=[new_markdown_cell(told, id="prose"), *cells])
    return [figure for _, figure in figures_not_shown(notebook, allowed)]


def picture(alt: str | None) -> NotebookNode:
    cell = code(image_png="...")
    cell.id = "picture"
    if alt is not None:
        cell.outputs[0].metadata = {"image/png": {"alt": alt}}
    return cell


class TestFigures:
    def test_a_figure_is_shown_if_a_cell_prints_it(self) -> None:
        assert missing("Of 20,000 rows 3 are wrong.", code(text="wrong: 3 of 20000")) == []
        assert missing("Of 20,000 rows 3 are wrong.", code(text="wrong: 4 of 20000")) == ["3"]
        assert missing("The loss is 0.25.", code(text_html="<td>0.25</td>")) == []
        assert missing("The loss is 0.25.", code(text_plain="0.25")) == []

    def test_or_if_its_code_has_it_as_a_number(self) -> None:
        assert missing("20,000 rows", code("n = 20_000")) == []
        assert missing("20,000 rows", code("n = 'of 20_000'  # 20,000")) == ["20,000"]

    @pytest.mark.parametrize("told", ["0.2976", "0.298", "0.30", ".3", "0.3", "30 %", "29.8%"])
    def test_the_output_is_rounded_as_the_prose_rounds_it(self, told: str) -> None:
        assert missing(f"The share is {told}.", code(text="0.2976")) == []
        assert missing(f"The share is {told}.", code(text="0.36")) == [told]

    def test_a_percentage_is_a_share(self) -> None:
        for shown in ("0.912", "91.2%", "91.2 %", "91.24 percent"):
            assert missing("right: 91.2 %", code(text=shown)) == []
        for shown in ("91.2", "0.913", "9.12%"):
            assert missing("right: 91.2 %", code(text=shown)) == ["91.2 %"]
        assert missing("a share of 0.91", code(text="91.2%")) == []

    def test_a_minus_is_read_and_a_dash_between_numbers_is_none(self) -> None:
        assert missing("It falls to −0.16.", code(text="-0.163")) == []
        assert missing("It falls to −0.16.", code(text="0.163")) == ["−0.16"]
        assert missing("from 3-5 to 7–9", code(text="3 5 7 9")) == []

    def test_a_section_shows_nothing_for_another(self) -> None:
        cells = [code(text="7"), new_markdown_cell("## 2. On\n\n7 again, 8 ahead.", id="on")]
        assert missing("7 now", *cells) == ["7", "8"]
        assert missing("7 now", *cells, code(text="8")) == ["7"]
        assert missing("### 7 now\n\n## 2. Then", code(text="7")) == ["7"]

    def test_numbers_that_tell_of_no_run_are_left_alone(self) -> None:
        prose = """# 4. Of a net

1. $w_1 = 0.5$ and `range(3)`, on [page two](page2.html) or <img width="40">
2. as float64 has it, in section 11 and exercises 3, 4 and 5 (Glorot & Bengio, 2010)

$$
y = 3x
$$

```sh
head -n 17 file
```
"""
        assert missing(prose) == []
        assert missing(prose.replace("file\n```", "file\n```\n18")) == ["18"]

    def test_what_is_folded_away_is_prose(self) -> None:
        assert missing("<details><summary>More</summary>\n\n12 times\n\n</details>") == ["12"]

    def test_tags_and_styles_show_nothing(self) -> None:
        shown = '<style>a {width: 9px}</style><svg width="9"><text>8</text></svg>&#39;'
        assert missing("8 and 9 and 39", code(text_html=shown)) == ["9", "39"]

    def test_what_is_allowed_is_left_out_as_long_as_it_stands_there(self) -> None:
        assert missing("9 in 10 and 11", prose=["9", "10"]) == ["11"]
        assert missing("9 in 10", code(text="9"), prose=["9", "10", "12"]) == ["12"]

    def test_an_alternative_text_is_prose(self) -> None:
        assert missing("See:", picture("a line from 0 to 40")) == ["0", "40"]


class TestPictures:
    PROSE = new_markdown_cell("The loss falls.", id="prose")
    ALT = "A line that falls from left to right."

    def test_a_picture_needs_an_alternative_text(self) -> None:
        for alt, found in (
            (self.ALT, []),
            (None, ["picture"]),
            ("", ["picture"]),
            ("plot", ["picture"]),
        ):
            assert pictures_without_words(new_notebook(cells=[self.PROSE, picture(alt)])) == found

    def test_a_picture_needs_a_sentence_before_or_after_it(self) -> None:
        given = picture(self.ALT)
        for cells in ([given], [given, code(), self.PROSE], [new_markdown_cell("## Loss"), given]):
            assert pictures_without_words(new_notebook(cells=cells)) == ["picture"]
        for cells in ([given, self.PROSE], [self.PROSE, given]):
            assert pictures_without_words(new_notebook(cells=cells)) == []

    def test_a_drawing_in_html_needs_a_label(self) -> None:
        for tag, found in ((f'<svg aria-label="{self.ALT}">', []), ("<svg>", ["drawing"])):
            cell = code(text_html=tag)
            cell.id = "drawing"
            assert pictures_without_words(new_notebook(cells=[self.PROSE, cell])) == found


@pytest.mark.heavy
def test_a_run_has_the_threads_asked_for_and_keeps_the_alternative_text(tmp_path: Path) -> None:
    source = """import matplotlib.pyplot as plt
import numpy
from IPython.display import display
from threadpoolctl import threadpool_info

figure, axes = plt.subplots()
display(figure, metadata={"image/png": {"alt": "Two axes with nothing between them."}})
plt.close(figure)
print([pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"])"""
    path = tmp_path / "some.ipynb"
    nbformat.write(
        new_notebook(cells=[new_markdown_cell("An empty picture."), new_code_cell(source)]), path
    )
    for threads in (1, 2):
        notebook = execute(path, tmp_path, tmp_path, blas_threads=threads)
        assert printed(notebook) == f"[{threads}]\n"
        nbformat.write(notebook, tmp_path / "run.ipynb")
        assert pictures_without_words(nbformat.read(tmp_path / "run.ipynb", as_version=4)) == []
