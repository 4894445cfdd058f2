"""A frame: all numbers that the page draws at one moment, and its bytes."""

import json
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..nn.arrays import Array


@dataclass(frozen=True)
class Frame:
    """What the page draws.

    Attributes
    ----------
    facts : dict
        Numbers of the header: epoch, batch, batches, losses, accuracies, and so on.
    parts : list of (name, array)
        float32 or uint8 arrays, in the order of the payloads.
    """

    facts: dict[str, Any]
    parts: list[tuple[str, NDArray[Any]]] = field(default_factory=list)


def frame_bytes(frame: Frame, running: bool) -> bytes:
    """Pack a frame: the length of the header, the header as JSON, then the payloads.

    >>> packed = frame_bytes(Frame({"epoch": 0}, [("theta", np.ones(2, np.float32))]), False)
    >>> length = int.from_bytes(packed[:4], "little")
    >>> packed[4 : 4 + length].decode()
    '{"epoch": 0, "running": false, "parts": [["theta", "f4", [2]]]}'
    >>> np.frombuffer(packed[4 + length :], "<f4").tolist()
    [1.0, 1.0]
    """
    kinds = {"float32": "f4", "uint8": "u1"}
    parts = [[name, kinds[array.dtype.name], list(array.shape)] for name, array in frame.parts]
    header = {**frame.facts, "running": running, "parts": parts}
    text = json.dumps(header, allow_nan=False).encode()
    payloads = [
        array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
        for _, array in frame.parts
    ]
    return b"".join([len(text).to_bytes(4, "little"), text, *payloads])


def number(value: float) -> float | None:
    """The number as JSON can have it: infinity and NaN are null."""
    return float(value) if math.isfinite(value) else None


def as_bytes(A: Array, low: Any = 0.0, high: Any = 1.0) -> NDArray[np.uint8]:
    """Numbers from ``low`` to ``high`` as 0 to 255; what is no number is 0.

    >>> as_bytes(np.array([0, 0.5, 1, np.nan]))
    array([  0, 128, 255,   0], dtype=uint8)
    """
    with np.errstate(all="ignore"):
        share = (A - low) / np.where(np.asarray(high) > low, np.asarray(high) - low, 1.0)
        levels: Array = np.rint(255 * np.clip(np.nan_to_num(share), 0, 1))
    return levels.astype(np.uint8)
