"""``numlp tune``: search for better settings than the usual ones, and train with the best."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ...storage.whole_file import remove_leftovers
from ..config import config_option
from ..learning import (
    Cut,
    as_given,
    check_together,
    learning_options,
    positive_class,
    target_option,
)
from ..memory import give_back_large_arrays
from ..options import FILE, Reading, debug_option, files_argument, quiet_option, reading_options
from ..progress import Progress
from ..typed import typed

MOST_TRIALS = 10  # trials of a rung that are listed

Facts = dict[str, Any]


@click.command()
@files_argument
@target_option
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    required=True,
    metavar="N",
    help="Most time to take, training at the end included.",
)
@click.option("--output", "-o", type=FILE, help="The model file.  [default: FILE's name.numlp]")
@click.option(
    "--state",
    type=FILE,
    metavar="FILE",
    help="Keep the trials in FILE; if it exists, the search is resumed from it.  It is removed "
    "once the model is saved.",
)
@learning_options
@click.option("--json", "as_json", is_flag=True, help="The trials and the verdict as JSON.")
@quiet_option
@reading_options
@config_option
@debug_option
@click.pass_context
def tune(
    context: click.Context,
    /,
    files: tuple[Path, ...],
    target: str,
    minutes: float,
    output: Path | None,
    state: Path | None,
    kinds: dict[str, str],
    decimal: str | None,
    roles: dict[str, Any],
    missing: tuple[str, ...],
    cut: Cut,
    seed: int,
    jobs: int | None,
    as_json: bool,
    quiet: bool,
    reading: Reading,
    **settings: Any,
) -> None:
    """Search for settings that suit FILE better than the usual ones; then train with the best.

    \b
    numlp tune animals.csv --target species --minutes 10
    numlp tune animals.csv -t species --minutes 60 --state search.state

    Widths, learning rate, dropout, weight decay and label smoothing are tried by successive halving
    (Jamieson & Talwalkar 2016) and ranked by log-loss.  No trial sees a fifth of the rows: the
    usual settings stay unless the best settings are better there, by more than chance.  The model
    then learns from all rows.
    """  # noqa: D301 - the backslash marks lines that click must not wrap
    from ...tabular.classifier import TabularClassifier
    from ...tabular.tuning import Search
    from ..labelled import read_labelled
    from ..outputs import MODEL, check_output, say_written
    from ..proposals import proposals
    from ..sources import expanded, model_name

    give_back_large_arrays()
    check_together(settings)
    output = output or model_name(files)
    tables = {"a table to read": expanded(files)}
    replaced = check_output(output, "-o", {**tables, "the file of --state": [state]}, MODEL)
    if state is not None:
        check_output(state, "--state", tables)
    with (
        _telling_how_to_resume(state, context.obj["arguments"]),
        Progress(quiet=quiet, began=context.obj["began"]) as progress,
    ):
        columns, labels, _, _, ranges = read_labelled(
            files, target, reading, cut, kinds, decimal, roles, missing
        )
        settings["pos_label"] = positive_class(settings, labels.classes, ranges)
        # Quick fits would take some of the minutes.
        split = proposals(columns, labels, target, kinds, roles, measures=False)
        search = Search(
            columns, labels, seconds=60 * minutes, settings=settings, columns=kinds,
            decimal=decimal, seed=seed, n_jobs=jobs, state=state, **roles,
        )  # fmt: skip
        progress.begin(1, "trial 1")
        for _ in search.run(progress.update):
            told = f"{search.seconds_spent / 60:.1f} of {minutes:g} min"
            progress.begin(1, f"trial {len(search.trials) + 1} ({told})")
        progress.begin(1, "all rows")
        clf = TabularClassifier(**search.settings, random_state=seed, n_jobs=jobs)
        clf.set_params(callbacks=[progress.update])
        clf.fit(columns.give_away(), labels, columns=kinds, decimal=decimal, **roles)
        remove_leftovers(output)
        clf.model_.info["settings"] |= as_given(kinds, missing, reading, cut)
        clf.model_.ranges = ranges
        clf.save(output)
        say_written(output)
        if state is not None:
            state.unlink(missing_ok=True)
    facts = _facts(search, clf, progress.seconds, output, replaced=replaced)
    facts["findings"] = [each.finding().as_dict() for each in split]
    facts["next"] = typed("predict", output, "NEW_ROWS.csv", *reading.options())
    click.echo(json.dumps(facts, indent=2) if as_json else "\n".join(_lines(facts)))


@contextlib.contextmanager
def _telling_how_to_resume(state: Path | None, arguments: list[str]) -> Iterator[None]:
    """Where the search is interrupted and its state was kept, say how to resume it."""
    try:
        yield
    except KeyboardInterrupt:
        if state is not None and state.exists():
            raise KeyboardInterrupt(f"to resume: {typed(*arguments)}") from None
        raise


def _facts(search: Any, clf: Any, seconds: float, output: Path, *, replaced: bool) -> Facts:
    """What was tried, what came of it, and the model, as JSON takes them."""
    from dataclasses import asdict

    from ...models.fitted import held_out_told

    verdict = search.verdict
    found = None
    if verdict is not None:
        found = {**verdict._asdict(), "best": asdict(verdict.best), "better": verdict.is_better}
    score = clf.score_._asdict()
    return {
        "trials": [asdict(trial) for trial in search.trials],
        "verdict": found,
        "minutes_needed": search.seconds_needed / 60,
        "settings": search.settings,
        "model": str(output),
        "replaced": replaced,
        "score": score | {"majority": clf.validation_scores_.majority},
        "how": held_out_told(clf.model_.info),
        "seconds": seconds,
    }


def _lines(facts: Facts) -> Iterator[str]:
    """The facts as lines."""
    from ...common.wording import count, printable, with_interval
    from ...tabular.tuning import RUNGS, told
    from ..figures import labelled
    from ..show import REPLACED, duration

    for rung in range(1, RUNGS + 1):
        trials = [trial for trial in facts["trials"] if trial["rung"] == rung]
        if not trials:
            continue
        trials.sort(key=lambda trial: (trial["log_loss"] is None, trial["log_loss"]))
        epochs = count(trials[0]["epochs"], "epoch")
        yield f"{epochs}, {len(trials)} tried; log-loss on rows held out"
        for place, trial in enumerate(trials):
            if place < MOST_TRIALS or trial["number"] == 0:
                loss = "diverged" if trial["log_loss"] is None else f"{trial['log_loss']:.4f}"
                yield f"  {loss:>8}  {', '.join(told(trial['settings']))}"
        if len(trials) > MOST_TRIALS:
            yield f"  ... {len(trials)} in all, which --json lists"
        yield ""
    yield from _verdict(facts)
    score = facts["score"]
    accuracy = with_interval(score["accuracy"], score["low"], score["high"])
    where = f"{score['n_rows']:,} rows of the last fit {facts['how']}"
    yield labelled("accuracy", f"{accuracy} on {where}")
    yield labelled("", f"always answering the majority class: {score['majority']:.1%}")
    yield labelled("time", duration(facts["seconds"]))
    yield labelled("model", printable(facts["model"]) + REPLACED * facts["replaced"])
    for finding in facts["findings"]:
        yield labelled("estimate", printable(finding["text"]))
    yield labelled("next", printable(facts["next"]))


def _verdict(facts: Facts) -> Iterator[str]:
    from ...tabular.tuning import told
    from ..figures import labelled

    verdict = facts["verdict"]
    if verdict is None:
        none = "there was no time to try other settings"
        some = "the time was over before the best could be compared with the usual settings"
        yield labelled("verdict", none if len(facts["trials"]) == 1 else some)
        enough = max(0.1, facts["minutes_needed"])
        yield labelled("", f"the usual settings stay; try --minutes {enough:.1f} or more")
        return
    best = "best" if verdict["better"] else "best other"
    yield labelled(best, ", ".join(told(verdict["best"]["settings"])))
    yield labelled(
        "",
        f"log-loss {verdict['log_loss']:.4f}, usual settings {verdict['usual_log_loss']:.4f}, on "
        f"{verdict['n_rows']:,} rows that no trial had seen",
    )
    ends = [verdict["low"], verdict["high"]]
    lower = verdict["gain"] >= 0
    low, high = ends if lower else (-ends[1], -ends[0])
    yield labelled(
        "",
        f"{'lower' if lower else 'higher'} by {abs(verdict['gain']):.4f} (95% interval {low:z.4f} "
        f"to {high:z.4f})",
    )
    if verdict["better"]:
        yield labelled(
            "verdict", "better than the usual settings: the model was trained with the best"
        )
    else:
        yield labelled("verdict", "not better by more than chance: the usual settings stay")
