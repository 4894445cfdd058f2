#!/usr/bin/env bash
# distributed 2026.8.0 with NumPy 2.4.6 (Python 3.11, Linux with glibc), seen on 2026-11-29.
#
# Expected: NumPy takes as long in a worker of Dask as in any other process, since the nanny only has
# glibc give memory back (MALLOC_TRIM_THRESHOLD_=65536).
# Seen: a threshold that is set, whichever it is, also ends what glibc learns by itself: from which
# size on an array gets pages of its own from the system. So every array of 128 KiB or more is mapped
# and unmapped anew, each time it is made, and each of its pages is a fault. Arrays of half a MiB cost
# more than a hundred faults each in a worker, and none elsewhere: 217 µs for 9 (not asserted, as
# the faults are). Code that makes many of them took twice the CPU time.
#
# Why it matters: array code that was measured outside a cluster is slower on one, without a word. It
# helps to write into arrays that are there already (out=), or to start workers with both thresholds
# high (MALLOC_TRIM_THRESHOLD_=134217728 and MALLOC_MMAP_THRESHOLD_=33554432 under
# distributed.nanny.pre-spawn-environ); one of them alone does not.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'distributed==2026.8.0' 'dask==2026.8.0' 'numpy==2.4.6'
cat > "$work/seen.py" <<'PYTHON'
import os
import resource
import time

import numpy as np
from distributed import Client, LocalCluster

ARRAYS = 2000


def faults() -> tuple[float, float]:
    """Page faults, and seconds of CPU, of each new array of half a MiB."""
    x = np.ones(1 << 16)
    for _ in range(50):
        y = x + 1
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_minflt, time.process_time()
    for _ in range(ARRAYS):
        y = x + 1  # noqa: F841 - made and dropped
    after = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    return (after - before) / ARRAYS, (time.process_time() - start) / ARRAYS


if __name__ == "__main__":
    assert "MALLOC_TRIM_THRESHOLD_" not in os.environ
    here = faults()
    settings = {"n_workers": 1, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    with LocalCluster(**settings) as cluster, Client(cluster) as client:
        told = client.submit(os.environ.get, "MALLOC_TRIM_THRESHOLD_").result()
        there = client.submit(faults).result()
    print(f"MALLOC_TRIM_THRESHOLD_ of the worker: {told}")
    for where, (n, seconds) in {"here": here, "worker": there}.items():
        print(f"{where}: {n:.1f} faults and {1e6 * seconds:.0f} µs for each array")
    assert told == "65536", "the nanny sets something else now"
    assert here[0] < 5, "arrays are mapped anew outside a worker too"
    assert there[0] > 100, "a worker keeps the memory of arrays now"
PYTHON
"$work/venv/bin/python" "$work/seen.py"
