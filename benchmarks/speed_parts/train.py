"""How fast nets train, beside bare products and other libraries."""

from . import peers, training
from .comparison import AGAINST, BARE, COLUMNS, against, costs
from .options import Options, say
from .report import Section, figure, table, times
from .training import Case
from .workers import Contender, Key, Outcome, measure

CONTENDERS: dict[str, Contender] = {
    BARE: training.bare_products,
    "numlp": training.numlp,
    "scikit-learn": peers.sklearn,
    "torch": peers.torch_eager,
    "torch compiled": peers.torch_compiled,
}
ABOUT = """\
All nets are float32 with ReLU, a softmax (one output: a sigmoid) and Adam; the data are in memory.
A **step** is forward, backward and Adam on one batch at hand. An **epoch** visits every row once,
shuffled, in batches that are gathered. Bare products are the `np.matmul` calls of a step on buffers
of the same shapes and nothing else: what would be left if all the rest were free. numlp is
`Network.loss_and_grad` and `Adam.step`, and `numlp.nn.train`. scikit-learn is `MLPClassifier`: its
own `_backprop` and `AdamOptimizer` for the step, `partial_fit` of all rows for the epoch; of
two classes it has one output; an ensemble is eight of them one after another. torch has its fused
Adam, and for the ensemble parameters (8, in, out) with `torch.baddbmm`; an epoch: `torch.randperm`
and `X[rows]`, without a loader. torch compiled is the same, its loss function under
`torch.compile`. A row of an ensemble counts once in rows/s."""
SLOW_TO_START = "torch compiled"


def run(options: Options) -> Section:
    """Measure every case, then make a summary and a table for each."""
    section, details = Section("Training"), Section("")
    outcomes: dict[str, Outcome] = {}
    contenders = dict(CONTENDERS)
    if options.smallest:
        del contenders[SLOW_TO_START]
    for name, case in options.choose(training.CASES).items():
        say(f"train: {name}")
        outcome = outcomes[name] = measure(contenders, case, options.threads, options)
        details.add(f"### {name}", costs(outcome, "step", "numlp"), _epochs(outcome, case))
        details.say_left_out(outcome.left_out)
        section.records += outcome.records(name)
    if outcomes:
        section.add(ABOUT, *_summaries(outcomes), COLUMNS)
        if options.smallest:
            section.say_left_out({SLOW_TO_START: "it takes a minute to start: not with --smallest"})
    section.add(*details.text)
    return section


def _summaries(outcomes: dict[str, Outcome]) -> list[str]:
    """Of the step and of the epoch: numlp, and how many times as slow the others are."""
    rivals = [name for name in CONTENDERS if name not in (BARE, "numlp")]
    text = ["In short: numlp, and how many times slower the others are (1 thread / best of 1, 2)."]
    for quantity in ("step", "epoch"):
        rows = []
        for case, outcome in outcomes.items():
            ours = outcome.timings[Key("numlp", 1, quantity)]
            row = [case, figure(ours.median("cpu"))]
            if quantity == "step":
                row.append(times(ours.ratio(outcome.timings[Key(BARE, 1, "step")], "cpu")))
            row += [" / ".join(against(outcome, name, "numlp", quantity)) for name in rivals]
            rows.append(row)
        bare = ["× bare products"] if quantity == "step" else []
        text.append(table([quantity, "numlp, CPU µs", *bare, *rivals], rows))
    return text


def _epochs(outcome: Outcome, case: Case) -> str:
    def speed(name: str, threads: int, clock: str) -> str:
        timing = outcome.timings.get(Key(name, threads, "epoch"))
        return "-" if timing is None else figure(case.rows / timing.median(clock) * 1e6)

    header = ["epoch", "rows/s, CPU", "rows/s, wall", "rows/s, wall, 2 threads"]
    rows = [
        [
            name,
            *(speed(name, n, clock) for n, clock in ((1, "cpu"), (1, "wall"), (2, "wall"))),
            *against(outcome, name, "numlp", "epoch"),
        ]
        for name in outcome.contenders()
        if name != BARE
    ]
    return table([*header, *AGAINST], rows)
