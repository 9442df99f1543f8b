"""The shared case in waterbal and in pywr: equal totals, then CPU time per scenario and step.

``python -m benchmarks.vs_pywr --scenarios 100 --json`` installs pywr into an environment of its own (once), runs
both on the same inputs in turns, compares the totals of every demand and source in every scenario and prints
medians. The exit code is 1 if the totals differ by more than 1e-6.

What is timed is one thread's CPU time for the run alone, models built and kernels compiled before, on both
sides; the time to build is reported beside it. Both record totals only. waterbal orders all demands strictly
and keeps no reserves here, as pywr does.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import common, environment
from benchmarks.peer_case import FIRST_YEAR, UNIT, Inputs, generate, rows
from waterbal.network.build import Network, build
from waterbal.network.simulate import Simulation, simulate

GENERATED = 1000
"""Scenarios generated at least, so that scenario 0 is the same in runs of any size."""
TOLERANCE = 1e-6
SMALLEST = 1.0
"""Totals smaller than this are compared by their difference, not relative to themselves [Mm3]."""


class Peer:
    """A pywr process that runs the case once whenever told."""

    def __init__(self, python: Path, inputs: Path, totals: Path, solver: str) -> None:
        runner = Path(__file__).with_name("pywr_runner.py")
        self.totals_file = totals
        self.process = subprocess.Popen(
            [python, runner, inputs, totals, solver], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.facts = self.read()

    def read(self) -> dict[str, float | str]:
        """Return the next answer."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise environment.NoPywr(f"the pywr process ended with code {self.process.wait()}")
        answer: dict[str, float | str] = json.loads(line)
        return answer

    def run(self) -> float:
        """Run the case once and return its CPU time [s]."""
        assert self.process.stdin is not None
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        return float(self.read()["cpu_s"])

    def totals(self) -> dict[str, np.ndarray]:
        """End the process and return totals (scenario) by name [Mm3]."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        self.process.stdout.close()
        if self.process.wait() != 0:
            raise environment.NoPywr("the pywr process failed while writing its totals")
        with np.load(self.totals_file) as file:
            return {name: file[name] for name in file.files}


def write_inputs(path: Path, inputs: Inputs, scenarios: int) -> None:
    """Write the inputs of the first scenarios."""
    np.savez(
        path,
        demand=inputs.demand,
        river=inputs.river[:, :scenarios],
        inflow=inputs.inflow[:, :scenarios],
        names=np.array(inputs.names),
        first_year=FIRST_YEAR,
    )


def totals_of(network: Network, simulation: Simulation) -> dict[str, np.ndarray]:
    """Return totals (scenario) by name as the peer reports them [Mm3]."""
    rows, totals = network.rows, simulation.totals
    found = {demand.id: totals.supply[:, d] / UNIT for d, demand in enumerate(rows.demands)}
    found |= {source.id: totals.withdrawal[:, s] / UNIT for s, source in enumerate(rows.sources)}
    main = [store.id for store in rows.stores].index("main")
    return found | {"spill": totals.spill[:, main] / UNIT}


def differences(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> dict[str, float]:
    """Return the largest relative difference over scenarios, by flow."""
    return {
        name: float(np.max(np.abs(ours[name] - total) / np.maximum(np.abs(total), SMALLEST)))
        for name, total in theirs.items()
    }


def measure(scenarios: int, years: int, repeats: int, solver: str, venv: Path | None) -> common.Report:
    """Run both and return the report."""
    python = environment.prepare(venv)
    inputs = generate(years, max(scenarios, GENERATED))
    begin = time.process_time()
    network = build([rows(inputs, s) for s in range(scenarios)])
    built = time.process_time() - begin
    simulate(network, np.zeros(1, dtype=np.int64), keep=False, threads=1)
    load_before = common.load_average()
    ours, theirs = [], []
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder) / "inputs.npz", Path(folder) / "totals.npz"
        write_inputs(files[0], inputs, scenarios)
        peer = Peer(python, *files, solver)
        for _ in range(repeats):
            theirs.append(peer.run())
            begin = time.process_time()
            simulation = simulate(network, keep=False, threads=1)
            ours.append(time.process_time() - begin)
        apart = differences(totals_of(network, simulation), peer.totals())
    steps = scenarios * years * 12
    per_step = [[common.MICRO * value / steps for value in values] for values in (ours, theirs)]
    worst = max(apart, key=lambda name: apart[name])
    pivots = simulation.totals.pivots.sum(axis=0) / steps
    return {
        "benchmark": "vs_pywr",
        "machine": common.machine() | {"load_average_before": load_before},
        "scenarios": scenarios,
        "years": years,
        "scenario_steps": steps,
        "repeats": repeats,
        "waterbal": {
            "cpu_us_per_step": common.median(per_step[0], 3),
            "cpu_us_per_step_all": common.rounded(per_step[0], 3),
            "build_cpu_s": round(built, 3),
            "pivots_per_step": round(float(pivots[0]), 3),
            "program": list(network.problem.matrix.shape[1:]),
            "levels": int(network.problem.kind.size),
            "failed_scenarios": int(np.count_nonzero(simulation.totals.status)),
        },
        "pywr": {
            "version": peer.facts["pywr"],
            "solver": solver,
            "cpu_us_per_step": common.median(per_step[1], 3),
            "cpu_us_per_step_all": common.rounded(per_step[1], 3),
            "build_cpu_s": round(float(peer.facts["build_cpu_s"]), 3),
        },
        "ratio": round(float(np.median(per_step[1]) / np.median(per_step[0])), 2),
        "largest_difference": apart[worst],
        "largest_difference_of": worst,
        "tolerance": TOLERANCE,
        "agrees": bool(apart[worst] <= TOLERANCE),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report; 1 if the totals differ, 2 if there is no pywr."""
    options = common.parser("waterbal against pywr on the same water system")
    options.add_argument("--scenarios", type=int, default=100)
    options.add_argument("--years", type=int, default=60)
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument(
        "--solver", default="glpk-edge", help="solver of pywr; glpk-edge is its fastest here"
    )
    options.add_argument(
        "--venv", type=Path, help="environment for pywr; default: one kept in the user's cache"
    )
    given: argparse.Namespace = options.parse_args(arguments)
    try:
        report = measure(given.scenarios, given.years, given.repeats, given.solver, given.venv)
    except environment.NoPywr as problem:
        print(f"no pywr to compare with: {problem}", file=sys.stderr)
        return 2
    common.finish(report, given)
    return 0 if report["agrees"] else 1


if __name__ == "__main__":
    sys.exit(main())
