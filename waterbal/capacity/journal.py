"""A journal of trials, from which a search that was interrupted goes on where it was.

Every trial is kept under a hash of all the numbers that decide it, the kernel included, so that a changed model finds
nothing in it and an unchanged one everything: searches are repeated step by step, and only what is missing is
simulated.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import io
import sqlite3
import threading
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np

BETWEEN = 1.0
"""Time after which what was tried is flushed to the disk [s]; so much is lost at most, beside the trial at work."""
PATIENCE = 30.0
"""How long another command that writes into the same journal is waited for [s]."""

_current: ContextVar[Journal | None] = ContextVar("journal", default=None)


class Journal:
    """Trials on disk by their key; there is no file before the first is kept.

    One that turns out to be damaged is not used any more.
    """

    def __init__(self, path: Path) -> None:
        self.found = 0
        """Trials that were in it."""
        self._damaged = False
        self._path: Path | None = path
        self._store: sqlite3.Connection | None = None
        self._flushed = time.monotonic()
        self._one = threading.Lock()  # several threads search

    def find(self, key: bytes) -> dict[str, np.ndarray] | None:
        """Return the arrays kept under a key; None if there are none."""
        if self._damaged:
            return None
        try:
            with self._one:
                if self._store is None and (self._path is None or not self._path.exists()):
                    return None
                row = self._open().execute("SELECT arrays FROM trials WHERE key = ?", (key,)).fetchone()
        except sqlite3.DatabaseError:
            self._damaged = True
            return None
        if row is None:
            return None
        try:
            with np.load(io.BytesIO(zlib.decompress(row[0])), allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
        except (ValueError, OSError, EOFError, zlib.error, zipfile.BadZipFile):  # simulated again
            return None
        with self._one:
            self.found += 1
        return arrays

    def keep(self, key: bytes, arrays: dict[str, np.ndarray]) -> None:
        """Keep arrays under a key."""
        if self._damaged:
            return
        written = io.BytesIO()
        np.savez(written, **arrays)  # type: ignore[arg-type]
        packed = zlib.compress(written.getvalue(), 1)
        try:
            with self._one:
                store = self._open()
                store.execute("INSERT OR REPLACE INTO trials VALUES (?, ?)", (key, packed))
                if time.monotonic() - self._flushed > BETWEEN:
                    store.commit()
                    self._flushed = time.monotonic()
        except sqlite3.DatabaseError:
            self._damaged = True

    def close(self) -> None:
        """Flush what was kept and close the file."""
        if self._store is None:
            return
        with contextlib.suppress(sqlite3.DatabaseError):
            self._store.commit()
        self._store.close()
        if self._damaged:  # nothing in it can be trusted: the next search begins anew
            _delete(self._path)

    def remove(self) -> None:
        """Close and delete it: the work is done."""
        if self._store is not None:
            self._store.close()
        _delete(self._path)

    def _open(self) -> sqlite3.Connection:
        """Return the table of trials, opened, with its folder, at the first time."""
        if self._store is None:
            try:
                if self._path is not None:
                    self._path.parent.mkdir(parents=True, exist_ok=True)
                    self._store = _opened(self._path)
            except (OSError, sqlite3.OperationalError):  # another command holds it, or it cannot be written
                self._path = None
            self._store = self._store or _table(Path(":memory:"))  # nothing is kept
        return self._store


def key(*numbers: Any) -> bytes:
    """Return the hash of arrays, records and plain values, with their shapes and kinds."""
    digest = hashlib.blake2b(digest_size=32)
    for value in numbers:
        _add(digest, value)
    return digest.digest()


def _add(digest: hashlib.blake2b, value: Any) -> None:
    """Add a value to a hash: arrays by all their numbers, records by their fields."""
    if isinstance(value, np.ndarray):
        digest.update(f"{value.dtype.str}{value.shape}".encode())
        digest.update(np.ascontiguousarray(value).tobytes())
    elif dataclasses.is_dataclass(value):
        _add(digest, {field.name: getattr(value, field.name) for field in dataclasses.fields(value)})
    elif isinstance(value, Mapping):
        _add(digest, list(value.items()))
    elif isinstance(value, list | tuple):
        digest.update(f"{len(value)}(".encode())
        for item in value:
            _add(digest, item)
    else:
        digest.update(repr(value).encode())
    digest.update(b"\0")


def current() -> Journal | None:
    """Return the journal in which trials are kept now; None if they are not."""
    return _current.get()


@contextlib.contextmanager
def kept(path: Path) -> Iterator[Journal]:
    """Keep all trials that are made inside in a journal; it is deleted when all went well.

    Parameters
    ----------
    path : Path
        File of the journal; one that an interrupted search left is gone on with, any other is begun anew.

    Yields
    ------
    Journal
    """
    journal = Journal(path)
    token = _current.set(journal)
    try:
        yield journal
    except BaseException:
        with contextlib.suppress(sqlite3.Error):
            journal.close()
        raise
    else:
        journal.remove()
    finally:
        _current.reset(token)


def _opened(path: Path) -> sqlite3.Connection:
    """Open a journal; one that cannot be read is begun anew."""
    try:
        return _table(path)
    except sqlite3.OperationalError:  # another command is writing, or the folder cannot be written to
        raise
    except sqlite3.DatabaseError:
        _delete(path)
        return _table(path)


def _table(path: Path) -> sqlite3.Connection:
    store = sqlite3.connect(path, timeout=PATIENCE, check_same_thread=False)
    try:
        store.execute("PRAGMA journal_mode = WAL")
        store.execute("PRAGMA synchronous = NORMAL")
        store.execute("CREATE TABLE IF NOT EXISTS trials (key BLOB PRIMARY KEY, arrays BLOB NOT NULL)")
        store.commit()
    except sqlite3.Error:
        store.close()
        raise
    return store


def _delete(path: Path | None) -> None:
    if path is None:
        return
    for part in (path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-shm")):
        part.unlink(missing_ok=True)
