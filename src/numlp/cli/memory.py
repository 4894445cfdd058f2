"""Memory that is given back to the system as soon as it is free."""

import contextlib
import ctypes

M_MMAP_THRESHOLD = -3  # of glibc's malloc.h
LARGE = 1 << 23


def give_back_large_arrays() -> None:
    """Have glibc return each large array to the system when it is freed; elsewhere do nothing.

    By default glibc keeps the memory of arrays of up to 32 MB for later ones, once it has seen some
    freed: for a table of millions of rows, a tenth of the peak is then memory that is not used.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):  # another system, or C library
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE)
