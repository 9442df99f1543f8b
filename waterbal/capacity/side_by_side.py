"""Searches side by side: with few records, threads that each carry out a search leave no core idle between trials."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from typing import TypeVar

Result = TypeVar("Result")

_ended: ContextVar[threading.Event | None] = ContextVar("ended", default=None)

LEAST_RECORDS = 2
"""Records for each thread at which the records of one trial keep all threads busy."""


def share(threads: int | None, records: int, searches: int) -> tuple[int, int]:
    """Say how many searches go side by side, and how many threads each of them has.

    Parameters
    ----------
    threads : int, optional
        Threads in all; default: all cores.
    records : int
        Records that each trial of a search simulates.
    searches : int
        Searches to be done.

    Returns
    -------
    int, int
        Searches at once and threads of each, 1 or more.
    """
    threads = threads or os.cpu_count() or 1
    useful = max(1, min(threads, records // LEAST_RECORDS))
    at_once = max(1, min(threads // useful, searches))
    return at_once, max(1, threads // at_once)


def side_by_side(
    tasks: Sequence[Callable[[], Result]], at_once: int, progress: Callable[[int, int], None] | None = None
) -> list[Result]:
    """Carry out tasks that do not depend on each other, and return what they return, in their order.

    Parameters
    ----------
    tasks : sequence of callable
        What is to be done; each sees the context variables of the caller.
    at_once : int
        Tasks at a time.
    progress : callable, optional
        Called with (tasks done, tasks in all), by one thread at a time.

    Raises
    ------
    BaseException
        What the first task in order that fails raises; tasks after it end at their next trial.
    """
    done = 0
    one = threading.Lock()

    def counted(task: Callable[[], Result]) -> Result:
        nonlocal done
        result = task()
        with one:
            done += 1
            if progress is not None:
                progress(done, len(tasks))
        return result

    if at_once <= 1:
        return [counted(task) for task in tasks]
    ended = threading.Event()
    token = _ended.set(ended)
    try:
        with ThreadPoolExecutor(at_once) as pool:
            pending = [pool.submit(copy_context().run, counted, task) for task in tasks]
            try:
                return [future.result() for future in pending]
            except BaseException:  # an interrupt too
                ended.set()
                for future in pending:
                    future.cancel()
                raise
    finally:
        _ended.reset(token)


def end_if_asked() -> None:
    """Leave a task whose result nobody waits for any more.

    Raises
    ------
    CancelledError
        If another task has failed, or the work was interrupted.
    """
    ended = _ended.get()
    if ended is not None and ended.is_set():
        raise CancelledError
