"""How fast nets predict: one row, a thousand, a million."""

from . import predictors
from .comparison import BARE, COLUMNS, costs
from .options import Options, say
from .predictors import Case
from .report import Section, figure
from .workers import Contender, Outcome, measure

OURS = "numlp Network"
CONTENDERS: dict[str, Contender] = {
    BARE: predictors.bare_products,
    OURS: predictors.numlp_network,
    "numlp MLPClassifier": predictors.numlp_classifier,
    "scikit-learn": predictors.sklearn,
    "torch": predictors.torch_eager,
    "onnxruntime": predictors.onnxruntime,
}
WIDE = (28, 256, 256, 256, 2)
CASES = {
    "one row of 30-100-2": Case((30, 100, 2), 1),
    "one row of 28-256-256-256-2": Case(WIDE, 1),
    "a thousand rows of 28-256-256-256-2": Case(WIDE, 1000),
    "a million rows of 28-256-256-256-2": Case(WIDE, 1_000_000),
}
MANY = 100_000  # rows from which on memory is worth a look
ABOUT = f"""\
Probabilities of float32 rows, in memory. More than {predictors.BLOCK:,} rows go through bare
products, torch and onnxruntime in blocks of {predictors.BLOCK:,}, into one array, as
numlp does by itself. Bare products are the `np.matmul` calls and nothing else. numlp Network is
`numlp.nn.Network.predict`; numlp MLPClassifier and scikit-learn are `predict_proba`, with their
checks of the input (of two classes, both have one output where the others have two). torch is a
`Sequential` and softmax under `inference_mode`, onnxruntime a graph of Gemm, Relu and Softmax,
its threads spinning as is its default. The numlp of the
columns is numlp Network. Memory is by how much the first call raised the peak of the process, less
the probabilities themselves, with one thread."""


def run(options: Options) -> Section:
    """Measure every case and make a table of each."""
    section = Section("Prediction")
    for name, case in options.choose(CASES).items():
        say(f"predict: {name}")
        if not section.text:
            section.add(ABOUT, COLUMNS)
        outcome = measure(CONTENDERS, case, options.threads, options)
        memory = {"memory MiB": _growth(outcome)} if case.rows >= MANY else None
        section.add(f"### {name}", costs(outcome, "predict", OURS, memory))
        section.say_left_out(outcome.left_out)
        section.records += outcome.records(name)
    return section


def _growth(outcome: Outcome) -> dict[str, str]:
    one_thread = {k.contender: t for k, t in outcome.timings.items() if k.threads == 1}
    return {name: figure(timing.growth / 1024) for name, timing in one_thread.items()}
