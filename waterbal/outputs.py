"""Where results may go: checked before the work, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from waterbal.errors import DataError, Issue, Message, UsageError, cannot_write, reason_of

NETCDF = (b"\x89HDF\r\n\x1a\n", b"CDF\x01", b"CDF\x02", b"CDF\x05")
"""How NetCDF files begin."""
TABLE = (b"# water",)
"""How CSV files of waterbal begin."""
REPORT = (b"<!DOCTYPE html><!-- waterbal report -->",)
"""How reports of waterbal begin."""
WORKBOOK = (b"PK\x03\x04",)
"""How Excel workbooks begin, as every ZIP archive does."""
AUTHOR = b"<dc:creator>waterbal "
"""How the properties of a workbook name who made it."""
JSON = (b"{",)
"""How JSON objects begin."""
ANY = (b"",)
"""For a file that is ours whatever it holds."""


def check(path: Path, kind: tuple[bytes, ...] = NETCDF) -> None:
    """Make sure that a result can be written before the work for it begins.

    Parameters
    ----------
    path : Path
        File to be written. Missing folders are fine. An earlier result, or an empty file, may be replaced; any
        other is left alone.
    kind : tuple of bytes
        Ways in which a file of the kind to be written begins.

    Raises
    ------
    UsageError
        If the path is a folder, or another kind of file, or cannot be written to.
    """
    problem = _problem(path, kind)
    if problem:
        raise UsageError(Issue(cannot_write(path, problem), where="--output"))


def _problem(path: Path, kind: tuple[bytes, ...]) -> str:
    if path.is_dir():
        return Message("它是文件夹", "it is a folder")
    if path.exists():
        if not path.is_file():
            return Message("它不是普通文件", "it is not a regular file")
        with path.open("rb") as file:
            start = file.read(max(len(beginning) for beginning in (*kind, b"\0" * 8)))
        if start and not start.startswith(kind):
            return Message(
                "该处已有另一类文件；请移走它，或换一个名字",
                "a file of another kind stands there; move it or name another",
            )
        if start and kind is NETCDF and not _is_result(path):
            return Message(
                "该处已有不是 waterbal 成果的 NetCDF 文件；请移走它，或换一个名字",
                "a NetCDF file that is no result of waterbal stands there; move it or name another",
            )
        if start and kind is WORKBOOK and not _is_workbook(path):
            return Message(
                "该处已有不是 waterbal 表格的文件；请移走它，或换一个名字",
                "a file that is no workbook of waterbal stands there; move it or name another",
            )
    folder = path.absolute().parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        return Message(f"{folder} 不是文件夹", f"{folder} is not a folder")
    try:
        with tempfile.TemporaryFile(dir=folder):  # has no name that a process that is killed could leave
            return ""
    except OSError as error:
        return Message(f"{folder}：", f"{folder}: ") + reason_of(error)


def _is_result(path: Path) -> bool:
    """Tell an earlier result, which may be replaced, from other NetCDF files, such as inputs.

    The names of attributes stand in the file as they are: a damaged file is not given to the NetCDF library.
    """
    import mmap

    names = (b"waterbal_config", b"waterbal_sweep", b"waterbal_series", b"waterbal_capacity")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return any(content.find(name) >= 0 for name in names)


def _is_workbook(path: Path) -> bool:
    """Tell earlier tables, which may be replaced, from other workbooks and archives."""
    try:
        with zipfile.ZipFile(path) as archive:
            return AUTHOR in archive.read("docProps/core.xml")
    except (OSError, KeyError, zipfile.BadZipFile):
        return False


def write_text(text: str, path: Path) -> None:
    """Write a text file whole or not at all.

    Parameters
    ----------
    text : str
        Content.
    path : Path
        File to be written; its folder is made if missing.
    """
    write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file whole or not at all.

    Parameters
    ----------
    path : Path
        File to be written; its folder is made if missing.
    write : callable
        Writes to the path that it is given, which takes the place of ``path`` when that is done.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        write(part)
        part.replace(path)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise DataError(Issue(cannot_write(path, reason_of(error)), file=str(path))) from error
        raise
