"""Who works on which block: advisory locks, so that two runs in one folder share the work.

One byte of one file stands for each block; once its part is written it says so, so that others need not look
for the part in a folder of many thousands. The system drops the locks of a process when it ends, however it
ends, so a claim is never left behind. Results do not depend on claims: parts are written atomically and a
block always comes out the same, so where locks do not work (some network file systems, Windows) the worst
that happens is that a block is computed twice.
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

fcntl: ModuleType | None
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

NAME = ".claims"
STARTING, MERGING = 2**40, 2**40 + 1
"""Beyond any block: setting the folder up, and writing the merged file."""
PATIENCE = 0.1
"""[s] between two attempts."""
HELD_BY_ANOTHER = (errno.EACCES, errno.EAGAIN)


class Claims:
    """The claims of this process on the blocks of a folder; close it to give them all back."""

    def __init__(self, folder: Path) -> None:
        self._file = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)

    def take(self, number: int) -> bool:
        """Claim a block; False if another process has it."""
        return self._lock(number, 1)

    def take_all(self) -> bool:
        """Claim everything; False if any other process is at work in the folder."""
        return self._lock(0, 0)

    def give_back(self, number: int) -> None:
        """Let others have a block."""
        if fcntl is not None:
            try:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, number)
            except OSError as error:
                if error.errno == errno.EBADF:
                    raise

    def mark_done(self, number: int) -> None:
        """Note that the part of a block is there, for runs that take the block later; no more than a hint."""
        with contextlib.suppress(OSError):
            os.lseek(self._file, number, os.SEEK_SET)
            os.write(self._file, b"x")

    def may_be_done(self, number: int) -> bool:
        """Tell whether any run has noted that the part of a block is there."""
        try:
            os.lseek(self._file, number, os.SEEK_SET)
            return os.read(self._file, 1) == b"x"
        except OSError:
            return True

    def forget_done(self) -> None:
        """Remove all notes."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)

    @contextlib.contextmanager
    def turn(self, number: int, watch: Callable[[], object] = bool) -> Iterator[None]:
        """Wait until a claim is ours, hold it for a while; ``watch`` is called while we wait, and may raise."""
        while not self.take(number):
            watch()
            time.sleep(PATIENCE)
        try:
            yield
        finally:
            self.give_back(number)

    def close(self) -> None:
        """Give everything back."""
        os.close(self._file)

    def _lock(self, first: int, length: int) -> bool:
        if fcntl is None:
            return True
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, length, first)
        except OSError as error:
            return error.errno not in HELD_BY_ANOTHER  # a file system without locks refuses nobody
        return True
