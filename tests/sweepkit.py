"""A study that costs nothing: numbers that depend on scenario and realization alone, for tests of the runner."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from waterbal.results import netcdf
from waterbal.scenarios.work import Field, Source

ROOT = Path(__file__).resolve().parent.parent
SITES = 3
YEARS = 5


@dataclass
class Fake:
    """Work of a file whose text is part of what decides the results."""

    path: Path
    scenarios: tuple[str, ...]
    realizations: int
    keep: str = "metrics"
    title: str = "fake"
    pause: float = 0.0
    """[s] that a scenario of a block takes."""
    deadly: str = ""
    """Scenario that kills its process."""
    bad: tuple[tuple[str, int, int], ...] = ()
    """Members (scenario, realization) that end badly, with their status."""
    calls: list[tuple[str, int, int]] = field(default_factory=list)

    def identity(self) -> dict[str, Any]:
        text = self.path.read_text(encoding="utf-8")
        return {"study": "fake", "fingerprint": f"of {text}", "inputs": {self.path.name: text}}

    def names(self) -> str:
        return self.title

    def frame(self) -> xr.Dataset:
        return xr.Dataset(
            coords={
                "scenario_id": ("scenario", np.array(self.scenarios)),
                "scenario_name_zh": ("scenario", np.array([f"方案{name}" for name in self.scenarios])),
                "horizon": ("scenario", np.arange(len(self.scenarios), dtype=np.int32)),
                "realization": ("realization", np.arange(self.realizations, dtype=np.int32)),
                "site_id": ("site", np.array([f"site_{i}" for i in range(SITES)])),
                "year": ("year", np.arange(2001, 2001 + YEARS, dtype=np.int32)),
            },
            attrs={"title": self.title, "waterbal_version": "0", "waterbal_format": 1},
        )

    def schema(self) -> dict[str, Field]:
        return {
            "volume": Field(("scenario", "realization", "site"), np.dtype("f8"), {"units": "1e4 m3"}),
            "yearly": Field(("scenario", "realization", "site", "year"), np.dtype("f8"), {"units": "1e4 m3"}),
            "capacity": Field(("scenario", "site"), np.dtype("f8"), {"units": "1e4 m3"}),
            "member_status": Field(
                ("scenario", "realization"), np.dtype("i1"), {"flag_values": np.int8([0, 1])}
            ),
        }

    def warm_up(self) -> None:
        pass

    def evaluate(self, scenarios: range, first: int, last: int, threads: int) -> dict[str, np.ndarray]:
        assert threads >= 1
        count = last - first
        found = {
            "volume": np.empty((len(scenarios), count, SITES)),
            "yearly": np.empty((len(scenarios), count, SITES, YEARS)),
            "capacity": np.empty((len(scenarios), SITES)),
            "member_status": np.zeros((len(scenarios), count), dtype=np.int8),
        }
        messages = []
        for row, scenario in enumerate(scenarios):
            name = self.scenarios[scenario]
            self.calls.append((name, first, last))
            if name == self.deadly:
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(self.pause)
            found["capacity"][row] = np.random.default_rng([7, scenario]).normal(size=SITES)
            for column, k in enumerate(range(first, last)):
                stream = np.random.default_rng([scenario, k])
                found["volume"][row, column] = stream.normal(size=SITES)
                found["yearly"][row, column] = stream.normal(size=(SITES, YEARS))
                for bad, realization, status in self.bad:
                    if (bad, realization) == (name, k):
                        found["member_status"][row, column] = status
                        messages.append(f"scenario {name}, realization {k}: 不可行 at x")
        if first:
            del found["capacity"]
        if messages:
            found["messages"] = np.array(messages)
        return found


def opened(path: str, scenarios: int, realizations: int, **options: Any) -> Fake:
    """Open it, in whatever process."""
    return Fake(Path(path), tuple(f"s{i}" for i in range(scenarios)), realizations, **options)


def source(path: Path, scenarios: int = 6, realizations: int = 20, **options: Any) -> Source:
    """Give what opens it."""
    return partial(opened, str(path), scenarios, realizations, **options)


def same(one: Path | None, other: Path | None) -> bool:
    """Tell whether two merged files agree in every bit of every variable, and in all that describes them."""
    assert one is not None and other is not None
    with netcdf.open_result(one) as a, netcdf.open_result(other) as b:
        return (
            list(a.variables) == list(b.variables)
            and a.sizes == b.sizes
            and all(
                a[name].values.tobytes() == b[name].values.tobytes()
                and a[name].dims == b[name].dims
                and str(a[name].attrs) == str(b[name].attrs)
                for name in a.variables
            )
        )


@contextlib.contextmanager
def holder(folder: Path, number: int) -> Iterator[subprocess.Popen[str]]:
    """Let another process claim a block until it is killed."""
    program = (
        "import sys, time; from pathlib import Path; from waterbal.scenarios.claims import Claims\n"
        f"claims = Claims(Path({str(folder)!r})); print(claims.take({number}), flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "True\n"
            yield process
        finally:
            process.kill()


def start(folder: Path, study: Path, prelude: str = "", /, **asked: Any) -> subprocess.Popen[str]:
    """Start a sweep of the fake study in a process group of its own; its report is printed as JSON."""
    job = {"folder": str(folder), "study": str(study), **asked}
    program = f"import os, sys; from tests import sweepkit\n{prelude}\nsweepkit.main({json.dumps(job)!r})"
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True,
    )  # fmt: skip


def main(text: str) -> None:
    """Run a sweep as told by a JSON document; exit as the command line does."""
    from waterbal.errors import WaterbalError
    from waterbal.scenarios import reporting, runner, shards

    job = json.loads(text)
    opener = source(Path(job["study"]), **job.get("work", {}))
    resources = reporting.Resources(**job.get("resources", {"threads": 2}))
    shard = shards.parse(job.get("shard", "1/1"))
    try:
        report = runner.sweep(
            opener, Path(job["folder"]), resources=resources, shard=shard, block=job.get("block")
        )
    except WaterbalError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
    print(json.dumps(report.as_dict()))
    sys.exit(128 + report.stopped if report.stopped else 0)


def finish(process: subprocess.Popen[str], status: int = 0) -> dict[str, Any]:
    """Wait for a sweep and give its report."""
    out, err = process.communicate(timeout=120)
    assert process.returncode == status, err
    return json.loads(out) if out else {"error": err}
