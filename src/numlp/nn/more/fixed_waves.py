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
    n_numbers, n_outputs, n_frequencies, sigma
        As in ``PeriodicEmbedding``.
    """

    statistics: ClassVar[frozenset[str]] = frozenset({"w", "b"})

    def backward_waves(self, dX: Array | None) -> None:
        if dX is not None and self.first_read < self.n_numbers:
            super().backward_waves(dX)
            self.dw.fill(0.0)
            self.db.fill(0.0)
