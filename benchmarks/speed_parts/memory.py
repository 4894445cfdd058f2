"""How much memory numlp allocates: in a training step, and in a whole fit."""

import tracemalloc

from . import training
from .options import Options, say
from .report import Section, figure, table
from .training import Case
from .workers import call

EPOCHS = 2
ABOUT = f"""\
Peaks of what Python and NumPy allocate (`tracemalloc`), the data apart. A step is one of numlp
after two others: what it allocates on top of what the net holds. A fit is everything from the net
on: `mlp`, `Adam` and {EPOCHS} epochs of `numlp.nn.train`. Parameters are the weights themselves; a
batch is its rows and the outputs of all layers, once. In units of the parameters, a fit needs five
at least: themselves, their gradient, Adam's two moments, and a copy of them as they started."""


def run(options: Options) -> Section:
    """Measure every case of training, and make one table of all."""
    section = Section("Memory")
    rows = []
    for name, case in options.choose(training.CASES).items():
        say(f"memory: {name}")
        step, fit = call(_peak_of_step, case), call(_peak_of_fit, case)
        parameters, batch = _bytes(case)
        units = (step / 1024, fit / 1024, parameters / 1024, batch / 1024)
        rows.append([name, *map(figure, (*units, fit / parameters, fit / batch))])
        section.records.append(
            {"case": name, "step": step, "fit": fit, "parameters": parameters, "batch": batch}
        )
    if rows:
        header = ["case", "step KiB", "fit KiB", "parameters KiB", "batch KiB"]
        section.add(ABOUT, table([*header, "fit / parameters", "fit / batch"], rows))
    return section


def _peak_of_step(case: Case) -> int:
    """Bytes."""
    step = training.numlp_step(case)
    step()
    step()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    step()
    return tracemalloc.get_traced_memory()[1] - before


def _peak_of_fit(case: Case) -> int:
    """Bytes, beyond the data."""
    X, y = case.data()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    epochs = training.numlp_epochs(case, X, y)
    for _ in range(EPOCHS):
        next(epochs)
    return tracemalloc.get_traced_memory()[1] - before


def _bytes(case: Case) -> tuple[int, int]:
    """Bytes of the parameters, and of a batch with the outputs of all layers."""
    n_in, *outputs = case.sizes
    members = case.members or 1
    batch = case.batch * (n_in + members * sum(outputs))
    return training.make_network(case).theta.nbytes, 4 * batch
