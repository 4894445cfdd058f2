"""The one line that lives while nets are trained."""

import sys
import time
from types import TracebackType
from typing import Any, Self

from ..nn import Epoch

PLAIN_SECONDS = 5.0  # between two lines where there is no terminal


class Progress:
    """A bar on a terminal, a line now and then in a log, nothing when quiet.  All on stderr.

    How many epochs there will be is known from the first one on: a time limit makes them fewer.

    Parameters
    ----------
    quiet : bool
    """

    def __init__(self, *, quiet: bool) -> None:
        self.live = not quiet and sys.stderr.isatty()
        self.plain = not quiet and not self.live
        self._bar: Any = None
        self._next_line = 0.0
        self._trained, self._epochs = 0.0, 0  # seconds, and what for

    def __enter__(self) -> Self:
        self._start = time.monotonic()
        if self.live:
            self._bar = _bar()
            self._task = self._bar.add_task("", total=None, status="getting ready", left="")
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    @property
    def seconds(self) -> float:
        """Wall time since the start."""
        return time.monotonic() - self._start

    def update(self, epoch: Epoch) -> None:
        """Show an epoch; an ``Epoch`` callback."""
        self._trained += epoch.seconds
        self._epochs += 1  # of this run: one that goes on has more behind it
        status, left = f"epoch {epoch.number}", ""
        if epoch.planned is not None:
            status += f" of {epoch.planned}"
            remaining = (epoch.planned - epoch.number) * self._trained / self._epochs
            left = f"{remaining:.0f} s left" if epoch.number < epoch.planned else "mixing the nets"
        status += f"  train {epoch.train_loss:.4f}"
        if epoch.validation_loss is not None:  # None until the first look at the rows held out
            status += f"  held out {epoch.validation_loss:.4f}"
        try:
            if self._bar is not None:
                self._bar.update(
                    self._task,
                    completed=epoch.number,
                    total=epoch.planned,
                    status=status,
                    left=left,
                )
            elif self.plain and self.seconds >= self._next_line:
                self._next_line = self.seconds + PLAIN_SECONDS
                print(f"{status}  {left}".rstrip(), file=sys.stderr, flush=True)  # noqa: T201
        except OSError:  # the terminal was closed: go on training
            self._bar, self.plain = None, False


def _bar() -> Any:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as RichProgress

    return RichProgress(
        BarColumn(bar_width=24),
        TextColumn("{task.fields[status]}"),
        TextColumn("{task.fields[left]}", style="dim"),
        console=Console(stderr=True),
        transient=True,
    )
