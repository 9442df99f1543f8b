"""The Jinan model: one run from file to file, then many scenarios on one and two threads.

``python -m benchmarks.jinan --scenarios 1000 --json`` measures with kernels compiled

* one run: reading, lowering, building, simulating with its checks, writing NetCDF; and the whole command
  ``waterbal run`` in a new process;
* scenarios: demand scaled between 0.8 and 1.2, sums only. Totals must be identical to the last bit for any
  number of threads, and memory must not grow with the number of scenarios.
"""

from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from benchmarks import common
from benchmarks.peer_case import generate, rows
from waterbal.network.build import Network, build
from waterbal.network.simulate import Simulation, simulate

MODEL = common.ROOT / "configs" / "jinan" / "model.yaml"
THREADS = (1, 2)
SCALES = (0.8, 1.2)
FEW = 100
"""Scenarios with whose peak memory that of all is compared."""


def one_run(path: Path, repeats: int) -> common.Report:
    """Time the stages of one run in this process [s], medians; kernels are compiled by a run before."""
    from waterbal import api
    from waterbal.results import netcdf

    taken: dict[str, list[float]] = {}

    def timed(stage: str, action: Callable[[], None]) -> None:
        taken.setdefault(stage, []).append(common.wall_seconds(action))

    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "balance.nc"
        api.load(path).run()
        for _ in range(repeats):
            kept: list[api.Case] = []
            timed("read", lambda kept=kept: kept.append(api.load(path)))
            case = kept[0]
            timed("lower", lambda case=case: case.rows() and None)
            timed("build", lambda case=case: case.network() and None)
            balances: list[object] = []
            timed("simulate_and_check", lambda case=case, balances=balances: balances.append(case.run()))
            timed("write", lambda balances=balances: netcdf.write(balances[0], target))
        size = target.stat().st_size
        commands = [command_wall(path, target, folder) for _ in range(repeats + 1)][1:]
    stages = {name: common.median(values) for name, values in taken.items()}
    sums = [sum(values) for values in zip(*taken.values(), strict=True)]
    return {
        "wall_s": common.median(sums),
        "wall_s_all": common.rounded(sums),
        "stages_s": stages,
        "command_wall_s": common.median(commands),
        "command_wall_s_all": common.rounded(commands),
        "file_mib": round(size / 2**20, 2),
    }


def command_wall(path: Path, target: Path, bytecode: str) -> float:
    """Return the elapsed time of ``waterbal run`` in a new process [s]."""
    command = [sys.executable, "-m", "waterbal", "run", str(path), "-o", str(target), "--quiet"]
    around = common.surroundings(bytecode)
    return common.wall_seconds(
        lambda: subprocess.run(command, check=True, capture_output=True, cwd=common.ROOT, env=around)
    )


def scaled(network: Network, scenarios: int, threads: int) -> Simulation:
    """Simulate scenarios that differ in demand, sums only."""
    scale = np.linspace(*SCALES, scenarios)[:, None] * np.ones(len(network.rows.demands))
    variant = np.zeros(scenarios, dtype=np.int64)
    return simulate(network, variant, scale, keep=False, threads=threads)


def same_bits(one: Simulation, other: Simulation) -> bool:
    """Return whether all totals are identical."""
    names = one.totals.__dataclass_fields__
    return all(np.array_equal(getattr(one.totals, name), getattr(other.totals, name)) for name in names)


def many_runs(network: Network, scenarios: int, repeats: int) -> common.Report:
    """Time scenarios on one and two threads in turns."""
    axis = network.rows.axis
    steps = scenarios * (axis.size + axis.warm_up)
    few = min(FEW, scenarios)
    scaled(network, few, 1)
    gc.collect()
    memory = common.peak_memory()
    walls: dict[int, list[float]] = {threads: [] for threads in THREADS}
    cpu: dict[int, list[float]] = {threads: [] for threads in THREADS}
    first: Simulation | None = None
    identical = True
    for _ in range(repeats):
        for threads in THREADS:
            found: list[Simulation] = []
            spent: list[float] = []

            def action(
                threads: int = threads, found: list[Simulation] = found, spent: list[float] = spent
            ) -> None:
                spent.append(common.cpu_seconds(lambda: found.append(scaled(network, scenarios, threads))))

            walls[threads].append(common.wall_seconds(action))
            cpu[threads] += spent
            first = first or found[0]
            identical = identical and same_bits(first, found[0])
    assert first is not None
    totals = first.totals
    return {
        "scenarios": scenarios,
        "steps_each": axis.size + axis.warm_up,
        "cpu_us_per_step": round(statistics.median(cpu[1]) / steps * common.MICRO, 3),
        "wall_s": {str(threads): common.median(values) for threads, values in walls.items()},
        "cpu_s": {str(threads): common.median(values) for threads, values in cpu.items()},
        "speed_up": round(statistics.median(walls[1]) / statistics.median(walls[2]), 2),
        "identical_for_any_threads": identical,
        "memory_growth_mib": round(common.peak_memory() - memory, 1),
        "memory_growth_from": few,
        "peak_memory_mib": common.peak_memory(),
        "pivots_per_step": round(float(totals.pivots[:, 0].sum()) / steps, 3),
        "solves_per_step": round(float(totals.pivots[:, 3].sum()) / steps, 3),
        "failed_scenarios": int(np.count_nonzero(totals.status)),
    }


def measure(path: Path | None, scenarios: int, repeats: int) -> common.Report:
    """Measure both; without a model file the case shared with pywr is used and there is no single run."""
    report: common.Report = {
        "benchmark": "jinan",
        "machine": common.machine("xarray", "netCDF4"),
        "case": path.parent.name if path is not None else "shared case",
        "repeats": repeats,
    }
    if path is None:
        network = build(rows(generate(), 0))
    else:
        from waterbal.api import load

        report["one"] = one_run(path, repeats)
        network = load(path).network()
    stages, height, width = network.problem.matrix.shape
    report["program"] = [height, width]
    report["stages"] = stages
    report["levels"] = int(network.problem.kind.size)
    report["many"] = many_runs(network, scenarios, repeats)
    return report


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; 1 if totals depend on the number of threads or a scenario failed."""
    options = common.parser("the Jinan model: one run, and many scenarios")
    options.add_argument("--scenarios", type=int, default=1000)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--model", type=Path, default=MODEL)
    options.add_argument(
        "--shared-case", action="store_true", help="the case shared with pywr instead of a model"
    )
    given = options.parse_args(arguments)
    report = measure(None if given.shared_case else given.model, given.scenarios, given.repeats)
    common.finish(report, given)
    many = report["many"]
    return 0 if many["identical_for_any_threads"] and not many["failed_scenarios"] else 1


if __name__ == "__main__":
    sys.exit(main())
