"""Model files that come as bytes, or out of an open file."""

from __future__ import annotations

import gzip
import io
import os
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import numlp
from numlp import MLPClassifier, MLPModel, Model, ModelFileError, nn
from numlp.models import open_model
from numlp.storage import container
from numlp.table.table import Table


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """The files of a model of a table and of an MLPClassifier."""
    table = Table.fit({"x": [1.0, 2.0, 4.0] * 9})
    net = nn.mlp([table.width, 3, 2], activation="relu")
    net.init(np.random.default_rng(0))
    X = np.arange(20.0).reshape(-1, 1) / 20
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # so few epochs are too few
        clf = MLPClassifier((3,), max_iter=2, random_state=0).fit(X, [0, 1] * 10)
    found = {}
    for name, saved in (("model", Model(table, net, np.array(["a", "b"]))), ("mlp", clf)):
        file = io.BytesIO()
        saved.save(file)
        found[name] = file.getvalue()
    return found


class OneWay(io.RawIOBase):
    """A stream that cannot seek, and gives a few bytes at a time, as a socket does."""

    def __init__(self, data: bytes) -> None:
        self._rest = data

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part, self._rest = self._rest[: min(len(buffer), 7)], self._rest[min(len(buffer), 7) :]
        buffer[: len(part)] = part
        return len(part)


def in_zip(data: bytes) -> Any:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("m.numlp", data)
    return zipfile.ZipFile(packed).open("m.numlp")


def spooled(data: bytes) -> Any:
    file = tempfile.SpooledTemporaryFile()  # noqa: SIM115 - it is given away
    file.write(data)
    file.seek(0)
    return file


def on_disk(data: bytes) -> Path:
    path = Path(tempfile.mkdtemp(), "m.numlp")
    path.write_bytes(data)
    return path


FORMS: dict[str, Callable[[bytes], Any]] = {
    "bytes": bytes,
    "bytearray": bytearray,
    "memoryview": memoryview,
    "a part of other bytes": lambda data: memoryview(b"before" + data + b"after")[6:-5],
    "numbers of two bytes": lambda data: memoryview(data + b"x" * (len(data) % 2)).cast("H"),
    "bytes backwards": lambda data: memoryview(data[::-1])[::-1],
    "BytesIO": io.BytesIO,
    "an open file": lambda data: on_disk(data).open("rb"),
    "an open file without a buffer": lambda data: on_disk(data).open("rb", buffering=0),
    "a pipe": lambda data: io.BufferedReader(OneWay(data)),
    "a socket": OneWay,
    "a file in a zip": in_zip,
    "gzip": lambda data: gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(data))),
    "a temporary file": spooled,
    "a path": on_disk,
    "a path as text": lambda data: os.fspath(on_disk(data)),
}
LOADS: list[tuple[str, Callable[[Any], Any]]] = [
    ("model", numlp.load),
    ("mlp", numlp.load),
    ("model", Model.load),
    ("mlp", MLPModel.load),
    ("mlp", MLPClassifier.load),
    ("model", open_model),
    ("mlp", open_model),
]


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("form", FORMS)
def test_a_file_is_opened_in_whatever_form_it_comes(form: str, files: dict[str, bytes]) -> None:
    for kind, load in LOADS:
        if form == "numbers of two bytes" and len(files[kind]) % 2:
            continue
        loaded = load(FORMS[form](files[kind]))
        again = io.BytesIO()
        loaded.save(again)
        assert again.getvalue() == files[kind]
        network = getattr(loaded, "model_", loaded).network
        assert network.theta.flags.aligned
        assert network.theta.flags.writeable


def test_the_bytes_that_are_given_stay_as_they_are(files: dict[str, bytes]) -> None:
    data = bytearray(files["model"])
    document, arrays = container.read(data, kind="model")
    for array in arrays.values():
        array[...] = 7
    assert data == files["model"]
    assert document


def test_an_open_file_is_read_from_where_it_stands(files: dict[str, bytes]) -> None:
    file = io.BytesIO(b"sent by mail" + files["model"])
    file.seek(12)
    assert numlp.load(file).classes.tolist() == ["a", "b"]
    with pytest.raises(ModelFileError, match=r"stands at its end.*call seek\(0\) first"):
        numlp.load(file)


@pytest.mark.parametrize("given", [5, None, 1.5, ["m.numlp"], object()])
def test_what_is_neither_path_nor_bytes_nor_file_is_a_type_error(given: Any) -> None:
    for load in (numlp.load, Model.load, MLPModel.load, MLPClassifier.load, open_model):
        with pytest.raises(TypeError, match="give a path, bytes, or an open binary file"):
            load(given)


def test_a_file_that_is_open_for_text_is_a_type_error_that_says_how(
    files: dict[str, bytes], tmp_path: Path
) -> None:
    path = tmp_path / "m.numlp"
    path.write_bytes(files["model"])
    for file in (path.open(encoding="latin-1"), io.StringIO("text")):
        with file, pytest.raises(TypeError, match=r"open\(path, 'rb'\) or io\.BytesIO"):
            numlp.load(file)  # type: ignore[arg-type]


def test_a_file_that_has_nothing_yet_is_not_waited_for() -> None:
    class Silent(io.RawIOBase):
        def read(self, _: int = -1) -> None:  # type: ignore[override]
            return None

    with pytest.raises(BlockingIOError, match="<Silent> has no bytes yet"):
        numlp.load(Silent())  # type: ignore[arg-type]


BAD = {
    "nothing": (lambda _: b"", "is empty"),
    "a pickle": (lambda _: b"\x80\x04" + b"x" * 9000, "looks like a pickle"),
    "cut short": (lambda data: data[:-1], "is damaged or cut short"),
    "cut in the first bytes": (lambda data: data[:20], "is cut short after 20 bytes"),
    "a bit flipped": (lambda data: data[:-1] + bytes([data[-1] ^ 1]), "is damaged or cut short"),
}


@pytest.mark.parametrize("name", BAD)
def test_damaged_bytes_are_refused_as_a_damaged_file_is(name: str, files: dict[str, bytes]) -> None:
    damage, message = BAD[name]
    for kind, load in LOADS:
        for form in (bytes, io.BytesIO, OneWay):
            with pytest.raises(ModelFileError, match=f"<{form.__name__}> {message}"):
                load(form(damage(files[kind])))


def test_of_the_file_of_another_program_the_start_alone_is_read() -> None:
    class Endless(io.RawIOBase):
        n_read = 0

        def read(self, size: int = -1) -> bytes:
            assert 0 < size < 10_000
            self.n_read += size
            return b"x" * size

    file = Endless()
    with pytest.raises(ModelFileError, match="looks like text"):
        numlp.load(file)  # type: ignore[arg-type]
    assert file.n_read < 10_000


class Slow(io.RawIOBase):
    """A file that takes a few bytes at a time."""

    def __init__(self) -> None:
        self.data = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += bytes(data[:9])
        return len(data[:9])


def test_a_model_is_saved_to_an_open_file(files: dict[str, bytes], tmp_path: Path) -> None:
    for kind in files:
        loaded = numlp.load(files[kind])
        with (tmp_path / "m").open("wb") as file:
            file.write(b"head")
            loaded.save(file)
        assert (tmp_path / "m").read_bytes() == b"head" + files[kind]
        slow = Slow()
        loaded.save(slow)  # type: ignore[arg-type]
        assert slow.data == files[kind]


@pytest.mark.parametrize("target", [5, None, b"bytes", io.StringIO()])
def test_what_cannot_be_saved_to_is_a_type_error(target: Any, files: dict[str, bytes]) -> None:
    for kind in files:
        with pytest.raises(TypeError, match=r"saved to .* give a path, or an open binary file"):
            numlp.load(files[kind]).save(target)
