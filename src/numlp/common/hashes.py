"""Hashes of rows, made of one column after another."""

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]


def hashed_with(hashes: Hashes, bits: Hashes) -> Hashes:
    """The hash of each row with one more cell, whose bits are given, (n,).

    A step of splitmix64 (Steele, Lea & Flood 2014).

    >>> hashed_with(np.zeros(2, np.uint64), np.array([0, 1], np.uint64)).tolist()
    [16294208416658607535, 10451216379200822465]
    """
    hashes = hashes ^ bits
    hashes += np.uint64(0x9E3779B97F4A7C15)
    hashes ^= hashes >> np.uint64(30)
    hashes *= np.uint64(0xBF58476D1CE4E5B9)
    hashes ^= hashes >> np.uint64(27)
    hashes *= np.uint64(0x94D049BB133111EB)
    hashes ^= hashes >> np.uint64(31)
    return hashes
