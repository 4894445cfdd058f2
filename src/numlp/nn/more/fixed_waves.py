"""A periodic embedding that learns how to mix its waves, and not the waves themselves."""

from typing import ClassVar

from ..arrays import Array
from .embeddings import PeriodicEmbedding


class FixedWaves(PeriodicEmbedding):
    """Append a few mixtures of waves of each number x; the waves stay as they were drawn.

    ::

        Z  = w xᵀ + b                       for each number x, (n,): w and b are (n_frequencies,)
        E  = Vᵀ cos(Z) + c                  (n_outputs, n) = (n_outputs, n_frequencies) (…, n)
        Y  = [X | Eᵀ of every number]

        dV = cos(Z) dEᵀ                     dc = Σᵢ dE[:, i]
        dw = 0                              db = 0
        dx = -wᵀ ((V dE) ⊙ sin(Z))          beside what passes through

    This is ``PeriodicEmbedding`` with random Fourier features (Rahimi & Recht 2007) in place of
    trained ones.  The sine is taken for dx alone: not in the first layer, nor where the numbers are
    known to be data (``find_first_read``).  Once trained it is a ``PeriodicEmbedding`` with the
    same parameters.

    Parameters
    ----------
    n_numbers : int
        Number of columns to embed, the first ones.
    n_outputs, n_frequencies : int, default 3 and 16
        Columns to append for each number, and frequencies that they are mixed from.
    sigma : float, default 0.1
        Positive: deviation of the frequencies w / 2π.

    Raises
    ------
    ValueError
        If a number of columns or frequencies is below 1, or ``sigma`` is not positive and
        finite.

    Examples
    --------
    Of the parameters in matrices, 96 in V and 6 in c are trained, w and b are not:

    >>> from numlp.nn import Dense, Network
    >>> network = Network([FixedWaves(2), Dense(8, 3)], n_in=2)
    >>> network.n_decayed - 8 * 3
    102
    """

    statistics: ClassVar[frozenset[str]] = frozenset({"w", "b"})

    def backward_waves(self, dX: Array | None) -> None:
        if dX is not None and self.first_read < self.n_numbers:
            super().backward_waves(dX)
            self.dw.fill(0.0)
            self.db.fill(0.0)
