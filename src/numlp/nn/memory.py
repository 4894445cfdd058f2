"""A check that a network fits into the memory of this machine, before any is taken."""

import os
import sys

COPIES = 4  # vectors as long as θ in training: θ, its gradient, two moments of an optimizer


def check_room(n_params: int, n_outputs: int, itemsize: int) -> None:
    """Raise a ValueError if a network needs more memory than this machine has.

    Linux would lend the memory, and kill the process once it is used.

    Parameters
    ----------
    n_params, n_outputs : int
        Parameters, and outputs of all layers for all rows of a batch; each has a gradient too.
    itemsize : int
        Bytes of a number.
    """
    needed, total = itemsize * (COPIES * n_params + 2 * n_outputs), total_memory()
    if total is not None and needed > total:
        raise ValueError(
            f"the network would need about {needed / 2**30:,.0f} GiB for {n_params:,} parameters "
            f"and the outputs of its layers, but this machine has {total / 2**30:,.0f} GiB: give "
            "fewer hidden units or a smaller batch"
        )


def total_memory() -> int | None:
    """Bytes of memory of this machine; None where the system does not tell."""
    if sys.platform == "win32":  # which has no sysconf
        return None
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None
