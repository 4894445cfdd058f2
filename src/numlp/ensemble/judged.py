"""What an ensemble is judged and mixed by, wherever its nets train: snapshots of their weights."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from ..data.splits import RowNumbers
from ..metrics.scores import losses
from ..nn import Epoch, Members
from ..storage.stored_names import SNAPSHOTS, snapshot_array
from ..table.table import Table
from .bands import best_alone, mixture_loss
from .recipe import Recipe, as_trained

Array = NDArray[np.float32]

FEWEST_JUDGING = 500  # rows held out by which it is judged what to go on with
FEWEST_STEPS = 200  # before it is: at first slow frequencies are always better


class Role(Protocol):
    """A member, wherever its rows are: its band, and whether its snapshots may be mixed."""

    @property
    def band(self) -> int: ...
    @property
    def is_kept(self) -> bool: ...


@dataclass(frozen=True)
class Snapshot:
    """The members after one epoch.

    Attributes
    ----------
    epoch : int
    theta : array of shape (n_members, n_params)
        Parameters of each member that trained.
    P : dict of int to array of shape (n_held_out, n_classes)
        For each band that trained, probabilities of the rows held out: of a row the mean over the
        members that hold it out.
    """

    epoch: int
    theta: Array
    P: dict[int, Array]


class JudgedEnsemble(ABC):
    """Members whose snapshots answer rows held out: by them it is judged what goes on, and mixed.

    Parameters
    ----------
    recipe : Recipe
    table : Table
    n_classes : int
    members : sequence of Role
    y, weight : arrays of shape (n_held_out,)
        The class of each row held out, and its weight; None where all weigh the same.
    steps : int
        Batches that each member learns from in an epoch.
    n_snapshots : int
        Number of snapshots to take in the run.

    Attributes
    ----------
    answers_held_out : (array, array or None)
        ``y`` and ``weight``.
    bands : list of int
        Those whose members train.
    snapshots : list of Snapshot
        Those taken so far.
    epoch : int
        The last epoch that all members have been through.
    is_over : bool
        Whether the run has ended, as it gained nothing more.
    unit : str
        What an epoch is called, as a plural.
    held_out : array of row numbers
        Which rows are held out, sorted.
    """

    unit: ClassVar[str] = "epochs"
    held_out: RowNumbers

    def __init__(
        self,
        recipe: Recipe,
        table: Table,
        n_classes: int,
        members: Sequence[Role],
        y: NDArray[np.intp],
        weight: Array | None,
        steps: int,
        n_snapshots: int,
    ) -> None:
        self.recipe, self.table, self.n_classes = recipe, table, n_classes
        self.members: list[Any] = list(members)
        self.answers_held_out = y, weight
        self.bands, self.snapshots = [*range(len(recipe.frequency_bands))], list[Snapshot]()
        self.epoch, self.is_over = 0, False
        self.steps = steps
        self.mark(n_snapshots)

    def mark(self, n_snapshots: int) -> None:
        """Spread snapshots over the epochs of the recipe, and find those to judge by."""
        self.n_snapshots = n_snapshots
        spread = np.linspace(0, self.recipe.epochs, n_snapshots + 1)[1:]
        self.marks = set(np.ceil(spread).astype(int).tolist())  # epochs after which one is taken
        self._feet = self._ends_of_cycles(self.marks)

    @abstractmethod
    def epochs(self) -> Generator[Epoch, None, None]:
        """Train all members, epoch by epoch; the validation loss is that of the last snapshot."""

    @abstractmethod
    def state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """All that is needed to resume training: document, arrays."""

    @abstractmethod
    def restore(self, document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take over the ``state`` of an ensemble of the same recipe, rows and members."""

    def held_out_loss(self) -> float:
        """Log-loss of the rows held out, by the last snapshot."""
        P = np.mean([*self.snapshots[-1].P.values()], axis=0)
        return float(losses(self.answers_held_out[0], P).mean())

    def _ends_of_cycles(self, marks: Set[int]) -> list[int]:
        """The epochs at which it is judged what to go on with: those of the last snapshots before.

        The first is there to be compared with; there are none where too little is known to judge.
        """
        ends = [share * self.recipe.epochs for share in self.recipe.judged_at]
        feet = [max((mark for mark in marks if mark <= end), default=0) for end in ends]
        if (
            len(self.answers_held_out[0]) < FEWEST_JUDGING
            or 0 in feet
            or len(set(feet)) < len(feet)
        ):
            return []
        return [foot for foot in feet if foot == feet[0] or foot * self.steps >= FEWEST_STEPS]

    def judge(self) -> int | None:
        """The band to go on with alone; None for all.  Ends the run if it gains nothing more.

        It is judged after some of the snapshots alone (``Recipe.judged_at``).
        """
        now_at = self.snapshots[-1].epoch
        if now_at not in self._feet[1:]:
            return None
        y, weight = self.answers_held_out
        foot = self._feet.index(now_at)
        earlier = [
            P for s in self.snapshots if s.epoch <= self._feet[foot - 1] for P in s.P.values()
        ]
        before, now = (mixture_loss(P, y, weight) for P in (earlier, self.predictions))
        self.is_over = now > (1 - self.recipe.end_gain) * before
        if self.is_over:
            return None
        by_band = {band: [snap.P[band] for snap in self.snapshots] for band in self.bands}
        gain = self.recipe.drop_gains[foot - len(self._feet)]  # the last for the last
        return best_alone(by_band, y, weight, gain)

    @property
    def predictions(self) -> list[Array]:
        """Probabilities of the rows held out: for each snapshot, one array for each band."""
        return [P for snapshot in self.snapshots for P in snapshot.P.values()]

    def by_snapshot(
        self, shares: NDArray[np.float64]
    ) -> Iterator[tuple[Snapshot, dict[int, float]]]:
        """Each snapshot, with the share that each of its bands has in a mixture of all.

        Parameters
        ----------
        shares : array of shape (len(predictions),)
            The share of each of ``predictions`` in the mixture.
        """
        left = iter(shares.tolist())
        for snapshot in self.snapshots:
            yield snapshot, dict(zip(snapshot.P, left, strict=False))

    def mixed(self, shares: NDArray[np.float64]) -> tuple[Members, list[float]]:
        """The members that a mixture is made of, in one network, and their shares.

        Parameters
        ----------
        shares : array of shape (len(predictions),)
            The share of each of ``predictions`` in the mixture.
        """
        thetas: list[Array] = []
        weights: list[float] = []
        n_kept = Counter(member.band for member in self.members if member.is_kept)
        for snapshot, by_band in self.by_snapshot(shares):
            trained = [member for member in self.members if member.band in by_band]
            for member, theta in zip(trained, snapshot.theta, strict=True):
                if member.is_kept and (share := by_band[member.band]):
                    thetas.append(theta)
                    weights.append(share / n_kept[member.band])
        recipe = replace(self.recipe, batch_size=1)
        return as_trained(recipe, self.table, self.n_classes, thetas), weights

    @property
    def trained(self) -> list[Any]:
        """The members that train, in their order."""
        return [member for member in self.members if member.band in self.bands]

    def snapshots_state(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """What a file keeps of the snapshots, and of what was judged by them: document, arrays."""
        arrays: dict[str, NDArray[Any]] = {}
        for i, snapshot in enumerate(self.snapshots):
            arrays[snapshot_array(i, "theta")] = snapshot.theta
            arrays[snapshot_array(i, "P")] = np.stack([*snapshot.P.values()])
        document = {
            "bands": self.bands,
            "is_over": self.is_over,
            SNAPSHOTS: [snapshot.epoch for snapshot in self.snapshots],
            "snapshot_bands": [[*snapshot.P] for snapshot in self.snapshots],
        }
        return document, arrays

    def restore_snapshots(
        self, document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
    ) -> None:
        """Take over the ``snapshots_state`` of an ensemble of the same recipe, rows and members."""
        all_bands, self.is_over = self.bands, bool(document["is_over"])
        self.bands = _some_of(all_bands, document["bands"])
        numbers = zip(document[SNAPSHOTS], document["snapshot_bands"], strict=True)
        for i, (number, found) in enumerate(numbers):
            bands = _some_of(all_bands, found)
            n_trained = sum(member.band in bands for member in self.members)
            for what, shape in (
                ("theta", (n_trained, arrays["theta"].shape[1])),
                ("P", (len(bands), len(self.answers_held_out[0]), self.n_classes)),
            ):
                if arrays[name := snapshot_array(i, what)].shape != shape:
                    raise ValueError(f"{name} has shape {arrays[name].shape}")
            P = dict(zip(bands, arrays[snapshot_array(i, "P")], strict=True))
            self.snapshots.append(Snapshot(number, arrays[snapshot_array(i, "theta")], P))


def _some_of(bands: Collection[int], found: Any) -> list[int]:
    """Some of the bands, in their order, as a file has them; a ValueError for others."""
    if not isinstance(found, list) or not found or found != [b for b in bands if b in found]:
        raise ValueError(f"bands {found!r} of {bands!r}")
    return found
