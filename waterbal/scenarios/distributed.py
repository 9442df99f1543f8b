"""Computing blocks on the workers of a dask scheduler. They see the study and the folder under the same paths."""

from __future__ import annotations

import contextlib
import importlib
import threading
import uuid
from typing import Any

from waterbal.errors import DataError, Issue, UsageError, WaterbalError
from waterbal.scenarios import manifest
from waterbal.scenarios.blocks import Block
from waterbal.scenarios.work import Work
from waterbal.scenarios.workers import Outcome, Task, compute, open_checked, portable

AHEAD = 2
"""Blocks sent for each thread of a worker, so that none waits for the next."""
CONNECTING = 15.0
"""[s] after which a scheduler that does not answer is given up."""
WAITING = 60.0
"""[s] without any worker after which the sweep ends."""
LOST = ("KilledWorker", "CancelledError", "FutureCancelledError")


class Dask:
    """Workers of a dask scheduler; a block of a worker that is lost goes to another one."""

    def __init__(self, task: Task, address: str) -> None:
        try:
            distributed = importlib.import_module("distributed")
        except ImportError:
            message = "dask is not installed here: pip install 'waterbal[dask]'"
            raise UsageError(Issue(message, where="--scheduler")) from None
        self._distributed = distributed
        self._task = task
        self._address = address
        try:
            self._client: Any = distributed.Client(address, timeout=CONNECTING, set_as_default=False)
            self._client.wait_for_workers(1, timeout=WAITING)
        except (OSError, TimeoutError, ValueError) as error:
            message = f"no dask scheduler with workers answers at {address}: {error}"
            raise UsageError(
                Issue(message, where="--scheduler", expected="e.g. tcp://10.0.0.1:8786")
            ) from None
        self._running: dict[Any, Block] = {}
        self._shared = self._client.scatter(task, broadcast=True, hash=False)

    @property
    def slots(self) -> int:
        """Blocks that it takes at a time; workers come and go."""
        return AHEAD * max(1, sum(self._client.nthreads().values()))

    def submit(self, block: Block) -> None:
        """Send a block to the scheduler."""
        key = f"waterbal-{block.number}-{uuid.uuid4().hex}"
        future = self._client.submit(serve, self._shared, block, key=key, pure=False)
        self._running[future] = block

    def wait(self, seconds: float) -> list[Outcome]:
        """Give the blocks that ended."""
        self._check_scheduler()
        with contextlib.suppress(TimeoutError):
            self._distributed.wait(list(self._running), timeout=seconds, return_when="FIRST_COMPLETED")
        ended = [future for future in self._running if future.done()]
        return [self._outcome(future, self._running.pop(future)) for future in ended]

    def _check_scheduler(self) -> None:
        if self._client.status not in ("running", "connecting"):
            raise WaterbalError(
                Issue(
                    f"the dask scheduler at {self._address} is gone; what is finished is kept, run it again"
                )
            )

    def _outcome(self, future: Any, block: Block) -> Outcome:
        """Read how a block ended."""
        if future.status == "finished":
            return Outcome(block, future.result())
        if future.status in ("cancelled", "lost"):
            return Outcome(block, killed="the scheduler has given it up")
        error = future.exception()
        if type(error).__name__ in LOST:
            return Outcome(block, killed="killed, or out of memory: see the log of its worker")
        return Outcome(block, error)

    def drop(self) -> list[Block]:
        """Take back the blocks that no worker has begun."""
        held = {key for keys in self._client.processing().values() for key in keys}
        dropped = [future for future in self._running if future.key not in held and not future.done()]
        for future in dropped:
            future.cancel()
        return [self._running.pop(future) for future in dropped]

    def close(self) -> None:
        """Leave the scheduler; it forgets what it has not begun."""
        for future in self._running:
            with contextlib.suppress(Exception):
                future.cancel()
        with contextlib.suppress(Exception):
            self._client.close(timeout=5)


_OPEN: dict[str, Work] = {}
_LOCK = threading.Lock()


def serve(task: Task, block: Block) -> Exception | None:
    """Compute a block on a worker; an error is the result, so that dask does not try again what cannot work."""
    try:
        compute(_opened(task), task, block)
    except Exception as problem:
        return portable(problem)
    return None


def _opened(task: Task) -> Work:
    """Open the work once in a process, and make sure that the folder is the one of the sweep."""
    identity = f"{task.manifest.id} {task.folder}"
    with _LOCK:
        if identity not in _OPEN:
            here = manifest.read(task.folder) if task.folder.is_dir() else None
            if here is None or here.id != task.manifest.id:
                message = f"a worker does not see the folder of the sweep: {task.folder}"
                raise DataError(Issue(message, expected="a path that is the same on all machines"))
            _OPEN.clear()
            _OPEN[identity] = open_checked(task)
        return _OPEN[identity]
