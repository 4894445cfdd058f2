"""The file of models and checkpoints: what goes in comes out, and nothing else is let in."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import pickle
import re
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from numlp.errors import ModelFileError
from numlp.storage import container
from numlp.storage.container import from_bytes, read, to_bytes, write

from ..programs.container_mutations import (
    DOCUMENT,
    arrays,
    assembled,
    dumped,
    repaired,
    taken_apart,
)

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX files")

CODES = ["f8", "i8", "f4", "i4", "u1", "b1"]
WHOLE = to_bytes(arrays(), DOCUMENT, kind="model")

# As format 1 was when it was first written: it has to be read for ever.
GOLDEN = base64.b64decode("""
eAEAAAAAAAB7Il9fbWV0YWRhdGFfXyI6eyJmb3JtYXQiOiJudW1scCIsInZlcnNpb24iOiIxIiwic2hhMjU2IjoiM2QyNWVl
NWU1Mzg2NGQ2ZDRkN2QyMmVlZTdkOTMzMzRiM2M4MTg2Mzg4YzFjMTMxZWNlOWE1ZjgyOGNiZDM3OSIsImtpbmQiOiJtb2Rl
bCIsImRvY3VtZW50Ijoie1wiY2xhc3Nlc1wiOltcIm5vXCIsXCJ5XFx1MDBlOXNcIl0sXCJyYXRlXCI6MC4xfSJ9LCJuIjp7
ImR0eXBlIjoiSTY0Iiwic2hhcGUiOltdLCJkYXRhX29mZnNldHMiOlswLDhdfSwiVyI6eyJkdHlwZSI6IkYzMiIsInNoYXBl
IjpbMSwzXSwiZGF0YV9vZmZzZXRzIjpbOCwyMF19LCJtYXNrIjp7ImR0eXBlIjoiQk9PTCIsInNoYXBlIjpbMl0sImRhdGFf
b2Zmc2V0cyI6WzIwLDIyXX19ICAgICAg+f////////8AAAA/AAAAwAAAQEABAA==
""")


def same(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> bool:
    """Say whether two arrays are equal to the bit, in whichever byte order."""
    return (
        a.dtype.newbyteorder("=") == b.dtype.newbyteorder("=")
        and a.shape == b.shape
        and a.astype(a.dtype.newbyteorder("<")).tobytes()
        == b.astype(b.dtype.newbyteorder("<")).tobytes()
    )


def with_header(**changes: Any) -> bytes:
    """Return a whole file with one array `a` of four float32, after changes to its entry."""
    header, data = taken_apart(to_bytes({"a": np.ones(4, np.float32)}, {}, kind="model"))
    header[1][1].update(changes)
    return assembled(dumped(header), data)


def with_document(text: str) -> bytes:
    header, data = taken_apart(WHOLE)
    header[0][1]["document"] = text
    return assembled(dumped(header), data)


def refusal(data: bytes, kind: str = "model") -> str:
    with pytest.raises(ModelFileError) as caught:
        from_bytes(data, kind=kind, name="m.numlp")
    message = str(caught.value)
    assert message.startswith("m.numlp ")
    assert message.isprintable()
    return message


# What goes in comes out


def layouts(base: np.ndarray[Any, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """Return one array in every way that memory can hold it."""
    padded = np.zeros((base.shape[0] * 2, base.shape[1] * 3), base.dtype)
    padded[::2, ::3] = base
    raw = np.zeros(base.nbytes + 1, np.uint8)
    unaligned = raw[1:].view(base.dtype).reshape(base.shape)
    unaligned[:] = base
    read_only = base.copy()
    read_only.flags.writeable = False
    return {
        "C order": base,
        "Fortran order": np.asfortranarray(base),
        "transposed": base.T,
        "with gaps": padded[::2, ::3],
        "backwards": base[::-1, ::-1],
        "repeated": np.broadcast_to(base[:1], (5, *base.shape)),
        "big-endian": base.astype(base.dtype.newbyteorder(">")),
        "unaligned": unaligned,
        "read-only": read_only,
        "without an item": base[:0],
        "without a dimension": base[0, 0, ...],
        "a subclass": base.view(np.recarray).view(np.matrix),
    }


@pytest.mark.parametrize("kind", ["model", "checkpoint"])
@pytest.mark.parametrize("code", CODES)
def test_every_dtype_in_every_layout_comes_back_equal_to_the_bit(code: str, kind: str) -> None:
    rng = np.random.default_rng(3)
    base = (rng.standard_normal((3, 4)) * 100).astype(code)
    base[0, 0] = 1
    for name, array in layouts(base).items():
        _, opened = from_bytes(to_bytes({"a": array}, {}, kind=kind), kind=kind)
        assert same(opened["a"], np.asarray(array)), name
        assert opened["a"].dtype.isnative


def test_every_pattern_of_bits_of_a_float_is_kept_in_a_checkpoint() -> None:
    bits = np.array(
        [0, 1 << 63, 1, 0x7FF0 << 48, 0xFFF8 << 48, (0x7FF0 << 48) + 1, 0x7FF8DEAD << 32]
    )
    array = bits.astype(np.uint64).view(np.float64)
    _, opened = from_bytes(to_bytes({"a": array}, {}, kind="checkpoint"), kind="checkpoint")
    assert opened["a"].tobytes() == array.tobytes()


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(1 - 2**128, 2**128 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
any_array = npst.arrays(
    dtype=st.sampled_from([order + code for code in CODES for order in "<>"]).map(np.dtype),
    shape=npst.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
)


@settings(deadline=None, max_examples=60)
@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z][A-Za-z0-9_.-]{0,9}", fullmatch=True), any_array, max_size=4
    ),
    st.dictionaries(st.text(), plain, max_size=4),
)
def test_any_arrays_and_any_document_come_back(
    arrays: dict[str, np.ndarray[Any, Any]], document: dict[str, Any]
) -> None:
    data = to_bytes(arrays, document, kind="checkpoint")
    again, opened = from_bytes(data, kind="checkpoint")
    assert repr(again) == repr(document)  # tells 1 from True and 1.0, and -0.0 from 0.0
    assert opened.keys() == arrays.keys()
    assert all(same(opened[name], array) for name, array in arrays.items())
    assert to_bytes(opened, again, kind="checkpoint") == data


def test_a_file_comes_back_from_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "x.numlp"
    for where in (path, str(path)):
        write(where, arrays(), DOCUMENT, kind="model")
        assert path.read_bytes() == WHOLE
        document, opened = read(where, kind="model")
        assert document == DOCUMENT
        assert all(same(opened[name], array) for name, array in arrays().items())


def test_the_arrays_are_writable_aligned_and_nobody_elses() -> None:
    data = bytearray(WHOLE)
    _, opened = from_bytes(data, kind="model")
    _, other = from_bytes(data, kind="model")
    for name, array in opened.items():
        assert array.flags.aligned
        assert array.flags.writeable
        assert array.flags.c_contiguous
        assert not np.shares_memory(array, other[name])
    opened["W"][:] = 0
    assert data == WHOLE


def test_equal_contents_make_equal_files_in_whatever_order() -> None:
    backwards = dict(reversed(arrays().items()))
    assert to_bytes(backwards, DOCUMENT, kind="model") == WHOLE


def test_tuples_come_back_as_lists() -> None:
    assert from_bytes(to_bytes({}, {"sizes": (3, (4,))}, kind="model"), kind="model") == (
        {"sizes": [3, [4]]},
        {},
    )


def test_writing_copies_no_array_that_is_already_in_order() -> None:
    big = np.ones(4_000_000)
    tracemalloc.start()
    container._encode({"big": big, "view": big.reshape(2000, 2000)}, {}, "checkpoint")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_reading_takes_the_memory_of_the_file_and_little_more(tmp_path: Path) -> None:
    write(tmp_path / "x", {"big": np.ones(1_000_000)}, {}, kind="checkpoint")
    tracemalloc.start()
    read(tmp_path / "x", kind="checkpoint")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8_500_000


# The format


def test_the_bytes_are_laid_out_as_the_module_says() -> None:
    array = np.array([[1.5, -2.0]], np.float32)
    data = to_bytes({"W": array, "n": np.array(7)}, {"a": "\u00e9"}, kind="model")
    n = int.from_bytes(data[:8], "little")
    header = data[8 : 8 + n]
    assert (8 + n) % 64 == 0
    assert header.isascii()
    assert data[8 + n :] == (7).to_bytes(8, "little") + array.tobytes()
    digest = hashlib.sha256(data[:66] + b"0" * 64 + data[130:]).hexdigest()
    document = json.dumps(json.dumps({"a": "\u00e9"}, separators=(",", ":")))
    assert header.decode().rstrip(" ") == (
        f'{{"__metadata__":{{"format":"numlp","version":"1","sha256":"{digest}","kind":"model",'
        f'"document":{document}}},"n":{{"dtype":"I64","shape":[],"data_offsets":[0,8]}},'
        '"W":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]}}'
    )


def test_the_safetensors_library_opens_it(tmp_path: Path) -> None:
    safetensors = pytest.importorskip("safetensors")
    write(tmp_path / "x", arrays(), DOCUMENT, kind="model")
    with safetensors.safe_open(tmp_path / "x", framework="np") as file:
        assert set(file.keys()) == set(arrays())
        assert all(same(file.get_tensor(name), array) for name, array in arrays().items())
        assert file.metadata()["kind"] == "model"
        assert json.loads(file.metadata()["document"]) == DOCUMENT


def test_the_safetensors_library_opens_one_without_arrays() -> None:
    numpy = pytest.importorskip("safetensors.numpy")
    assert numpy.load(to_bytes({}, {}, kind="model")) == {}


def test_a_file_of_format_1_opens_for_ever() -> None:
    document, opened = from_bytes(GOLDEN, kind="model")
    assert document == {"classes": ["no", "y\u00e9s"], "rate": 0.1}
    assert list(opened) == ["n", "W", "mask"]
    assert same(opened["n"], np.array(-7))
    assert same(opened["W"], np.array([[0.5, -2.0, 3.0]], np.float32))
    assert same(opened["mask"], np.array([True, False]))
    assert to_bytes(opened, document, kind="model") == GOLDEN


# What is damaged


def test_every_flipped_bit_is_found() -> None:
    for i in range(len(WHOLE)):
        damaged = bytearray(WHOLE)
        for bit in range(8):
            damaged[i] = WHOLE[i] ^ 1 << bit
            with pytest.raises(ModelFileError):
                from_bytes(damaged, kind="model")


def test_every_truncation_is_found() -> None:
    for size in range(len(WHOLE)):
        with pytest.raises(ModelFileError):
            from_bytes(WHOLE[:size], kind="model")


def test_bytes_at_the_end_are_found() -> None:
    assert "checksum" in refusal(WHOLE + b"\0")
    assert "1 bytes belong to no array" in refusal(repaired(WHOLE + b"\0"))


def test_a_file_without_arrays_is_whole_to_its_last_space() -> None:
    data = to_bytes({}, {}, kind="model")
    assert data.endswith(b" ")
    for i in range(len(data)):
        with pytest.raises(ModelFileError):
            from_bytes(data[:i] + bytes([data[i] ^ 1]) + data[i + 1 :], kind="model")


@pytest.mark.heavy
@pytest.mark.skipif(sys.platform != "linux", reason="needs RLIMIT_AS and /proc")
def test_files_made_to_harm_are_refused_with_little_memory_and_time() -> None:
    script = Path(__file__).parents[1] / "programs" / "container_mutations.py"
    done = subprocess.run(
        [sys.executable, "-W", "error", str(script), "3000", "20"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["refused"] > 2000
    assert report["opened"] > 200
    # One second is the aim; this leaves room for a slow machine and still finds what is quadratic.
    assert report["slowest"] < 5


# What is hostile, each by the check that finds it


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dtype": "BF16"}, "is of dtype BF16, not F64, I64, F32, I32, U8, BOOL"),
        ({"dtype": ["F32"]}, "is of dtype ['F32']"),
        ({"dtype": "\x1b[31m"}, r"is of dtype \x1b[31m"),
        ({"shape": [5]}, "is at [0, 16], and belongs at [0, 20]"),
        ({"shape": [4.0]}, "has the shape [4.0]"),
        ({"shape": [True, 4]}, "has the shape [True, 4]"),
        ({"shape": [-1, -4]}, "has the shape [-1, -4]"),
        ({"shape": 4}, "has the shape 4"),
        ({"shape": [1] * 9}, "has the shape"),
        ({"shape": [0, 2**70], "data_offsets": [0, 0]}, "has the shape"),
        ({"shape": [2**32, 2**32], "data_offsets": [0, 0]}, "has the shape"),
        ({"shape": [2**40], "data_offsets": [0, 2**42]}, "ends at 4,398,046,511,104"),
        ({"shape": [5], "data_offsets": [0, 20]}, "ends at 20, and the data at 16"),
        ({"shape": [3], "data_offsets": [0, 12]}, "4 bytes belong to no array"),
        ({"shape": [3], "data_offsets": [4, 16]}, "is at [4, 16], and belongs at [0, 12]"),
        ({"data_offsets": [0, 16.0]}, "is at [0, 16.0]"),
        ({"data_offsets": [False, 16]}, "is at [False, 16]"),
        ({"data_offsets": [0, 16, 16]}, "is at [0, 16, 16]"),
        ({"data_offsets": [16, 0]}, "is at [16, 0]"),
        ({"data_offsets": None}, "is at None"),
        ({"more": 1}, "is not given by dtype, shape and data_offsets"),
    ],
)
def test_an_array_that_is_not_as_its_bytes_are_is_refused(
    changes: dict[str, Any], message: str
) -> None:
    assert message in refusal(with_header(**changes))


@pytest.mark.parametrize("name", ["", "1a", "../a", "/a", "a b", "a\n", "\u00e4", "a" * 101])
def test_an_array_name_of_another_form_is_refused_by_reader_and_writer(name: str) -> None:
    header, data = taken_apart(to_bytes({"a": np.ones(4)}, {}, kind="model"))
    refusal(assembled(dumped([header[0], (name, header[1][1])]), data))
    with pytest.raises(ValueError, match="the array name"):
        to_bytes({name: np.ones(4)}, {}, kind="model")


def test_a_key_that_stands_there_twice_is_refused_at_every_level() -> None:
    header, data = taken_apart(WHOLE)
    assert "the key 'W' is there twice" in refusal(assembled(dumped([*header, header[1]]), data))
    twice = dumped(header).replace(b'"shape":', b'"dtype":"F32","shape":', 1)
    assert "the key 'dtype' is there twice" in refusal(assembled(twice, data))
    assert "the key 'a' is there twice" in refusal(with_document('{"b":[{"a":1,"\\u0061":1}]}'))
    hidden = assembled(dumped([*header, ("__metadata__", {})]), data)
    assert "the key '__metadata__' is there twice" in refusal(hidden)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "not an object"),
        ("", "not an object"),
        ("{", "Expecting property name"),
        ('{"a":NaN}', "document['a'] is nan"),
        ('{"a":[0,-Infinity]}', "document['a'][1] is -inf"),
        ('{"a":1e999}', "document['a'] is inf"),
        ('{"a":' + "9" * 41 + "}", "a number of 41 digits"),
        ('{"a":' + "9" * 40 + "}", "an integer of 133 bits"),
        ('{"a":"\\ud800"}', r"document['a'] is not valid Unicode: '\\ud800'"),
        ('{"\\ud800":1}', "document is not valid Unicode"),
        ('{"a":"\u00e4"}', "ascii"),
        ('{"a":' + "[" * 32 + "]" * 32 + "}", "nested deeper than 32"),
        ('{"a":' + "[" * 100_000, "nested deeper than 32"),
        ('{"a":"\\\\",' + "[" * 100_000, "nested deeper than 32"),
        ('{"a":"\\"",' + "[" * 100_000, "nested deeper than 32"),
        ('{"a":[' + "0," * 500_000 + "0]}", "long lists belong in arrays"),
        ("{} {}", "Extra data"),
        ('{"a":"\x01"}', "Invalid control character"),
        ('{"\x1b[31m\x07' + "x" * 999 + '":{"a":NaN}}', "Invalid control character"),
        ('{"\\u001b[31m\\u0007' + "x" * 999 + '":{"a":NaN}}', r"document['\x1b[31m\x07xxx"),
    ],
)
def test_a_document_that_is_not_plain_json_is_refused(text: str, message: str) -> None:
    said = refusal(with_document(text))
    assert message in said
    assert len(said) < 300


def test_brackets_and_quotes_within_strings_are_not_counted_as_depth() -> None:
    document = {"a": "[" * 100, 'b"': '\\"' + "{" * 100 + "\\", "c\\": ["\\\\", '"']}
    assert from_bytes(to_bytes({}, document, kind="model"), kind="model")[0] == document


@pytest.mark.parametrize(
    "change",
    [{"document": None}, {"document": {}}, {"more": "x"}, {"kind": 1}, {"format": "other"}],
)
def test_metadata_of_another_form_is_refused(change: dict[str, Any]) -> None:
    header, data = taken_apart(WHOLE)
    header[0] = ("__metadata__", {**header[0][1], **change})
    refusal(assembled(dumped(header), data))


def test_more_arrays_than_allowed_are_refused() -> None:
    entry = {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}
    header, _ = taken_apart(to_bytes({}, {}, kind="model"))
    many = [*header, *((f"a{i}", entry) for i in range(container.MAX_ARRAYS + 1))]
    assert "10,001 arrays" in refusal(assembled(dumped(many), b""))
    from_bytes(assembled(dumped(many[:-1]), b""), kind="model")


def test_a_header_that_is_too_long_is_refused() -> None:
    header, data = taken_apart(WHOLE)
    text = dumped(header)
    text += b" " * (container.MAX_HEADER - len(text))
    assert "no header has a length of 4,194,360 bytes" in refusal(assembled(text, data))
    from_bytes(assembled(text[:-64], data), kind="model")


@pytest.mark.parametrize("n", [len(WHOLE) - 7, len(WHOLE), 2**20, 2**31, 2**63 - 1, 2**64 - 1])
def test_a_header_longer_than_the_file_is_refused(n: int) -> None:
    said = refusal(repaired(n.to_bytes(8, "little") + WHOLE[8:]))
    assert f"a header of {n:,} bytes in a file of {len(WHOLE):,}" in said


@pytest.mark.parametrize("n", [0, 63, 64, 120 - 1])
def test_a_header_length_that_leaves_the_data_unaligned_is_refused(n: int) -> None:
    said = refusal(repaired(n.to_bytes(8, "little") + WHOLE[8:]))
    assert f"no header has a length of {n:,} bytes" in said


def test_an_array_that_is_not_aligned_is_refused() -> None:
    header, data = taken_apart(
        to_bytes({"a": np.ones(1), "b": np.ones(4, np.uint8)}, {}, kind="model")
    )
    header[1][1]["data_offsets"], header[2][1]["data_offsets"] = [4, 12], [0, 4]
    header[1:] = header[:0:-1]
    assert "is not aligned" in refusal(assembled(dumped(header), data))


def test_a_bool_that_is_neither_0_nor_1_is_refused_by_reader_and_writer() -> None:
    header, _ = taken_apart(to_bytes({"a": np.array([True])}, {}, kind="model"))
    assert "other bytes than 0 and 1" in refusal(assembled(dumped(header), b"\x02"))
    with pytest.raises(ValueError, match="other bytes than 0 and 1"):
        to_bytes({"a": np.array([2], np.uint8).view(bool)}, {}, kind="model")


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_only_a_checkpoint_may_hold_what_is_not_finite(bad: float, dtype: type) -> None:
    array = np.array([1, bad], dtype)
    data = to_bytes({"W": array}, {}, kind="checkpoint")
    assert same(from_bytes(data, kind="checkpoint")[1]["W"], array)
    model = repaired(data.replace(b'"checkpoint"', b'"model"').replace(b"}}  ", b"}}" + b" " * 7))
    assert "the array 'W' has NaN or infinity" in refusal(model)
    with pytest.raises(ValueError, match="the array 'W' has NaN or infinity"):
        to_bytes({"W": array}, {}, kind="model")


# What is another file


def saved(save: Any) -> bytes:
    stream = io.BytesIO()
    save(stream)
    return stream.getvalue()


FOREIGN = {
    "empty": (b"", "is empty"),
    "pickle": (pickle.dumps({"a": 1}), "a pickle, which can run any code"),
    "pickle 2": (pickle.dumps([1], protocol=2), "a pickle"),
    "npz": (saved(lambda stream: np.savez(stream, a=np.ones(3))), "a zip archive"),
    "npy": (saved(lambda stream: np.save(stream, np.ones(3))), "a NumPy array"),
    "hdf5": (b"\x89HDF\r\n\x1a\n" + bytes(100), "an HDF5 file"),
    "gzip": (gzip.compress(WHOLE), "a gzip file"),
    "parquet": (b"PAR1" + bytes(100), "a Parquet table"),
    "pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git lfs pull"),
    "page": (b"\n<!DOCTYPE html><html>", "a web page"),
    "text": (b"a,b\n1,2\n", "text"),
    "short text": (b"hi", "text"),
    "text that is cut": (("\u00fc" * 400).encode()[:511], "text"),
    "json": (b'{"a": 1, "b": 2, "c": 3}', "text"),
    "zeros": (bytes(1000), "nothing known"),
    "noise": (bytes(range(128, 256)), "nothing known"),
    "latin-1": ("\u00fcber".encode("latin-1"), "nothing known"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_file_of_another_kind_is_refused_by_its_looks(name: str, tmp_path: Path) -> None:
    data, message = FOREIGN[name]
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(ModelFileError) as caught:
        read(tmp_path / "x", kind="model")
    assert str(tmp_path / "x") in str(caught.value)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_pickle_is_not_run() -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return pytest.fail, ("the pickle was run",)

    assert "a pickle" in refusal(pickle.dumps(Bomb()))


def test_a_safetensors_file_of_another_program_is_refused() -> None:
    numpy = pytest.importorskip("safetensors.numpy")
    for metadata in (None, {"format": "pt"}):
        data = numpy.save({"a": np.ones(3)}, metadata=metadata)
        assert "a safetensors file of another program" in refusal(data)


@pytest.mark.parametrize("version", [3, 17, 999_999_999])
def test_a_newer_format_is_named_before_anything_else_is_believed(version: int) -> None:
    start = b'\xff\xff\xff\xff\0\0\0\0{"__metadata__":{"format":"numlp","version":"%d"' % version
    for rest in (b"", b"...", WHOLE):
        said = refusal(start + rest)
        assert f"is in file format {version}, and this numlp reads formats up to 2" in said
        assert "pip install --upgrade numlp" in said


def test_the_head_of_a_file_tells_its_kind_without_reading_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "x"
    for kind in ("model", "checkpoint"):
        data = to_bytes(arrays(), DOCUMENT, kind=kind)
        path.write_bytes(data)
        assert container.head(path) == (kind, 1, len(data))
    path.write_bytes(data[:-1] + b"?")  # whether it is whole is another question
    assert container.head(path) == ("checkpoint", 1, len(data))
    for start in (b"", b"text", data[:100], data.replace(b'"version":"1"', b'"version":"3"')):
        path.write_bytes(start)
        with pytest.raises(ModelFileError, match=re.escape(str(path))):
            container.head(path)
    with pytest.raises(ModelFileError, match="not a regular file"):
        container.head("/dev/null")
    with pytest.raises(FileNotFoundError):
        container.head(tmp_path / "none")


def test_a_file_of_another_kind_of_ours_is_refused() -> None:
    said = refusal(to_bytes({}, {}, kind="checkpoint"))
    assert "is a numlp checkpoint, not a numlp model" in said


def test_what_stops_early_is_called_cut_short() -> None:
    for size in (9, 20, 30, 60, 200, 500, len(WHOLE) - 1):
        assert "cut short" in refusal(WHOLE[:size])


def test_the_checks_come_in_their_order() -> None:
    """A file with every fault is refused for its first; the first is mended, and so on."""
    header, data = taken_apart(to_bytes({"a": np.array([np.nan])}, {}, kind="checkpoint"))
    header[0][1].update(kind="model", version="3")
    header[1][1]["shape"] = [2]
    text = dumped([*header, header[1]])
    text += b" " * (-len(text) % 64)  # 8 bytes too many
    faulty = [
        ("looks like nothing known", b"\0" * 8 + b"X" + text[1:] + data),
        ("is in file format 3", (2**40).to_bytes(8, "little") + text + data),
    ]
    text = text.replace(b'"version":"3"', b'"version":"1"')
    faulty += [
        ("a header of 1,099,511,627,776 bytes", (2**40).to_bytes(8, "little") + text + data),
        ("no header has a length", len(text).to_bytes(8, "little") + text + data),
    ]
    text = text[:-8] if text.endswith(b" " * 8) else text + b" " * 56
    whole = len(text).to_bytes(8, "little") + text + data
    faulty += [("checksum", whole), ("is there twice", repaired(whole))]
    header[0][1]["version"] = "1"
    faulty += [("is at [0, 8], and belongs at [0, 16]", assembled(dumped(header), data))]
    header[1][1]["shape"] = [1]
    faulty += [("NaN or infinity", assembled(dumped(header), data))]
    for message, file in faulty:
        assert message in refusal(file)


def test_a_file_name_is_shown_without_control_characters() -> None:
    with pytest.raises(ModelFileError, match=r"^a\\x1b\[31m\\u202eb looks like"):
        from_bytes(b"no", kind="model", name="a\x1b[31m\u202eb")


# Reading and writing


def test_a_file_that_is_not_there_or_a_folder_is_a_fault_of_reading(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read(tmp_path / "x", kind="model")
    with pytest.raises((IsADirectoryError, PermissionError)):
        read(tmp_path, kind="model")


@posix
def test_a_pipe_or_a_device_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(ModelFileError, match="not a regular file"):
            read(path, kind="model")


@posix
def test_a_huge_file_that_is_not_ours_takes_no_memory(tmp_path: Path) -> None:
    with (tmp_path / "x").open("wb") as file:
        file.truncate(1 << 40)
    tracemalloc.start()
    with pytest.raises(ModelFileError, match="nothing known"):
        read(tmp_path / "x", kind="model")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


def test_a_file_larger_than_the_memory_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object) -> None:
        raise MemoryError

    (tmp_path / "x").write_bytes(WHOLE)
    monkeypatch.setattr(np, "empty", full)
    with pytest.raises(ModelFileError, match="more than fit into memory"):
        read(tmp_path / "x", kind="model")


def test_a_file_that_shrinks_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    write(path, {"W": np.ones(10**6)}, {}, kind="model")  # larger than any buffer of the system
    empty = np.empty

    def shrinking(*args: Any) -> Any:
        os.truncate(path, 10**6)
        return empty(*args)

    monkeypatch.setattr(np, "empty", shrinking)
    with pytest.raises(ModelFileError, match="cut short"):
        read(path, kind="model")


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([None]), "is of dtype object"),
        (np.array(["a"]), "is of dtype <U1"),
        (np.array(["a"], np.dtypes.StringDType()), "is of dtype StringDType"),
        (np.array([1j]), "is of dtype complex128"),
        (np.array([1], np.float16), "is of dtype float16"),
        (np.array([1], np.uint64), "is of dtype uint64"),
        (np.array([1], "M8[s]"), "is of dtype datetime64"),
        (np.zeros(2, [("a", "f4")]), r"is of dtype \[\('a'"),
        (np.zeros((1,) * 9), "has the shape"),
        (np.zeros((0, 2**49)), "has the shape"),
    ],
)
def test_an_array_that_the_reader_would_refuse_is_not_written(
    array: np.ndarray[Any, Any], message: str, tmp_path: Path
) -> None:
    (tmp_path / "x").write_bytes(b"old")
    with pytest.raises(ValueError, match=f"the array 'W' .*{message}"):
        write(tmp_path / "x", {"W": array}, {}, kind="checkpoint")
    assert (tmp_path / "x").read_bytes() == b"old"


def cyclic() -> list[Any]:
    result: list[Any] = []
    result.append(result)
    return result


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("nan"), r"document\['a'\] is nan"),
        ({"b": [0, float("inf")]}, r"document\['a'\]\['b'\]\[1\] is inf"),
        ({1: 2}, r"document\['a'\] has the key 1, which is not a str"),
        (np.int64(1), "is of type int64"),
        (np.ones(1), "is of type ndarray"),
        ({1}, "is of type set"),
        (b"x", "is of type bytes"),
        (2**128, "is an integer of 129 bits"),
        ([-(10**5000)], "is an integer of"),
        ("\ud800", "is not valid Unicode"),
        (cyclic(), "is nested deeper than 32"),
        (["x"] * 200_000, "long lists belong in arrays"),
        ("x" * container.MAX_HEADER, "put lists in arrays"),
    ],
)
def test_a_document_that_the_reader_would_refuse_is_not_written(value: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        to_bytes({}, {"a": value}, kind="model")


def test_a_document_of_the_deepest_nesting_comes_back() -> None:
    value: Any = 0
    for _ in range(31):
        value = [value]
    assert from_bytes(to_bytes({}, {"a": value}, kind="model"), kind="model")[0] == {"a": value}
    with pytest.raises(ValueError, match="nested deeper"):
        to_bytes({}, {"a": [value]}, kind="model")


def test_more_arrays_than_allowed_and_another_kind_of_kind_are_not_written() -> None:
    nothing = np.zeros(0)
    most = {f"a{i}": nothing for i in range(container.MAX_ARRAYS)}
    assert len(from_bytes(to_bytes(most, {}, kind="model"), kind="model")[1]) == len(most)
    with pytest.raises(ValueError, match="10,001 arrays"):
        to_bytes({**most, "more": nothing}, {}, kind="model")
    for kind in ("", "a b", 'a"', "\u00e4", "a" * 101):
        with pytest.raises(ValueError, match="the kind"):
            to_bytes({}, {}, kind=kind)


def test_a_save_that_fails_leaves_the_old_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x"
    path.write_bytes(WHOLE)

    def full(_fd: int, _data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left"):
        write(path, {}, {}, kind="model")
    assert read(path, kind="model")[0] == DOCUMENT
    assert [entry.name for entry in tmp_path.iterdir()] == ["x"]
