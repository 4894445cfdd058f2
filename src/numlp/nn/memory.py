"""Whether a network fits into the memory of this machine, asked before any of it is taken."""

import os

COPIES = 4  # of the parameters, in training: θ, its gradient, and two moments of an optimizer


def check_room(n_params: int, n_outputs: int, itemsize: int) -> None:
    """Raise a ValueError where a network needs more memory than there is.

    Else Linux would lend it, and end the process once it is used.

    Parameters
    ----------
    n_params : int
    n_outputs : int
        Of all layers, for all rows of a batch; each has a gradient too.
    itemsize : int
        Bytes of a number.
    """
    needed, there = itemsize * (COPIES * n_params + 2 * n_outputs), total_memory()
    if there is not None and needed > there:
        raise ValueError(
            f"the network would need about {needed / 2**30:,.0f} GiB for {n_params:,} parameters "
            f"and the outputs of its layers, and this machine has {there / 2**30:,.0f} GiB: give "
            "fewer hidden units or a smaller batch"
        )


def total_memory() -> int | None:
    """Bytes of memory of this machine; None where it does not say."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return None
