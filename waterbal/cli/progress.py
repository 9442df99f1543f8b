"""Progress of anything over a second: a bar on a terminal, plain lines in a log."""

from __future__ import annotations

import sys
import threading
import time
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

from waterbal.errors import Message, in_language

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

STARTING = Message("启动", "starting")
PATIENCE = 1.0
"""[s] nothing is shown for work that takes less."""
LOG_INTERVAL = 10.0
"""[s] between two lines of a log in the first minutes of a stage."""
LOG_GROWTH = 0.1
"""Share of the time passed that may pass before the next line, so that a long run does not fill its log."""
LOG_LONGEST = 600.0
"""[s] after which there is a line in any case."""


class Progress:
    """Shows the stage of a command on stderr, silent while it is quick.

    Use as a context manager; call it with ``(done, total)`` from the work, ``stage`` names what goes on,
    ``note`` says what must not be missed.
    """

    def __init__(self, quiet: bool = False, language: str = "en") -> None:
        self._quiet = quiet
        self._language = language
        self._terminal = sys.stderr.isatty()
        self._text = in_language(STARTING, language)
        self._unit = ""
        self._done, self._total = 0, 0
        self._begin: tuple[float, int] | None = None
        self._lock = threading.Lock()
        self._shown = False
        self._logged = 0.0
        self._bar: Bar | None = None
        self._timer: threading.Timer | None = None

    def __enter__(self) -> Self:
        """Start waiting: nothing appears before ``PATIENCE`` has passed."""
        if not self._quiet:
            self._timer = threading.Timer(PATIENCE, self._show)
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take the bar away; what was written to a log stays."""
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._quiet = True
            if self._bar is not None:
                self._bar.stop()
                self._bar = None

    def stage(self, text: str, unit: str = "") -> None:
        """Name what is being done now; with the unit of what is counted, rate and remaining time are told."""
        with self._lock:
            self._text, self._unit = (in_language(one, self._language) for one in (text, unit))
            self._done = self._total = 0
            self._begin = None
            self._logged = 0.0
            self._update()

    def __call__(self, done: int, total: int) -> None:
        """Report how much of the stage is done; one of one says nothing."""
        with self._lock:
            self._done, self._total = (done, total) if total > 1 else (0, 0)
            if self._begin is None:
                self._begin = time.monotonic(), done
            self._update()

    def note(self, text: str) -> None:
        """Say something at once, beside the bar or as a line of the log."""
        with self._lock:
            if self._quiet:
                return
            told = in_language(text, self._language)
            if self._bar is not None:
                self._bar.console.print(f"waterbal: {told}", markup=False, highlight=False)
            else:
                print(f"waterbal: {told}", file=sys.stderr, flush=True)

    def _pace(self) -> str:
        """Give rate and remaining time, once there is something to tell them from."""
        if not self._unit or self._begin is None:
            return ""
        begin, before = self._begin
        passed, done = time.monotonic() - begin, self._done - before
        if done <= 0 or passed <= 0:
            return ""
        rate = done / passed
        left = timedelta(seconds=round((self._total - self._done) / rate))
        pace = f"{rate:,.{0 if rate >= 10 else 1}f}"
        if self._language == "zh":
            return f"每秒 {pace} {self._unit}，剩余 {left}"
        return f"{pace} {self._unit}/s, {left} left"

    def _show(self) -> None:
        with self._lock:
            if self._quiet:
                return
            self._shown = True
            if self._terminal:
                from rich.console import Console
                from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
                from rich.progress import Progress as Bar

                self._bar = Bar(
                    TextColumn("{task.description}"),
                    BarColumn(),
                    TaskProgressColumn(),
                    TimeElapsedColumn(),
                    TextColumn("{task.fields[pace]}"),
                    console=Console(stderr=True),
                    transient=True,
                )
                self._bar.add_task(self._text, total=self._total or None, pace="")
                self._bar.start()
            self._update()

    def _update(self) -> None:
        if not self._shown or self._quiet:
            return
        if self._bar is not None:
            self._bar.update(
                self._bar.task_ids[0],
                description=self._text,
                completed=self._done,
                total=self._total or None,
                pace=self._pace(),
            )
            return
        now = time.monotonic()
        passed = now - self._begin[0] if self._begin else 0.0
        if now - self._logged >= min(max(LOG_INTERVAL, LOG_GROWTH * passed), LOG_LONGEST):
            self._logged = now
            told = [self._text + self._share(), self._pace()]
            joined = ("，" if self._language == "zh" else ", ").join(part for part in told if part)
            print(f"waterbal: {joined}", file=sys.stderr, flush=True)

    def _share(self) -> str:
        """Say how much of the stage is done, where that is known."""
        if not self._total:
            return ""
        unit, share = f" {self._unit}" if self._unit else "", self._done / self._total
        if self._language == "zh":
            return f" {self._done} / {self._total}{unit}（{share:.0%}）"
        return f" {self._done} of {self._total}{unit} ({share:.0%})"
