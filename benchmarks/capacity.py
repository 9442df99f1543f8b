"""The cost of capacities of the Jinan model: searches of all records together, and of every record alone.

``python -m benchmarks.capacity --scenarios 6 --realizations 20 --json`` takes scenarios spread over the core set, 30
years each, and measures

* the four drivers alone, all records together: seconds, members and steps simulated per capacity;
* every record alone along one driver: the same per value, and how it grows with the number of records;
* plain bisection of the same values, between 0 and twice the plan, every run to its end: steps against steps.

Guarantee rates above what 30 years support alone (97 % of residents) are lowered to 95 % for all of it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

import numpy as np

from benchmarks import common
from waterbal.capacity.judging import trials
from waterbal.capacity.search import Options, Search, run
from waterbal.capacity.survey import Request, Subject, begin, survey
from waterbal.capacity.trial import Ground
from waterbal.scenarios import study as studies

CORE = common.ROOT / "scenarios" / "jinan" / "core.yaml"
OVERRIDES = ("time.start=1980-01", "time.end=2009-12", "parameters.reliability.residential=95")
DRIVERS = ("people", "production", "land", "city")
ALONE = "people_first"
"""Direction of the values of single records: the one that has a capacity in most scenarios."""
OPTIONS = Options()
TARGET = 300.0
"""[s] that four axes, all core scenarios and 1,000 realizations should take."""


def together(study: studies.Study, chosen: Sequence[int], realizations: int) -> common.Report:
    """Search the four drivers of some scenarios, all records together."""
    subjects = [
        Subject(
            study.scenarios[n].id,
            study.scenarios[n].name,
            lambda n=n: study.case(n),
            study.scenarios[n].values,
        )
        for n in chosen
    ]
    request = Request(realizations, DRIVERS, (), OPTIONS)
    cpu, begun = time.process_time(), time.perf_counter()
    answers = survey(subjects, request)
    seconds, cpu = time.perf_counter() - begun, time.process_time() - cpu
    values = sum(len(answer.found) for answer in answers if not answer.same_as)
    runs, steps = sum(a.runs for a in answers), sum(a.steps for a in answers)
    return {
        "scenarios": len(chosen),
        "distinct": sum(not a.same_as for a in answers),
        "realizations": realizations,
        "capacities": values,
        "seconds": seconds,
        "cpu_seconds": cpu,
        "runs_per_capacity": runs / values,
        "runs_per_capacity_and_record": runs / values / realizations,
        "steps_per_capacity_and_record": steps / values / realizations,
        "cpu_us_per_step": common.MICRO * cpu / steps,
    }


def alone(study: studies.Study, number: int, realizations: int, options: Options) -> common.Report:
    """Search every record of one scenario alone."""
    ground = Ground(study.case(number), realizations)
    _ = ground.pieces
    cpu = time.process_time()
    first = run([begin(ground, ALONE)], trials(ground), options)[0]
    guess = first.scale if np.isfinite(first.scale) else 1.0
    low, _, high, _ = ground.question.room(ALONE)
    searches = [Search(ALONE, k, low, high, guess, 0.1 * guess) for k in range(realizations)]
    found = run(searches, trials(ground), options.coarser())
    cpu = time.process_time() - cpu
    return {
        "realizations": realizations,
        "cpu_seconds": cpu,
        "cpu_ms_per_value": 1e3 * cpu / realizations,
        "runs_per_value": ground.count.runs / realizations,
        "steps_per_value": ground.count.steps / realizations,
        "cpu_us_per_step": common.MICRO * cpu / ground.count.steps,
        "mean": float(np.nanmean([f.scale for f in found])),
    }


def plain(study: studies.Study, number: int, realizations: int) -> common.Report:
    """Bisect the same values between 0 and the same upper end for all, every run to its end."""
    ground = Ground(study.case(number), realizations, stop=False)
    _ = ground.pieces
    low, _, high, _ = ground.question.room(ALONE)
    bottom, top = np.full(realizations, low), np.full(realizations, min(high, 4.0))
    cpu = time.process_time()
    for _round in range(math.ceil(math.log2((top[0] - low) / OPTIONS.tolerance))):
        middle = 0.5 * (bottom + top)
        held = ground.trial(ALONE, middle, np.arange(realizations)).holds
        bottom, top = np.where(held, middle, bottom), np.where(held, top, middle)
    cpu = time.process_time() - cpu
    return {
        "cpu_ms_per_value": 1e3 * cpu / realizations,
        "runs_per_value": ground.count.runs / realizations,
        "steps_per_value": ground.count.steps / realizations,
        "mean": float(bottom.mean()),
    }


def measure(scenarios: int, realizations: int) -> common.Report:
    """Measure all of it."""
    study = studies.load(CORE, OVERRIDES)
    chosen = [int(n) for n in np.linspace(0, len(study.scenarios) - 1, scenarios).round()]
    few = max(realizations // 4, 2)
    base = study.baseline or 0
    every = alone(study, base, realizations, OPTIONS)
    fewer = alone(study, base, few, OPTIONS)
    searched = alone(study, base, realizations, Options(OPTIONS.tolerance, 0, 0))
    bisected = plain(study, base, realizations)
    of_all = together(study, chosen, realizations)
    values = len(DRIVERS) * len(study.scenarios) * 1000
    return {
        "scenarios_in_the_set": len(study.scenarios),
        "years": 30,
        "together": of_all,
        "alone": every,
        "alone_without_audit": searched,
        "plain_bisection": bisected,
        "steps_against_plain_bisection": searched["steps_per_value"] / bisected["steps_per_value"],
        "growth_per_value": every["cpu_ms_per_value"] / fewer["cpu_ms_per_value"],
        "full_set_seconds_estimated": values * every["cpu_ms_per_value"] / 1e3 / 2,
        "full_set_target_seconds": TARGET,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    options = common.parser("capacities of the Jinan model")
    options.add_argument("--scenarios", type=int, default=6, help="scenarios spread over the core set")
    options.add_argument("--realizations", type=int, default=20, help="records of each")
    given = options.parse_args(arguments)
    report = {
        "benchmark": "capacity",
        **measure(given.scenarios, given.realizations),
        "machine": common.machine("scipy"),
    }
    common.finish(report, given)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
