"""Kill `numlp train` at random moments, go on each time, and compare what comes out in the end.

``python kill_loop.py COUNT SIGNAL SEED`` prints one JSON line: how many processes were killed, how
many before the command had begun, how many had to be resumed, how many runs came to an end.
It fails where a run's model is not equal to the bit to that of a run never killed, where a file
stays behind, and where a signal that can be handled ends otherwise than with exit 130 and, once
there is a checkpoint, the command that goes on.
"""

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parents[2] / "examples" / "penguins.csv"
SETTINGS = ["--target", "species", "--epochs", "40", "--jobs", "2", "--quiet"]


def start(folder: Path, *options: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "numlp", "train", str(TABLE), *SETTINGS, "-o", "model.numlp"]
    return subprocess.Popen(
        [*command, *options],
        cwd=folder,
        text=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def ended(process: "subprocess.Popen[str]") -> str:
    errors = process.communicate()[1]
    assert process.returncode == 0, errors
    return errors


def kill(count: int, number: signal.Signals, seed: int) -> dict[str, Any]:
    rng = random.Random(seed)  # noqa: S311 - no secret
    counts = {"signal": number.name, "killed": 0, "early": 0, "resumed": 0, "finished": 0}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model, checkpoint = folder / "model.numlp", folder / "run.ckpt"
        begun = time.time()
        ended(start(folder))
        seconds = time.time() - begun
        expected = model.read_bytes()
        model.unlink()
        while counts["killed"] < count:
            counts["resumed"] += checkpoint.exists()
            option = "--resume" if checkpoint.exists() else "--checkpoint"
            begun = time.time()
            process = start(folder, option, "run.ckpt", "--checkpoint-every", "0")
            time.sleep(rng.uniform(0, 1.2 * seconds))
            if process.poll() is None:
                process.send_signal(number)
                errors = process.communicate()[1]
                # Before the command has begun a signal is Python's own to handle.
                early = number != signal.SIGKILL and (
                    process.returncode == -number or errors == "numlp: interrupted\n"
                )
                counts["early" if early else "killed"] += 1
                if not early:
                    check_end(process.returncode, number, errors, checkpoint, begun)
            else:
                ended(process)
            if model.exists() and not checkpoint.exists():
                assert model.read_bytes() == expected, "another model than that of a run in one go"
                model.unlink()
                counts["finished"] += 1
                assert not (left := list(folder.iterdir())), f"files stay behind: {left}"
        if checkpoint.exists():
            ended(start(folder, "--resume", "run.ckpt"))
            assert model.read_bytes() == expected, "another model than that of a run in one go"
            counts["finished"] += 1
    return counts


def check_end(
    code: int, number: signal.Signals, errors: str, checkpoint: Path, begun: float
) -> None:
    if number == signal.SIGKILL or code == 0:  # it was about to end by itself
        return
    assert code == 130, f"exit {code} after {number.name}: {errors}"
    assert "Traceback" not in errors, errors
    if checkpoint.exists() and checkpoint.stat().st_mtime > begun:  # it was this process that wrote
        assert "to resume: numlp train" in errors, errors


if __name__ == "__main__":
    count, name, seed = sys.argv[1:]
    print(json.dumps(kill(int(count), signal.Signals[name], int(seed))))  # noqa: T201
