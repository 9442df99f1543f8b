"""What a sweep will take, measured on a few members on this machine."""

from __future__ import annotations

import shutil
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

from waterbal.errors import DataError, Issue
from waterbal.results import netcdf
from waterbal.scenarios import parts
from waterbal.scenarios.blocks import Block
from waterbal.scenarios.work import MESSAGES, Work

SHORT = 0.3
"""[s] a probe of one scenario takes at least, if there are members enough."""
MIB = 2**20


@dataclass(frozen=True)
class Estimate:
    """What is still to be done, and what it will take."""

    scenarios: int
    realizations: int
    members: int
    """Members to be computed; those that are there already are left out."""
    blocks: int
    seconds: float
    """With all threads or processes busy and undisturbed."""
    seconds_per_scenario: float
    """CPU time to prepare a scenario [s]."""
    seconds_per_member: float
    """CPU time of a member [s]."""
    at_once: int
    """Threads or processes counted with."""
    memory_mib: float
    """Of each process."""
    parts_mib: float
    results_mib: float
    free_mib: float
    probed_members: int

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


def check_room(work: Work, folder: Path, blocks: list[Block]) -> None:
    """Make sure that the parts of some blocks fit on the disk, before hours are spent.

    Raises
    ------
    DataError
        If they do not.
    """
    member, _ = part_bytes(work)
    needed = member * sum(block.members for block in blocks)
    free = shutil.disk_usage(folder).free
    if needed > free:
        message = (
            f"the results of {sum(block.members for block in blocks)} members need {needed / MIB:,.0f} MiB, "
            f"but only {free / MIB:,.0f} MiB are free"
        )
        raise DataError(Issue(message, file=str(folder), expected="more room, or --keep metrics"))


def estimate(
    work: Work, folder: Path, blocks: list[Block], at_once: int, *, processes: bool = False
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
    processes : bool
        Whether these are processes, which have their own memory.
    """
    place = folder.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free / MIB
    member, fixed = part_bytes(work)
    members = sum(block.members for block in blocks)
    if not blocks:
        count = len(work.scenarios)
        return Estimate(count, work.realizations, 0, 0, 0.0, 0.0, 0.0, at_once, 0.0, 0.0, 0.0, free, 0)
    work.evaluate(range(1), 0, 1, 1)  # kernels are loaded, or compiled once
    last = len(work.scenarios) - 1
    probes = [_probe(work, position) for position in sorted({0, last // 2, last})]
    each = mean(probe.member for probe in probes)
    preparing = mean(probe.scenario for probe in probes[1:] or probes)
    numbers = members * member + len(work.scenarios) * fixed
    widest = max(blocks, key=lambda block: block.last - block.first)
    at_once = max(1, min(at_once, len(blocks)))
    prepared = len({scenario for block in blocks for scenario in block.scenarios})
    if processes:  # each prepares the scenarios of its own blocks
        prepared = min(prepared * at_once, sum(len(block.scenarios) for block in blocks))
    return Estimate(
        scenarios=len(work.scenarios),
        realizations=work.realizations,
        members=members,
        blocks=len(blocks),
        seconds=(prepared * preparing + members * each) / at_once,
        seconds_per_scenario=preparing,
        seconds_per_member=each,
        at_once=at_once,
        memory_mib=_memory(
            work, widest, max(block.members for block in blocks) * member, 1 if processes else at_once
        )
        / MIB,
        parts_mib=(numbers + len(blocks) * _beside(probes[0].arrays)) / MIB,
        results_mib=numbers * _compressed(probes[0].arrays) / MIB,
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


def _compressed(arrays: Mapping[str, Any]) -> float:
    """Give the share of its size that a sample of the results keeps in the merged file."""
    before = after = 0
    for name, values in arrays.items():
        if name != MESSAGES:
            raw = np.ascontiguousarray(values).view(np.uint8).reshape(-1, values.dtype.itemsize)
            before += raw.size
            after += len(zlib.compress(raw.T.tobytes(), netcdf.COMPRESSION["complevel"]))
    return after / before if before else 1.0
