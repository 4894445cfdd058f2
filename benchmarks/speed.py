"""Speed and memory of numlp, beside bare matrix products and beside other libraries.

    python benchmarks/speed.py                      everything: about an hour
    python benchmarks/speed.py --sections train     one section
    python benchmarks/speed.py --smallest           whether it runs at all

It prints a report and writes it to ``results/SPEED.md``, its figures to ``SPEED.json``.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from speed_parts import cold, fits, growth, memory, predict, train
from speed_parts.options import Options
from speed_parts.report import Section, write

RESULTS = Path(__file__).parent / "results"
SECTIONS: dict[str, Callable[[Options], Section]] = {
    "train": train.run,
    "predict": predict.run,
    "cold": cold.run,
    "fits": fits.run,
    "growth": growth.run,
    "memory": memory.run,
}


def main() -> None:
    """Run the sections that were asked for, and write the report."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    add = parser.add_argument
    add("--sections", type=_names, default=tuple(SECTIONS), help="only these, divided by commas")
    add("--cases", type=_names, default=(), help="only those whose name holds one of these")
    add("--rounds", type=int, default=9, help="default 9")
    add("--seconds", type=float, default=0.2, help="of a contender in a round (default 0.2)")
    add("--smallest", action="store_true", help="the smallest case of each section, one round")
    add("--data", type=Path, help="directory of CSVs, last column the target (or NUMLP_DATA)")
    add("--out", type=Path, default=RESULTS / "SPEED.md", help="the report")
    add("--tag", help="part of the report's name: SPEED-TAG.md")
    arguments = parser.parse_args()
    unknown = [name for name in arguments.sections if name not in SECTIONS]
    if unknown:
        parser.error(f"no section {unknown[0]!r}; there are {', '.join(SECTIONS)}")
    data = arguments.data or os.environ.get("NUMLP_DATA")
    options = Options(
        rounds=1 if arguments.smallest else arguments.rounds,
        seconds=0.01 if arguments.smallest else arguments.seconds,
        cases=arguments.cases,
        smallest=arguments.smallest,
        data=Path(data) if data else None,
    )
    out: Path = arguments.out
    if arguments.tag:
        out = out.with_stem(f"{out.stem}-{arguments.tag}")
    load = os.getloadavg()[0]
    sections = [SECTIONS[name](options) for name in arguments.sections]
    write(out, [section for section in sections if section.text], options, load)


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


if __name__ == "__main__":
    main()
