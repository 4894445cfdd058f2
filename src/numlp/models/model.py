"""Model: what a fit of a table leaves behind.

It predicts with NumPy alone, and lives in one safe file.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..common.blas import one_blas_thread
from ..common.warning import warn
from ..common.wording import CellNote
from ..data.columns import Columns
from ..data.quantity import Ranges
from ..decisions.mixing import temper
from ..decisions.prediction_sets import Conformal, check_coverage, full_sets
from ..decisions.thresholds import aim_of
from ..errors import DataError, ModelFileError
from ..nn.more.members import Members
from ..nn.network import Network
from ..storage import container
from ..storage.json_values import mapping
from ..storage.source import Contents, Source
from ..table.encoders import Matrix
from ..table.table import Audit, Table
from .cells import warn_of_cells
from .classes import classes_from_state, classes_state
from .facts import shared_facts, unit_of
from .fitted import held_out_of, validation_of
from .fitted_model import BLOCK, FittedModel
from .networks import check_network, network_from_state, network_state


class Model(FittedModel):
    """The preprocessing of a table, the network, and the classes it tells apart.

    ::

        P       = Σ_m share_m softmax(Z_m)          over the network's members
        P       ← P^(1/temperature), normalised
        answer  = the class with the largest factor · P

    Parameters
    ----------
    table : Table
        What each column is, and how it becomes features.
    network : Network
        With as many inputs as the table has features, and an output for each class.
    classes : array of shape (n_classes,)
        The labels, in the order of the outputs.
    shares : sequence of float, optional
        Share of each member of the network in the mixture, with a sum of 1; equal by default.
    temperature : float, default 1.0
        Softens the probabilities (above 1) or sharpens them.
    factors : sequence of float, optional
        Factor of each class in the decision; equal by default.
    conformal : Conformal, optional
        What rows held out say of prediction sets; without it the model has no such sets.
    target : str, default ""
        Name of the column that is predicted; empty if it has no name.
    info : mapping, optional
        How the model came to be, as JSON takes it: settings, history, scores, versions.
    ranges : Ranges, optional
        Where the classes are ranges of a quantity, which the file then remembers.

    Attributes
    ----------
    aim : Aim
        What the answers are to be good at, by the settings in ``info``.
    threshold : float or None
        The probability of the positive one of two classes above which it is the answer; at it the
        answer is the first class.

    Raises
    ------
    ValueError
        The network, the classes, the shares, the temperature or the factors do not go together,
        or the network is not one that a model of a table can have.

    Notes
    -----
    Predicting is safe from several threads, also beside a fit and after a fork.

    Examples
    --------
    >>> import numlp
    >>> clf = numlp.TabularClassifier("fast", epochs=9, random_state=0)
    >>> model = clf.fit({"x": [1, 2, 5, 6] * 9}, ["low", "low", "high", "high"] * 9).model_
    >>> matrix = model.encode({"x": [1.5, 5.5]})
    >>> model.classes[model.decide(model.probabilities(matrix))]
    array(['low', 'high'], dtype='<U4')
    """

    kind = "model"

    def __init__(
        self,
        table: Table,
        network: Network,
        classes: NDArray[Any],
        *,
        shares: Sequence[float] | None = None,
        temperature: float = 1.0,
        factors: Sequence[float] | None = None,
        conformal: Conformal | None = None,
        target: str = "",
        info: Mapping[str, Any] | None = None,
        ranges: Ranges | None = None,
    ) -> None:
        if network.n_in != table.width:
            raise ValueError(
                f"the network takes {network.n_in} features, but the table gives {table.width}"
            )
        if network.n_out != len(classes):
            raise ValueError(f"the network has {network.n_out} outputs for {len(classes)} classes")
        check_network(network)
        self.table, self.ranges = table, ranges
        n_members = network.n_nets
        self.shares = [1 / n_members] * n_members if shares is None else list(shares)
        factors = [1.0] * len(classes) if factors is None else list(factors)
        self.temperature, self.conformal = temperature, conformal
        _check_mixture(self.shares, n_members, temperature)
        if len(factors) != len(classes) or not all(map(_is_positive, factors)):
            raise ValueError(f"factors={factors}: give {len(classes)} positive numbers")
        # A file may tell anything for its settings; what cannot be asked for is not an aim.
        aim = aim_of(mapping((info or {}).get("settings")), classes.tolist())
        super().__init__(network, classes, factors=factors, aim=aim, target=target, info=info)

    @property
    def named(self) -> bool:
        return self.table.named

    @property
    def feature_names(self) -> list[str]:
        return self.table.names

    @property
    def matrix_names(self) -> list[str]:
        return self.table.features

    def matrix_columns(self) -> dict[str, NDArray[np.intp]]:
        positions = np.arange(self.table.width)[None, :].astype(np.float32)
        return {
            encoder.name: np.concatenate([slot[0] for slot in slots]).astype(np.intp)
            for encoder, slots in self.table.slots(positions)
            if encoder.width
        }

    def audit(self, most: int | None = None) -> Audit:
        return Audit(self.table.audit()[:most])

    def encode(self, X: Any, notes: list[str] | None = None) -> Matrix:
        """The matrix that the network takes: ``table.transform``.

        Parameters
        ----------
        X : table with the columns of the training table
            DataFrame, dict of columns, or array of shape (n, n_columns).
        notes : list of str, optional
            As for ``predict_proba``.

        Returns
        -------
        Matrix of shape (n, width)
            A column for each feature that the columns become.

        Raises
        ------
        DataError
            Columns are missing, or a cell is not a number, text or time, or is infinite.
        """
        told: list[str] = []
        matrix = self.table.transform(X, told)
        if notes is None:
            warn_of_cells(told)
        else:
            notes += told
        return matrix

    def prepared(self, X: Any, notes: list[str] | None = None) -> Any:
        columns = self.table.columns_of(X)
        if self.block_rows == BLOCK or columns.n_rows <= self.block_rows:
            return self.encode(columns, notes)
        return LaterMatrix(self.table, columns, notes)

    def probabilities(self, matrix: Any) -> NDArray[np.float64]:
        """Probability of each class for the rows of a matrix from ``encode``.

        Parameters
        ----------
        matrix : Matrix of shape (n, width)
            As ``encode`` gives it.

        Returns
        -------
        array of shape (n, n_classes)
            In the order of ``classes``; each row adds up to 1.

        Raises
        ------
        ModelFileError
            The weights, finite as they are, give no finite numbers for a row.
        """
        P = np.empty((len(matrix), len(self.classes)))
        for rows, block in self.probability_blocks(matrix):
            P[rows] = block
        return P

    def probability_blocks(self, matrix: Any) -> Iterator[tuple[slice, NDArray[np.float64]]]:
        """Probabilities block by block, so that P need not be in memory as a whole.

        Parameters
        ----------
        matrix : Matrix of shape (n, width)
            As ``encode`` gives it.

        Yields
        ------
        rows : slice
            The rows of the block.
        P : array of shape (n_block, n_classes)
            Their probabilities, in the order of ``classes``.

        Raises
        ------
        ModelFileError
            The weights, finite as they are, give no finite numbers for a row.
        """
        for rows in self.blocks(len(matrix)):
            # What overflows is found below, in one place.  With more threads the last digits would
            # differ, and products of this size take twice the CPU time in the same seconds.
            with np.errstate(over="ignore", invalid="ignore"), one_blas_thread():
                P = self.thread_network.predict(matrix[rows]).astype(np.float64)
                if isinstance(self.network, Members):
                    P = np.tensordot(self.shares, P, axes=1)
            if self.temperature != 1:
                P = temper(P, self.temperature)
            sums = P.sum(axis=1, keepdims=True)  # float32 leaves them 1e-7 off
            good = np.isfinite(sums)
            if not good.all():
                raise ModelFileError(
                    f"the model computes no finite numbers for row "
                    f"{rows.start + good.argmin() + 1:,}: no training makes such weights; use "
                    "another model file"
                )
            P /= sums
            yield rows, P

    def set_threshold(self, coverage: float) -> float:
        """The probability from which on a class is in a set of this coverage.

        A warning tells of a model that was trained with ``time``: no coverage is promised of it.
        """
        check_coverage(coverage)
        if self.conformal is None:
            raise ModelFileError(
                "the model knows nothing of prediction sets: it was trained before numlp had them, "
                "or made by hand; train it again"
            )
        how = held_out_of(self.info)
        if how is not None and how["by"] == "time":
            warn(
                f"coverage={coverage:g} is of the later rows held out in training, and is not "
                "promised of rows to come, which may be unlike them: count it on rows whose class "
                "is known"
            )
        return self.conformal.threshold(coverage)

    def why_full(self, coverage: float) -> str:
        """Why sets of this coverage have all classes, where they do."""
        return full_sets(coverage, 0 if self.conformal is None else self.conformal.n_rows)

    def check_savable(self) -> None:
        """Raise a DataError now if ``save`` would refuse the model after hours of training."""
        try:
            self.table.check_names()
            container.to_bytes({}, self.document(), kind=self.kind)
        except ValueError as error:
            raise DataError(f"no model file can hold this table: {error}") from error

    def arrays(self) -> dict[str, NDArray[Any]]:
        return super().arrays() | self.table.arrays()

    @property
    def file_format(self) -> int:
        return self.table.file_format

    def document(self) -> dict[str, Any]:
        """What the file says beside the arrays, as JSON takes it."""
        # Left out where there are no prediction sets, as in files that older versions wrote.
        known = {} if self.conformal is None else {"conformal": self.conformal.state()}
        model: dict[str, Any] = {"classes": classes_state(self.classes), "target": self.target}
        if self.ranges is not None:
            model["ranges"] = self.ranges.state()
        return {
            "model": model,
            "table": self.table.state(),
            "network": network_state(self.network),
            "mixture": {"shares": self.shares, "temperature": self.temperature},
            "factors": self.factors,
            **known,
            "info": self.info,
        }

    @classmethod
    def load(cls, path: Source | Contents) -> "Model":
        """Open a file that ``save`` wrote.  Nothing in it is executed.

        Parameters
        ----------
        path : str, path, bytes or open binary file
            As for ``numlp.load``.

        Returns
        -------
        Model
            The model of a table.

        Raises
        ------
        ModelFileError
            The file is damaged, is not the model of a table, or needs a newer version.
        OSError
            The file could not be read.
        """
        document, arrays = container.read(path, kind=cls.kind)
        with container.reading_document(path, "numlp model"):
            return cls._from_document(document, arrays)

    @classmethod
    def _from_document(
        cls, document: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]
    ) -> "Model":
        of_table = {name: a for name, a in arrays.items() if name.startswith("table.")}
        of_network = {name: a for name, a in arrays.items() if name not in of_table}
        table = Table.from_state(document["table"], of_table)
        network = network_from_state(document["network"], table.width, of_network)
        target, info = document["model"]["target"], document["info"]
        if not isinstance(target, str) or not isinstance(info, dict):
            raise TypeError("target is not a text, or info not an object")
        classes = classes_from_state(document["model"]["classes"])
        conformal = ranges = None
        if "ranges" in document["model"]:
            ranges = Ranges.from_state(document["model"]["ranges"], classes.tolist())
        if "conformal" in document:
            conformal = Conformal.from_state(document["conformal"])
        return cls(
            table,
            network,
            classes,
            shares=_floats(document["mixture"]["shares"]),
            temperature=_floats([document["mixture"]["temperature"]])[0],
            factors=_floats(document["factors"]),
            conformal=conformal,
            target=target,
            info=info,
            ranges=ranges,
        )

    def facts(self) -> dict[str, Any]:
        """What the model is and how it came to be, as JSON takes it.

        Returns
        -------
        dict
            What ``numlp inspect --json`` prints: columns, classes, net, settings, scores.
        """
        info = self.info
        return shared_facts(self) | {
            "estimator": info.get("estimator"),
            "ranges": None if self.ranges is None else self.ranges.state(),
            "shares": self.shares,
            "temperature": self.temperature,
            "factors": self.factors,
            "rows_of_sets": None if self.conformal is None else self.conformal.n_rows,
            "settings": dict(mapping(info.get("settings"))),
            "recipe": dict(mapping(info.get("recipe"))),
            "epochs": info.get("epochs"),
            "unit": unit_of(info),
            "stop_reason": info.get("stop_reason"),
            "validation": validation_of(info),
            **({} if (how := held_out_of(info)) is None else {"held_out_by": how}),
        }


class LaterMatrix:
    """The matrix of a wide table, whose rows are made when they are asked for, and not kept.

    Parameters
    ----------
    table : Table
    columns : Columns
        As ``table.columns_of`` gives them.
    notes : list of str, optional
        Gets the notes of ``table.transform``, those of all blocks added up.
    """

    def __init__(self, table: Table, columns: Columns, notes: list[str] | None) -> None:
        self._table, self._columns, self._notes = table, columns, notes

    def __len__(self) -> int:
        return self._columns.n_rows

    def __getitem__(self, rows: slice) -> Matrix:
        numbers = np.arange(*rows.indices(len(self)))
        notes: list[str] = []
        matrix = self._table.transform(self._columns.rows(numbers), notes)
        if self._notes is not None:
            self._notes[:] = CellNote.added([*self._notes, *notes])
        return matrix


def _floats(values: Any) -> list[float]:
    """The values, if each is a number, as floats."""
    if not isinstance(values, list) or not all(type(v) in (int, float) for v in values):
        raise TypeError(f"{str(values)[:60]} is not a list of numbers")
    return [float(v) for v in values]


def _is_positive(value: float) -> bool:
    return 0 < value < math.inf


def _check_mixture(shares: Sequence[float], n_members: int, temperature: float) -> None:
    if len(shares) != n_members or not all(map(_is_positive, shares)):
        raise ValueError(f"{len(shares)} shares for {n_members} nets: give a positive one for each")
    if not math.isclose(sum(shares), 1, rel_tol=1e-6):
        raise ValueError(f"the shares have a sum of {sum(shares):g}, not 1")
    if not _is_positive(temperature):
        raise ValueError(f"temperature={temperature}, but it has to be positive")
