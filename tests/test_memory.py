"""Memory: what hashing a result takes, whatever it holds, and what a sweep is said to take before it begins."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import netCDF4
import numpy as np
import pytest

from tests.citykit import write_city
from tests.sweepkit import ROOT
from tests.test_sweep_cli import STUDY
from waterbal.results import probe
from waterbal.scenarios import estimate

VARIABLES, VALUES = 24, 2**19
MIB = 2**20

HASHING = """
import re, sys
import netCDF4
from waterbal.results import probe
from waterbal.scenarios import estimate

def largest():  # what the system told of the parent is not in it
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])

probe.attribute_digest("loaded")
with netCDF4.Dataset(sys.argv[1]) as file:
    file.variables["small"][:]
    before = largest()
    probe.digests(file)
    print(largest() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is told in KiB, and in /proc, there")
def test_hashing_takes_the_memory_of_one_variable_and_not_of_all(tmp_path: Path) -> None:
    """24 variables of 4 MiB: one is read at once, as it is, beside its chunks; 96 MiB would be all of them."""
    path = tmp_path / "many.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("x", VALUES // 64)
        file.createDimension("y", 64)
        file.createVariable("small", "f8", ("y",))[:] = 0.0
        for k in range(VARIABLES):
            variable = file.createVariable(
                f"v{k}", "f8", ("x", "y"), zlib=True, chunksizes=(VALUES // 512, 64)
            )
            variable[:] = np.full((VALUES // 64, 64), float(k))
    done = subprocess.run(
        [sys.executable, "-c", HASHING, str(path)], capture_output=True, check=True, text=True, cwd=ROOT
    )  # fmt: skip
    one = 8 * VALUES / MIB
    assert int(done.stdout) / 2**10 < 2 * one + 16.0  # the pieces that are decoded, and the library
    assert VARIABLES * one > 3 * (2 * one + 16.0)


@pytest.mark.parametrize("size", [1, probe.PIECE, 2 * probe.PIECE + 3])
def test_values_are_hashed_alike_however_many_are_decoded_at_a_time(tmp_path: Path, size: int) -> None:
    """By the rule in words: dimensions and shape, a zero byte, kind, then all numbers of 8 bytes."""
    values = np.linspace(-1.0, 1.0, size)
    values[0] = -0.0
    values[-1] = np.nan
    with netCDF4.Dataset(tmp_path / "one.nc", "w") as file:
        file.createDimension("x", size)
        variable = file.createVariable("v", "f8", ("x",))
        variable[:] = values
        whole = file.createVariable("w", "i4", ("x",))
        whole[:] = np.arange(size)
        file.set_auto_maskandscale(False)
        found = [probe.variable_digest(one, {}) for one in (variable, whole)]
    plain = np.where(values == 0.0, 0.0, values)
    plain[-1] = np.float64("nan")
    numbers = (("f", plain.astype("<f8")), ("i", np.arange(size).astype("<i8")))
    expected = [f"('x',) ({size},)".encode() + b"\0" + f"{k} ".encode() + n.tobytes() for k, n in numbers]
    assert found == [hashlib.sha256(text).hexdigest()[:32] for text in expected]


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="memory is told in KiB, and in /proc, there")
@pytest.mark.parametrize("more", [("--threads", "1"), ("--workers", "2")])
def test_a_sweep_takes_the_memory_that_was_told(tmp_path: Path, more: tuple[str, ...]) -> None:
    """All series of 1,200 members: the largest process, as the system counts it, against what was told before."""
    write_city(tmp_path)
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "waterbal",
        "sweep",
        str(tmp_path / "study.yaml"),
        "-o",
        str(tmp_path / "out"),
    ]
    command += ["--keep", "full", "--realizations", "300", *more]
    dry = subprocess.run([*command, "--dry-run", "--json"], capture_output=True, check=True, cwd=ROOT)
    told = json.loads(dry.stdout)
    assert told["parts_mib"] > 50.0  # else the program itself is nearly all
    work = subprocess.Popen([*command, "-q"], cwd=ROOT)
    _, status, used = os.wait4(work.pid, 0)
    work.returncode = os.waitstatus_to_exitcode(status)
    assert work.returncode == 0
    assert 0.95 < told["memory_mib"] / (used.ru_maxrss / 2**10) < 1.3


def test_a_disk_too_small_for_one_part_is_told_and_not_a_defect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dry run times the writing of a part, which a full disk refuses; what is short is told by the caller."""

    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(estimate.os, "fsync", full)
    assert estimate._storing(tmp_path, b"1") == 0.0

    def broken(file: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(estimate.os, "fsync", broken)
    with pytest.raises(OSError, match="Input/output"):
        estimate._storing(tmp_path, b"1")
