"""A sweep of the Jinan model, from the scenario file to the merged NetCDF.

``python -m benchmarks.sweep --members 10000 --json`` runs ``waterbal sweep`` as a command, in new processes, with
kernels compiled

* on all members with two threads; on a quarter of them with one thread, with two threads and with two worker
  processes: seconds, CPU time per step beyond start-up, peak memory, speed-up, and whether every way gives the same
  bits;
* in this process: how much of the time of a block goes into writing its part, and how long merging takes;
* on blocks in which nothing is computed: what a thread, a worker process and a dask worker add to a block.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import common
from waterbal.results import netcdf
from waterbal.scenarios import merge, parts, runner
from waterbal.scenarios.reporting import Resources
from waterbal.scenarios.study_work import open_study
from waterbal.scenarios.work import Field

MODEL = common.ROOT / "configs" / "jinan" / "model.yaml"
YEARS = 60
CUTS = (0.561, 1.0)
"""Cuts of the Yellow River quota between which the scenarios lie; the lower one is the stress case."""
QUARTER = 4
EMPTY_BLOCKS = 100

STUDY = """\
schema_version: 1
model: {model}
name: {{zh: 基准测试, en: benchmark}}
realizations: {realizations}
provenance: {{source: benchmark, grade: assumed}}
base:
  time.start: 2001-01
  time.end: {last}-12
  hydrology: {{kind: generated, seed: 20301, sites: [luokou, rain, et0], fitted: hydrology.yaml}}
axes:
  cutting:
    values:
{values}
"""


@dataclass(frozen=True)
class Nothing:
    """Work in which nothing is computed: what remains is the cost of a block."""

    blocks: int
    scenarios: tuple[str, ...]
    realizations: int = 1
    keep: str = "metrics"

    def identity(self) -> dict[str, Any]:
        return {"study": "nothing", "fingerprint": "nothing"}

    def names(self) -> str:
        return "nothing"

    def frame(self) -> Any:
        import xarray as xr

        names = np.array(self.scenarios)
        return xr.Dataset(coords={"scenario_id": ("scenario", names), "realization": [0]})

    def schema(self) -> dict[str, Field]:
        return {"nothing": Field(("scenario", "realization"), np.dtype("f8"))}

    def warm_up(self) -> None:
        pass

    def evaluate(self, scenarios: range, first: int, last: int, threads: int) -> dict[str, Any]:
        return {"nothing": np.zeros((len(scenarios), last - first))}


def nothing(blocks: int) -> Nothing:
    """Open it."""
    return Nothing(blocks, tuple(f"s{i}" for i in range(blocks)))


def write_study(folder: Path, model: Path, scenarios: int, realizations: int, years: int) -> Path:
    """Write the scenario file; give its path."""
    values = "\n".join(
        f"      {cut:.6f}: {{set: {{parameters.yellow.cut: {cut:.6f}}}}}"
        for cut in np.linspace(*CUTS, scenarios)
    )
    path = folder / f"study_{scenarios}.yaml"
    text = STUDY.format(model=model, realizations=realizations, last=2000 + years, values=values)
    path.write_text(text, encoding="utf-8")
    return path


def command(study: Path, folder: Path, *options: str) -> common.Report:
    """Run ``waterbal sweep`` in a new process: seconds, CPU time and the largest memory of any of its processes."""
    words = [
        sys.executable,
        "-m",
        "waterbal",
        "sweep",
        str(study),
        "-o",
        str(folder),
        "--json",
        "--quiet",
        *options,
    ]
    begin = time.perf_counter()
    with subprocess.Popen(words, stdout=subprocess.PIPE, cwd=common.ROOT) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.read())
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begin
    if process.returncode:
        raise RuntimeError(f"waterbal sweep ended with status {process.returncode}")
    return {
        "wall_s": round(wall, 3),
        "computing_s": told["seconds"],
        "cpu_s": round(used.ru_utime + used.ru_stime, 3),
        "peak_memory_mib": round(used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10), 1),
        "members": told["members"],
        "blocks": told["blocks"],
        "failed_members": len(told["failed_members"]),
    }


def same_bits(one: Path, other: Path) -> bool:
    """Return whether all variables of two results are identical."""
    with netcdf.open_result(one) as a, netcdf.open_result(other) as b:
        return all(a[name].values.tobytes() == b[name].values.tobytes() for name in a.variables)


def writing(study: Path, folder: Path, result: Path) -> common.Report:
    """Time the block of some members in this process, the writing of its part, and merging."""
    work = open_study(str(study))
    count = min(work.realizations, 50)
    work.evaluate(range(1), 0, 1, 1)
    found: list[Any] = []
    computing = common.wall_seconds(lambda: found.append(work.evaluate(range(1), 0, count, 1)))
    (folder / parts.FOLDER).mkdir(parents=True)
    store = common.wall_seconds(lambda: parts.write(folder, "benchmark", 0, found[0]))
    merging = common.wall_seconds(lambda: merge.merge(result, folder / "again.nc"))
    return {
        "members": count,
        "computing_s": round(computing, 4),
        "part_s": round(store, 4),
        "share": round(store / (store + computing), 4),
        "merge_s": round(merging, 3),
        "result_mib": round((folder / "again.nc").stat().st_size / 2**20, 2),
    }


def per_block(folder: Path, blocks: int) -> common.Report:
    """Time blocks in which nothing is computed, written as any other [ms per block]."""

    def timed(name: str, resources: Resources) -> float:
        report = runner.sweep(partial(nothing, blocks), folder / name, block=1, resources=resources)
        return round(report.seconds / blocks * 1e3, 3)

    found = {
        "blocks": blocks,
        "thread_ms": timed("thread", Resources(threads=1)),
        "worker_ms": timed("worker", Resources(workers=1)),
    }
    try:
        from distributed import LocalCluster
    except ImportError:
        return found
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None,
        silence_logs=50,
    ) as cluster:  # fmt: skip
        timed("first", Resources(scheduler=cluster.scheduler_address))
        return found | {"dask_ms": timed("dask", Resources(scheduler=cluster.scheduler_address))}


def measure(model: Path, members: int, realizations: int, years: int, blocks: int) -> common.Report:
    """Measure everything."""
    scenarios = max(1, members // realizations)
    fewer = max(1, scenarios // QUARTER)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        study = write_study(folder, model, scenarios, realizations, years)
        quarter = write_study(folder, model, fewer, realizations, years)
        command(quarter, folder / "compile", "--realizations", "1", "--threads", "1")
        runs = {
            "one_thread": command(quarter, folder / "one", "--threads", "1"),
            "two_threads": command(quarter, folder / "two", "--threads", "2"),
            "two_workers": command(quarter, folder / "workers", "--workers", "2", "--block", "37"),
            "all": command(study, folder / "all", "--threads", "2"),
        }
        results = [folder / name / "results.nc" for name in ("one", "two", "workers")]
        report: common.Report = {
            "benchmark": "sweep",
            "machine": common.machine("xarray", "netCDF4", "distributed"),
            "members": runs["all"]["members"],
            "scenarios": scenarios,
            "realizations": realizations,
            "years": years,
            "steps_each": _steps(study),
            "runs": runs,
            "identical": all(same_bits(results[0], other) for other in results[1:]),
            "writing": writing(quarter, folder / "writing", folder / "all"),
            "per_block": per_block(folder, blocks),
        }
    one, two, workers, everything = (
        runs[name] for name in ("one_thread", "two_threads", "two_workers", "all")
    )
    more = everything["members"] - two["members"]
    if more:
        each = (everything["cpu_s"] - two["cpu_s"]) / more
        report["cpu_us_per_step"] = round(each / report["steps_each"] * common.MICRO, 2)
        rates = [run["computing_s"] / run["members"] for run in (two, everything)]
        report["time_per_member_against_a_quarter"] = round(rates[1] / rates[0], 3)
        report["memory_growth_mib"] = round(everything["peak_memory_mib"] - two["peak_memory_mib"], 1)
    report["speed_up_threads"] = round(one["computing_s"] / two["computing_s"], 2)
    report["speed_up_workers"] = round(one["computing_s"] / workers["computing_s"], 2)
    return report


def _steps(study: Path) -> int:
    """Count the steps of a member."""
    axis = open_study(str(study)).study.case(0).rows().axis
    return int(axis.size + axis.warm_up)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; 1 if results depend on the way they are computed or a member failed."""
    options = common.parser("a sweep of the Jinan model")
    options.add_argument("--members", type=int, default=400)
    options.add_argument("--realizations", type=int, default=50)
    options.add_argument("--years", type=int, default=YEARS)
    options.add_argument("--model", type=Path, default=MODEL)
    options.add_argument(
        "--blocks", type=int, default=EMPTY_BLOCKS, help="blocks in which nothing is computed"
    )
    given = options.parse_args(arguments)
    report = measure(given.model, given.members, given.realizations, given.years, given.blocks)
    common.finish(report, given)
    failed = sum(run["failed_members"] for run in report["runs"].values())
    return 0 if report["identical"] and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
