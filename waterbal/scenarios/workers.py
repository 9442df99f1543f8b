"""Who computes the blocks on this machine: threads of this process, or processes of their own."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from typing import Any, Protocol

from waterbal.errors import DataError, Issue, Message
from waterbal.scenarios.blocks import Block
from waterbal.scenarios.manifest import Manifest, describe, differences
from waterbal.scenarios.work import Source, Work

ATTEMPTS = 3
"""Times a block is given out if the process that computes it is killed."""
STOPPING = (signal.SIGINT, signal.SIGTERM)
ONE_THREAD = ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def cores() -> int:
    """Tell how many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        return os.cpu_count() or 1


@dataclass(frozen=True)
class Task:
    """All that a worker needs to know of a sweep."""

    source: Source
    folder: Path
    manifest: Manifest


@dataclass(frozen=True)
class Outcome:
    """How a block ended."""

    block: Block
    error: BaseException | None = None
    killed: str = ""
    """Why the last of its workers was lost; the block was tried ``ATTEMPTS`` times."""


class Pool(Protocol):
    """Computes blocks that are handed to it."""

    @property
    def slots(self) -> int:
        """Blocks that it takes at a time."""

    def submit(self, block: Block) -> None:
        """Take a block."""

    def wait(self, seconds: float) -> list[Outcome]:
        """Give the blocks that ended, after some time at the latest."""

    def drop(self) -> list[Block]:
        """Give back the blocks that nobody has begun."""

    def close(self) -> None:
        """End; what is being computed is finished first, unless its process is another."""


def open_checked(task: Task) -> Work:
    """Open the work of a task, and make sure that it is still what the manifest says.

    Raises
    ------
    DataError
        If an input or the program is not that of the sweep.
    """
    work = task.source()
    told = differences(task.manifest.sweep, describe(work, task.manifest.sweep["block"]))
    if told:
        message = Message(
            "工作进程所见与批量计算开始时不同；为免混杂，已停止",
            "a worker does not find what the sweep began with; nothing is mixed",
        )
        raise DataError([Issue(message, file=str(task.folder)), *told])
    return work


def compute(work: Work, task: Task, block: Block, threads: int = 1) -> None:
    """Compute a block and write its part."""
    from waterbal.scenarios import parts

    arrays = work.evaluate(block.scenarios, block.first, block.last, threads)
    parts.write(task.folder, task.manifest.id, block.number, arrays)


class Threads:
    """Threads of this process: the kernel runs in all of them, while one prepares its next scenario."""

    def __init__(self, work: Work, task: Task, slots: int, threads: int) -> None:
        self.slots = slots
        self._work, self._task, self._threads = work, task, threads
        self._pool = ThreadPoolExecutor(slots, thread_name_prefix="block")
        self._running: dict[Future[None], Block] = {}

    def submit(self, block: Block) -> None:
        """Take a block."""
        future = self._pool.submit(compute, self._work, self._task, block, self._threads)
        self._running[future] = block

    def wait(self, seconds: float) -> list[Outcome]:
        """Give the blocks that ended."""
        ended, _ = wait(self._running, seconds, FIRST_COMPLETED)
        return [Outcome(self._running.pop(future), future.exception()) for future in ended]

    def drop(self) -> list[Block]:
        """Give back the blocks that no thread has begun."""
        return [self._running.pop(future) for future in list(self._running) if future.cancel()]

    def close(self) -> None:
        """Wait for the threads."""
        self._pool.shutdown(cancel_futures=True)


@dataclass
class _Process:
    """A worker process and what it is at."""

    process: Any
    pipe: Any
    block: Block


class Processes:
    """Spawned processes with one thread each. One that is killed is replaced, and its block tried again."""

    def __init__(self, task: Task, slots: int) -> None:
        self.slots = slots
        self._task = task
        self._context = multiprocessing.get_context("spawn")
        self._busy: list[_Process] = []
        self._idle: list[_Process] = []
        self._waiting: list[Block] = []
        self._attempts: dict[int, int] = {}

    def submit(self, block: Block) -> None:
        """Take a block."""
        self._waiting.append(block)
        self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting and len(self._busy) < self.slots:
            block = self._waiting.pop(0)
            worker = self._idle.pop() if self._idle else self._start(block)
            worker.block = block
            self._busy.append(worker)
            with contextlib.suppress(OSError):  # it was killed: `wait` sees to its block
                worker.pipe.send(block)

    def _start(self, block: Block) -> _Process:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=serve, args=(self._task, theirs), daemon=True)
        with signals_held():
            process.start()
        theirs.close()
        return _Process(process, ours, block)

    def wait(self, seconds: float) -> list[Outcome]:
        """Give the blocks that ended; those of processes that were lost wait for another."""
        ready = connection.wait([worker.pipe for worker in self._busy], seconds)
        ended = []
        for worker in [worker for worker in self._busy if worker.pipe in ready]:
            self._busy.remove(worker)
            try:
                ended.append(Outcome(worker.block, worker.pipe.recv()))
                self._idle.append(worker)
            except (EOFError, OSError):
                ended += self._lost(worker)
        self._hand_out()
        return ended

    def _lost(self, worker: _Process) -> list[Outcome]:
        """See to the block of a process that ended."""
        worker.process.join()
        worker.pipe.close()
        number = worker.block.number
        self._attempts[number] = self._attempts.get(number, 0) + 1
        if self._attempts[number] < ATTEMPTS:
            self._waiting.append(worker.block)
            return []
        return [Outcome(worker.block, killed=_ending(worker.process.exitcode))]

    def drop(self) -> list[Block]:
        """Give back the blocks that no process has begun."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def close(self) -> None:
        """End the processes at once."""
        workers = self._busy + self._idle
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join()
            worker.pipe.close()


@contextlib.contextmanager
def signals_held() -> Iterator[None]:
    """Hold back the signals of a terminal while a process starts, which inherits this and then ignores them."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _ending(code: int | None) -> str:
    """Say how a process ended."""
    if code is None or code >= 0:
        return f"exit status {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return name + (
        Message("：内存不足？", ": out of memory?") if -code == getattr(signal, "SIGKILL", 9) else ""
    )


def serve(task: Task, pipe: Any) -> None:
    """Be a worker: compute the blocks that come through a pipe until it is closed."""
    for name in ONE_THREAD:
        os.environ[name] = "1"
    for number in STOPPING:  # a terminal and a batch system tell everybody; the parent decides
        signal.signal(number, signal.SIG_IGN)
    work: Work | None = None
    while True:
        try:
            block = pipe.recv()
        except (EOFError, OSError):  # the parent ended, however it did
            return
        error: BaseException | None = None
        try:
            work = work or open_checked(task)
            compute(work, task, block)
        except Exception as problem:
            error = portable(problem)
        try:
            pipe.send(error)
        except OSError:
            return


def portable(problem: Exception) -> Exception:
    """Give an error that crosses a process border and still says where it came from."""
    import pickle
    import traceback

    try:
        pickle.loads(pickle.dumps(problem))
    except Exception:
        return RuntimeError("".join(traceback.format_exception_only(problem)).strip())
    problem.add_note("".join(traceback.format_tb(problem.__traceback__)))
    return problem
