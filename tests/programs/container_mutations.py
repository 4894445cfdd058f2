"""Hostile files for the reader, as a program of its own so that its memory can be limited.

``python container_mutations.py COUNT SEED`` prints one JSON line: how many files were refused and
how many were opened, and what the dearest took. It fails where anything but ModelFileError comes
out, and where a file that was opened does not hold what its header says.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from numlp.errors import ModelFileError
from numlp.storage import container

try:
    from safetensors import numpy as safetensors
except ImportError:
    safetensors = None

HEADROOM = 50 << 20  # bytes that one file may cost, itself included
Header = list[tuple[str, Any]]  # pairs, so that keys can be there twice
Opened = tuple[dict[str, Any], dict[str, Any]]

DOCUMENT = {
    "classes": ["no", "yes", "\u00fc\u200b\n"],
    "rate": 0.25,
    "n": 2**127,
    "deep": {"a": [[{"b": None}], True]},
}


def arrays() -> dict[str, Any]:
    rng = np.random.default_rng(7)
    return {
        "W": rng.standard_normal((3, 4)),
        "b": rng.standard_normal(4).astype(np.float32),
        "n": np.array(-5),
        "codes": np.arange(6, dtype=np.int32).reshape(2, 1, 3),
        "mask": np.array([True, False, True]),
        "text": np.frombuffer(b"names", np.uint8),
        "none": np.zeros((0, 3), np.float32),
    }


def repaired(data: bytes) -> bytes:
    """Give a file the checksum of its contents, at the place where format 1 has it."""
    at = data.find(b'"sha256":"') + 10
    if at < 10 or len(data) < at + 64:
        return data
    blank = data[:at] + b"0" * 64 + data[at + 64 :]
    return data[:at] + hashlib.sha256(blank).hexdigest().encode() + data[at + 64 :]


def assembled(text: bytes, data: bytes) -> bytes:
    """Make a whole file of a header text and the bytes that follow it."""
    text += b" " * (-(8 + len(text)) % 64)
    return repaired(len(text).to_bytes(8, "little") + text + data)


def taken_apart(whole: bytes) -> tuple[Header, bytes]:
    end = 8 + int.from_bytes(whole[:8], "little")
    return list(json.loads(whole[8:end]).items()), whole[end:]


def dumped(header: Header) -> bytes:
    """Write JSON that may hold a key twice, or NaN."""
    parts = (
        f"{json.dumps(name)}:{json.dumps(value, separators=(',', ':'))}" for name, value in header
    )
    return ("{" + ",".join(parts) + "}").encode()


def with_document(text: str, header: Header, data: bytes) -> bytes:
    metadata = {**header[0][1], "document": text}
    return assembled(dumped([("__metadata__", metadata), *header[1:]]), data)


NASTY: list[Any] = [
    *(0, 1, 2, 3, 4, 8, -1, -8, 1.0, 0.5, True, None, "", "1", [], {}, [0], [None], [[]]),
    *(2**31, 2**32, 2**62, 2**63 - 1, 2**63, 2**64, 2**70, 10**39, 10**400, float("nan")),
    *(float("inf"), "F32", "F64", "I64", "I32", "U8", "BOOL", "BF16", "F8_E4M3", "U64", "f4", "O"),
    *("\x1b[31m", "\ud800", "a" * 5000, [0, 0], [0, 2**63], [2**63, 2**63], [2**62, 4], [0, 2**70]),
    *([-1, -1], [1] * 9, [1] * 65, [2**31, 2**31, 2], [0, 96], [96, 96], [96, 0], [0, 10**18]),
]


def edit_entry(rng: random.Random, header: Header, data: bytes) -> bytes:
    """Put something nasty into the entry of one array."""
    header = json.loads(json.dumps(header))
    entry = header[rng.randrange(1, len(header))][1]
    key = rng.choice([*entry, "more"])
    if isinstance(entry.get(key), list) and entry[key] and rng.random() < 0.5:
        i = rng.randrange(len(entry[key]))
        step = rng.choice([-64, -8, -1, 1, 8, 64])
        entry[key][i] = rng.choice([rng.choice(NASTY), entry[key][i] + step])
    elif rng.random() < 0.1:
        entry.pop(key, None)
    else:
        entry[key] = rng.choice(NASTY)
    return assembled(dumped(header), data)


def edit_names(rng: random.Random, header: Header, data: bytes) -> bytes:
    """Drop, double, swap or rename an array."""
    header = list(header)
    i, j = rng.randrange(1, len(header)), rng.randrange(len(header))
    what = rng.randrange(4)
    if what == 0:
        del header[i]
    elif what == 1:
        header.insert(i, header[j])
    elif what == 2:
        header[i], header[j] = header[j], header[i]
    else:
        names = ["", "__metadata__", "../x", "/etc", "a b", "\u202e", "x" * 200, "c\n", "W", "ok"]
        header[i] = (rng.choice(names), header[i][1])
    return assembled(dumped(header), data)


def edit_metadata(rng: random.Random, header: Header, data: bytes) -> bytes:
    metadata = dict(header[0][1])
    key = rng.choice([*metadata, "more"])
    if rng.random() < 0.2:
        metadata.pop(key, None)
    else:
        metadata[key] = rng.choice([*NASTY, "2", "0", "01", "model", "checkpoint"])
    return assembled(dumped([("__metadata__", metadata), *header[1:]]), data)


def edit_document(rng: random.Random, header: Header, data: bytes) -> bytes:
    """Damage the JSON inside of the JSON."""
    text = header[0][1]["document"]
    what = rng.randrange(4)
    if what == 0:
        i = rng.randrange(len(text))
        return with_document(
            text[:i] + rng.choice('{}[]",:\\\n0-e.tn\x00\xff') + text[i:], header, data
        )
    if what == 1:
        i, j = sorted(rng.randrange(len(text)) for _ in range(2))
        return with_document(text[:i] + text[j:], header, data)
    if what == 2:
        value = rng.choice(["NaN", "-Infinity", "1e999", "9" * 5000, "1." + "1" * 99, '"\\ud800"'])
        return with_document(text.replace("0.25", value), header, data)
    brackets = rng.choice(["[]", "{}"]) * rng.choice([1, 5, 40, 2000])
    return with_document(
        rng.choice([text[:-1] + ',"deep":1}', brackets, f'{{"a":{brackets}}}']), header, data
    )


def edit_header_bytes(rng: random.Random, header: Header, data: bytes) -> bytes:
    text = bytearray(dumped(header))
    for _ in range(rng.choice([1, 1, 2, 5])):
        i = rng.randrange(len(text))
        text[i : i + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
    return assembled(bytes(text), data)


def edit_length(rng: random.Random, header: Header, data: bytes) -> bytes:
    """Declare another length for the header."""
    whole = assembled(dumped(header), data)
    n = int.from_bytes(whole[:8], "little")
    lengths = [
        0,
        56,
        n - 64,
        n + 64,
        n - 1,
        n + 1,
        len(whole),
        len(whole) - 8,
        2**31,
        2**63,
        2**64 - 8,
    ]
    return repaired(rng.choice([*lengths, rng.getrandbits(64)]).to_bytes(8, "little") + whole[8:])


def edit_data(rng: random.Random, header: Header, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice([1, 4, 16])):
        changed[rng.randrange(len(changed))] = rng.choice([0, 1, 0x7F, 0xFF, rng.randrange(256)])
    return assembled(dumped(header), bytes(changed))


def edit_size(rng: random.Random, header: Header, data: bytes) -> bytes:
    """Cut the file, make it longer, or double a part of it."""
    whole = assembled(dumped(header), data)
    i = rng.randrange(len(whole))
    j = rng.randrange(i, min(len(whole), i + 200))
    return repaired(
        rng.choice(
            [whole[:i], whole + rng.randbytes(j - i), whole[:j] + whole[i:], whole[:i] + whole[j:]]
        )
    )


EDITS = {
    edit_entry: 30,
    edit_names: 10,
    edit_metadata: 10,
    edit_document: 20,
    edit_header_bytes: 20,
    edit_length: 5,
    edit_data: 10,
    edit_size: 10,
}


def bombs(header: Header, data: bytes) -> Iterator[bytes]:
    """Yield files as large as a header may be, each made to cost its reader as much as it can."""
    room = container.MAX_HEADER - 10_000
    marks = container.MAX_MARKS - 1_000
    empty = {"dtype": "U8", "shape": [0], "data_offsets": [len(data), len(data)]}

    def wide(unit: str) -> Iterator[bytes]:
        """Yield lists in the document: as long as allowed, and as long as the header."""
        for count in (marks // sum(map(unit.count, '",[]{}')), room // (len(unit) * 2)):
            yield with_document('{"a":[' + (unit * count)[:-1] + "]}", header, data)

    def raw(text: str) -> bytes:
        """Put a text into the header as it stands."""
        return assembled(dumped(header)[:-1] + b"," + text.encode() + b"}", data)

    for unit in ["[],", "0,", '"ab",', '{"a":0},', "12345,", '"abcdefgh\\ud83d\\ude00",']:
        yield from wide(unit)
    for item in ["0", '"abcdefg"', '{"a":[]}']:
        count = marks // (3 + sum(map(item.count, '",[]{}')))
        keys = ",".join(f'"key number {i}":{item}' for i in range(min(count, room // 40)))
        yield with_document("{" + keys + "}", header, data)
    for unit in ["[", "{", "]", '{"a":', '"', "\\", '\\"', '""', '":"', "9", " ", "\\u00e9"]:
        yield raw(unit * (room // len(unit)))
        yield raw('"' + unit * (room // len(unit)))
        yield with_document('{"a":' + unit * (room // 4 // len(unit)) + "}", header, data)
        yield with_document('{"a":"' + unit * (room // 4 // len(unit)) + '"}', header, data)
    # One wide character makes a whole string four bytes a character.
    wide_text = "x" * room + "\\ud83d\\ude00"
    yield raw(f'"a":"{wide_text}"')
    yield raw(f'"{wide_text}":0')
    yield with_document(f'{{"a":"{wide_text}"}}', header, data)
    yield with_document(wide_text + "\U0001f600", header, data)
    for count in [container.MAX_ARRAYS - len(header) + 1, container.MAX_ARRAYS, 40_000]:
        yield assembled(dumped([*header, *((f"a{i}", empty) for i in range(count))]), data)
    for shape in [[10**39] * (room // 41), [1] * 64, [1] * 65, [0] * 9]:
        yield assembled(dumped([*header, ("a", {**empty, "shape": shape})]), data)


def opened(data: bytes) -> tuple[Opened | None, str, float]:
    """Open a file with little memory: its contents or None, the message, the seconds of CPU."""
    import resource

    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + HEADROOM, hard))
    contents, message = None, ""
    started = time.process_time()
    try:
        contents = container.from_bytes(data, kind="model", name="x.numlp")
    except ModelFileError as error:
        message = str(error)
    seconds = time.process_time() - started
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    return contents, message, seconds


def check(data: bytes, contents: Opened) -> None:
    """Hold what was opened against what can be saved, and against another reader."""
    document, arrays = contents
    again = container.to_bytes(arrays, document, kind="model")
    assert container.from_bytes(again, kind="model")[0] == document
    for array in arrays.values():
        assert array.flags.aligned
        assert array.flags.writeable
    if safetensors is not None:
        expected = safetensors.load(data)
        assert expected.keys() == arrays.keys()
        for name, array in expected.items():
            assert array.dtype == arrays[name].dtype
            assert array.shape == arrays[name].shape
            assert array.tobytes() == arrays[name].tobytes()


def main(count: int, seed: int) -> dict[str, Any]:
    whole = container.to_bytes(arrays(), DOCUMENT, kind="model")
    header, data = taken_apart(whole)
    assert assembled(dumped(header), data) == whole
    rng = random.Random(seed)  # noqa: S311 - for tests
    edits, weights = zip(*EDITS.items(), strict=True)
    mutants = (edit(rng, header, data) for edit in rng.choices(edits, weights, k=count))
    report = {"refused": 0, "opened": 0, "slowest": 0.0}
    for i, mutant in enumerate(itertools.chain(mutants, bombs(header, data))):
        contents, message, seconds = opened(mutant)
        report["refused" if contents is None else "opened"] += 1
        report["slowest"] = max(report["slowest"], seconds)
        if contents is None:
            assert message.startswith("x.numlp ")
            assert message.isprintable(), ascii(message)
            assert len(message) < 400, message
        elif i < count:  # the bombs are too dear to be saved again
            check(mutant, contents)
    return report


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(int(sys.argv[1]), int(sys.argv[2]))))
