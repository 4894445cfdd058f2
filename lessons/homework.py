"""Make homework of the lesson, check what comes back, and print the answers.

    python lessons/homework.py strip -o homework.ipynb       # without solutions and answers
    python lessons/homework.py strip -o week_2.ipynb --from 5 --until 8  # asks of these sections
    python lessons/homework.py check handed_in/ --csv marks.csv
    python lessons/homework.py answers > answers.md

``check`` takes nothing but the answer cells of a handed-in notebook, known by their first line
(``# exercise 3: your answer``), puts them into the teacher's own lesson and runs that. So altered
checks and other cells do not count, and cells may have lost their ids and tags.

Answers are programs that others wrote, and they run with your rights: they can read, change and
send whatever you can. Run ``check`` in a container, or in an account that has nothing to lose. It
finds mistakes, and not every trick: an answer made to deceive its check may pass for right.

Needs nbformat, nbclient and ipykernel, and what the lesson imports: numlp[test,plot] has it all.
"""

import argparse
import copy
import csv
import inspect
import io
import json
import logging
import os
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from subprocess import DEVNULL
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

LESSON = Path(__file__).with_name("classification_from_scratch.ipynb")
WARNING = """\
Answers are programs that others wrote, and they run with your rights: run this in a container, or
in an account that has nothing to lose."""
MARKER = r"\s*#\s*exercise\s+(\d+)\s*:\s*(your answer|check)\b"  # how a cell of an exercise begins
# What a learner unfolds: the answers to the questions, and the solution of an exercise.
FOLDED = r"<details><summary>((?:Answers|Solution of exercise \d+)</summary>.*?)</details>"
ASKS = r"^\*\*(?:Questions|Exercise \d+\.)\*\*"  # where a text begins to ask
COLOUR = r"\x1b\[[\d;]*[A-Za-z]"


class HomeworkError(Exception):
    """Says which file is not as it should be, what was found, and what to do."""


def part_of(source: str) -> tuple[int, str] | None:
    """Return which exercise a code cell is of, and whether it is its "your answer" or "check"."""
    found = re.match(MARKER, source, re.IGNORECASE)
    return (int(found[1]), found[2].lower()) if found else None


def cells_of(notebook: NotebookNode, part: str) -> dict[int, NotebookNode]:
    """Return the cells that are this part of an exercise, by the number of the exercise."""
    return {
        found[0]: cell
        for cell in notebook.cells
        if cell.cell_type == "code" and (found := part_of(cell.source)) and found[1] == part
    }


def solutions(lesson: NotebookNode) -> dict[int, str]:
    """Return the answer cell that each solution in the lesson shows, by the exercise's number."""
    found: dict[int, str] = {}
    for cell in lesson.cells:
        for folded in re.findall(FOLDED, cell.source, re.DOTALL):
            if folded.startswith("Answers"):
                continue
            blocks = re.findall(r"^ *```python\n(.*?)^ *```", folded, re.DOTALL | re.MULTILINE)
            part = part_of(blocks[0]) if len(blocks) == 1 else None
            if not part:
                raise HomeworkError(
                    f"the solution that begins {one_line(folded)!r} needs exactly one block "
                    'between ```python and ```, which begins with "# exercise N: your answer"'
                )
            found[part[0]] = blocks[0]
    return found


def with_answers(lesson: NotebookNode, answers: dict[int, str]) -> NotebookNode:
    """Return a copy of the lesson with these answer cells; the other ones stay as they are."""
    lesson = copy.deepcopy(lesson)
    cells = cells_of(lesson, "your answer")
    for number, source in answers.items():
        if number not in cells:
            raise HomeworkError(f"the lesson has no exercise {number}; it has {[*cells]}")
        cells[number].source = source
    return lesson


def guard(shell: Any, marker: str) -> None:
    """Put back, after the check of an exercise, what its answer did to the lesson's names.

    This runs in the kernel. Names that the answer made stay, since a later answer may use them, but
    for those that hide a builtin such as ``sum``. Arrays, tables, lists and dicts are copied, as an
    answer may change them in place; of all else the names are put back alone.
    """
    import builtins
    import copy
    import os
    import re
    import sys

    import numpy as np

    def copied(value: Any, seen: dict[int, Any]) -> Any:
        if id(value) not in seen:  # two names of one array stay two names of one array
            new = value
            if type(value) is dict:
                new = {key: copied(item, seen) for key, item in value.items()}
            elif type(value) in (list, tuple, set):
                new = type(value)([copied(item, seen) for item in value])
            elif isinstance(value, np.random.Generator):
                new = copy.deepcopy(value)
            elif type(value).__module__.startswith(("numpy", "pandas")) and hasattr(value, "copy"):
                new = value.copy()  # which leaves what lies in an array of objects as it is
            seen[id(value)] = new
        return seen[id(value)]

    def is_part(cell: str, part: str) -> bool:
        found = re.match(marker, cell, re.IGNORECASE)
        return found is not None and found[2].lower() == part

    saved: dict[str, Any] = {}
    state: list[Any] = []
    printed = [0]
    stream: Any = sys.stdout

    def write_some(text: str) -> Any:
        printed[0] += len(text)
        if printed[0] > 1_000_000:  # or an endless loop that prints would fill the memory
            raise RuntimeError("it prints more than a million letters")
        return type(stream).write(stream, text)

    def before(info: Any) -> None:
        printed[0] = 0
        stream.write = write_some  # each time, since IPython puts back its own after each cell
        if is_part(info.raw_cell, "your answer"):
            seen: dict[int, Any] = {}
            kept = [name for name in shell.user_ns if name[0] != "_" and name not in ("In", "Out")]
            saved.clear()
            saved.update({name: copied(shell.user_ns[name], seen) for name in kept})
            state[:] = [os.getcwd(), np.random.get_state()]  # noqa: PTH109, NPY002

    def after(result: Any) -> None:
        if state and is_part(result.info.raw_cell, "check"):
            for name in [name for name in shell.user_ns if hasattr(builtins, name)]:
                if name[0] != "_":
                    del shell.user_ns[name]
            shell.user_ns.update(saved)
            os.chdir(state[0])
            np.random.set_state(state[1])  # noqa: NPY002

    shell.events.register("pre_run_cell", before)
    shell.events.register("post_run_cell", after)


def run(lesson: NotebookNode, folder: Path, seconds: int = 60) -> NotebookNode:
    """Return the lesson after a run in a fresh kernel in a folder, each cell of an exercise timed.

    An answer that takes too long, or ends the kernel, is left out of a second run from the start.
    """
    lost: dict[int, str] = {}
    quiet = logging.getLogger("homework")
    quiet.setLevel(logging.CRITICAL)
    while True:
        notebook = copy.deepcopy(lesson)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
                part = part_of(cell.source)
                if part and part[0] in lost:
                    cell.source = "# exercise {}: {}".format(*part)
                    cell.metadata.homework = lost[part[0]]
        setup = "from typing import Any\n\n" + inspect.getsource(guard)
        setup += f"\n\nguard(get_ipython(), {MARKER!r})\ndel guard, Any"
        notebook.cells.insert(0, nbformat.v4.new_code_cell(setup))  # type: ignore[no-untyped-call]
        client = NotebookClient(
            notebook,
            timeout_func=lambda cell: seconds if part_of(cell.source) else max(600, seconds),
            startup_timeout=600,
            kernel_name="python3",
            allow_errors=True,
            record_timing=False,
            shutdown_kernel="immediate",
            resources={"metadata": {"path": str(folder)}},
            log=quiet,
        )
        with tempfile.TemporaryDirectory() as settings:  # nobody's settings, and no pictures
            env = os.environ | {"IPYTHONDIR": settings, "MPLBACKEND": "agg"}
            try:
                with client.setup_kernel(env=env, stdout=DEVNULL, stderr=DEVNULL):
                    for index, cell in enumerate(notebook.cells):
                        client.execute_cell(cell, index, store_history=index > 0)
            except (CellTimeoutError, DeadKernelError) as error:
                why = f"took longer than {seconds} seconds"
                if isinstance(error, DeadKernelError):
                    why = "fails: it ended the kernel (by exit(), or for want of memory)"
                part = part_of(cell.source)
                if not part:
                    first = one_line(cell.source.partition("\n")[0])
                    raise HomeworkError(
                        f"stays unmarked: the lesson's own cell {first!r} {why}"
                    ) from error
                lost[part[0]] = why
                continue
        if failed := error_of(notebook.cells.pop(0)):
            raise HomeworkError(f"stays unmarked: kernel python3 fails: {told(failed, [])}")
        return notebook


def one_line(text: str) -> str:
    """Return a text of any kind, such as an error's message, as one short line to print."""
    text = "".join(letter if letter.isprintable() else " " for letter in re.sub(COLOUR, "", text))
    text = " ".join(text.split())
    return text if len(text) <= 300 else text[:297] + "..."


def error_of(cell: NotebookNode) -> NotebookNode | None:
    """Return the error that a cell ended in, if it did."""
    return next((output for output in cell.outputs if output.output_type == "error"), None)


def told(error: NotebookNode, cells: list[NotebookNode]) -> str:
    """Return an error's name and message, and the line where the first of these cells failed."""
    trace = re.sub(COLOUR, "", "\n".join(error.traceback))
    text = one_line(f"{error.ename}: {error.evalue}").rstrip(": ")
    for cell in cells:
        places = re.findall(rf"Cell In\[{cell.execution_count}\], line (\d+)", trace)
        lines = cell.source.splitlines()
        if places and int(places[-1]) <= len(lines):
            return f"{text}, in the line {one_line(lines[int(places[-1]) - 1])!r}"
    return text


def results(executed: NotebookNode) -> dict[int, str]:
    """Return what became of each exercise of a lesson that was run, by its number.

    It is "right", "not answered", "wrong: HINT", "fails: ERROR" or "took longer than S seconds".
    """
    found: dict[int, str] = {}
    checks = cells_of(executed, "check")
    for number, answer in cells_of(executed, "your answer").items():
        if number not in checks:
            raise HomeworkError(f'the lesson lacks a cell that begins "# exercise {number}: check"')
        check = checks[number]
        printed = "".join(output.get("text", "") for output in check.outputs)
        if "homework" in answer.metadata:
            found[number] = answer.metadata.homework
        elif error := error_of(answer):
            found[number] = f"fails: {told(error, [answer])}"
        elif (error := error_of(check)) and error.ename == "AssertionError" and error.evalue:
            found[number] = f"wrong: {one_line(error.evalue)}"
        elif error:
            found[number] = f"fails: {told(error, [answer, check])}"
        elif re.search(rf"^exercise {number}: not answered", printed, re.MULTILINE):
            found[number] = "not answered"
        elif re.search(rf"^exercise {number}: right", printed, re.MULTILINE):
            found[number] = "right"
        else:
            found[number] = f'fails: its check did not print "exercise {number}: right"'
    return found


def read_cells(path: Path) -> list[tuple[str, str]]:
    """Return the kind and the source of each cell of a notebook, whatever else is wrong with it."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8-sig"))
        version = stored["nbformat"]
        if version == 4:
            cells = [(str(cell["cell_type"]), "".join(cell["source"])) for cell in stored["cells"]]
    except OSError as error:
        raise HomeworkError(f"cannot be read: {error.strerror}") from error
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise HomeworkError("is not a Jupyter notebook: ask for the .ipynb file") from error
    if version != 4:
        raise HomeworkError(f"has nbformat {version!r}, not 4: open it in Jupyter and save it anew")
    return [(kind, source.encode(errors="replace").decode()) for kind, source in cells]


def without_exercises(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Return the cells without the questions and all parts of the exercises."""
    kept = []
    for cell in cells:
        if cell.cell_type == "code":
            kept += [] if part_of(cell.source) else [cell]
            continue
        told = re.split(ASKS, re.sub(FOLDED, "", cell.source, flags=re.DOTALL), flags=re.MULTILINE)
        if told[0].strip():
            kept.append(cell)
            cell.source = told[0].strip()
    return kept


def read_lesson(path: Path, until: int | None, since: int | None = None) -> NotebookNode:
    """Return the teacher's lesson, or what of it comes before the section after ``until``.

    What comes before the section ``since`` has no questions and exercises.
    """
    try:
        read_cells(path)
        lesson: NotebookNode = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
        found = [re.match(r"\s*## (\d+)\.", cell.source) for cell in lesson.cells]
        starts = {int(match[1]): index for index, match in enumerate(found) if match}
        if until is not None:
            if until not in starts:
                raise HomeworkError(f"has no section {until}, but {[*starts]}: change --until")
            lesson.cells = lesson.cells[: starts.get(until + 1)]
        if since is not None:
            if since not in starts:
                raise HomeworkError(f"has no section {since}, but {[*starts]}: change --from")
            first = starts[since]
            lesson.cells = without_exercises(lesson.cells[:first]) + lesson.cells[first:]
        numbers = cells_of(lesson, "your answer").keys()
        if not numbers:
            raise HomeworkError('holds no exercise: no cell begins "# exercise N: your answer"')
        for number in numbers - cells_of(lesson, "check").keys():
            raise HomeworkError(f'lacks a cell that begins "# exercise {number}: check"')
    except HomeworkError as error:
        raise HomeworkError(f"{path} {error}") from error
    return lesson


def stripped(lesson: NotebookNode, checks: bool = True) -> NotebookNode:
    """Return a copy without solutions, answers and outputs, and on demand without the checks."""
    lesson = copy.deepcopy(lesson)
    gone = [] if checks else [id(cell) for cell in cells_of(lesson, "check").values()]
    for cell in lesson.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        elif (shown := re.sub(FOLDED, "", cell.source, flags=re.DOTALL)) != cell.source:
            cell.source = re.sub(r"\n{3,}", "\n\n", shown).strip()
            gone += [] if cell.source else [id(cell)]
    lesson.cells = [cell for cell in lesson.cells if id(cell) not in gone]
    nbformat.validate(lesson)
    return lesson


def answers_page(lesson: NotebookNode) -> str:
    """Return all questions and exercises with their answers, unfolded, below their headings."""
    page = []
    for cell in lesson.cells:
        if heading := re.match(r"\s*(## .*)", cell.source):
            page.append(heading[1])
        asks = re.search(ASKS, cell.source, re.MULTILINE)
        if cell.cell_type == "markdown" and (asks or re.search(FOLDED, cell.source, re.DOTALL)):
            text = re.sub(FOLDED, r"\1", cell.source, flags=re.DOTALL)
            page.append(re.sub(r"(.*)</summary>", r"**\1**", text).strip())
    return "\n\n".join(page)


def questions_in(text: str) -> int:
    """Return how many questions a cell asks: the items of the list after **Questions**."""
    asked = re.search(
        r"^\*\*Questions\*\*(.*?)(?=^\*\*Exercise|\Z)", text, re.DOTALL | re.MULTILINE
    )
    items = r"^ {0,3}(?:\d+\.|[-*]) "
    return len(re.findall(items, asked[1], re.MULTILINE)) or 1 if asked else 0


def mark(
    path: Path, lesson: NotebookNode, folder: Path, seconds: int
) -> tuple[dict[int, str], list[str]]:
    """Return what became of each exercise of a handed-in notebook, and what else to know of it."""
    asked = [*cells_of(lesson, "your answer")]
    answers: dict[int, str] = {}
    notes = []
    for kind, source in read_cells(path):
        part = part_of(source) if kind == "code" else None
        if part and part[1] == "your answer":
            if part[0] in answers:
                notes.append(f"exercise {part[0]} is answered more than once: the last one counts")
            answers[part[0]] = source
    if not answers:
        raise HomeworkError('holds no answer: no cell begins "# exercise N: your answer"')
    known = {number: source for number, source in answers.items() if number in asked}
    executed = run(with_answers(lesson, known), folder, seconds)
    for cell in executed.cells:
        if cell.cell_type == "code" and not part_of(cell.source) and (error := error_of(cell)):
            first = one_line(cell.source.partition("\n")[0])
            text = told(error, [cell])
            notes.append(f"the lesson's own cell {first!r} fails, which may spoil others: {text}")
    found = results(executed)
    for number in asked:
        if number not in answers:
            found[number] = f'missing: no cell begins with "# exercise {number}: your answer"'
    return found, notes


def check(options: argparse.Namespace) -> int:
    """Print what became of each handed-in notebook; return 0 if all of them are right."""
    lesson = read_lesson(options.lesson, options.until, options.since)
    paths = [
        found
        for path in options.handed_in
        for found in (sorted(path.rglob("*.ipynb")) if path.is_dir() else [path])
        if ".ipynb_checkpoints" not in found.parts
    ]
    if not paths:
        raise HomeworkError(f"no notebook (.ipynb) in {', '.join(map(str, options.handed_in))}")
    print(WARNING)
    numbers = [*cells_of(lesson, "your answer")]
    all_found = []
    # utf-8-sig, by which Excel knows that it is UTF-8
    kept = options.csv.open("w", newline="", encoding="utf-8-sig") if options.csv else io.StringIO()
    with kept as file:
        table = csv.writer(file)
        table.writerow(["file", "right", "of", *map("exercise {}".format, numbers), "notes"])
        for path in paths:
            print(f"\n{path}", flush=True)
            found: dict[int, str] = {}
            try:
                found, notes = mark(path, lesson, options.lesson.parent, options.seconds)
            except HomeworkError as error:
                notes = [f"{path.name} {error}"]
            right = list(found.values()).count("right")
            for line in [*map("exercise {0[0]}: {0[1]}".format, found.items()), *notes]:
                print(f"  {line}")
            print(f"  {right} of {len(numbers)} right", flush=True)
            cells = [found.get(number, "") for number in numbers]
            table.writerow([path, right, len(numbers), *cells, "; ".join(notes)])
            file.flush()
            all_found.append(found)
    if len(paths) > 1:
        print(f"\n{len(paths)} notebooks")
        for number in numbers:
            right = [found.get(number) for found in all_found].count("right")
            print(f"  exercise {number}: {right} right")
    return 0 if all(found.get(n) == "right" for found in all_found for n in numbers) else 1


def strip(options: argparse.Namespace) -> int:
    """Write the homework to a file."""
    lesson = stripped(
        read_lesson(options.lesson, options.until, options.since), not options.no_checks
    )
    path = options.output or options.lesson.with_stem(f"{options.lesson.stem}_homework")
    if path.resolve() == options.lesson.resolve():
        raise HomeworkError(f"{path} is the lesson itself: choose another with -o")
    try:
        with path.open("w" if options.force else "x", encoding="utf-8") as file:
            file.write(nbformat.writes(lesson))  # type: ignore[no-untyped-call]
    except FileExistsError as error:
        raise HomeworkError(f"{path} exists: choose another with -o, or add --force") from error
    questions = sum(questions_in(cell.source) for cell in lesson.cells)
    count = len(cells_of(lesson, "your answer"))
    print(f"wrote {path}: {count} exercises, {questions} questions")
    return 0


def answers(options: argparse.Namespace) -> int:
    """Print the questions and exercises with their answers."""
    print(answers_page(read_lesson(options.lesson, options.until, options.since)))
    return 0


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks, and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may lack a letter
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(function: Callable[..., int], text: str, lesson: str, **extra: Any) -> Any:
        sub = commands.add_parser(function.__name__, help=text, description=text)
        sub.set_defaults(command=function)
        sub.add_argument(lesson, type=Path, default=LESSON, metavar="LESSON", **extra)
        sub.add_argument("--until", type=int, metavar="SECTION", help="leave out what comes later")
        text = "ask nothing of what comes earlier"
        sub.add_argument("--from", type=int, metavar="SECTION", dest="since", help=text)
        return sub

    sub = command(strip, "write the lesson without its solutions and answers", "lesson", nargs="?")
    sub.add_argument("-o", dest="output", type=Path, metavar="HOMEWORK")
    sub.add_argument("--no-checks", action="store_true", help="leave out the check cells too")
    sub.add_argument("--force", action="store_true", help="overwrite HOMEWORK")
    sub = command(check, f"Run handed-in answers in the teacher's lesson. {WARNING}", "--lesson")
    sub.add_argument("handed_in", type=Path, nargs="+", help="notebooks, or folders of them")
    sub.add_argument("--csv", type=Path, help="write a row for each notebook to this file")
    sub.add_argument("--seconds", type=int, default=60, help="time for each cell (default: 60)")
    command(answers, "print all questions and exercises with their answers", "lesson", nargs="?")
    options = parser.parse_args(arguments)
    try:
        return int(options.command(options))
    except (HomeworkError, OSError) as error:
        print(f"homework.py: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
