"""How the process takes memory from the system and gives it back."""

import contextlib
import ctypes

M_MMAP_THRESHOLD = -3  # of glibc's malloc.h
LARGE = 1 << 23


def give_back_large_arrays() -> None:
    """Have glibc return each large array to the system when it is freed; elsewhere do nothing.

    By itself it keeps arrays of up to 32 MB for later ones, once it has seen some: of a table of
    millions of rows a tenth of the peak is then memory that nobody uses.
    """
    with contextlib.suppress(OSError, AttributeError, TypeError):  # another system, or C library
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE)
