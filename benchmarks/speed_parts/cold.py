"""How long a new process takes to load a saved model and classify one row."""

import os
import pickle
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

import numlp

from .options import Options, say
from .predictors import FIT_ROWS, Case, onnx_graph
from .report import Section, figure, table, times
from .workers import call, in_a_line

NET = Case((4, 100, 3), 1)
FLOOR = "import numpy"
ROW = "numpy.zeros((1, 4), 'float32')"
ABOUT = f"""\
A new process of Python that loads a model from a file and classifies one row of four numbers. The
net is {"-".join(map(str, NET.sizes))}, but for `TabularClassifier("fast", ensemble_size=1)`, whose
net is its own; `numlp predict` is the command, which reads the row from a CSV. Wall and CPU
milliseconds of the whole process, the end of Python included, after a first run that is not
counted; × is the median of the ratios of CPU time to `{FLOOR}` in the same round.
No number of threads is set."""


@dataclass(frozen=True)
class Contender:
    """How to save a model to a path, and a program that reads the path and classifies a row."""

    save: Callable[[Path], object]
    program: str


def _nothing(path: Path) -> None:
    """There is nothing to load."""


def _rows() -> tuple[Any, Any]:
    return Case(NET.sizes, FIT_ROWS).data(), np.arange(FIT_ROWS) % NET.sizes[-1]


def _save_tabular(path: Path) -> None:
    X, y = _rows()
    numlp.TabularClassifier("fast", ensemble_size=1, epochs=2, random_state=0).fit(X, y).save(path)


def _save_for_command(path: Path) -> None:
    import click  # noqa: F401 - whoever lacks what the command needs need not save
    import duckdb  # noqa: F401

    _save_tabular(path)
    Path(f"{path}.csv").write_text("a,b,c,d\n0,0,0,0\n", encoding="utf-8")


def _save_mlp(path: Path) -> None:
    classifier = numlp.MLPClassifier(max_iter=1, random_state=0).fit(*_rows())
    if hasattr(classifier, "save"):
        classifier.save(path)
    else:
        path.write_bytes(pickle.dumps(classifier))


def _save_sklearn(path: Path) -> None:
    import joblib
    from sklearn.neural_network import MLPClassifier

    joblib.dump(MLPClassifier(max_iter=1, random_state=0).fit(*_rows()), path)


def _save_torch(path: Path) -> None:
    import torch

    linear = torch.nn.Linear
    model = torch.nn.Sequential(linear(4, 100), torch.nn.ReLU(), linear(100, 3))
    torch.save(model.state_dict(), path)


def _save_onnx(path: Path) -> None:
    import onnxruntime  # noqa: F401 - whoever lacks it need not save

    path.write_bytes(onnx_graph(NET))


_NUMLP = f"import sys, numpy, numlp; numlp.load(sys.argv[1]).predict({ROW})"
_PICKLE = f"import sys, pickle, numpy, numlp; pickle.load(open(sys.argv[1], 'rb')).predict({ROW})"
_SAVES = hasattr(numlp.MLPClassifier, "save")
CONTENDERS = {
    FLOOR: Contender(_nothing, "import numpy"),
    "import numlp": Contender(_nothing, "import numlp"),
    f"numlp MLPClassifier{'' if _SAVES else ', pickled'}": Contender(
        _save_mlp, _NUMLP if _SAVES else _PICKLE
    ),
    "numlp TabularClassifier": Contender(_save_tabular, _NUMLP),
    "numlp predict": Contender(
        _save_for_command,
        "import sys; from numlp.cli.start import main; "
        "sys.argv = ['numlp', 'predict', '--quiet', sys.argv[1], sys.argv[1] + '.csv']; main()",
    ),
    "scikit-learn, joblib": Contender(
        _save_sklearn, f"import sys, numpy, joblib; joblib.load(sys.argv[1]).predict({ROW})"
    ),
    "torch": Contender(
        _save_torch,
        "import sys, numpy, torch; from torch import nn; "
        "model = nn.Sequential(nn.Linear(4, 100), nn.ReLU(), nn.Linear(100, 3)); "
        "model.load_state_dict(torch.load(sys.argv[1], weights_only=True)); "
        f"torch.inference_mode()(model)(torch.from_numpy({ROW})).argmax(1)",
    ),
    "onnxruntime": Contender(
        _save_onnx,
        "import sys, numpy, onnxruntime; "
        f"onnxruntime.InferenceSession(sys.argv[1]).run(None, {{'X': {ROW}}})[0].argmax(1)",
    ),
}


def run(options: Options) -> Section:
    """Start every contender anew in each round; a round of one or two seconds."""
    section = Section("Cold start")
    chosen = CONTENDERS if options.smallest else options.choose(CONTENDERS)
    if not chosen:
        return section
    say("cold")
    chosen = {FLOOR: CONTENDERS[FLOOR]} | chosen
    section.add(ABOUT)
    samples: dict[str, list[tuple[float, float]]] = {}
    with TemporaryDirectory() as directory:
        paths = {name: Path(directory) / f"model{i}" for i, name in enumerate(chosen)}
        for name, contender in chosen.items():
            try:
                call(contender.save, paths[name])
            except ImportError as error:
                section.say_left_out({name: in_a_line(error)})
                continue
            if not options.smallest:
                _start(contender.program, paths[name])  # so that its files are in the page cache
            samples[name] = []
        for _ in range(options.rounds):
            for name, own in samples.items():
                own.append(_start(chosen[name].program, paths[name]))
    section.text.insert(1, _table(samples))
    section.records += [
        {"contender": name, "cpu_ms": [c for c, _ in own], "wall_ms": [w for _, w in own]}
        for name, own in samples.items()
    ]
    return section


def _start(program: str, path: Path) -> tuple[float, float]:
    """CPU and wall milliseconds of a process."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-c", program, os.fspath(path)]
    # Compiled modules may be kept, as they are where a package has been installed.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    subprocess.run(  # noqa: S603 - our own program
        command, check=True, stdout=subprocess.DEVNULL, env=environment
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu * 1e3, wall * 1e3


def _table(samples: dict[str, list[tuple[float, float]]]) -> str:
    rows = []
    for name, own in samples.items():
        cpu, wall = (statistics.median(values) for values in zip(*own, strict=True))
        pairs = zip(own, samples[FLOOR], strict=True)
        ratio = statistics.median(o[0] / floor[0] for o, floor in pairs)
        rows.append([name, figure(wall), figure(cpu), times(ratio)])
    return table(["contender", "wall ms", "CPU ms", f"× {FLOOR}"], rows)
