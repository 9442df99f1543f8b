"""Putting the parts of a sweep together: one NetCDF file, the same however the sweep was cut and computed."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from waterbal import outputs
from waterbal.errors import DataError, Issue, Message, UsageError
from waterbal.results import integrity, netcdf
from waterbal.scenarios import frame, manifest, parts
from waterbal.scenarios.blocks import Block
from waterbal.scenarios.claims import MERGING, STARTING, Claims
from waterbal.scenarios.manifest import Manifest
from waterbal.scenarios.parts import Part
from waterbal.scenarios.work import MESSAGES

CACHE_BYTES = 2 * frame.CHUNK_BYTES
"""Memory per variable in which chunks wait until they are full [bytes]."""
DIGEST = "waterbal_parts_sha256"
NAMES = "waterbal_labels_sha256"
SHOWN = 5
MOST_FAILED = 1000
"""Members that ended badly of which the merged file says why; ``member_status`` has all of them."""


def merge(
    folder: Path,
    target: Path,
    progress: Callable[[int, int], None] | None = None,
    note: Callable[[str], None] | None = None,
) -> None:
    """Merge a finished sweep.

    Parameters
    ----------
    folder : Path
        Folder of the sweep.
    target : Path
        NetCDF file to write; an earlier result is replaced.
    progress : callable, optional
        Called with (blocks done, blocks in all).
    note : callable, optional
        Is told what must not be missed.

    Raises
    ------
    UsageError
        If the folder holds no sweep, or the target cannot be written.
    DataError
        If blocks are missing or damaged, or the disk is full.
    """
    found = manifest.read(folder) if folder.is_dir() else None
    if found is None:
        raise UsageError(
            Issue(
                Message(f"{folder} 不是批量计算的文件夹", f"{folder} is no folder of a sweep"),
                expected=Message("`waterbal sweep -o` 写出的文件夹", "what `waterbal sweep -o` wrote"),
            )
        )
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):  # a folder that may only be read is merged without a claim
            claims = held.enter_context(contextlib.closing(Claims(folder)))
            held.enter_context(claims.turn(MERGING))
            if claims.take(STARTING):  # else another run is writing them
                manifest.remove_unfinished(folder)
                claims.give_back(STARTING)
        write(folder, found, target, progress, note)


def write(
    folder: Path,
    found: Manifest,
    target: Path,
    progress: Callable[[int, int], None] | None = None,
    note: Callable[[str], None] | None = None,
) -> None:
    """Merge a finished sweep whose claim on merging is held; what a merge that was killed left is removed."""
    own = target.absolute() == (folder / manifest.RESULTS).absolute()
    outputs.check(target, outputs.ANY if own else outputs.NETCDF)
    chosen = whole_set(folder, found)
    kinds = sorted({part.processor for part in chosen} - {""})
    if len(kinds) > 1 and note is not None:
        note(
            Message(
                f"注意：各分块出自 {len(kinds)} 种处理器（{', '.join(kinds)}）；数的末位可能不同",
                f"note: the parts come from {len(kinds)} kinds of processors ({', '.join(kinds)}); "
                "the last bits of numbers may differ between them",
            )
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    for path in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
        path.unlink(missing_ok=True)
    with netcdf.whole(target) as unfinished:
        _fill(folder, found, chosen, unfinished, progress)
        integrity.enclose(unfinished)


def whole_set(folder: Path, found: Manifest) -> list[Part]:
    """Give one part for every block.

    Raises
    ------
    DataError
        If some have none.
    """
    there = parts.listed(folder)
    missing = [number for number in range(found.grid.count) if number not in there]
    if missing:
        names = ", ".join(map(str, missing[:SHOWN])) + (" ..." if len(missing) > SHOWN else "")
        message = Message(
            f"{found.grid.count} 个分块中缺少 {len(missing)} 个（{names}）：请再次执行 sweep，它会接着算",
            f"{len(missing)} of {found.grid.count} blocks are missing ({names}): run the sweep again, it goes on",
        )
        raise DataError(Issue(message, file=str(folder)))
    return [there[number][0] for number in range(found.grid.count)]


def is_current(folder: Path, found: Manifest) -> bool:
    """Tell whether the merged file in the folder of a sweep is that of its parts."""
    import netCDF4

    path = folder / manifest.RESULTS
    if not path.is_file():
        return False
    try:
        if not integrity.check(path).sealed:
            return False
        with netCDF4.Dataset(path) as file:
            if getattr(file, NAMES, "") != found.names:
                return False
            return getattr(file, DIGEST, "") == fingerprint(whole_set(folder, found))
    except (OSError, DataError):
        return False


def fingerprint(chosen: list[Part]) -> str:
    """Hash the hashes of all parts."""
    return hashlib.sha256(" ".join(part.digest for part in chosen).encode()).hexdigest()


def _fill(
    folder: Path,
    found: Manifest,
    chosen: list[Part],
    path: Path,
    progress: Callable[[int, int], None] | None,
) -> None:
    """Copy the frame and write every block into it."""
    import netCDF4

    skeleton = folder / found.frame
    if not frame.is_whole(skeleton):
        message = Message(
            "成果的框架文件被改动或缺失；请再次执行 sweep，它会重新生成",
            "the frame of the results was altered or is missing; run the sweep again, it makes it anew",
        )
        raise DataError(Issue(message, file=str(skeleton)))
    shutil.copyfile(skeleton, path)
    with netCDF4.Dataset(path, "r+") as file:
        file.set_auto_maskandscale(False)
        file.set_auto_chartostring(False)
        variables = dict(file.variables)
        for variable in variables.values():
            if "scenario" in variable.dimensions and variable.chunking() != "contiguous":
                variable.set_var_chunk_cache(size=CACHE_BYTES)
        failed: list[str] = []
        for block, part in zip(found.grid, chosen, strict=True):
            arrays = parts.read(part, found.id)
            failed += map(str, arrays.pop(MESSAGES, ()))
            place(variables, block, arrays)
            if progress is not None:
                progress(block.number + 1, found.grid.count)
        file.setncattr("waterbal_sweep", json.dumps(found.sweep, ensure_ascii=False, sort_keys=True))
        file.setncattr("failed_members", json.dumps(sorted(failed)[:MOST_FAILED], ensure_ascii=False))
        file.setncattr(DIGEST, fingerprint(chosen))
        file.setncattr(NAMES, found.names)


def place(variables: Mapping[str, Any], block: Block, arrays: parts.Arrays) -> None:
    """Write the arrays of a block where they belong."""
    rows = slice(block.first_scenario, block.last_scenario)
    for name, values in arrays.items():
        variable = variables[name]
        columns = (slice(block.first, block.last),) if "realization" in variable.dimensions else ()
        variable[(rows, *columns)] = frame.stored(variable, values)
