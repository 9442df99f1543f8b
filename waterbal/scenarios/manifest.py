"""The folder of a sweep and its manifest: what is being computed, so that nothing else is mixed with it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from waterbal._version import __version__
from waterbal.errors import DataError, Issue, Message, UsageError, in_language, reason_of
from waterbal.results.terms import Term
from waterbal.scenarios import claims, parts
from waterbal.scenarios.blocks import RULE, Grid
from waterbal.scenarios.work import Work

FORMAT = "waterbal sweep 1"
FILE = "manifest.json"
RESULTS = "results.nc"
FRAME = "frame-*.nc"
UNFINISHED = (".[fm]*.tmp", "..frame.*.tmp.*.part")
"""Frames and manifests that are being written, and the file that takes the place of a frame once it is whole."""
UNFINISHED_RESULTS = f".{RESULTS}.*.part"
"""Merged files that are being written."""
COMPUTING = ("numba", "numpy", "scipy")
"""Packages whose version may change a bit of a result."""
_TOLD = {
    "realizations": Term(
        "文件夹中每个方案有 {old} 个水文样本，现要求 {new} 个",
        "the folder has {old} realizations of each scenario, {new} are asked for",
    ),
    "keep": Term(
        "文件夹中每个成员保留 {old}，现要求 {new}",
        "the folder keeps {old} of each member, {new} is asked for",
    ),
    "block": Term(
        "文件夹中的分块为 {old} 个成员，现要求 {new} 个",
        "the folder has blocks of {old} members, {new} are asked for",
    ),
}
_SCENARIOS = Term(
    "文件夹中有 {old} 个方案，现要求 {new} 个，", "the folder has {old} scenarios, {new} are asked for, "
)
_AMOUNT = Term("文件夹中有 {old} 个，现有 {new} 个，", "{old} there, {new} now, ")
_WITHOUT = Term("现没有 {names}", "without {names}")
_WITH = Term("现增加 {names}", "with {names}")
_ORDER = Term("次序不同", "in another order")
_NEW = Term("{file} 是新增的", "{file} is new")
_UNUSED = Term("{file} 不再使用", "{file} is no longer used")
_CHANGED = Term("{file} 有改动", "{file} changed")
_INPUTS = {
    "inputs.version": Term("waterbal 的版本", "the version of waterbal"),
    "inputs.code": Term("waterbal 的程序", "the program of waterbal"),
    "inputs.model": Term("模型", "the model"),
    "inputs.parameters": Term("参数表", "the parameter table"),
    "inputs.scenarios": Term("方案", "the scenarios"),
}
"""What decides results and is no file of data."""
SHOWN = 6
"""Names listed when two lists differ."""


@dataclass(frozen=True)
class Manifest:
    """What a folder holds."""

    sweep: Mapping[str, Any]
    """Everything that decides the results and how they are cut into parts; plain JSON."""
    frame: str
    """Name of the file with coordinates and variables, all empty."""
    names: str = ""
    """Hash of the titles and labels in it, see ``Work.names``."""

    @property
    def id(self) -> str:
        """Hash of what decides the results."""
        return hashlib.sha256(_canonical(self.sweep).encode()).hexdigest()

    @property
    def grid(self) -> Grid:
        """The blocks."""
        return Grid(len(self.sweep["scenarios"]), self.sweep["realizations"], self.sweep["block"])


def _canonical(content: Any) -> str:
    return json.dumps(content, ensure_ascii=False, sort_keys=True, allow_nan=False)


def describe(work: Work, block: int) -> dict[str, Any]:
    """Say what a sweep is, as it goes into its manifest.

    Parameters
    ----------
    work : Work
        What is computed.
    block : int
        Members in a block.
    """
    told = {
        **work.identity(),
        "scenarios": list(work.scenarios),
        "realizations": work.realizations,
        "keep": work.keep,
        "block": block,
        "block_rule": RULE,
        "versions": {"waterbal": __version__} | {name: _version(name) for name in COMPUTING},
    }
    plain: dict[str, Any] = json.loads(_canonical(told))
    return plain


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"


def read(folder: Path) -> Manifest | None:
    """Read the manifest of a folder; None if it has none.

    Raises
    ------
    DataError
        If it is no manifest, of another format, or was altered.
    """
    path = folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DataError(
            Issue(
                Message("无法读取清单：", "cannot read the manifest: ") + str(error),
                file=str(path),
            )
        ) from error
    try:
        content = json.loads(text)
        found = Manifest(content["sweep"], content["frame"], content.get("names", ""))
        if content["format"] != FORMAT:
            raise DataError(Issue(_format(content["format"]), file=str(path), expected=FORMAT))
        if content["id"] != found.id:
            raise DataError(Issue(Message("清单被改动过", "the manifest was altered"), file=str(path)))
    except (ValueError, KeyError, TypeError) as error:
        message = Message(f"这不是批量计算的清单（{error}）", f"this is no manifest of a sweep ({error})")
        raise DataError(
            Issue(
                message,
                file=str(path),
                expected=Message("waterbal sweep 写的文件", "a file that waterbal sweep wrote"),
            )
        ) from error
    return found


CHANGED = Message(
    "情景文件、模型、数据或程序此后有改动", "the study, its model, its data or the program changed since"
)


def _format(given: object) -> Message:
    """Say in which format a folder is."""
    return Message(f"该文件夹的格式是 {given!r}", f"the folder is in format {given!r}")


def check_folder(folder: Path) -> None:
    """Make sure that a sweep can be kept in a folder, before the work begins.

    Raises
    ------
    UsageError
        If it is a file, has other things in it, or cannot be written to.
    """
    try:
        problem = _problem(folder)
    except OSError as error:  # a folder above it is closed to us
        problem = reason_of(error)
    if problem:
        message = Message(f"{folder} 不能存放批量计算成果：", f"cannot keep a sweep in {folder}: ") + problem
        raise UsageError(Issue(message, where="--output"))


def _problem(folder: Path) -> str:
    if folder.exists() and not folder.is_dir():
        return Message("它是文件；请给出文件夹", "it is a file; name a folder")
    if not folder.exists() and folder.suffix == ".nc":
        return Message(
            f"请给出文件夹；合并后的 NetCDF 是其中的 {RESULTS}",
            f"name a folder; the merged NetCDF will be {RESULTS} in it",
        )
    if folder.is_dir() and not (folder / FILE).exists():
        strangers = sorted(path.name for path in folder.iterdir() if not _ours(path))
        if strangers:
            return Message(
                f"其中另有文件（{', '.join(strangers[:SHOWN])}）；请给出新的文件夹",
                f"it has other things in it ({', '.join(strangers[:SHOWN])}); name a new folder",
            )
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    if not place.is_dir():
        return Message(f"{place} 不是文件夹", f"{place} is not a folder")
    try:
        with tempfile.TemporaryFile(dir=place):
            return ""
    except OSError as error:
        return Message(f"{place}：", f"{place}: ") + reason_of(error)


def _ours(path: Path) -> bool:
    """Tell what a sweep that was stopped very early may have left."""
    return path.name in (parts.FOLDER, claims.NAME) or path.match(FRAME) or path.name.startswith(".")


def create(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest of a folder unless it has one; of several processes the first one wins.

    Returns
    -------
    Manifest
        The one that is there now.
    """
    _write(folder, manifest, replace=False)
    found = read(folder)
    if found is None:
        raise DataError(
            Issue(
                Message("清单在写入过程中消失了", "the manifest vanished while it was written"),
                file=str(folder / FILE),
            )
        )
    return found


def renew(folder: Path, manifest: Manifest) -> Manifest:
    """Write the manifest of the same sweep again, because its frame has another name or other labels."""
    _write(folder, manifest, replace=True)
    return manifest


def _write(folder: Path, manifest: Manifest, *, replace: bool) -> None:
    path = folder / FILE
    content = {
        "format": FORMAT, "id": manifest.id, "frame": manifest.frame, "names": manifest.names,
        "sweep": manifest.sweep,
    }  # fmt: skip
    unfinished = path.with_name(f".{FILE}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            file.write(json.dumps(content, ensure_ascii=False, indent=2) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            if replace:
                unfinished.replace(path)
            else:
                os.link(unfinished, path)  # unlike a rename, it does not replace
        except FileExistsError:
            pass
        except OSError:  # a file system without links
            if replace or not path.exists():
                unfinished.replace(path)
    except OSError as error:
        raise DataError(
            Issue(
                Message("无法写清单：", "cannot write the manifest: ") + reason_of(error),
                file=str(path),
            )
        ) from error
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    parts.flush_folder(folder)


def refuse_other(folder: Path, found: Manifest, wanted: Mapping[str, Any]) -> None:
    """Make sure that a folder holds the very sweep that is wanted.

    Raises
    ------
    UsageError
        Naming everything that differs.
    """
    told = differences(found.sweep, wanted)
    if not told:
        return
    advice = Message(
        f"{folder} 中是另一次批量计算：请换一个文件夹，或用 --fresh 在其中重新开始",
        f"{folder} holds another sweep: name another folder, or begin anew in it with --fresh",
    )
    raise UsageError(*[Issue(advice, where="--output"), *told])


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Issue]:
    """Say in what two sweeps differ; nothing if they are the same."""
    told = _differences("", old, new)
    if len(told) > 1:  # the fingerprint stands for everything; what is known better says more
        told = [issue for issue in told if issue.where != "fingerprint"] or told
    return told


def _differences(path: str, old: Any, new: Any) -> list[Issue]:
    if old == new:
        return []
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return [
            issue
            for key in sorted(old.keys() | new.keys())
            for issue in _differences(f"{path}.{key}" if path else key, old.get(key), new.get(key))
        ]
    if path == "fingerprint":
        return [Issue(CHANGED, where=path)]
    if path in _TOLD:
        return [Issue(_message(_TOLD[path], old=old, new=new), where=f"--{path}")]
    if isinstance(old, list) and isinstance(new, list):
        told = _changes(old, new)
        if path == "scenarios":
            return [Issue(_message(_SCENARIOS, old=len(old), new=len(new)) + told, where="--only")]
        return [Issue(_message(_AMOUNT, old=len(old), new=len(new)) + told, where=path)]
    if path.startswith("inputs."):
        file = path.removeprefix("inputs.").removeprefix("data.")
        verb = _NEW if old is None else _UNUSED if new is None else _CHANGED
        named = _INPUTS.get(path, Term(file, file))
        return [Issue(Message(verb.zh.format(file=named.zh), verb.en.format(file=named.en)), where="inputs")]
    before, now = _shown(old), _shown(new)
    told = Message(
        f"文件夹中为 {in_language(before, 'zh')}，现为 {in_language(now, 'zh')}", f"{before} there, {now} now"
    )
    return [Issue(told, where=path)]


def _changes(old: list[Any], new: list[Any]) -> Message:
    """Say what one list has that the other has not."""
    gone, added = ([x for x in one if x not in other] for one, other in ((old, new), (new, old)))
    told = [
        _message(term, names=", ".join(map(str, names[:SHOWN])) + (" ..." if len(names) > SHOWN else ""))
        for term, names in ((_WITHOUT, gone), (_WITH, added))
        if names
    ]
    if not told:
        return _message(_ORDER)
    return Message("；".join(one.zh for one in told), "; ".join(told))


def _message(term: Term, **values: object) -> Message:
    """Say something in both languages."""
    return Message(term.zh.format(**values), term.en.format(**values))


def _shown(value: Any) -> str:
    return Message("无", "nothing") if value is None else json.dumps(value, ensure_ascii=False)


def remove_unfinished(folder: Path) -> None:
    """Remove frames and manifests that were being written when a run was killed; hold the claim on starting."""
    for form in UNFINISHED:
        for path in folder.glob(form):
            path.unlink(missing_ok=True)


def clear(folder: Path) -> None:
    """Remove a sweep from its folder, the manifest first, so that no part outlives what it belongs to.

    Raises
    ------
    UsageError
        If another process is at work on it.
    """
    if not folder.is_dir():
        return
    held = claims.Claims(folder)
    try:
        if not held.take_all():
            raise UsageError(
                Issue(
                    Message(
                        f"另一个进程正在 {folder} 中计算；请先停止它",
                        f"another run is at work in {folder}; stop it first",
                    ),
                    where="--fresh",
                )
            )
        names = [folder / FILE, folder / RESULTS]
        names += [path for form in (FRAME, *UNFINISHED, UNFINISHED_RESULTS) for path in folder.glob(form)]
        kept = folder / parts.FOLDER
        if kept.is_dir():
            names += [
                path
                for path in kept.iterdir()
                if parts.NAME.fullmatch(path.name) or parts.UNFINISHED.fullmatch(path.name)
            ]
        for path in names:
            path.unlink(missing_ok=True)
        held.forget_done()
    finally:
        held.close()
