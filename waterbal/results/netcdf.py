"""Results on disk: one flat CF NetCDF4 file, written whole or not at all, that rebuilds its run."""

from __future__ import annotations

import contextlib
import json
import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.errors import DataError, Issue, Message, UsageError, cannot_write, in_language, reason_of
from waterbal.model.rows import Floats
from waterbal.results import integrity

if TYPE_CHECKING:
    import xarray as xr

CHUNK_BYTES = 2**22
"""Largest chunk [bytes]; a chunk holds one member and, where it fits, all elements and steps."""

COMPRESSION = {"zlib": True, "complevel": 2, "shuffle": True}

KINDS = {
    "sweep": Message("批量计算", "the result of a sweep"),
    "capacity": Message("承载能力", "the result of capacities"),
}
"""What has no single run that could be made again."""

TIME_UNITS = "days since 1970-01-01"


def write(results: xr.Dataset, path: str | Path) -> None:
    """Write a result, whole or not at all.

    The file is made beside its target, flushed to the disk and then moved over it: readers see the old
    result or the new one. Nothing is left behind on failure.

    Parameters
    ----------
    results : Dataset
        As ``dataset.build`` gives it.
    path : str or Path
        File to write; an earlier result is replaced.

    Raises
    ------
    DataError
        If the folder is missing or read-only, the target is a folder, or the disk is full.
    """
    with whole(path) as part:
        _write(results, part)
        integrity.enclose(part)


def save(results: xr.Dataset, path: str | Path) -> None:
    """Write a result that was opened from its file, whole or in part, so that it can be opened as one again.

    Parameters
    ----------
    results : Dataset
        As ``open_result`` gives it, or a selection from that.
    path : str or Path
        File to write.

    Raises
    ------
    UsageError
        If it was not read from a file.
    DataError
        If values or meanings were changed, the file it was read from is no result, or the target cannot be written.
    """
    places = [results.encoding, *(variable.encoding for variable in results.variables.values())]
    source = next((str(place["source"]) for place in places if place.get("source")), "")
    if not source:
        raise UsageError(
            Issue(
                Message("这不是从文件读入的", "this was not read from a file"),
                expected=Message("从文件打开的成果", "a result that was opened from its file"),
            )
        )
    with whole(path) as part:
        _write(results, part)
        integrity.vouch(part, Path(source))


@contextlib.contextmanager
def whole(path: str | Path) -> Iterator[Path]:
    """Let a file be made beside its target, then flush it to the disk and move it over the target.

    Parameters
    ----------
    path : str or Path
        File to write; an earlier one is replaced.

    Yields
    ------
    Path
        File to make; it is there, empty. It is removed if making it fails.

    Raises
    ------
    DataError
        If the folder is missing or read-only, the target is a folder, or the disk is full.
    """
    target = Path(path)
    if target.is_dir():
        raise _refusal(
            target, Message("它是文件夹", "it is a folder"), Message("文件名", "the name of a file")
        )
    if not target.absolute().parent.is_dir():
        raise _refusal(
            target,
            Message(
                f"没有文件夹 {target.absolute().parent}", f"there is no folder {target.absolute().parent}"
            ),
            Message("已有的文件夹", "an existing folder"),
        )
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        part.touch()
        yield part
        _flush(part)
        part.replace(target)
    except BaseException as error:
        reason = _reason(error, part)
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        if isinstance(error, (OSError, RuntimeError)):
            raise _refusal(target, reason) from error
        raise
    with contextlib.suppress(OSError):
        _flush(target.absolute().parent)


@contextlib.contextmanager
def refusing(target: Path, part: Path) -> Iterator[None]:
    """Say why a file could not be made, where the library for such files does not.

    Parameters
    ----------
    target : Path
        What is named in the message.
    part : Path
        File that is being made.

    Raises
    ------
    DataError
        If making it fails.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        raise _refusal(target, _reason(error, part)) from error


def _refusal(path: Path, reason: str, expected: str = "") -> DataError:
    return DataError(Issue(cannot_write(path, reason), file=str(path), expected=expected))


def _reason(error: BaseException, part: Path) -> str:
    """Say why writing failed; the library hides the cause behind 'HDF error' or a permission that is there."""
    hidden = isinstance(error, PermissionError) and os.access(part, os.W_OK)
    if isinstance(error, OSError) and error.strerror and (error.errno or 0) > 0 and not hidden:
        return reason_of(error)
    with contextlib.suppress(OSError):
        place = os.statvfs(part.parent)
        if place.f_bavail * place.f_frsize < CHUNK_BYTES:
            return Message("磁盘已满", "the disk is full")
    return Message(
        f"{error}（可能磁盘已满，或文件过大）",
        f"{error} (the disk may be full, or the file too large for it)",
    )


def _flush(path: Path) -> None:
    """Make sure that what was written is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write(results: xr.Dataset, path: Path) -> None:
    encoding: dict[str, dict[str, Any]] = {}
    texts: dict[str, Any] = {}
    for name, variable in results.variables.items():
        key = str(name)
        if variable.dtype.kind in "SUO":
            texts[key] = (variable.dims, _characters(key, variable), variable.attrs)
            encoding[key] = _character_encoding(variable)
        else:
            encoding[key] = _number_encoding(variable)
    stored = results.assign(texts)
    for name in encoding.keys() - texts.keys():
        stored[name].encoding.clear()
    stored = stored.set_coords([str(name) for name in results.coords])
    stored.encoding.clear()
    for name in stored.variables:
        stored[name].encoding.pop("coordinates", None)
    stored.to_netcdf(path, mode="w", format="NETCDF4", engine="netcdf4", encoding=encoding)


def _is_id(name: str) -> bool:
    """Tell ids, which are ASCII, from labels, which are not."""
    return not name.endswith(("_name_zh", "_name_en"))


def _characters(name: str, variable: xr.Variable) -> np.ndarray:
    """Return fixed-width text: ids as ASCII bytes, labels as they are."""
    values = variable.values.astype(np.str_)
    return np.char.encode(values, "ascii") if _is_id(name) else values


def _character_encoding(variable: xr.Variable) -> dict[str, Any]:
    size = max(len(str(value).encode()) for value in variable.values.ravel())
    return {"dtype": "S1", "char_dim_name": f"length_{max(size, 1)}"}


def _number_encoding(variable: xr.Variable) -> dict[str, Any]:
    told: dict[str, Any] = {"_FillValue": None}
    if variable.dtype.kind == "M":
        told |= {"units": TIME_UNITS, "calendar": "standard", "dtype": "int32"}
    elif variable.dtype.kind == "f" and "scenario" in variable.dims:
        told["_FillValue"] = np.nan
    if variable.ndim > 1 and "bnds" not in variable.dims:
        told |= {**COMPRESSION, "chunksizes": _chunks(variable)}
    return told


def _chunks(variable: xr.Variable) -> tuple[int, ...]:
    """Choose one member per chunk, cut along time where it would be too large."""
    sizes = [1 if dim in ("scenario", "realization") else variable.sizes[dim] for dim in variable.dims]
    bytes_all = variable.dtype.itemsize * int(np.prod(sizes))
    if bytes_all > CHUNK_BYTES and variable.dims[-1] == "time":
        sizes[-1] = max(1, int(sizes[-1] * CHUNK_BYTES / bytes_all))
    return tuple(sizes)


def open_result(path: str | Path, *, partial: bool = False, verify: bool = False) -> xr.Dataset:
    """Open a result; use it as a context manager, or close it.

    Parameters
    ----------
    path : str or Path
        File written by ``write``, or by another program from such a file.
    partial : bool
        Whether a file is opened of which variables, or parts of them, were taken away; a warning says what is missing.
    verify : bool
        Whether files of more than ``integrity.ALWAYS`` bytes are read through first; smaller ones always are.

    Returns
    -------
    Dataset
        Numbers are read when asked for, names at once.

    Raises
    ------
    DataError
        If there is no such file, or it is no result of waterbal, of another format, truncated, damaged, altered, or,
        without ``partial``, not whole.
    """
    condition = integrity.check(Path(path), thorough=verify)
    if not condition.whole:
        if not partial:
            lost = condition.words
            message = Message(
                f"{path} {in_language(lost, 'zh')}：它是另一程序由某成果生成的",
                f"{path} {lost}: another program made it from a result",
            )
            expected = Message(
                "完整的成果，或 open_result(path, partial=True)",
                "a whole result, or open_result(path, partial=True)",
            )
            raise DataError(Issue(message, file=str(path), expected=expected))
        warnings.warn(f"{path} {condition.words}", stacklevel=2)
    return _opened(path)


def open_checked(path: str | Path) -> tuple[xr.Dataset, integrity.Condition]:
    """Open a result of which parts may be missing, after reading it through once, with what is missing.

    Parameters
    ----------
    path : str or Path
        As for ``open_result``.

    Raises
    ------
    DataError
        As ``open_result`` does.
    """
    condition = integrity.check(Path(path), thorough=True)
    return _opened(path), condition


def _opened(path: str | Path) -> xr.Dataset:
    """Open a file that was checked."""
    import xarray as xr

    import waterbal.results.accessor  # noqa: F401 -- registers ds.waterbal

    try:
        results = xr.open_dataset(path, engine="netcdf4")
    except (OSError, ValueError, RuntimeError) as error:
        raise DataError(
            Issue(
                Message(f"无法读取 {path}：{error}", f"cannot read {path}: {error}"),
                file=str(path),
                expected=Message("NetCDF 文件", "a NetCDF file"),
            )
        ) from error
    if "waterbal_version" not in results.attrs:
        results.close()
        raise DataError(
            Issue(Message(f"{path} 不是 waterbal 的成果", f"{path} is no result of waterbal"), file=str(path))
        )
    try:
        integrity.check_format(Path(path), results.attrs.get(integrity.FORMAT_NAME))
    except DataError:
        results.close()
        raise
    names = {
        str(name): (variable.dims, _decoded(variable.values), variable.attrs)
        for name, variable in results.variables.items()
        if variable.dtype.kind in "SUO"
    }
    opened = results.assign_coords(names)
    opened.attrs.pop(integrity.DIGESTS, None)
    opened.set_close(results.close)
    return opened


def _decoded(values: np.ndarray) -> np.ndarray:
    """Return text of fixed width."""
    text = [v.decode("ascii") if isinstance(v, bytes) else str(v) for v in values.ravel()]
    return np.array(text, dtype=np.str_).reshape(values.shape)


RUN_FILE = Message("`waterbal run` 写出的文件", "a file as `waterbal run` writes it")


@dataclass(frozen=True)
class StoredRun:
    """What a run was made from."""

    config: dict[str, Any]
    """Resolved configuration, overrides applied."""
    series: Mapping[str, Floats]
    """Input series, ndarray (time), bit for bit."""
    planning: Mapping[str, Floats] | None
    """Series that planned reserves took their statistics from, ndarray (sample, time); None: the input."""
    reference: Mapping[str, Floats] | None
    """Series that means of the record refer to, likewise."""
    realization: int
    """Number of the hydrological sample."""
    overrides: tuple[str, ...]
    """``path=value`` texts that had been applied, in order."""
    filled: Mapping[str, list[str]]
    """Series -> gaps of its file that had been filled, in words."""


def rebuild(path: str | Path) -> StoredRun:
    """Read what a run was made from.

    Parameters
    ----------
    path : str or Path
        File written by ``write``.

    Raises
    ------
    DataError
        If the file is no result of waterbal, or its configuration was altered or its series cut.
    """
    results, condition = open_checked(path)
    with results:
        return stored_run(results, condition, path)


def _not_whole(path: str | Path, why: Message) -> DataError:
    """Refuse a file from which a run cannot be made again."""
    message = Message(f"{path} 不是完整的成果：{why.zh}", f"{path} is not a whole result: {why}")
    return DataError(Issue(message, file=str(path), expected=RUN_FILE))


def stored_run(results: xr.Dataset, condition: integrity.Condition, path: str | Path) -> StoredRun:
    """Read what a run was made from, from its open file; see ``rebuild``."""
    import hashlib

    from waterbal.results.accessor_text import kind

    if kind(results) in KINDS:
        what = KINDS[kind(results)]
        message = Message(f"{path} 是{what.zh}成果，不是单次模拟", f"{path} is {what}, no single run")
        raise DataError(Issue(message, file=str(path), expected=RUN_FILE))
    cut = sorted(set(condition.cut) & {"input_series", "planning_series", "reference_series"})
    if cut:
        raise _not_whole(path, Message("只有部分内容的有 ", "it holds only a part of ") + ", ".join(cut))
    needed = ("waterbal_config", "waterbal_config_sha256", "waterbal_overrides")
    missing = [name for name in needed if name not in results.attrs]
    if missing:
        raise _not_whole(path, Message("缺少 ", "it lacks ") + ", ".join(missing))
    text = str(results.attrs["waterbal_config"])
    if hashlib.sha256(text.encode()).hexdigest() != results.attrs["waterbal_config_sha256"]:
        raise DataError(
            Issue(
                Message(f"{path} 中所存的配置被改动过", f"the configuration stored in {path} was altered"),
                file=str(path),
            )
        )
    overrides = tuple(json.loads(results.attrs["waterbal_overrides"]))
    series = _stored(results, "input_series", "series_id") or {}
    realization = int(results["realization"].values[0])
    filled: dict[str, list[str]] = json.loads(results.attrs.get("waterbal_filled_gaps", "{}"))
    planning = _stored(results, "planning_series", "planning_series_id")
    reference = _stored(results, "reference_series", "reference_series_id")
    config: dict[str, Any] = json.loads(text)
    absent = sorted(set(config.get("series", {})) - set(series))
    if absent:
        message = Message(
            f"{path} 不是完整的成果：缺少输入系列 {', '.join(absent)}",
            f"{path} is not a whole result: it lacks the input series {', '.join(absent)}",
        )
        raise DataError(
            Issue(
                message,
                file=str(path),
                expected=Message("waterbal run 写出的文件", "a file as waterbal run writes it"),
            )
        )
    return StoredRun(config, series, planning, reference, realization, overrides, filled)


def _stored(results: xr.Dataset, table: str, names: str) -> dict[str, Floats] | None:
    """Read series by name."""
    if table not in results:
        return None
    values = results[table].values
    return {str(name): values[i].copy() for i, name in enumerate(results[names].values)}
