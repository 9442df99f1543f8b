"""What all benchmarks share: options, the machine, timing, and how a report is printed and kept."""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from waterbal import __version__

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "out" / "benchmarks"
MICRO = 1e6

Report = dict[str, Any]


def parser(description: str) -> argparse.ArgumentParser:
    """Return a parser with the options every benchmark has."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--json", action="store_true", help="print one JSON document and nothing else")
    options.add_argument("--out", type=Path, help="also write the JSON document to this file")
    return options


def version(package: str) -> str:
    """Return the installed version of a package."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "not installed"


def machine(*packages: str) -> Report:
    """Describe the machine: figures mean little without it."""
    return {
        "processor": processor(),
        "cores": os.cpu_count() or 1,
        "platform": platform.platform(terse=True),
        "python": platform.python_version(),
        "load_average": load_average(),
        "waterbal": __version__,
        **{name: version(name) for name in ("numpy", "numba", *packages)},
    }


def processor() -> str:
    """Return the model of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def load_average() -> float:
    """Return the number of processes that were running or waiting during the last minute."""
    return round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else 0.0


def peak_memory() -> float:
    """Return the largest memory this process has had [MiB]."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10), 1)


def cpu_seconds(action: Callable[[], object]) -> float:
    """Return the CPU time of an action in this process [s]."""
    begin = time.process_time()
    action()
    return time.process_time() - begin


def wall_seconds(action: Callable[[], object]) -> float:
    """Return the elapsed time of an action [s]."""
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def median(values: Sequence[float], digits: int = 4) -> float:
    """Return the rounded median."""
    return round(statistics.median(values), digits)


def rounded(values: Sequence[float], digits: int = 4) -> list[float]:
    """Return rounded values."""
    return [round(value, digits) for value in values]


def surroundings(bytecode: str, **extra: str) -> dict[str, str]:
    """Return the environment of a process that keeps compiled modules in a folder, as an installed Python does."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": bytecode} | extra


def finish(report: Report, arguments: argparse.Namespace) -> None:
    """Print a report, as JSON or as indented lines, and write it where asked."""
    text = json.dumps(report, indent=2, ensure_ascii=False)
    if arguments.out is not None:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text(text + "\n", encoding="utf-8")
    print(text if arguments.json else "\n".join(lines(report)))


def lines(report: Report, indent: str = "") -> list[str]:
    """Return a report as ``name: value`` lines."""
    found: list[str] = []
    for name, value in report.items():
        if isinstance(value, dict):
            found.append(f"{indent}{name}:")
            found.extend(lines(value, indent + "  "))
        else:
            found.append(f"{indent}{name}: {value}")
    return found


def cache_folder(name: str) -> Path:
    """Return a folder of this user's cache."""
    root = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(root) if root else Path.home() / ".cache") / "waterbal" / name
