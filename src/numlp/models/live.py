"""How a run is shown while it trains: a curve in a notebook, a line an epoch elsewhere."""

import importlib
import sys
import time
from types import TracebackType
from typing import Any, Self

from ..nn import Epoch, History
from ..nn.more.display import losses_svg
from .fitted import history_of

SECONDS = 0.3  # between two pictures, so that none flickers and training is not held up


def in_notebook() -> bool:
    """Whether a kernel runs this, so that HTML is shown: not in a script or on a terminal."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


class LiveCurve:
    """The losses so far, in one place of a notebook that is drawn anew.

    Parameters
    ----------
    on : bool
        Whether to draw at all.
    """

    def __init__(self, *, on: bool) -> None:
        self._on, self._next = on, 0.0
        self._handle: Any = None

    def update(self, fitted: Any, planned: int | None = None) -> None:
        """Draw what ``history_of`` finds, unless it was just drawn.

        ``planned`` is the number of epochs to leave room for.
        """
        if self._on and time.monotonic() >= self._next:
            self._draw(fitted, planned)
            self._next = time.monotonic() + SECONDS

    def finish(self, fitted: Any) -> None:
        """Draw the whole curve, as it stays."""
        if self._on:
            self._draw(fitted, None)

    def _draw(self, fitted: Any, planned: int | None) -> None:
        display: Any = importlib.import_module("IPython.display")  # its functions have no types
        markup = losses_svg(history_of(fitted).to_dict(), planned)
        if not markup:
            return
        if self._handle is None:
            self._handle = display.display(display.HTML(markup), display_id=True)
        else:
            self._handle.update(display.HTML(markup))


class Watch:
    """An ``Epoch`` callback that shows the epochs as ``verbose`` of TabularClassifier asks.

    Parameters
    ----------
    verbose : bool or "plot"
    history : History
        The history of the run, to which each epoch is added before the callbacks are called.
    """

    def __init__(self, verbose: bool | str, history: History) -> None:
        draws = verbose == "plot" and in_notebook()
        self._prints, self._history = bool(verbose) and not draws, history
        self._curve = LiveCurve(on=draws)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._curve.finish(self._history)

    def __call__(self, epoch: Epoch) -> None:
        """Show an epoch."""
        self._curve.update(self._history, epoch.planned)
        if self._prints:
            told = f"Iteration {epoch.number}, loss = {epoch.train_loss:.8f}"
            if epoch.validation_loss is not None:  # None until the first look at rows held out
                told += f", held out = {epoch.validation_loss:.8f}"
            print(told)  # noqa: T201 - what verbose is for
