"""``numlp check``: what is in a table, and what training would make of it."""

import functools
import json
from pathlib import Path

import click

from ...check.doubts import numeric_target
from ...check.examine import LOPSIDED, Facts, examine, with_findings
from ...check.findings import Finding
from ...data.labels import spelled
from ...errors import DataError
from ...table.decimals import DecimalSigns
from .. import check_text
from ..advice import AS_OPTIONS
from ..complete import complete_column
from ..config import config_option
from ..data import Known, read_sheet, take_labels
from ..labelled import check_asked, check_roles, not_learned, with_classes
from ..learning import Cut, cut_options
from ..memory import give_back_large_arrays
from ..options import (
    Reading,
    column_option,
    debug_option,
    decimal_option,
    files_argument,
    kinds_as_options,
    missing_as_options,
    missing_option,
    reading_options,
    role_options,
    roles_as_options,
)
from ..outputs import check_stdout
from ..progress import Progress
from ..sources import expanded, told
from ..tables import table_of
from ..typed import typed
from ..unlabelled import Missing


@click.command()
@files_argument
@click.option(
    "--target",
    "-t",
    shell_complete=complete_column,
    help="The column to predict.  Without it, columns that could be are named.",
)
@missing_option
@column_option
@decimal_option
@role_options
@cut_options
@click.option("--json", "as_json", is_flag=True, help="All of it as JSON, for a program.")
@reading_options
@config_option
@debug_option
def check(
    files: tuple[Path, ...],
    target: str | None,
    missing: tuple[str, ...],
    kinds: dict[str, str],
    decimal: str | None,
    roles: dict[str, str],
    cut: Cut,
    as_json: bool,
    reading: Reading,
) -> int:
    """Look at FILE before learning from it: nothing is written.

    \b
    numlp check animals.csv                   what is in it? what to predict?
    numlp check animals.csv --target species  what would training do with it?

    For each column: what it is taken for and why, how much of it is missing, what stands in it.
    Then what to look at twice, the worst first: columns that give the answer away, labels spelled
    in two ways, rare classes, rows that repeat or contradict each other, IDs and constants, and
    labels such as NA, which may stand for none.

    Where rows of one customer (or patient, ...) are alike, or classes change with time, two quick
    fits tell whether training has to know: it takes some seconds.

    The exit code is 3 where training would refuse the table.
    """  # noqa: D301 - the backslash marks lines that click must not wrap
    give_back_large_arrays()
    check_stdout({"a table to read": expanded(files)})
    suggested = cut
    with Progress(trains=False):
        sheet = read_sheet(files, reading, target, decimal=decimal)
        table, labels = table_of(sheet), None
        notes, faults = [*sheet.notes], list[Finding]()
        if target is not None:
            known = take_labels(files, sheet, target, Missing(missing), in_ranges=cut.in_ranges)
            notes += known.notes
            if not cut.given():
                signs = DecimalSigns(decimal, sheet.decimal)
                faults += numeric_target(known.labels, target, AS_OPTIONS, signs)
                suggested = _suggested(known, target, decimal) if faults else cut
            table, labels, _, more, _ = with_classes(known, target, cut, decimal)
            labels = spelled(labels)
            notes += more
        check_asked(files, kinds, table.names, target)
        check_roles(files, roles, table.names, target)
        facts: Facts = {"file": told(files), "notes": notes}
        known_kinds = not_learned(kinds, roles)
        examined = functools.partial(
            examine, table, labels, target, known_kinds, AS_OPTIONS, faults, proposes=False
        )
        facts |= examined(decimal=decimal)
        likely = facts
        if decimal is not None and any(each["kind"] == "column" for each in facts["findings"]):
            # A column against the sign speaks against the sign, and not against the column.
            likely, decimal = facts | examined(), None
        split: dict[str, str] = {}
        if labels is not None and target is not None and facts["verdict"] != "fault":
            from ..proposals import proposals, role_of  # what trains: a first look goes without

            found = proposals(table, labels, target, known_kinds, roles, decimal)
            with_findings(facts, [each.finding() for each in found])
            split = role_of(found)
    words = _next(files, target, kinds, missing, suggested, likely)
    words += [] if decimal is None else ["--decimal", decimal]
    facts["next"] = typed(*words, *roles_as_options(roles | split), *reading.options())
    click.echo(json.dumps(facts, indent=2) if as_json else check_text.as_text(facts))
    return 3 if facts["verdict"] == "fault" else 0


def _given_away(facts: Facts) -> list[str]:
    """The columns that give all classes away.

    What tells some classes alone may well be an honest measurement.  And where rows held out by a
    column are answered worse, no other column gives their class away.
    """
    findings = facts["findings"]
    if any("measured" in each for each in findings):
        return []
    leaks = [each for each in findings if each["kind"] == "leak" and "classes" not in each]
    return [name for leak in leaks for name in leak["columns"]]


def _suggested(known: Known, target: str, decimal: str | None) -> Cut:
    """What to do with a target that is a quantity: four ranges, or classes where it has none."""
    four = Cut(bins=4)
    try:
        with_classes(known, target, four, decimal)
    except DataError:
        return Cut(as_classes=True)
    return four


def _next(
    files: tuple[Path, ...],
    target: str | None,
    kinds: dict[str, str],
    missing: tuple[str, ...],
    cut: Cut,
    facts: Facts,
) -> list[object]:
    """The next command to type, as words, without how the table is read."""

    def command(name: str, target: str, kinds: dict[str, str]) -> list[object]:
        asked = [*missing_as_options(missing), *kinds_as_options(kinds), *cut.options()]
        return [name, *files, "--target", target, *asked]

    if target is None:
        likely = facts["targets"]
        return command("check", likely[0] if likely else "NAME", kinds)
    faults = [
        finding
        for finding in facts["findings"]
        if finding["level"] == "fault" and finding["kind"] != "numeric target"
    ]
    if any(finding["kind"] != "column" or not finding["columns"] for finding in faults):
        return ["check", *files]  # which names columns that could be
    faulty = [name for finding in faults for name in finding["columns"]]
    # A column that cannot be what was asked is left to the guess; without asking, it is left out.
    asked = {name: kind for name, kind in kinds.items() if name not in faulty}
    asked |= {name: "ignore" for name in faulty if name not in kinds}
    vectors = [each["columns"] for each in facts["findings"] if each["kind"] == "vectors"]
    asked |= {name: "vector" for (name,) in vectors if name not in asked}
    asked |= dict.fromkeys(_given_away(facts), "ignore")
    if faults:
        return command("check", target, asked)
    return command("train", target, asked) + _positive(facts, cut)


def _positive(facts: Facts, cut: Cut) -> list[object]:
    """The option that names the rare one of two classes, where the alphabet names the other."""
    classes = facts["classes"]
    if len(classes) != 2 or cut.in_ranges or classes[0]["share"] < LOPSIDED:
        return []
    frequent, rare = (each["label"] for each in classes)
    return ["--positive", rare] if rare < frequent else []
