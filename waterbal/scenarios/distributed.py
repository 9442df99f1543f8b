"""Computing blocks on the workers of a dask scheduler. They see the study and the folder under the same paths."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import queue
import socket
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from waterbal.errors import DataError, Issue, Message, UsageError, WaterbalError
from waterbal.scenarios import manifest
from waterbal.scenarios.blocks import Block
from waterbal.scenarios.work import Source, Work
from waterbal.scenarios.workers import ATTEMPTS, Outcome, Task, compute, open_checked, portable

AHEAD = 2
"""Blocks sent for each thread of a worker, so that none waits for the next."""
CONNECTING = 15.0
"""[s] after which a scheduler that does not answer is given up."""
LISTENING = 0.2
"""[s] between two attempts to reach a scheduler, which may just be starting."""
WAITING = 60.0
"""[s] without any worker after which the sweep ends."""


FOREIGN = Message("那里监听的不是 dask 调度器", "what listens there is no dask scheduler")


class _NotReachedError(Exception):
    """What is at an address is no scheduler, in both languages."""

    def __init__(self, why: Message) -> None:
        super().__init__(why)
        self.why = why


def _connected(address: str) -> Any:
    """Give a client of a scheduler that has workers."""
    try:
        distributed = importlib.import_module("distributed")
    except ImportError:
        message = Message(
            "没有安装 dask：pip install 'waterbal[dask]'",
            "dask is not installed here: pip install 'waterbal[dask]'",
        )
        raise UsageError(Issue(message, where="--scheduler")) from None
    client = None
    try:
        _answered(address)
        client = distributed.Client(address, timeout=CONNECTING, set_as_default=False)
        client.wait_for_workers(1, timeout=WAITING)
    except (OSError, TimeoutError, ValueError, _NotReachedError) as error:
        if client is not None:
            client.close(timeout=5)
        why = error.why if isinstance(error, _NotReachedError) else Message(str(error), str(error))
        message = Message(
            f"{address} 处没有带工作进程的 dask 调度器应答：{why.zh}",
            f"no dask scheduler with workers answers at {address}: {why}",
        )
        raise UsageError(
            Issue(
                message,
                where="--scheduler",
                expected=Message("例如 tcp://10.0.0.1:8786", "e.g. tcp://10.0.0.1:8786"),
            )
        ) from None
    return client


def _answered(address: str) -> None:
    """Wait until something listens at an address; a client that is made for nobody takes long to give up.

    Raises
    ------
    ValueError, OSError, _NotReachedError
        If it is no address, nobody listens, or what listens is no scheduler.
    """
    addressing = importlib.import_module("distributed.comm.addressing")
    protocol, place = addressing.parse_address(address)
    if protocol not in ("tcp", "tls", "ws", "wss"):
        known = importlib.import_module("distributed.comm.registry").backends
        if protocol not in known:
            raise _NotReachedError(Message(f"未知协议 {protocol!r}", f"unknown protocol {protocol!r}"))
        return
    host, port = addressing.parse_host_port(place)
    last = time.monotonic() + CONNECTING
    while True:
        try:
            socket.create_connection((host, port), timeout=CONNECTING).close()
            break
        except socket.gaierror:
            raise
        except OSError:
            if time.monotonic() > last:
                raise
            time.sleep(LISTENING)
    asyncio.run(_introduced(address))


async def _introduced(address: str) -> None:
    """Ask what listens who it is: a client waits without end for what takes the connection and says nothing."""
    remote = importlib.import_module("distributed.core").rpc
    security = importlib.import_module("distributed.security").Security()
    arguments = security.get_connection_args("client")
    async with remote(address, timeout=CONNECTING, connection_args=arguments) as asked:
        try:
            answer = await asyncio.wait_for(asked.identity(), CONNECTING)
        except TimeoutError:
            raise _NotReachedError(FOREIGN) from None
    if answer.get("type") != "Scheduler":
        raise _NotReachedError(FOREIGN)


def reach(address: str) -> None:
    """Make sure that a scheduler with workers answers, before anything is made or removed for it.

    Raises
    ------
    UsageError
        If none does, or dask is not installed.
    """
    _connected(address).close(timeout=5)


class Dask:
    """Workers of a dask scheduler; a block of a worker that is lost goes to another one."""

    def __init__(self, task: Task, address: str) -> None:
        self._task = task
        self._address = address
        self._client: Any = _connected(address)
        self._running: dict[Any, Block] = {}
        self._attempts: dict[int, int] = {}
        self._ended: queue.SimpleQueue[Any] = queue.SimpleQueue()

    @property
    def slots(self) -> int:
        """Blocks that it takes at a time; workers come and go."""
        return AHEAD * max(1, sum(self._client.nthreads().values()))

    def submit(self, block: Block) -> None:
        """Send a block to the scheduler."""
        key = f"waterbal-{block.number}-{uuid.uuid4().hex}"
        task = self._task  # the manifest may be large; a worker reads it where it is
        future = self._client.submit(
            serve, task.source, task.folder, task.manifest.id, block, key=key, pure=False
        )
        self._running[future] = block
        future.add_done_callback(self._ended.put)

    def wait(self, seconds: float) -> list[Outcome]:
        """Give the blocks that ended."""
        self._check_scheduler()
        ended = []
        with contextlib.suppress(queue.Empty):
            ended.append(self._ended.get(timeout=seconds))
            while True:
                ended.append(self._ended.get_nowait())
        found = [self._outcome(f, self._running.pop(f)) for f in ended if f in self._running]
        return [outcome for outcome in found if outcome is not None]

    def _check_scheduler(self) -> None:
        if self._client.status not in ("running", "connecting"):
            raise WaterbalError(
                Issue(
                    Message(
                        f"{self._address} 处的 dask 调度器已不在；已完成的都保留，请再次执行",
                        f"the dask scheduler at {self._address} is gone; what is finished is kept, run it again",
                    )
                )
            )

    def _outcome(self, future: Any, block: Block) -> Outcome | None:
        """Read how a block ended; None if nobody knows, because its worker is gone: it is sent again."""
        error = None
        try:
            if future.status == "finished":
                return Outcome(block, future.result(timeout=CONNECTING))
            if future.status == "error":
                error = future.exception(timeout=CONNECTING)
        except Exception as problem:
            error = problem
        if type(error).__name__ == "KilledWorker":  # the scheduler has tried it often enough
            return Outcome(
                block,
                killed=Message(
                    "被终止，或内存不足：见其工作进程的日志",
                    "killed, or out of memory: see the log of its worker",
                ),
            )
        self._attempts[block.number] = self._attempts.get(block.number, 0) + 1
        if self._attempts[block.number] >= ATTEMPTS:
            return Outcome(
                block, killed=Message(f"与工作进程一起丢失：{error}", f"lost with its worker: {error}")
            )
        self.submit(block)
        return None

    def drop(self) -> list[Block]:
        """Take back the blocks that no worker has begun."""
        try:
            held = {key for keys in self._client.processing().values() for key in keys}
        except (OSError, TimeoutError):  # `wait` will tell that the scheduler is gone
            return []
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


_OPEN: dict[tuple[str, Path], tuple[Work, Task]] = {}
_LOCK = threading.Lock()


def serve(source: Source, folder: Path, sweep: str, block: Block) -> Exception | None:
    """Compute a block on a worker; an error is the result, so that dask does not try again what cannot work."""
    try:
        work, task = _opened(source, folder, sweep)
        compute(work, task, block)
    except Exception as problem:
        return portable(problem)
    return None


def _opened(source: Source, folder: Path, sweep: str) -> tuple[Work, Task]:
    """Open the work once in a process, and make sure that the folder is the one of the sweep."""
    with _LOCK:
        if (sweep, folder) not in _OPEN:
            here = manifest.read(folder) if folder.is_dir() else None
            if here is None or here.id != sweep:
                message = Message(
                    f"有工作进程看不到批量计算的文件夹：{folder}",
                    f"a worker does not see the folder of the sweep: {folder}",
                )
                raise DataError(
                    Issue(
                        message,
                        expected=Message("各台机器上都相同的路径", "a path that is the same on all machines"),
                    )
                )
            task = Task(source, folder, here)
            _OPEN.clear()
            _OPEN[sweep, folder] = open_checked(task), task
        return _OPEN[sweep, folder]
