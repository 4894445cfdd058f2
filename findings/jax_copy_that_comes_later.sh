#!/usr/bin/env bash
# jax 0.10.2 with NumPy 2.4.6 (Python 3.11, on CPU), seen on 2026-11-30.
#
# Expected: jnp.array(x, copy=True), the default there, has copied x when it returns, so that x may
# be filled anew. That asarray and device_put may share memory with x is known.
# Seen: the copy can come later. When x is written to right after the call, the JAX array has the
# new numbers now and then, or some old and some new: every third to tenth time for arrays of 4 MB.
# The same holds for x given to a function under jit: it may compute with what is written after the
# call. block_until_ready before writing, or a copy by NumPy (x.copy()) to begin with, never did so.
#
# Why it matters: a loop that fills one NumPy buffer with batch after batch trains on rows of the
# next batch, with the labels of this one, in some steps: no error, no warning, and another result
# on each run. jnp.array of small arrays, as tests have them, did not show it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet 'jax==0.10.2' 'jaxlib==0.10.2' 'numpy==2.4.6'
cat > "$work/seen.py" <<'PYTHON'
import time

import jax
import jax.numpy as jnp
import numpy as np

SECONDS = 15


def changed(take, expected: float, times: int | None = None) -> tuple[int, int]:
    """How often what was taken has numbers that were written after the call."""
    found, n, start = 0, 0, time.monotonic()
    while n < times if times else not (found and n >= 50) and time.monotonic() < start + SECONDS:
        x = np.zeros(1 << 20, np.float32)
        y = take(x)
        x[:] = 9
        found += bool((np.asarray(y) != expected).any())
        n += 1
    return found, n


def waits(x):
    return jnp.array(x, copy=True).block_until_ready()


copied = changed(lambda x: jnp.array(x, copy=True), 0)
jitted = changed(jax.jit(lambda x: x + 1), 1)
waited = changed(waits, 0, times=200)
numpys = changed(lambda x: jnp.asarray(x.copy()), 0, times=200)
for name, (found, n) in (
    ("jnp.array(x, copy=True)", copied),
    ("a function under jit", jitted),
    ("block_until_ready", waited),
    ("x.copy()", numpys),
):
    print(f"{name}: {found} of {n} arrays have numbers of later")
assert copied[0], "jnp.array has copied when it returns now"
assert jitted[0], "a function under jit has its own numbers now"
assert not waited[0] and not numpys[0], "not even these are safe"
PYTHON
"$work/venv/bin/python" "$work/seen.py"
