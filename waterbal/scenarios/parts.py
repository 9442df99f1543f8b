"""Part files: the results of one block, written whole or not at all, each named by the hash of its content.

A part is a numpy archive (npz, stored). Its name carries the SHA-256 of the sweep's id, the block's number and
the bytes of the file, so a part that was cut short, altered, or comes from another sweep is found out, and two
processes that make the same block on the same kind of processor write the same file. The name also tells the
kind of processor: numpy and the compiler of the kernels use what it has, so last bits may differ between kinds.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from waterbal.errors import DataError, Issue, Message, in_language, reason_of

FOLDER = "parts"
NAME = re.compile(r"block-(\d{6,})-([0-9a-f]{32})(?:\.([a-z0-9_-]+))?\.npz")
UNFINISHED = re.compile(r"\.block-(\d{6,})\..*\.tmp")
ATTEMPTS = 3
"""Times a part is written if another process tidies its unfinished file away."""

Arrays = Mapping[str, "np.ndarray[Any, Any]"]


@dataclass(frozen=True)
class Part:
    """A part file that is there; nothing says yet that it is good."""

    number: int
    digest: str
    path: Path
    processor: str = ""
    """Kind of processor that computed it; empty if it does not say."""


@cache
def processor() -> str:
    """Name the kind of processor of this machine, as the compiler of the kernels does."""
    from llvmlite import binding  # type: ignore[import-untyped]

    return re.sub(r"[^a-z0-9_-]+", "-", binding.get_host_cpu_name().lower()) or "unknown"


def digest(sweep: str, number: int, content: bytes) -> str:
    """Give the hash that a part is named by."""
    found = hashlib.sha256(f"{sweep} {number} ".encode())
    found.update(content)
    return found.hexdigest()[:32]


def packed(arrays: Arrays) -> bytes:
    """Give the bytes of a part; the same for the same arrays."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **{name: arrays[name] for name in sorted(arrays)})
    return buffer.getvalue()


def write(folder: Path, sweep: str, number: int, arrays: Arrays) -> Part:
    """Write a part; there is none before it is whole and on the disk.

    Parameters
    ----------
    folder : Path
        Folder of the sweep.
    sweep : str
        Id of the sweep.
    number : int
        Number of the block.
    arrays : mapping of str to ndarray
        Results.

    Raises
    ------
    DataError
        If the disk is full, the folder read-only or gone.
    """
    content = packed(arrays)
    found = digest(sweep, number, content)
    path = folder / FOLDER / f"block-{number:06d}-{found}.{processor()}.npz"
    unfinished = path.with_name(f".block-{number:06d}.{os.getpid()}-{threading.get_ident()}.tmp")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _write_whole(unfinished, path, content)
            break
        except OSError as error:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
            if isinstance(error, FileNotFoundError) and path.parent.is_dir() and attempt < ATTEMPTS:
                continue
            message = Message(
                f"无法写入分块：{in_language(reason_of(error), 'zh')}",
                f"cannot write a part of the sweep: {error.strerror or error}",
            )
            raise DataError(Issue(message, file=str(path.parent))) from error
        except BaseException:
            with contextlib.suppress(OSError):
                unfinished.unlink(missing_ok=True)
            raise
    return Part(number, found, path, processor())


def _write_whole(unfinished: Path, path: Path, content: bytes) -> None:
    with unfinished.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Make sure that the names in a folder are on the disk."""
    with contextlib.suppress(OSError):  # not everywhere can a folder be opened
        place = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)


def listed(folder: Path) -> dict[int, list[Part]]:
    """List the parts that are there, by block."""
    with os.scandir(folder / FOLDER) as entries:
        names = sorted(entry.name for entry in entries)
    found: dict[int, list[Part]] = {}
    for name in names:
        if match := NAME.fullmatch(name):
            number = int(match[1])
            found.setdefault(number, []).append(
                Part(number, match[2], folder / FOLDER / name, match[3] or "")
            )
    return found


def unfinished(folder: Path) -> Iterator[tuple[int, Path]]:
    """Go through what writers that were stopped have left, with the number of their block."""
    for path in (folder / FOLDER).iterdir():
        if match := UNFINISHED.fullmatch(path.name):
            yield int(match[1]), path


def content(part: Part, sweep: str) -> bytes | None:
    """Read a part; None if it is not what was written, or is gone.

    Raises
    ------
    DataError
        If it cannot be read, which says nothing of what is in it.
    """
    try:
        found = part.path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        message = Message(
            f"无法读取分块：{in_language(reason_of(error), 'zh')}",
            f"cannot read a part of the sweep: {error.strerror or error}",
        )
        raise DataError(Issue(message, file=str(part.path))) from error
    return found if digest(sweep, part.number, found) == part.digest else None


def good(candidates: list[Part], sweep: str) -> Part | None:
    """Give the first part of a block that is as it was written; the others are removed."""
    chosen: Part | None = None
    for part in candidates:
        if chosen is None and content(part, sweep) is not None:
            chosen = part
        else:
            part.path.unlink(missing_ok=True)
    return chosen


def peek(part: Part, names: Sequence[str]) -> dict[str, np.ndarray[Any, Any]]:
    """Read some arrays of a part that was found to be good, and no more of the file than they need."""
    with np.load(part.path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files if name in names}


def read(part: Part, sweep: str) -> dict[str, np.ndarray[Any, Any]]:
    """Read the arrays of a part.

    Raises
    ------
    DataError
        If the file is not what was written.
    """
    found = content(part, sweep)
    if found is None:
        message = Message(
            f"{part.path.name} 被改动或不完整；请再次执行 sweep，它会重算该分块",
            f"{part.path.name} was altered or cut short; run the sweep again, it makes this block anew",
        )
        raise DataError(Issue(message, file=str(part.path)))
    with np.load(io.BytesIO(found), allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}
