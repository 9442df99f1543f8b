"""Whether a result file is as waterbal wrote it, found out before the NetCDF library sees a byte of it.

A file ends with a seal: a SHA-256 of all bytes before it, behind the end that HDF5 knows, where HDF5 and every reader
built on it ignore it. Programs that write such a file anew, or change it in place, leave the seal away; then a child
process compares the file with the hashes of its variables and attributes, which the file keeps as well.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from waterbal.errors import DataError, Issue, Message, in_language, reason_of
from waterbal.results import probe
from waterbal.results.probe import DIGESTS, FORMAT, FORMAT_NAME
from waterbal.results.terms import Term

HDF5 = b"\x89HDF\r\n\x1a\n"
CLASSIC = b"CDF"
SUPERBLOCK = 64
"""Bytes at the start of a file within which HDF5 says where the file ends."""
MARK = b"\nwaterbal-sha256:"
SEAL_LENGTH = len(MARK) + 64 + 1
ALWAYS = 2**30
"""Files up to this size are read through whenever they are opened [bytes]; larger ones where that is asked."""
PIECE = 2**22
"""Bytes that are hashed at a time."""
PATIENCE = 60.0
"""Time that a child process has for a small file [s]."""
PACE = 1e7
"""Bytes for which it has another second."""
TRUSTED = Term(
    "{files} 大于 1 GiB：未逐字节核对封签，直接采用",
    "larger than 1 GiB, so taken without comparing every byte with the seal: {files}",
)
"""What is said of files above ``ALWAYS`` that are not read through."""
RESULTS = "results.nc"
"""What a sweep calls its result in the folder that it is given."""
SHOWN = 3
EXPECTED = Message("waterbal 写出的成果", "a result written by waterbal")


@dataclass(frozen=True)
class Condition:
    """What became of a result since it was written."""

    sealed: bool
    """Whether not a byte was changed; of large files see ``ALWAYS``."""
    missing: tuple[str, ...] = ()
    """Variables and attributes that were taken away."""
    cut: tuple[str, ...] = ()
    """Variables of which a part was taken."""

    @property
    def whole(self) -> bool:
        """Tell whether everything is still there."""
        return not self.missing and not self.cut

    @property
    def words(self) -> str:
        """Say what is no longer there."""
        lacking = Message("缺少 ", "lacks ") + _listed(self.missing) if self.missing else ""
        partial = (
            Message("只有部分内容的有 ", "holds only a part of ") + _listed(self.cut) if self.cut else ""
        )
        if lacking and partial:
            return lacking + Message("；", " and ") + partial
        return lacking or partial


def _listed(names: tuple[str, ...] | list[str]) -> str:
    listed, more = ", ".join(names[:SHOWN]), len(names) - SHOWN
    return Message(f"{listed} 等 {len(names)} 项", f"{listed} and {more} more") if more > 0 else listed


def seal(path: Path) -> None:
    """Append the seal to a finished file."""
    with path.open("r+b") as file:
        digest = _digest(file, os.fstat(file.fileno()).st_size)
        file.seek(0, os.SEEK_END)
        file.write(MARK + digest + b"\n")


def enclose(path: Path) -> None:
    """Store the hashes of everything in a finished file, then seal it."""
    import netCDF4

    with netCDF4.Dataset(path, "r+") as file:
        file.setncattr(DIGESTS, probe.text(probe.digests(file)))
    seal(path)


def vouch(part: Path, source: Path) -> None:
    """Store the hashes of a result in a copy that was made from it, and seal the copy if it is whole.

    Parameters
    ----------
    part : Path
        Finished copy.
    source : Path
        Result that it was made from.

    Raises
    ------
    DataError
        If the result is not as waterbal wrote it, or the copy has other values or meanings.
    """
    import netCDF4

    condition = check(source)
    with netCDF4.Dataset(source) as file:
        kept = json.loads(file.getncattr(DIGESTS))
        if condition.sealed and kept.get("hashes") != probe.KIND:
            kept = probe.digests(file)
    with netCDF4.Dataset(part, "r+") as file:
        own = {name: tuple(variable.dimensions) for name, variable in file.variables.items()}
        found = probe.compare(kept, probe.digests(file), own)
        file.setncattr(DIGESTS, probe.text(kept))
    if found["altered"]:
        raise DataError(
            Issue(
                Message(
                    f"这已不是 {source} 的成果，被改动的有：{in_language(_listed(found['altered']), 'zh')}",
                    f"this is no longer the result of {source}: changed are {_listed(found['altered'])}",
                ),
                expected=Message(
                    "自有数据请用 ds.to_netcdf(path)，waterbal 不会把它当作成果",
                    "ds.to_netcdf(path) for data of your own, which waterbal does not take for a result",
                ),
            )
        )
    if not found["missing"] and not found["cut"]:
        seal(part)


def _digest(file: Any, size: int) -> bytes:
    """Hash the first bytes of an open file."""
    digest = hashlib.sha256()
    file.seek(0)
    while size > 0 and (piece := file.read(min(PIECE, size))):
        digest.update(piece)
        size -= len(piece)
    return digest.hexdigest().encode()


def check(path: Path, *, thorough: bool = False) -> Condition:
    """Find out whether a file may be opened.

    Parameters
    ----------
    path : Path
        File to be opened.
    thorough : bool
        Whether files of more than ``ALWAYS`` bytes are read through as well.

    Returns
    -------
    Condition
        What was taken away by other programs.

    Raises
    ------
    DataError
        If there is no such file, or it is no result, or of another format, truncated, damaged or altered.
    """
    if path.is_dir():
        raise _folder(path)
    if not path.is_file():
        raise _refusal(path, Message(f"没有文件 {path}", f"there is no file {path}"))
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            start = file.read(SUPERBLOCK)
            if not start.startswith(HDF5):
                raise _refusal(path, _foreign(path, start))
            file.seek(max(0, size - SEAL_LENGTH))
            end = file.read()
            if end.startswith(MARK) and end.endswith(b"\n"):
                asked = thorough or size <= ALWAYS
                if asked and _digest(file, size - SEAL_LENGTH) != end[len(MARK) : -1]:
                    raise _damaged(path)
                return Condition(sealed=True)
    except OSError as error:
        raise _refusal(
            path,
            Message(
                f"无法读取 {path}：{in_language(reason_of(error), 'zh')}",
                f"cannot read {path}: {error.strerror or error}",
            ),
        ) from error
    ends = _end(start)
    if ends is not None and size < ends:
        raise _refusal(
            path,
            Message(
                f"{path} 不完整：应有 {ends} 字节，只有 {size} 字节",
                f"{path} is truncated: {size} of {ends} bytes are there",
            ),
            Message("完整的文件；请重新复制或重新生成", "a whole file; copy or make it again"),
        )
    if ends is not None and size > ends:
        raise _damaged(path)
    return _examined(path, size)


def trusted(path: Path) -> bool:
    """Tell whether a file is opened without being read through: it is sealed, and larger than ``ALWAYS``."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size <= ALWAYS:
                return False
            file.seek(size - SEAL_LENGTH)
            return file.read().startswith(MARK)
    except OSError:  # what is wrong is told when it is opened
        return False


def _folder(path: Path) -> DataError:
    """Refuse a folder, and name the result in it."""
    found = sorted(path.glob("*.nc"), key=lambda one: (one.name != RESULTS, one.name))
    holds = "" if found else Message("，其中没有成果", ", with no result in it")
    near = str(found[0]) if found else ""
    return DataError(
        Issue(
            Message(f"{path} 是文件夹{in_language(holds, 'zh')}", f"{path} is a folder{holds}"),
            file=str(path),
            expected=EXPECTED,
            nearest=near,
        )
    )


def _foreign(path: Path, start: bytes) -> str:
    if not start:
        return Message(f"{path} 是空文件", f"{path} is empty")
    if start.startswith(CLASSIC):
        return Message(
            f"{path} 是经典格式的 NetCDF 文件，而 waterbal 不写这种格式",
            f"{path} is a NetCDF file of the classic format, as waterbal does not write it",
        )
    return Message(f"{path} 不是 NetCDF-4 文件", f"{path} is no NetCDF-4 file")


def _refusal(path: Path, message: str, expected: str = EXPECTED) -> DataError:
    return DataError(Issue(message, file=str(path), expected=expected))


def _damaged(path: Path) -> DataError:
    message = Message(
        f"{path} 已损坏：与 waterbal 写出时不同", f"{path} is damaged: it is not as waterbal wrote it"
    )
    return _refusal(
        path,
        message,
        Message("未改动的文件；请重新复制或重新生成", "an unchanged file; copy or make it again"),
    )


def _end(start: bytes) -> int | None:
    """Read from the superblock where HDF5 says that the file ends; None where that is not told.

    Source: HDF5 File Format Specification 3.0, section II.A.
    """
    if len(start) < SUPERBLOCK:
        return None
    version = start[8]
    width = start[13] if version < 2 else start[9]
    place = {0: 40, 1: 44, 2: 28, 3: 28}.get(version)
    return None if place is None or width != 8 else int.from_bytes(start[place : place + 8], "little")


def _examined(path: Path, size: int) -> Condition:
    """Let a child process, which may crash or hang, compare the file with its hashes."""
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-P", str(Path(probe.__file__)), str(path.absolute())]
    try:
        done = subprocess.run(
            command, capture_output=True, env=environment, timeout=PATIENCE + size / PACE, check=False
        )
        told = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        raise _damaged(path) from None
    if "error" in told:
        raise _damaged(path)
    if not told["ours"]:
        raise _refusal(path, Message(f"{path} 不是 waterbal 的成果", f"{path} is no result of waterbal"))
    check_format(path, told["format"])
    if told["digests"] == "other":
        message = Message(
            f"{path} 无法核验：它的 {DIGESTS} 由另一版本的 waterbal 生成",
            f"{path} cannot be verified: another waterbal made its {DIGESTS}",
        )
        raise _refusal(
            path,
            message,
            Message(
                "写出时的原文件；请重新复制或重新生成", "the file as it was written; copy or make it again"
            ),
        )
    if not told["digests"]:
        message = Message(
            f"{path} 无法核验：缺少 {DIGESTS}", f"{path} cannot be verified: it lacks {DIGESTS}"
        )
        raise _refusal(
            path,
            message,
            Message(
                "原文件的副本，或用 ds.waterbal.save(path) 写出的文件",
                "a copy of the file, or what ds.waterbal.save(path) wrote",
            ),
        )
    if told["altered"]:
        raise _refusal(
            path,
            Message(
                f"{path} 在 waterbal 写出之后被改动：{in_language(_listed(told['altered']), 'zh')}",
                f"{path} was altered after waterbal wrote it: {_listed(told['altered'])}",
            ),
            Message("未改动的文件；请重新生成", "an unchanged file; make it again"),
        )
    return Condition(False, tuple(told["missing"]), tuple(told["cut"]))


def check_format(path: Path, version: Any) -> None:
    """Refuse a result of another format.

    Raises
    ------
    DataError
        If it is older or newer than what is read here.
    """
    if version == FORMAT:
        return
    if version is None or version < FORMAT:
        told = (
            Message("没有格式版本号", "without a version of its format")
            if version is None
            else Message(f"格式版本为 {version}", f"of format {version}")
        )
        message = Message(
            f"{path} 是较旧版本的 waterbal 写出的成果，{told.zh}",
            f"{path} is a result {told}, which an older waterbal wrote",
        )
        raise _refusal(
            path,
            message,
            Message(
                f"格式版本 {FORMAT}；请用本版本的 waterbal 重新生成",
                f"format {FORMAT}; make it again with this waterbal",
            ),
        )
    message = Message(
        f"{path} 的格式版本为 {version}，由较新版本的 waterbal 写出",
        f"{path} is a result of format {version}, which a newer waterbal wrote",
    )
    raise _refusal(
        path,
        message,
        Message(f"格式版本 {FORMAT}；或改用较新版本的 waterbal", f"format {FORMAT}, or a newer waterbal"),
    )


__all__ = ["DIGESTS", "FORMAT", "FORMAT_NAME", "Condition", "check", "check_format", "enclose", "seal"]
