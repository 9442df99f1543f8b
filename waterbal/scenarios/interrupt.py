"""Stopping a sweep: cleanly after the blocks at work, or at once."""

from __future__ import annotations

import multiprocessing
import os
import signal
from typing import Any, Self


class Stop:
    """Whether somebody wants the sweep to end early."""

    def __init__(self) -> None:
        self.signal: int | None = None

    def __bool__(self) -> bool:
        """Tell whether to stop."""
        return self.signal is not None


class Stoppable:
    """Stop at the first SIGINT or SIGTERM, after the blocks at work; at the second one at once.

    Use as a context manager, in the main thread; elsewhere signals stay as they are.
    """

    def __init__(self) -> None:
        self.stop = Stop()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        """Take the signals over."""
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) == signal.SIG_IGN:  # whoever started us wants it so
                continue
            try:
                self._before[number] = signal.signal(number, self._handle)
            except ValueError:  # not the main thread
                break
        return self

    def __exit__(self, *_: object) -> None:
        """Give the signals back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _handle(self, number: int, _frame: Any) -> None:
        if self.stop:
            for process in multiprocessing.active_children():
                process.kill()
            os._exit(128 + number)
        self.stop.signal = number
