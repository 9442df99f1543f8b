"""Reading text files, with one clear issue where that is impossible."""

from __future__ import annotations

from pathlib import Path as FilePath

from waterbal.errors import ConfigError, Issue, Message, WaterbalError

MAX_BYTES = 16_000_000
"""Largest configuration that is read [byte]."""
YAML = Message("YAML 文件", "a YAML file")
UTF8 = ("utf-8-sig",)
TABLES = ("utf-8-sig", "gb18030")
"""Encodings of CSV files, tried in this order: spreadsheets in Chinese still write GB18030."""


def read_bytes(
    path: str | FilePath,
    wanted: str = YAML,
    limit: int = MAX_BYTES,
    error: type[WaterbalError] = ConfigError,
) -> bytes:
    """Read a whole file.

    Parameters
    ----------
    path : str or Path
        File to read.
    wanted : str
        What the file should be, for messages.
    limit : int [byte]
        Largest file that is read.
    error : type
        Class of the error that is raised.
    """
    file = str(path)
    try:
        if FilePath(path).is_dir():
            raise error(Issue(Message("这是文件夹", "this is a directory"), file=file, expected=wanted))
        if FilePath(path).exists() and not FilePath(path).is_file():
            raise error(
                Issue(Message("这不是普通文件", "this is no regular file"), file=file, expected=wanted)
            )
        size = FilePath(path).stat().st_size
        if size > limit:
            message = Message(f"文件有 {size / 1e6:.0f} MB", f"the file has {size / 1e6:.0f} MB")
            most = Message(f"至多 {limit / 1e6:.0f} MB", f"at most {limit / 1e6:.0f} MB")
            raise error(Issue(message, file=file, expected=most))
        return FilePath(path).read_bytes()
    except FileNotFoundError:
        raise error(
            Issue(Message("没有这个文件", "there is no such file"), file=file, expected=wanted)
        ) from None
    except OSError as failure:
        reason = failure.strerror or failure
        message = Message(f"无法读取：{reason}", f"cannot be read: {reason}")
        raise error(Issue(message, file=file, expected=wanted)) from None
    except ValueError:
        raise error(
            Issue(Message("这不是文件名", "this is no file name"), file=repr(file), expected=wanted)
        ) from None


def decode(
    data: bytes,
    file: str,
    encodings: tuple[str, ...] = UTF8,
    error: type[WaterbalError] = ConfigError,
) -> str:
    """Decode the bytes of a text file, or raise ``error`` at the first byte that is wrong."""
    wrong = None
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError as failure:
            wrong = wrong or failure
    assert wrong is not None
    before = data[: wrong.start]
    line, start = before.count(b"\n") + 1, before.rfind(b"\n") + 1
    column = len(before[start:].decode("utf-8", "replace")) + 1
    byte = f"0x{data[wrong.start]:02x}"
    message = Message(f"不是 UTF-8 文本（字节 {byte}）", f"not UTF-8 text (byte {byte})") + _looks_like(data)
    names = " or ".join("UTF-8" if encoding == "utf-8-sig" else encoding.upper() for encoding in encodings)
    saved = Message(f"以 {names.replace(' or ', ' 或 ')} 保存的文件", f"a file saved as {names}")
    raise error(Issue(message, "", file, line, column, saved))


def _looks_like(data: bytes) -> str:
    """Name the encoding that a file probably has."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return Message("；像是 UTF-16", "; it looks like UTF-16")
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return Message("；像是 GB18030（GBK）", "; it looks like GB18030 (GBK)")
