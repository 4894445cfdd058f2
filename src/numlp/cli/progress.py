"""The one line that lives while a net is trained."""

import sys
import time
from types import TracebackType
from typing import Any, Self

from ..nn import Epoch

PLAIN_SECONDS = 5.0  # between two lines where there is no terminal


class Progress:
    """A bar on a terminal, a line now and then in a log, nothing when quiet.  All on stderr.

    Parameters
    ----------
    max_epochs : int
        The most there can be; early stopping may end the run sooner, so the time left that is
        shown is the longest it can take.
    n_rows : int
        Rows of the table, for the speed.
    quiet : bool
    """

    def __init__(self, max_epochs: int, n_rows: int, *, quiet: bool) -> None:
        self.max_epochs, self.n_rows = max_epochs, n_rows
        self.live = not quiet and sys.stderr.isatty()
        self.plain = not quiet and not self.live
        self._bar: Any = None
        self._next_line = 0.0

    def __enter__(self) -> Self:
        self._start = time.monotonic()
        if self.live:
            self._bar = _bar()
            self._task = self._bar.add_task("", total=self.max_epochs, status="", left="")
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

    def update(self, epoch: Epoch) -> None:
        """Show an epoch; an ``Epoch`` callback."""
        seconds = time.monotonic() - self._start
        per_epoch = seconds / epoch.number
        left = (self.max_epochs - epoch.number) * per_epoch
        status = (
            f"epoch {epoch.number}  train {epoch.train_loss:.4f}  held out "
            f"{epoch.validation_loss:.4f}  {self.n_rows / per_epoch:,.0f} rows/s"
        )
        try:
            if self._bar is not None:
                self._bar.update(
                    self._task, completed=epoch.number, status=status, left=f"{left:.0f} s at most"
                )
            elif self.plain and seconds >= self._next_line:
                self._next_line = seconds + PLAIN_SECONDS
                print(f"{status}  {left:.0f} s left at most", file=sys.stderr, flush=True)  # noqa: T201
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
