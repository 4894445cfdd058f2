"""Saving where the system itself fails: the old file stays whole, and nothing else stays."""

import errno
import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import numlp
from numlp.storage.whole_file import machine

pytestmark = pytest.mark.heavy  # a process each, most of them traced

PENGUINS = Path(__file__).parents[1] / "examples" / "penguins.csv"
GOLDEN = Path(__file__).with_name("golden") / "penguins-format1.numlp"
TRAIN = ["train", str(PENGUINS), "-t", "species", "--quality", "fast", "--epochs", "2", "-q"]
ENVIRONMENT = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}

# The name of the temporary file is to be known, so that calls for this file alone can fail.
PROGRAM = """
import json, secrets, sys
secrets.token_hex = lambda n: "0" * (2 * n)
"""
SAVE = PROGRAM + textwrap.dedent(
    """
    import numlp
    model = numlp.load(sys.argv[1])
    model.info["saved"] = "again"
    try:
        model.save(sys.argv[1])
        print(json.dumps([0, None]))
    except OSError as error:
        print(json.dumps([error.errno, error.filename]))
    """
)
COMMAND = PROGRAM + "from numlp.cli.start import main; main()"


def _runs(*command: str) -> bool:
    """Whether a tool is there and may do here what it is for."""
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


strace = pytest.mark.skipif(
    not _runs("strace", "-e", "inject=fsync:error=EIO", "true"),
    reason="needs strace, and the right to trace a process",
)
mounts = pytest.mark.skipif(
    not _runs("unshare", "-rm", "mount", "-t", "tmpfs", "none", "/tmp"),  # noqa: S108
    reason="needs the right to mount a file system in a namespace of one's own",
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "m.numlp"
    path.write_bytes(GOLDEN.read_bytes())
    return path


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*map(str, command)], capture_output=True, text=True, check=False, env=ENVIRONMENT
    )


def run_with_fault(
    fault: str, path: Path, *command: str | Path
) -> subprocess.CompletedProcess[str]:
    """Run a program in which each call of this kind for this file fails."""
    calls = fault.partition(":")[0]
    log = path.parent.with_name(path.parent.name + ".strace")
    done = run(
        *("strace", "-f", "-qq", "--seccomp-bpf", "-o", log, "-P", path),
        *("-e", f"trace={calls}", "-e", f"inject={fault}"),
        *command,
    )
    assert "(INJECTED)" in log.read_text(), log.read_text()
    return done


def temporary(path: Path) -> Path:
    return path.with_name(f".{path.name}.{machine()}.{'0' * 16}.tmp")


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def assert_one_line(done: subprocess.CompletedProcess[str], words: str) -> None:
    """The command ended as one whose reading or writing failed."""
    assert done.returncode == 5, done.stderr
    assert done.stderr.startswith("numlp: ")
    assert done.stderr.count("\n") == 1, done.stderr
    assert words in done.stderr


RENAMES = "rename,renameat,renameat2"
FAULTS = [
    *(("openat", error) for error in ("EACCES", "EIO", "ENOSPC")),
    *(("write", error) for error in ("EDQUOT", "EIO", "ENOSPC")),
    *(("fsync", error) for error in ("EIO", "ENOSPC")),
    *((RENAMES, error) for error in ("EACCES", "EIO", "ENOSPC")),
]


@strace
@pytest.mark.parametrize(("call", "error"), FAULTS)
def test_a_system_call_that_fails_while_a_model_is_saved_leaves_the_old_one(
    call: str, error: str, model: Path
) -> None:
    done = run_with_fault(
        f"{call}:error={error}", temporary(model), sys.executable, "-c", SAVE, model
    )
    assert json.loads(done.stdout) == [getattr(errno, error), str(model)]
    assert model.read_bytes() == GOLDEN.read_bytes()
    assert names(model.parent) == ["m.numlp"]


@strace
def test_a_disk_that_is_full_after_some_bytes_leaves_the_old_model(model: Path) -> None:
    fault = "write:error=ENOSPC:when=4"
    done = run_with_fault(fault, temporary(model), sys.executable, "-c", SAVE, model)
    assert json.loads(done.stdout)[1] == str(model)
    assert model.read_bytes() == GOLDEN.read_bytes()
    assert names(model.parent) == ["m.numlp"]


@strace
def test_a_folder_that_cannot_be_synced_keeps_no_model_from_being_saved(model: Path) -> None:
    done = run_with_fault("fsync:error=EIO", model.parent, sys.executable, "-c", SAVE, model)
    assert json.loads(done.stdout) == [0, None]
    assert numlp.load(model).info["saved"] == "again"
    assert names(model.parent) == ["m.numlp"]


@strace
@pytest.mark.parametrize(
    ("call", "error"),
    [("openat", "EACCES"), ("write", "ENOSPC"), ("fsync", "EIO"), (RENAMES, "EIO")],
)
def test_a_system_call_that_fails_in_train_is_exit_5_and_leaves_the_old_model(
    call: str, error: str, model: Path
) -> None:
    command = [sys.executable, "-c", COMMAND, *TRAIN, "-o", model]
    done = run_with_fault(f"{call}:error={error}", temporary(model), *command)
    assert_one_line(done, f"{model}: ")
    assert done.stdout == ""
    assert model.read_bytes() == GOLDEN.read_bytes()
    assert names(model.parent) == ["m.numlp"]


@strace
@pytest.mark.parametrize(("call", "error"), [("openat", "ENOSPC"), (RENAMES, "EIO")])
def test_a_checkpoint_that_cannot_be_written_is_exit_5_and_leaves_the_one_before(
    call: str, error: str, tmp_path: Path
) -> None:
    checkpoint, output = tmp_path / "run.ckpt", tmp_path / "m.numlp"
    command = [sys.executable, "-c", COMMAND, *TRAIN, "-o", output]
    command += ["--checkpoint", checkpoint, "--checkpoint-every", "0"]
    # The first epoch's is written, that of the second is not.
    done = run_with_fault(f"{call}:error={error}:when=2", temporary(checkpoint), *command)
    assert_one_line(done, f"{checkpoint}: ")
    assert names(tmp_path) == ["run.ckpt"]
    shown = run(sys.executable, "-m", "numlp", "inspect", checkpoint)
    assert "epoch 1 of 2" in shown.stdout


# File systems that take nothing

IN_A_MOUNT = """
set -e
mount -t tmpfs -o size=128k none "$1"
cp "$2" "$1/m.numlp"
if [ "$3" = full ]; then
    head -c 1M /dev/zero > "$1/filler" 2> /dev/null || true
else
    mount -o remount,ro "$1"
fi
folder=$1; old=$2; shift 3
"$@" || echo "exit $?"
cmp "$old" "$folder/m.numlp" && ls -A "$folder"
"""


def run_on(what: str, folder: Path, *command: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program beside a model in a small file system that is full, or may not be written."""
    return run(*("unshare", "-rm", "sh", "-c", IN_A_MOUNT, "sh", folder, GOLDEN, what, *command))


@mounts
@pytest.mark.parametrize(
    ("what", "number", "left"),
    [("full", errno.ENOSPC, ["filler", "m.numlp"]), ("read-only", errno.EACCES, ["m.numlp"])],
)
def test_a_file_system_that_takes_nothing_leaves_the_old_model(
    what: str, number: int, left: list[str], tmp_path: Path
) -> None:
    model = tmp_path / "m.numlp"
    done = run_on(what, tmp_path, sys.executable, "-c", SAVE, model)
    assert done.stderr == ""
    outcome, *names = done.stdout.splitlines()
    assert json.loads(outcome) == [number, str(model)]
    assert names == left


@mounts
@pytest.mark.parametrize(
    ("what", "words", "left"),
    [
        ("full", "m.numlp: No space left on device", ["filler", "m.numlp"]),
        ("read-only", "may not be written", ["m.numlp"]),
    ],
)
def test_train_on_a_file_system_that_takes_nothing_is_exit_5_and_one_line(
    what: str, words: str, left: list[str], tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "numlp", *TRAIN, "-o", tmp_path / "m.numlp"]
    done = run_on(what, tmp_path, *command)
    assert done.stdout.splitlines() == ["exit 5", *left]
    assert done.stderr.startswith("numlp: ")
    assert done.stderr.count("\n") == 1
    assert words in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    "command",
    [
        ["predict", str(GOLDEN), str(PENGUINS)],
        ["predict", str(GOLDEN), str(PENGUINS), "--proba"],
        ["evaluate", str(GOLDEN), str(PENGUINS)],
        ["inspect", str(GOLDEN)],
        ["inspect", str(GOLDEN), "--json"],
    ],
    ids=" ".join,
)
def test_an_output_that_takes_nothing_is_exit_5_and_one_line(command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "numlp", *command],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env=ENVIRONMENT,
        )
    assert_one_line(done, "No space left on device")
