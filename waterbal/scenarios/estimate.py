"""What a sweep will take, measured on a few members on this machine."""

from __future__ import annotations

import errno
import multiprocessing
import os
import shutil
import tempfile
import time
import tracemalloc
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import prod
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np

from waterbal.errors import DataError, Issue, Message
from waterbal.results import netcdf, probe
from waterbal.scenarios import frame, parts
from waterbal.scenarios.blocks import Block
from waterbal.scenarios.manifest import FRAME
from waterbal.scenarios.merge import CACHE_BYTES
from waterbal.scenarios.work import MESSAGES, Source, Work
from waterbal.scenarios.workers import cores

SHORT = 0.3
"""[s] a probe of one scenario takes at least, if there are members enough."""
MIB = 2**20
MARGIN, SPARE = 0.05, 4 * MIB
"""Share and size [bytes] that are left free beside what is needed."""
ENTRY = 300
"""Of an array in a part, beside its numbers; at most, as measured [bytes]."""
INDEX = 3000
"""Of a variable in the merged file beside its numbers and the frame: its index of chunks, as measured [bytes]."""
OPEN = 1e5
"""Of a variable while the merged file is written, beside its chunks: what HDF5 keeps of it, as measured [bytes]."""
PLACING = 2e-4
"""To write a variable of a block into the merged file, as measured on a machine of 2 cores [s]."""
NUMBER = 8
"""Size of the largest numbers [bytes]."""
FEW = 20
"""Members of which the compression is tried."""


@dataclass(frozen=True)
class Estimate:
    """What is still to be done, and what it will take."""

    scenarios: int
    realizations: int
    members: int
    """Members to be computed; those that are there already are left out."""
    blocks: int
    seconds: float
    """In all, with all threads or processes busy and undisturbed."""
    seconds_to_start: float
    """Until the frame is written and the processes compute, if there are any [s]."""
    seconds_to_merge: float
    """[s]; an allowance by the number of blocks and variables, and the measured speed of compression."""
    seconds_per_scenario: float
    """CPU time to prepare a scenario [s]."""
    seconds_per_member: float
    """CPU time of a member [s]."""
    at_once: int
    """Threads or processes counted with."""
    memory_mib: float
    """Of each process; where there are several, of the largest, one of which merges."""
    parts_mib: float
    results_mib: float
    free_mib: float
    probed_members: int

    @property
    def needed_mib(self) -> float:
        """Room that must be free, with a margin; none if everything is there."""
        return room(self.parts_mib * MIB, self.results_mib * MIB) / MIB if self.blocks else 0.0

    def check_room(self, folder: Path) -> None:
        """Refuse what does not fit on the disk, as the run does.

        Raises
        ------
        DataError
            If it does not.
        """
        refuse_without_room(folder, self.needed_mib * MIB, self.free_mib * MIB)

    def as_dict(self) -> dict[str, Any]:
        """Give it as plain data, rounded to what can be known."""
        return {
            name: float(f"{value:.3g}") if isinstance(value, float) else value
            for name, value in asdict(self).items()
        }


def part_bytes(work: Work) -> tuple[int, int]:
    """Give the size of the results of a member, and of a scenario beyond its members [bytes]."""
    sizes: Mapping[Any, int] = work.frame().sizes
    member = scenario = 0
    for field in work.schema().values():
        size = field.dtype.itemsize * prod(sizes[dim] for dim in field.dims[1:] if dim != "realization")
        if "realization" in field.dims:
            member += size
        else:
            scenario += size
    return member, scenario


def mib(size: float) -> str:
    """Write MiB so that small numbers still say something."""
    return f"{size:,.0f}" if size >= 10 else f"{size:,.1f}"


def room(parts_size: float, results: float) -> float:
    """Give the room that parts and the merged file need, with a margin, in the unit of their sizes in bytes."""
    return (parts_size + results) * (1 + MARGIN) + SPARE


def refuse_without_room(folder: Path, needed: float, free: float) -> None:
    """Refuse to begin what does not fit on the disk; sizes in bytes.

    Raises
    ------
    DataError
        If it does not.
    """
    if needed > free:
        message = Message(
            f"分块与合并文件（含余量）需要 {mib(needed / MIB)} MiB，而只剩 {mib(free / MIB)} MiB",
            f"parts and merged file need {mib(needed / MIB)} MiB with a margin, "
            f"but only {mib(free / MIB)} MiB are free",
        )
        expected = Message("更多空间，或用 --keep metrics", "more room, or --keep metrics")
        raise DataError(Issue(message, file=str(folder), expected=expected))


def check_room(work: Work, folder: Path, blocks: list[Block]) -> None:
    """Make sure that the parts of some blocks and the merged file fit on the disk, before hours are spent.

    Raises
    ------
    DataError
        If they do not.
    """
    member, fixed = part_bytes(work)
    beside = len(blocks) * ENTRY * (1 + len(work.schema()))
    needed = member * sum(block.members for block in blocks) + beside
    numbers = member * len(work.scenarios) * work.realizations + fixed * len(work.scenarios)
    around = sum(path.stat().st_size for path in folder.glob(FRAME)) + INDEX * len(work.schema())
    free = shutil.disk_usage(folder).free
    refuse_without_room(folder, room(needed, around), free)
    if room(needed, around + numbers) > free:  # it depends on how well the numbers are compressed
        share, _ = _compressed(work.evaluate(range(1), 0, min(work.realizations, FEW), 1))
        refuse_without_room(folder, room(needed, around + share * numbers), free)


def estimate(
    work: Work, folder: Path, blocks: list[Block], at_once: int, *, processes: Source | None = None
) -> Estimate:
    """Measure a few members and tell what some blocks will take.

    Parameters
    ----------
    work : Work
        What is computed.
    folder : Path
        Where; it need not be there.
    blocks : list of Block
        Blocks to be computed.
    at_once : int
        Threads or processes.
    processes : callable, optional
        What opens the work in processes, which have their own memory; None for threads.
    """
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / MIB
    member, fixed = part_bytes(work)
    members = sum(block.members for block in blocks)
    if not blocks:
        count = len(work.scenarios)
        return Estimate(
            count, work.realizations, 0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, at_once, 0.0, 0.0, 0.0, free, 0
        )
    work.evaluate(range(1), 0, 1, 1)  # kernels are loaded, or compiled once
    last = len(work.scenarios) - 1
    probes = [_probe(work, position) for position in sorted({0, last // 2, last})]
    each = mean(probe.member for probe in probes)
    preparing = mean(probe.scenario for probe in probes[1:] or probes)
    of_parts = members * member + len(work.scenarios) * fixed
    numbers = len(work.scenarios) * (work.realizations * member + fixed)
    widest = max(blocks, key=lambda block: block.last - block.first)
    at_once = max(1, min(at_once, len(blocks)))
    prepared = len({scenario for block in blocks for scenario in block.scenarios})
    if processes is not None:  # each prepares the scenarios of its own blocks
        prepared = min(prepared * at_once, sum(len(block.scenarios) for block in blocks))
    arrays = probes[0].arrays
    frame_size, starting = _frame(work)
    if processes is not None:
        starting += _starting(processes) * max(1.0, at_once / cores())
    share, compressing = _compressed(arrays)
    pieces = len(work.scenarios) * work.realizations / max(block.members for block in blocks)
    merging = numbers * compressing + pieces * len(work.schema()) * PLACING
    storing = _storing(place, parts.packed(arrays)) * len(blocks)
    largest = max(block.members for block in blocks) * member
    working = _memory(work, widest, largest, 1 if processes is not None else at_once)
    merged = _merging(work, largest)
    # the process that computes with threads merges as well, and what blocks took is rarely given back
    memory = working + merged if processes is None else max(working, _resident() + merged)
    return Estimate(
        scenarios=len(work.scenarios),
        realizations=work.realizations,
        members=members,
        blocks=len(blocks),
        seconds=starting + (prepared * preparing + members * each + storing) / at_once + merging,
        seconds_to_start=starting,
        seconds_to_merge=merging,
        seconds_per_scenario=preparing,
        seconds_per_member=each,
        at_once=at_once,
        memory_mib=memory / MIB,
        parts_mib=(of_parts + len(blocks) * _beside(arrays)) / MIB,
        results_mib=(frame_size + INDEX * len(work.schema()) + numbers * share) / MIB,
        free_mib=free,
        probed_members=sum(probe.count for probe in probes),
    )


@dataclass(frozen=True)
class _Probe:
    """Some members of one scenario, timed."""

    scenario: float
    """CPU time before the first member [s]."""
    member: float
    """CPU time of a member [s]."""
    count: int
    arrays: Mapping[str, Any]


def _probe(work: Work, position: int) -> _Probe:
    """Time a scenario: one member with its preparation, then more until it takes long enough to be told."""
    count = 1
    first, _ = _timed(work, position, count)
    while True:
        spent, arrays = _timed(work, position, count)
        if spent >= SHORT or count >= work.realizations:
            return _Probe(max(0.0, first - spent / count), spent / count, count, arrays)
        count = min(4 * count, work.realizations)


def _timed(work: Work, position: int, count: int) -> tuple[float, Mapping[str, Any]]:
    begin = time.process_time()
    arrays = work.evaluate(range(position, position + 1), 0, count, 1)
    return time.process_time() - begin, arrays


def _memory(work: Work, block: Block, results: int, at_once: int) -> float:
    """Tell the memory of the process [bytes]: what it has now, and what blocks at work add."""
    few, more = 1, min(8, block.last - block.first)
    peaks = []
    for count in (few, more):
        tracemalloc.start()
        work.evaluate(range(1), 0, count, 1)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    slope = (peaks[1] - peaks[0]) / (more - few) if more > few else 0.0
    return _resident() + at_once * (peaks[0] + slope * (block.last - block.first - few) + 2 * results)


def _merging(work: Work, part: float) -> float:
    """Tell the memory that merging adds [bytes]: a part, and chunks that wait until they are full or what is hashed."""
    import netCDF4

    sizes: Mapping[Any, int] = work.frame().sizes
    whole = [
        field.dtype.itemsize * prod(sizes[dim] for dim in field.dims) for field in work.schema().values()
    ]
    waiting = sum(min(size, CACHE_BYTES) for size in whole)
    widest, kept = max(whole, default=0), int(netCDF4.get_chunk_cache()[0])  # one variable after the other
    hashed = min(widest, kept) + min(widest, probe.BLOCK * NUMBER)
    return OPEN * len(whole) + max(2 * part + waiting, hashed)


def _resident() -> int:
    """Give the memory of this process [bytes]; 0 where the system does not tell."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _beside(arrays: Mapping[str, Any]) -> int:
    """Give what a part has beside its numbers [bytes]."""
    return len(parts.packed(arrays)) - sum(values.nbytes for values in arrays.values())


def _frame(work: Work) -> tuple[int, float]:
    """Give the size of the frame of the merged file [bytes], and the time to make it [s]."""
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="waterbal-") as place:
        path = Path(place) / "frame.nc"
        frame.make(work, path)
        return path.stat().st_size, time.perf_counter() - begin


def _storing(place: Path, content: bytes) -> float:
    """Time the writing of a part to the disk where the sweep will be [s]; nothing is left there.

    None of it where not even one part fits: then the room that is needed is what matters.
    """
    begin = time.perf_counter()
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return 0.0
    return time.perf_counter() - begin


def _starting(source: Source) -> float:
    """Time a process that opens the work and computes a member, as the first thing of every worker [s]."""
    begin = time.perf_counter()
    process = multiprocessing.get_context("spawn").Process(target=_first_member, args=(source,), daemon=True)
    process.start()
    process.join()
    return time.perf_counter() - begin


def _first_member(source: Source) -> None:
    source().evaluate(range(1), 0, 1, 1)


def _compressed(arrays: Mapping[str, Any]) -> tuple[float, float]:
    """Give the share of its size that a sample of the results keeps in the merged file, and seconds per byte."""
    before = after = 0
    begin = time.perf_counter()
    for name, values in arrays.items():
        if name != MESSAGES:
            raw = np.ascontiguousarray(values).view(np.uint8).reshape(-1, values.dtype.itemsize)
            before += raw.size
            after += len(zlib.compress(raw.T.tobytes(), netcdf.COMPRESSION["complevel"]))
    return (after / before, (time.perf_counter() - begin) / before) if before else (1.0, 0.0)
