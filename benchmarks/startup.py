"""How long it takes to start: compiling from nothing, starting from the cache, ``--help`` and ``import``.

``python -m benchmarks.startup --json`` runs each in new processes. Compiling uses an empty cache directory of
its own; elapsed and CPU time differ on a busy machine, so both are given. Modules are kept as bytecode after the
first start, as they are wherever Python was installed the usual way.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence

from benchmarks import common

WARM_UP = ("-m", "waterbal", "warmup", "--quiet")
QUICK = {
    "help": ("-m", "waterbal", "--help"),
    "import": ("-c", "import waterbal"),
    "import_api": ("-c", "import waterbal.api"),
    "python": ("-c", "pass"),
}
"""Commands that need no kernel; the last one is the interpreter alone."""


def timed(command: Sequence[str], cache: str) -> tuple[float, float]:
    """Run Python with arguments and a cache directory; return elapsed and CPU time [s]."""
    surroundings = common.surroundings(f"{cache}/bytecode", WATERBAL_CACHE_DIR=f"{cache}/kernels")
    before, begin = children(), time.perf_counter()
    subprocess.run(
        [sys.executable, *command], check=True, capture_output=True, env=surroundings, cwd=common.ROOT
    )
    return time.perf_counter() - begin, children() - before


def children() -> float:
    """Return the CPU time of all processes started and ended so far [s]."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def summary(times: Sequence[tuple[float, float]]) -> common.Report:
    """Return medians of elapsed and CPU time."""
    return {
        "wall_s": common.median([wall for wall, _cpu in times], 3),
        "cpu_s": common.median([cpu for _wall, cpu in times], 3),
        "wall_s_all": common.rounded([wall for wall, _cpu in times], 3),
    }


def measure(repeats: int, *, cold: bool = True) -> common.Report:
    """Time all commands."""
    report: common.Report = {
        "benchmark": "startup",
        "machine": common.machine("llvmlite"),
        "repeats": repeats,
    }
    with tempfile.TemporaryDirectory() as cache:
        for name, command in QUICK.items():
            timed(command, cache)
            report[name] = summary([timed(command, cache) for _ in range(repeats)])
        if cold:
            report["cold_compile"] = summary([timed(WARM_UP, cache)])
            report["cached_start"] = summary([timed(WARM_UP, cache) for _ in range(repeats)])
    return report


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and report."""
    options = common.parser("start-up times of waterbal")
    options.add_argument("--repeats", type=int, default=5)
    options.add_argument(
        "--no-compile", action="store_true", help="leave out compiling and starting from the cache"
    )
    given = options.parse_args(arguments)
    common.finish(measure(given.repeats, cold=not given.no_compile), given)
    return 0


if __name__ == "__main__":
    sys.exit(main())
