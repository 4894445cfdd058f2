"""``numlp cv``: cross-validation: how good models of a table are on rows they have not seen."""

import json
import math
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from ..config import config_option
from ..learning import (
    Cut,
    check_together,
    given_options,
    learning_options,
    positive_class,
    target_option,
)
from ..memory import give_back_large_arrays
from ..options import (
    Reading,
    debug_option,
    files_argument,
    quiet_option,
    reading_options,
    roles_as_options,
)
from ..progress import Progress
from ..typed import typed

Facts = dict[str, Any]
_HOW = {
    "groups": "each part has other groups, by {}, than the rows learned from",
    "time": "each part is later, by {}, than the rows learned from; the first half is in none",
}


@click.command()
@files_argument
@target_option
@click.option(
    "--folds",
    type=click.IntRange(min=2),
    default=5,
    show_default=True,
    metavar="N",
    help="Parts of the rows; each is predicted by a model that has learned from the others.",
)
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="How often the rows are split into parts: more give a narrower interval, and take longer.",
)
@learning_options
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@quiet_option
@reading_options
@config_option
@debug_option
@click.pass_context
def cv(
    context: click.Context,
    /,
    files: tuple[Path, ...],
    target: str,
    folds: int,
    repeats: int,
    kinds: dict[str, str],
    decimal: str | None,
    roles: dict[str, str],
    missing: tuple[str, ...],
    cut: Cut,
    seed: int,
    jobs: int | None,
    as_json: bool,
    quiet: bool,
    reading: Reading,
    **settings: Any,
) -> None:
    """Cross-validate: learn from FILE without one part, predict that part, and so on for all.

    \b
    numlp cv animals.csv --target species
    numlp cv animals.csv --target species --quality fast --folds 10 --repeats 3

    Every model is scored on rows that it has not seen in any step.  The interval takes into account
    that the models share most of their rows (Nadeau & Bengio 2003).  Nothing is written: `numlp
    train` makes the model to use, from all rows.
    """  # noqa: D301 - the backslash marks lines that click must not wrap
    from ...check.examine import LOPSIDED
    from ...tabular.classifier import TabularClassifier
    from ...tabular.crossval import Fold, cross_validate
    from ..labelled import read_labelled
    from ..outputs import check_stdout
    from ..proposals import proposals, role_of
    from ..rare_class import for_rare
    from ..sources import expanded

    check_stdout({"a table to read": expanded(files)})
    give_back_large_arrays()
    check_together(settings)
    if "time" in roles and repeats > 1:
        raise click.UsageError("--repeats and --time: by time the parts are always the same.")
    found: list[Fold] = []
    with (
        Progress(quiet=quiet, fits=folds * repeats, began=context.obj["began"]) as progress,
        warnings.catch_warnings(),
    ):
        columns, labels, _, _, ranges = read_labelled(
            files, target, reading, cut, kinds, decimal, roles, missing
        )
        settings["pos_label"] = positive_class(settings, labels.classes, ranges)
        split = proposals(columns, labels, target, kinds, roles, decimal, n_jobs=jobs)
        warnings.simplefilter("once")  # and not for every fold

        def make(number: int, fold: int) -> TabularClassifier:
            fit = (number - 1) * folds + fold
            progress.begin(fit, f"fit {fit} of {folds * repeats}")
            return TabularClassifier(
                random_state=seed + fit, n_jobs=jobs, callbacks=[progress.update], **settings
            )

        found += cross_validate(
            make, columns, labels, folds=folds, rounds=repeats, seed=seed, columns=kinds,
            decimal=decimal, **roles,
        )  # fmt: skip
    by_cost = settings["cost_fp"] is not None or settings["cost_fn"] is not None
    metric = "mean_cost" if by_cost else settings["metric"]
    facts = _facts(found, metric, roles, len(labels.y), progress.seconds)
    facts["findings"] = [each.finding().as_dict() for each in split]
    options = [*given_options(context), *reading.options()]
    if metric == "accuracy" and facts["gain"]["low"] <= 0 and facts["majority"] >= LOPSIDED:
        options += for_rare(labels)
    options += roles_as_options(role_of(split))
    facts["next"] = typed("train", *files, "--target", target, *options)
    click.echo(json.dumps(facts, indent=2) if as_json else _text(facts))


def _facts(
    found: list[Any], metric: str, roles: dict[str, str], n_rows: int, seconds: float
) -> Facts:
    """The scores of the folds and their means, as JSON takes them."""
    from ...tabular.crossval import mean_of

    trained = sum(fold.n_trained for fold in found) / len(found)
    tested = sum(fold.n_tested for fold in found) / len(found)

    def mean(scores: list[float]) -> dict[str, float | None]:
        known = [score for score in scores if not math.isnan(score)]
        if len(known) < 2:
            return dict.fromkeys(("mean", "low", "high"))
        return mean_of(known, trained, tested)._asdict()

    plain = [
        {name: None if value != value else value for name, value in fold._asdict().items()}
        for fold in found
    ]
    return {
        "rows": n_rows,
        "by": next((role for role in ("groups", "time") if role in roles), None),
        "column": roles.get("groups", roles.get("time")),
        "metric": metric,
        "folds": plain,
        "score": mean([fold.score for fold in found]),
        "constant": mean([fold.constant for fold in found])["mean"],
        "accuracy": mean([fold.accuracy for fold in found]),
        "log_loss": mean([fold.log_loss for fold in found]),
        "majority": sum(fold.majority for fold in found) / len(found),
        "gain": mean([fold.accuracy - fold.majority for fold in found]),
        "seconds": seconds,
    }


def _text(facts: Facts) -> str:
    """The facts as lines."""
    from ...common.wording import printable, with_interval
    from ..figures import LABELS, labelled
    from ..show import duration

    is_other = facts["metric"] != "accuracy"  # a column and two lines more
    label = LABELS.get(facts["metric"], "cost")
    head = f"{'round':>5}  {'fold':>4}  {'rows':>7}  {'accuracy':>8}  {'log-loss':>8}  majority"
    lines = []
    if facts["by"] is not None:
        lines.append(_HOW[facts["by"]].format(printable(facts["column"])))
    lines.append(head + f"  {label:>8}" * is_other)
    lines += [
        f"{fold['round']:>5}  {fold['fold']:>4}  {fold['n_tested']:>7,}  {fold['accuracy']:>8.1%}  "
        f"{fold['log_loss']:>8.3f}  {fold['majority']:>8.1%}"
        + f"  {_figure(fold['score'], facts['metric']):>8}"
        * is_other
        for fold in facts["folds"]
    ]
    accuracy, loss, gain = facts["accuracy"], facts["log_loss"], facts["gain"]
    low, high = max(0.0, accuracy["low"]), min(1.0, accuracy["high"])
    lines += [
        "",
        labelled("accuracy", with_interval(accuracy["mean"], low, high)),
        labelled("", f"always answering the majority class: {facts['majority']:.1%}"),
    ]
    if gain["low"] <= 0:
        lines.append(labelled("", "not better than that, as far as these folds can tell"))
    lines += [
        labelled(
            "log-loss", with_interval(loss["mean"], max(0.0, loss["low"]), loss["high"], ".3f")
        ),
        *(_score_lines(facts, label) if is_other else ()),
        labelled("time", f"{len(facts['folds'])} fits in {duration(facts['seconds'])}"),
        *(labelled("estimate", printable(each["text"])) for each in facts["findings"]),
        labelled("next", printable(facts["next"])),
    ]
    return "\n".join(lines)


def _score_lines(facts: Facts, label: str) -> Iterator[str]:
    """What the models are to be good at, where that is not accuracy."""
    from ...common.wording import with_interval
    from ..figures import labelled

    name, score, constant = facts["metric"], facts["score"], facts["constant"]
    if score["mean"] is None:
        yield labelled(label, "too few folds have rows of two classes")
        return
    low, high = max(0.0, score["low"]), score["high"]
    if name != "mean_cost":
        high = min(1.0, high)
    yield labelled(label, with_interval(score["mean"], low, high, _form(name)))
    yield labelled("", f"the best constant answer: {_figure(constant, name)}")


def _figure(value: float | None, metric: str) -> str:
    return "-" if value is None else f"{value:{_form(metric)}}"


def _form(metric: str) -> str:
    return ".3g" if metric == "mean_cost" else ".1%"
