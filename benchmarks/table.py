"""The table of measurements in the README, from the JSON documents of the benchmarks.

``python -m benchmarks.table`` prints the table from the documents in ``out/benchmarks``; a document that is not
there is measured first. ``--run`` measures all of them again. Every figure of the table is a field of a document.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import common

COMMANDS = {
    "vs_pywr": ("benchmarks.vs_pywr", "--scenarios", "100"),
    "vs_highs": ("benchmarks.vs_highs",),
    "vs_highs_jinan": ("benchmarks.vs_highs", "--model", "configs/jinan/model.yaml"),
    "jinan": ("benchmarks.jinan", "--scenarios", "1000"),
    "sweep": ("benchmarks.sweep", "--members", "10000", "--realizations", "500"),
    "capacity": ("benchmarks.capacity", "--scenarios", "4", "--realizations", "12"),
    "startup": ("benchmarks.startup",),
}
"""Module and arguments of each document."""

Line = tuple[str, str, str]


def document(name: str, folder: Path, *, again: bool) -> common.Report | None:
    """Return a document, measured now if it is missing; None if the benchmark cannot run here."""
    path = folder / f"{name}.json"
    if again or not path.exists():
        command = [sys.executable, "-m", *COMMANDS[name], "--out", str(path), "--json"]
        print("measuring:", *command[1:], file=sys.stderr)
        done = subprocess.run(command, cwd=common.ROOT, stdout=subprocess.DEVNULL, check=False)
        if done.returncode not in (0, 1) or not path.exists():
            return None
    report: common.Report = json.loads(path.read_text(encoding="utf-8"))
    return report


def pywr_lines(report: common.Report) -> list[Line]:
    """Compare with pywr."""
    size = f"{report['scenarios']} scenarios x {report['years']} years, monthly"
    ours, theirs = report["waterbal"]["cpu_us_per_step"], report["pywr"]["cpu_us_per_step"]
    apart = f"totals differ by at most {report['largest_difference']:.0e}"
    return [
        (f"pywr's benchmark network, {size}: waterbal", f"{ours:.2f} us CPU per scenario-step", apart),
        (f"the same: pywr {report['pywr']['version']}, {report['pywr']['solver']}", f"{theirs:.1f} us", ""),
        ("ratio", f"{report['ratio']:.1f}", f"medians of {report['repeats']} runs in turns"),
    ]


def highs_lines(report: common.Report) -> list[Line]:
    """Compare with HiGHS."""
    rows, columns = report["program"]
    what = f"{report['steps']} programs of one step, {rows} x {columns}, {report['levels']} levels ({report['case']})"
    found = [(f"{what}: kernel", f"{report['kernel']['cpu_us_per_step']:.2f} us CPU", "")]
    for way, text in (("weighted", "one weighted program"), ("sequential", "level by level")):
        part = report[way]
        remark = f"{part['ratio']:.0f} times the kernel"
        if report["levels_compared"]:
            remark += f"; levels differ in {part['steps_that_differ']} steps"
        else:
            remark += "; does not share by max-min, as the kernel does"
        found.append((f"the same: HiGHS warm, {text}", f"{part['cpu_us_per_step']:.0f} us", remark))
    return found


def jinan_lines(report: common.Report) -> list[Line]:
    """Report the Jinan model."""
    many = report["many"]
    steps = f"{many['scenarios']} scenarios x {many['steps_each']} steps"
    bits = "identical to the last bit" if many["identical_for_any_threads"] else "NOT identical"
    if many["failed_scenarios"]:
        bits += f", {many['failed_scenarios']} scenarios FAILED"
    found = []
    if "one" in report:
        one = report["one"]
        found = [
            ("Jinan, one run with reading, checks and writing", f"{one['wall_s']:.2f} s", "kernels compiled"),
            (
                "the same as a command, `waterbal run`",
                f"{one['command_wall_s']:.2f} s",
                "start of Python included",
            ),
        ]
    return [
        *found,
        (
            f"Jinan, {steps}, 1 thread",
            f"{many['wall_s']['1']:.2f} s",
            f"{many['cpu_us_per_step']:.1f} us CPU per step",
        ),
        (
            f"Jinan, {steps}, 2 threads",
            f"{many['wall_s']['2']:.2f} s",
            f"{many['cpu_s']['2']:.1f} s CPU; totals {bits}",
        ),
        ("memory beyond that of 100 scenarios", f"{many['memory_growth_mib']:.0f} MiB", "sums only"),
    ]


def sweep_lines(report: common.Report) -> list[Line]:
    """Report the sweep of the Jinan model."""
    runs, block = report["runs"], report["per_block"]
    size = f"{report['members']:,} members x {report['years']} years, monthly"
    bits = "identical to the last bit" if report["identical"] else "NOT identical"
    failed = sum(run["failed_members"] for run in runs.values())
    if failed:
        bits += f", {failed} members FAILED"
    found = [
        (
            f"Jinan, sweep of {size} ({report['scenarios']} scenarios x {report['realizations']} realizations), "
            "2 threads, with merging",
            f"{runs['all']['wall_s']:.1f} s",
            f"peak memory {runs['all']['peak_memory_mib']:.0f} MiB; result {report['writing']['result_mib']:.1f} MiB",
        )
    ]
    if "cpu_us_per_step" in report:
        found.append(
            (
                "the same, per step beyond start-up",
                f"{report['cpu_us_per_step']:.1f} us CPU",
                f"time per member {report['time_per_member_against_a_quarter']:.2f} of that in a quarter of the "
                f"members, memory {report['memory_growth_mib']:+.0f} MiB",
            )
        )
    fewer = runs["one_thread"]["members"]
    cost = ", ".join(
        f"{text} {block[name]:.1f}"
        for name, text in (("thread_ms", "thread"), ("worker_ms", "process"), ("dask_ms", "dask worker"))
        if name in block
    )
    return [
        *found,
        (
            f"speed-up on 2 threads, on 2 worker processes ({fewer:,} members)",
            f"{report['speed_up_threads']:.2f}, {report['speed_up_workers']:.2f}",
            f"results {bits}",
        ),
        ("what a block costs beyond its members", f"{cost} ms", "written and flushed to the disk"),
        (
            "writing a part, share of the time of a block",
            f"{report['writing']['share']:.1%}",
            f"merging all: {report['writing']['merge_s']:.1f} s",
        ),
    ]


def capacity_lines(report: common.Report) -> list[Line]:
    """Report the cost of capacities."""
    together, alone = report["together"], report["alone"]
    whole = f"4 x {report['scenarios_in_the_set']} x 1,000 values"
    return [
        (
            f"capacities of four drivers, {together['realizations']} records of {report['years']} years together",
            f"{together['runs_per_capacity_and_record']:.1f} runs per capacity and record",
            f"{together['steps_per_capacity_and_record']:.0f} steps; {together['cpu_us_per_step']:.0f} us CPU each",
        ),
        (
            "capacity of each record alone, audit included",
            f"{alone['runs_per_value']:.1f} runs, {alone['cpu_ms_per_value']:.0f} ms CPU per value",
            f"time per value {report['growth_per_value']:.2f} of that with a quarter of the records",
        ),
        (
            "the same without the audit, against plain bisection to the end of every run",
            f"{report['steps_against_plain_bisection']:.2f} of its steps",
            "the search of all records together included",
        ),
        (
            f"{whole} (estimated from the above), 2 cores",
            f"{report['full_set_seconds_estimated'] / 3600.0:.1f} h",
            f"target {report['full_set_target_seconds'] / 60.0:.0f} min: not reached",
        ),
    ]


def startup_lines(report: common.Report) -> list[Line]:
    """Report start-up times."""
    names = {
        "help": "`waterbal --help`",
        "import": "`import waterbal`",
        "cold_compile": "first run ever: all kernels compiled",
        "cached_start": "start and a small run, kernels from the cache",
    }
    return [
        (text, f"{report[name]['wall_s']:.2f} s", f"CPU {report[name]['cpu_s']:.2f} s")
        for name, text in names.items()
        if name in report
    ]


WRITERS: dict[str, Callable[[common.Report], list[Line]]] = {
    "vs_pywr": pywr_lines,
    "vs_highs": highs_lines,
    "jinan": jinan_lines,
    "sweep": sweep_lines,
    "capacity": capacity_lines,
    "startup": startup_lines,
}


def markdown(reports: Sequence[common.Report]) -> str:
    """Return the table and a line on the machine."""
    lines = ["| What | Measured | Remark |", "|---|---|---|"]
    for report in reports:
        lines += [f"| {' | '.join(line)} |" for line in WRITERS[report["benchmark"]](report)]
    machines = sorted({f"{r['machine']['processor']}, {r['machine']['cores']} cores" for r in reports})
    loads = [r["machine"]["load_average"] for r in reports]
    if reports:
        lines += ["", f"{'; '.join(machines)}; load average {min(loads)} to {max(loads)} while measuring."]
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 if a benchmark is missing in it."""
    options = common.parser("the table of measurements")
    options.add_argument("--run", action="store_true", help="measure again what has been measured before")
    options.add_argument("--folder", type=Path, default=common.RESULTS, help="where the JSON documents are")
    given = options.parse_args(arguments)
    found = {name: document(name, given.folder, again=given.run) for name in COMMANDS}
    table = markdown([report for report in found.values() if report is not None])
    if given.json:
        common.finish({"benchmark": "table", "markdown": table, "documents": found}, given)
    else:
        print(table)
    return 0 if all(found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
