"""Teachers make homework of a lesson, and learn what became of what comes back."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

HEAVY = pytest.mark.heavy
PROGRAM = Path(__file__).parents[1] / "lessons" / "homework.py"

START = """\
import numpy as np

rate = 0.1
np.random.seed(0)
X = np.ones(3)
parameters = {"X": X}

def half(x):
    return x / 2"""
END = """\
assert parameters["X"] is X, "two names of one array stay so"
print(X.sum(), rate, np.random.rand())"""
# What is filled in, what must hold of it, and the hint if it does not, by exercise.
ASKED = {
    1: ("double", "double == 2 * rate", "twice the rate"),
    2: ("total", "total == sum(X) * rate", "the sum, times the rate"),
    3: ("function", "function(4) == half(4)", "half of what comes in"),
}
RIGHT = {1: "double = 2 * rate", 2: "total = 3 * rate", 3: "def function(x):\n    return x / 2"}


def exercise(number: int) -> list[NotebookNode]:
    name, holds, hint = ASKED[number]
    begin = f"# exercise {number}: your answer\n"
    check = f"""\
# exercise {number}: check
if {name} is None:
    print("exercise {number}: not answered yet")
else:
    assert {holds}, "{hint}"
    print("exercise {number}: right")"""
    solution = f"""\
<details><summary>Solution of exercise {number}</summary>

This is how:

```python
{begin}{RIGHT[number]}
```

</details>"""
    return [
        new_markdown_cell(f"**Exercise {number}.** Find it.", metadata={"tags": ["exercise"]}),
        new_code_cell(f"{begin}{name} = None", metadata={"tags": ["answer"]}),
        new_code_cell(check, metadata={"tags": ["check"]}),
        new_markdown_cell(solution, metadata={"tags": ["solution"]}),
    ]


def made_up_lesson() -> NotebookNode:
    asked = "**Questions**\n\n1. What is `X`?\n2. And `rate`?"
    answered = "<details><summary>Answers</summary>\n\n1. Ones.\n2. A tenth.\n\n</details>"
    shown = new_output("stream", text="a secret output")
    cells = [
        new_markdown_cell("# A lesson"),
        new_markdown_cell("## 1. Numbers\n\nThere are some."),
        new_code_cell(START, outputs=[shown], execution_count=1),
        *exercise(1),
        new_markdown_cell(asked, metadata={"tags": ["questions"]}),
        new_markdown_cell(answered, metadata={"tags": ["answers"]}),
        new_markdown_cell("## 2. More of them"),
        *exercise(2),
        *exercise(3),
        new_code_cell(END),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


@pytest.fixture
def lesson(tmp_path: Path) -> Path:
    path = tmp_path / "lesson.ipynb"
    nbformat.write(made_up_lesson(), path)
    return path


def hand_in(homework: ModuleType, path: Path, answers: dict[int, str]) -> NotebookNode:
    """Store the lesson with answers, each below the line that an answer begins with."""
    sources = {n: f"# exercise {n}: your answer\n{source}" for n, source in answers.items()}
    notebook = homework.with_answers(made_up_lesson(), sources)
    nbformat.write(notebook, path)
    return notebook


def checked(
    homework: ModuleType,
    capsys: pytest.CaptureFixture[str],
    lesson: Path,
    answers: dict[int, str],
    seconds: int = 60,
) -> list[str]:
    """The lines that are printed of one notebook with these answers."""
    path = lesson.with_name("handed_in.ipynb")
    hand_in(homework, path, answers)
    code = homework.main(["check", str(path), "--lesson", str(lesson), "--seconds", str(seconds)])
    lines = lines_of(capsys, path)
    assert code == (0 if lines[-1] == "3 of 3 right" else 1)
    return lines


def lines_of(capsys: pytest.CaptureFixture[str], path: Path) -> list[str]:
    out = capsys.readouterr().out
    assert out.startswith("Answers are programs that others wrote, and they run with your rights")
    return [line.strip() for line in out.partition(f"\n{path}\n")[2].splitlines()]


class TestFunctions:
    def test_solutions_are_the_whole_answer_cells(self, homework: ModuleType) -> None:
        found = homework.solutions(made_up_lesson())
        assert found == {n: f"# exercise {n}: your answer\n{RIGHT[n]}\n" for n in RIGHT}

    def test_a_solution_without_its_one_block_is_named(self, homework: ModuleType) -> None:
        lesson = made_up_lesson()
        lesson.cells[6].source = "<details><summary>Solution of exercise 1</summary> 0.2 </details>"
        with pytest.raises(homework.HomeworkError, match=r"Solution of exercise 1.* one block"):
            homework.solutions(lesson)

    def test_an_answer_to_no_exercise_is_refused(self, homework: ModuleType) -> None:
        with pytest.raises(homework.HomeworkError, match=r"no exercise 4; it has \[1, 2, 3\]"):
            homework.with_answers(made_up_lesson(), {4: "x = 1"})

    def test_with_answers_changes_nothing_but_these_answers(self, homework: ModuleType) -> None:
        lesson = made_up_lesson()
        new = homework.with_answers(lesson, {2: "# exercise 2: your answer\ntotal = 1"})
        changed = [
            (old.source, cell.source)
            for old, cell in zip(lesson.cells, new.cells, strict=True)
            if old != cell
        ]
        begin = "# exercise 2: your answer\n"
        assert changed == [(f"{begin}total = None", f"{begin}total = 1")]

    @HEAVY
    def test_the_lesson_runs_with_its_solutions(self, homework: ModuleType, tmp_path: Path) -> None:
        lesson = made_up_lesson()
        executed = homework.run(homework.with_answers(lesson, homework.solutions(lesson)), tmp_path)
        assert homework.results(executed) == dict.fromkeys(RIGHT, "right")
        assert len(executed.cells) == len(lesson.cells)
        assert executed.cells[2].execution_count == 1
        assert executed.cells[-1].outputs[0].text == "3.0 0.1 0.5488135039273248\n"


@HEAVY
class TestCheck:
    def test_right_and_wrong_and_not_answered(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        assert checked(homework, capsys, lesson, {1: RIGHT[1], 2: "total = 4"}) == [
            "exercise 1: right",
            "exercise 2: wrong: the sum, times the rate",
            "exercise 3: not answered",
            "1 of 3 right",
        ]

    def test_an_answer_that_fails_is_told_with_its_line(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        answers = {1: "double = 2 * rat", 2: "total = = 3", 3: "def function(x):\n    return x / 0"}
        first, second, third, _ = checked(homework, capsys, lesson, answers)
        assert first == (
            "exercise 1: fails: NameError: name 'rat' is not defined, "
            "in the line 'double = 2 * rat'"
        )
        assert second.startswith("exercise 2: fails: SyntaxError: invalid syntax")
        assert second.endswith("in the line 'total = = 3'")
        assert third == (
            "exercise 3: fails: ZeroDivisionError: division by zero, in the line 'return x / 0'"
        )

    def test_what_an_answer_overwrites_spoils_no_later_exercise(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        spoil = """\
import os
os.chdir("/")
rate = 10
X *= 5
parameters.clear()
sum = max = 3
np.random.seed(7)
del half
double = 0.2"""
        assert checked(homework, capsys, lesson, {**RIGHT, 1: spoil}) == [
            "exercise 1: wrong: twice the rate",
            "exercise 2: right",
            "exercise 3: right",
            "2 of 3 right",
        ]

    def test_the_lesson_goes_on_as_if_nothing_had_been_overwritten(
        self, homework: ModuleType, tmp_path: Path
    ) -> None:
        spoil = "import os\nos.chdir('/')\nX *= 5\nrate = 10\nnp.random.seed(7)\nsum = 3"
        lesson = made_up_lesson()
        lesson.cells[-1].source += "\nimport os\nprint(os.path.exists('here'))"
        (tmp_path / "here").touch()
        answers = {2: f"# exercise 2: your answer\n{spoil}"}
        executed = homework.run(homework.with_answers(lesson, answers), tmp_path)
        assert executed.cells[-1].outputs[0].text == "3.0 0.1 0.5488135039273248\nTrue\n"

    def test_a_later_answer_may_use_what_an_earlier_one_made(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        answers = {**RIGHT, 1: "def twice(x):\n    return 2 * x\n\ndouble = twice(rate)"}
        answers[3] = "def function(x):\n    return twice(x) / 4"
        assert checked(homework, capsys, lesson, answers)[-1] == "3 of 3 right"

    def test_an_endless_answer_and_one_that_ends_the_kernel_cost_no_other(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        endless = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
        answers = {1: endless, 2: "import os\nos._exit(1)", 3: RIGHT[3]}
        assert checked(homework, capsys, lesson, answers, seconds=3) == [
            "exercise 1: took longer than 3 seconds",
            "exercise 2: fails: it ended the kernel (by exit(), or for want of memory)",
            "exercise 3: right",
            "1 of 3 right",
        ]

    def test_an_endless_check_is_the_fault_of_its_answer(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        answers = {**RIGHT, 3: "def function(x):\n    while True: pass"}
        lines = checked(homework, capsys, lesson, answers, seconds=3)
        assert lines[2:] == ["exercise 3: took longer than 3 seconds", "2 of 3 right"]

    def test_endless_printing_ends_before_the_memory_is_full(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        answers = {**RIGHT, 1: "while True:\n    print('x' * 1000)"}
        lines = checked(homework, capsys, lesson, answers)
        assert "RuntimeError: it prints more than a million letters" in lines[0]
        assert lines[-1] == "2 of 3 right"

    def test_tampered_checks_and_other_cells_do_not_count(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        path = lesson.with_name("tampered.ipynb")
        notebook = hand_in(homework, path, {1: "double = 9", 2: "total = 9", 3: RIGHT[3]})
        for cell in notebook.cells:
            if cell.source.startswith("# exercise 1: check"):
                cell.source = '# exercise 1: check\nprint("exercise 1: right")'
            if cell.source.startswith("import numpy"):
                cell.source = "rate = 9 / 2"
        notebook.cells = [c for c in notebook.cells if "exercise 2: check" not in c.source]
        nbformat.write(notebook, path)
        assert homework.main(["check", str(path), "--lesson", str(lesson)]) == 1
        assert lines_of(capsys, path)[:3] == [
            "exercise 1: wrong: twice the rate",
            "exercise 2: wrong: the sum, times the rate",
            "exercise 3: right",
        ]

    def test_printing_right_in_an_answer_does_not_count(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        say = 'print("exercise {}: right")'.format
        answers = {1: say(1), 2: f"total = 1\n{say(2)}", 3: f"def function(x):\n    {say(3)}"}
        results = [line.partition(": ")[2] for line in checked(homework, capsys, lesson, answers)]
        assert results[0].startswith("fails: NameError")
        assert results[1:3] == ["wrong: the sum, times the rate", "wrong: half of what comes in"]

    def test_of_a_cell_that_is_there_twice_the_last_one_counts(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        path = lesson.with_name("twice.ipynb")
        notebook = hand_in(homework, path, {**RIGHT, 1: "double = 9"})
        notebook.cells.append(new_code_cell(f"# exercise 1: your answer\n{RIGHT[1]}"))
        nbformat.write(notebook, path)
        assert homework.main(["check", str(path), "--lesson", str(lesson)]) == 0
        lines = lines_of(capsys, path)
        assert lines[0] == "exercise 1: right"
        assert lines[3] == "exercise 1 is answered more than once: the last one counts"

    def test_ids_tags_and_order_may_be_lost_and_lines_be_added(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        path = lesson.with_name("colab.ipynb")
        notebook = hand_in(homework, path, RIGHT)
        cells = [
            {
                "cell_type": cell.cell_type,
                "metadata": {"id": f"x{number}", "colab": {"base_uri": "https://localhost"}},
                "source": f"\n\n  {cell.source}".splitlines(keepends=True),
                **({"outputs": [], "execution_count": 4} if cell.cell_type == "code" else {}),
            }
            for number, cell in enumerate(reversed(notebook.cells))
        ]
        stored = {"nbformat": 4, "nbformat_minor": 0, "metadata": {"colab": {}}, "cells": cells}
        path.write_text(json.dumps(stored), encoding="utf-8-sig")
        assert homework.main(["check", str(path), "--lesson", str(lesson)]) == 0
        assert lines_of(capsys, path)[-1] == "3 of 3 right"

    def test_a_deleted_answer_is_missing_and_until_leaves_out_what_comes_later(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        path = lesson.with_name("missing.ipynb")
        notebook = hand_in(homework, path, RIGHT)
        del notebook.cells[-4]
        nbformat.write(notebook, path)
        assert homework.main(["check", str(path), "--lesson", str(lesson)]) == 1
        missing = 'exercise 3: missing: no cell begins with "# exercise 3: your answer"'
        assert missing in lines_of(capsys, path)
        arguments = ["check", str(path), "--lesson", str(lesson), "--until", "1"]
        assert homework.main(arguments) == 0
        assert lines_of(capsys, path) == ["exercise 1: right", "1 of 1 right"]

    def test_a_folder_is_checked_and_a_table_written(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        folder = lesson.with_name("handed_in")
        for name in ("Anna", "Émile", ".ipynb_checkpoints"):
            (folder / name).mkdir(parents=True)
        hand_in(homework, folder / "Anna" / "lesson.ipynb", RIGHT)
        hand_in(homework, folder / "Émile" / "lesson.ipynb", {1: "double = 9"})
        (folder / ".ipynb_checkpoints" / "lesson.ipynb").write_text("not to be read")
        table = lesson.with_name("marks.csv")
        arguments = ["check", str(folder), "--lesson", str(lesson), "--csv", str(table)]
        assert homework.main(arguments) == 1
        with table.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file))
        assert rows == [
            ["file", "right", "of", "exercise 1", "exercise 2", "exercise 3", "notes"],
            [str(folder / "Anna" / "lesson.ipynb"), "3", "3", "right", "right", "right", ""],
            [str(folder / "Émile" / "lesson.ipynb"), "0", "3", "wrong: twice the rate"]
            + ["not answered"] * 2
            + [""],
        ]
        of_all = "\n2 notebooks\n  exercise 1: 1 right\n  exercise 2: 1 right\n"
        assert of_all + "  exercise 3: 1 right\n" in capsys.readouterr().out

    def test_of_a_later_part_what_was_asked_before_does_not_count(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        path = lesson.with_name("handed_in.ipynb")
        hand_in(homework, path, RIGHT | {1: "double = 9"})
        assert homework.main(["check", str(path), "--lesson", str(lesson), "--from", "2"]) == 0
        expected = ["exercise 2: right", "exercise 3: right", "2 of 2 right"]
        assert lines_of(capsys, path) == expected

    def test_a_folder_without_a_notebook_is_told(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        (folder := lesson.with_name("handed_in")).mkdir()
        assert homework.main(["check", str(folder), "--lesson", str(lesson)]) == 1
        assert f"no notebook (.ipynb) in {folder}" in capsys.readouterr().err

    def test_a_lesson_that_fails_by_itself_is_told(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        notebook = made_up_lesson()
        notebook.cells[2].source += "\nimport no_such_package"
        nbformat.write(notebook, lesson)
        path = lesson.with_name("right.ipynb")
        hand_in(homework, path, RIGHT)
        assert homework.main(["check", str(path), "--lesson", str(lesson)]) == 0
        assert any(
            line.startswith("the lesson's own cell 'import numpy as np' fails")
            and "No module named 'no_such_package'" in line
            for line in lines_of(capsys, path)
        )


BROKEN = {
    "absent.ipynb": (None, "cannot be read: No such file or directory"),
    "text.ipynb": ("an essay", "is not a Jupyter notebook"),
    "list.ipynb": ("[1, 2]", "is not a Jupyter notebook"),
    "deep.ipynb": ("[" * 100_000, "is not a Jupyter notebook"),
    "cells.ipynb": ('{"nbformat": 4, "cells": [{"cell_type": "code"}]}', "is not a Jupyter"),
    "old.ipynb": ('{"nbformat": 3, "worksheets": []}', "has nbformat 3, not 4"),
    "empty.ipynb": ('{"nbformat": 4, "cells": []}', "holds no answer: no cell begins"),
}


class TestFaults:
    def test_each_file_that_is_no_homework_gets_one_line_and_the_others_go_on(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        paths = [lesson.with_name(name) for name in BROKEN]
        for path, (text, _) in zip(paths, BROKEN.values(), strict=True):
            if text is not None:
                path.write_text(text)
        assert homework.main(["check", *map(str, paths), "--lesson", str(lesson)]) == 1
        out = capsys.readouterr().out
        for path, (_, fault) in zip(paths, BROKEN.values(), strict=True):
            first, last, *_ = out.partition(f"\n{path}\n")[2].splitlines()
            assert first.startswith(f"  {path.name} {fault}")
            assert last == "  0 of 3 right"

    @pytest.mark.parametrize("command", ["strip", "answers", "check"])
    def test_a_lesson_that_is_none_is_named(
        self,
        homework: ModuleType,
        capsys: pytest.CaptureFixture[str],
        tmp_path: Path,
        command: str,
    ) -> None:
        path = tmp_path / "none.ipynb"
        arguments = [command, str(path)] + ["--lesson", str(path)] * (command == "check")
        assert homework.main(arguments) == 1
        assert capsys.readouterr().err == (
            f"homework.py: {path} cannot be read: No such file or directory\n"
        )
        nbformat.write(new_notebook(), path)
        assert homework.main(arguments) == 1
        assert "none.ipynb holds no exercise: no cell begins" in capsys.readouterr().err

    def test_help_says_that_answers_are_programs(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for arguments in (["--help"], ["check", "--help"]):
            with pytest.raises(SystemExit, match="0"):
                homework.main(arguments)
            assert "run with your rights" in " ".join(capsys.readouterr().out.split())


class TestStrip:
    def test_the_homework_is_the_lesson_without_what_gives_it_away(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        path = lesson.with_name("lesson_homework.ipynb")
        assert homework.main(["strip", str(lesson)]) == 0
        assert capsys.readouterr().out == f"wrote {path}: 3 exercises, 2 questions\n"
        text = path.read_text()
        for secret in ("Solution", "Answers", "A tenth", "secret output", RIGHT[1]):
            assert secret in lesson.read_text()
            assert secret not in text
        stripped = nbformat.read(path, as_version=4)
        nbformat.validate(stripped)
        codes = [cell for cell in stripped.cells if cell.cell_type == "code"]
        assert [cell.execution_count for cell in codes] == [None] * 8
        assert len(stripped.cells) == len(made_up_lesson().cells) - 4

    def test_a_solution_without_its_tag_is_known_by_its_beginning(
        self, homework: ModuleType
    ) -> None:
        lesson = made_up_lesson()
        for cell in lesson.cells:
            cell.metadata.pop("tags", None)
        assert "<details>" not in str(homework.stripped(lesson))

    def test_a_file_that_exists_is_overwritten_by_force_alone(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        path = lesson.with_name("mine.ipynb")
        path.write_text("mine")
        arguments = ["strip", str(lesson), "-o", str(path)]
        assert homework.main(arguments) == 1
        assert f"{path} exists: choose another with -o, or add --force" in capsys.readouterr().err
        assert path.read_text() == "mine"
        assert homework.main([*arguments, "--force"]) == 0
        assert len(nbformat.read(path, as_version=4).cells) == 15

    def test_the_lesson_itself_is_never_overwritten(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        before = lesson.read_text()
        assert homework.main(["strip", str(lesson), "-o", str(lesson), "--force"]) == 1
        assert "is the lesson itself" in capsys.readouterr().err
        assert lesson.read_text() == before

    def test_a_part_is_what_comes_before_the_next_section(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        path = lesson.with_name("week_1.ipynb")
        arguments = ["strip", str(lesson), "-o", str(path), "--force", "--until"]
        assert homework.main([*arguments, "1"]) == 0
        assert capsys.readouterr().out == f"wrote {path}: 1 exercises, 2 questions\n"
        assert nbformat.read(path, as_version=4).cells[-1].source.startswith("**Questions**")
        assert homework.main([*arguments, "2"]) == 0
        assert len(nbformat.read(path, as_version=4).cells) == 15
        assert homework.main([*arguments, "3"]) == 1
        assert "has no section 3, but [1, 2]: change --until" in capsys.readouterr().err

    def test_a_later_part_has_all_the_text_and_asks_of_its_own_sections(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        made_up = made_up_lesson()
        made_up.cells[3].source = "A word before.\n\n" + made_up.cells[3].source
        lesson, path = tmp_path / "lesson.ipynb", tmp_path / "week_2.ipynb"
        nbformat.write(made_up, lesson)
        arguments = ["strip", str(lesson), "-o", str(path), "--from"]
        assert homework.main([*arguments, "2"]) == 0
        assert capsys.readouterr().out == f"wrote {path}: 2 exercises, 0 questions\n"
        sources = [cell.source for cell in nbformat.read(path, as_version=4).cells]
        assert sources[2:5] == [START, "A word before.", "## 2. More of them"]
        assert homework.main([*arguments, "3"]) == 1
        assert "has no section 3, but [1, 2]: change --from" in capsys.readouterr().err

    def test_the_checks_can_be_left_out_too(self, homework: ModuleType, lesson: Path) -> None:
        path = lesson.with_name("hard.ipynb")
        assert homework.main(["strip", str(lesson), "-o", str(path), "--no-checks"]) == 0
        assert "twice the rate" not in path.read_text()
        assert "# exercise 3: your answer" in path.read_text()


class TestAnswers:
    def test_every_question_and_exercise_is_there_unfolded_below_its_heading(
        self, homework: ModuleType, capsys: pytest.CaptureFixture[str], lesson: Path
    ) -> None:
        assert homework.main(["answers", str(lesson)]) == 0
        out = capsys.readouterr().out
        parts = ["## 1. Numbers", "**Exercise 1.**", "**Solution of exercise 1**", RIGHT[1]]
        parts += ["**Questions**", "What is `X`?", "**Answers**", "1. Ones.", "## 2. More"]
        parts += ["**Exercise 2.**", RIGHT[2], "**Exercise 3.**", RIGHT[3]]
        places = [out.index(part) for part in parts]
        assert places == sorted(places)
        for left_out in ("<", "There are some", "import numpy", "check"):
            assert left_out not in out


def test_it_is_run_by_name_from_anywhere(tmp_path: Path, lesson: Path) -> None:
    done = subprocess.run(
        [sys.executable, PROGRAM, "answers", lesson], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("## 1. Numbers")
