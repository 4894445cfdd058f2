"""What a notebook shows of a classifier or a model: HTML that asks no address for anything.

It takes the colours and letters of the page, light or dark.  Whatever came from a table or a file
is shown as one short line of escaped text.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

import numpy as np

from ..common.wording import count, shortened, with_interval
from ..metrics.scores import Scores, prior_entropy
from ..nn.more.display import losses_svg
from ..storage.json_values import is_json_number, mapping
from ..table.table import Audit
from .facts import unit_of
from .fitted import classes_of, held_out_told, history_of, network_of, validation_of

MOST_CLASSES = 10  # that are named
MOST_COLUMNS = 200  # in the table of what they were taken for
MOST_SETTINGS = 50  # of a file, which may say anything
MOST_LETTERS = 60  # of one name
LEFT = 'style="text-align:left;vertical-align:top"'
QUIET = 'style="opacity:0.7"'


def of_classifier(clf: Any, changed: Mapping[str, Any]) -> str:
    """The page of a classifier of this package, before or after ``fit``.

    Parameters
    ----------
    clf : classifier
        After ``fit`` it has a ``model_``; and ``validation_scores_``, ``score_``,
        ``n_samples_fit_`` and ``stop_reason_`` where rows were held out of training in folds.
    changed : mapping of str to object
        The arguments that differ from their defaults.
    """
    name = type(clf).__name__
    settings = {argument: repr(value) for argument, value in changed.items()}
    if not clf.__sklearn_is_fitted__():
        told = _table(settings) if settings else f"<p {QUIET}>all settings are the default</p>"
        return _page(name, "not fitted yet", told)
    model = clf.model_
    has_scores = isinstance(getattr(clf, "validation_scores_", None), Scores)
    facts = _of_scores(clf) if has_scores else _of_info(model)
    return _fitted(name, facts, clf, model.audit(), settings)


def of_model(model: Any) -> str:
    """The page of a model, as far as its file tells how it came to be."""
    settings = {
        str(name): repr(value)
        for name, value in [*mapping(model.info.get("settings")).items()][:MOST_SETTINGS]
        if value is not None
    }
    return _fitted(type(model).__name__, _of_info(model), model, model.audit(), settings)


def _of_info(model: Any) -> dict[str, str]:
    """What a model's file tells, whichever kind it is of."""
    info = model.info
    facts = {"answers": model.target} if model.target else {}
    facts |= {"classes": _classes(model)}
    if "results" in info:
        return facts | _of_results(model)
    validation = validation_of(info)
    if validation is not None:
        found = (validation[key] for key in ("accuracy", "low", "high", "rows"))
        accuracy, low, high, n_rows = found
        facts["accuracy"] = _accuracy(accuracy, low, high, n_rows, held_out_told(info))
        facts["always answering the majority"] = f"{validation['majority']:.1%}"
        facts["log-loss"] = f"{validation['log_loss']:.3f}"
    facts["mixture"] = _mixture(model)
    if "epochs" in info:
        facts["trained"] = f"{info['epochs']} {unit_of(info)}s; {info.get('stop_reason')}"
    return facts


def _of_results(model: Any) -> dict[str, str]:
    """The results of a net that was trained alone, by their names in its classifier."""
    results, settings = (mapping(model.info.get(part)) for part in ("results", "settings"))
    facts = {"features": f"{model.n_features:,}"}
    if is_json_number(loss := results.get("loss_")):
        facts["training loss"] = f"{loss:.4g}"
    if is_json_number(best := results.get("best_validation_score_")):
        metric = model.info.get("metric") or settings.get("validation_metric") or "score"
        facts["held out"] = f"{metric} {best:.4g} at best"
    if type(n_epochs := results.get("n_iter_")) is int:
        facts["trained"] = f"{count(n_epochs, 'epoch')} with {settings.get('solver')!r}"
    return facts


def _of_scores(clf: Any) -> dict[str, str]:
    """What a classifier found on the rows that it held out in folds."""
    scores, estimate, how = clf.validation_scores_, clf.score_, held_out_told(clf.model_.info)
    counts = np.bincount(scores.y, minlength=len(clf.classes_))
    majority = clf.classes_.tolist()[int(counts.argmax())]
    guess = prior_entropy(scores.y, len(clf.classes_))
    return {
        "classes": _classes(clf),
        "rows": f"{clf.n_samples_fit_:,}",
        "accuracy": _accuracy(estimate.accuracy, estimate.low, estimate.high, estimate.n_rows, how),
        f"always answering {_name(majority)}": f"{scores.majority:.1%}",
        "log-loss": f"{estimate.log_loss:.3f} (answering the classes' shares: {guess:.3f})",
        "mixture": _mixture(clf),
        "trained": f"{count(clf.n_iter_, unit_of(clf.model_.info))}; {clf.stop_reason_}",
        **_decision(clf.model_, scores),
    }


def _decision(model: Any, scores: Scores) -> dict[str, str]:
    """From which probability on the positive class is answered, and what that costs."""
    labels, aim = model.classes.tolist(), scores.aim
    if len(labels) != 2 or aim.figure == "accuracy":
        return {}
    name = _name(labels[aim.positive])
    facts = {"threshold": f"{name} from a probability of {model.threshold:.1%} on"}
    if aim.costs is not None:
        k, cost = scores.best_constant()
        facts["cost of a row"] = (
            f"{scores.mean_cost:.4g} (always answering {_name(labels[k])}: {cost:.4g})"
        )
    return facts


def _accuracy(accuracy: float, low: float, high: float, n_rows: int, how: str) -> str:
    return f"{with_interval(accuracy, low, high)} on {count(n_rows, 'row')} {how}"


def _classes(fitted: Any) -> str:
    labels = classes_of(fitted).tolist()
    shown = ", ".join(map(_name, labels[:MOST_CLASSES]))
    more = f" and {len(labels) - MOST_CLASSES:,} more" if len(labels) > MOST_CLASSES else ""
    return f"{len(labels):,}: {shown}{more}"


def _mixture(fitted: Any) -> str:
    network = network_of(fitted)
    snapshots = count(network.n_nets, "snapshot")
    return f"{snapshots} of the nets, {network.n_params:,} parameters in all"


def _name(label: object) -> str:
    return repr(shortened(str(label), MOST_LETTERS))


def _fitted(
    name: str, facts: Mapping[str, str], fitted: Any, audit: Audit, settings: Mapping[str, str]
) -> str:
    """The page of a fitted classifier or model: facts, curve, and details to unfold."""
    parts = [_table(facts), losses_svg(history_of(fitted).to_dict())]
    if audit:
        kinds = Counter(column["kind"] for column in audit)
        told = ", ".join(f"{n:,} {kind}" for kind, n in kinds.items())
        shown = Audit(audit[:MOST_COLUMNS])._repr_html_()
        if len(audit) > MOST_COLUMNS:
            shown += f"<p>and {len(audit) - MOST_COLUMNS:,} more</p>"
        parts.append(_details(f"{count(len(audit), 'column')}: {told}", shown))
    network = network_of(fitted)
    parts.append(_details(count(len(network.layers), "layer"), network._repr_html_()))
    if settings:
        parts.append(_details(count(len(settings), "setting"), _table(settings)))
    return _page(name, "", *parts)


def _page(name: str, state: str, *parts: str) -> str:
    head = f"<strong>{escape(name)}</strong>" + (f" <span {QUIET}>{state}</span>" if state else "")
    return f"<div><p>{head}</p>{''.join(parts)}</div>"


def _table(rows: Mapping[str, str] | Iterable[tuple[str, str]]) -> str:
    """A table of labels and what they say; both may be any text."""
    pairs = rows.items() if isinstance(rows, Mapping) else rows
    cells = "".join(
        f"<tr><td {LEFT}><span {QUIET}>{_text(label)}</span></td><td {LEFT}>{_text(said)}</td></tr>"
        for label, said in pairs
    )
    return f"<table><tbody>{cells}</tbody></table>"


def _details(summary: str, inside: str) -> str:
    return f"<details><summary>{_text(summary)}</summary>{inside}</details>"


def _text(value: str) -> str:
    return escape(shortened(value, MOST_LETTERS * MOST_CLASSES))
