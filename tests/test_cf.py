"""The CF-1.11 checker on whole files of the commands whose files no other test gives to it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import xarray as xr

from tests import exportkit
from tests.capacitykit import own_names
from waterbal import starter

SAMPLING = """
sampling:
  method: sobol
  size: 4
  seed: 1
  factors:
    people: {times: demands.households.people, low: 0.8, high: 1.2}
    loss: {set: demands.households.network_loss, low: 0.06, high: 0.14, mode: 0.09, distribution: triangular}
"""
LOAD = "capacity.load={total: river_permit, groundwater: well_permit, set: national_2016}"
FEW = (
    "works=as_is,saving=none,horizon=2035,climate=record",
    "--realizations",
    2,
    "--tolerance",
    0.05,
    "--audit",
    1,
)


def complies(path: Path, report: Path) -> None:
    from compliance_checker.runner import CheckSuite, ComplianceChecker

    CheckSuite.load_all_available_checkers()
    passed, errors = ComplianceChecker.run_checker(
        ds_loc=str(path), checker_names=["cf:1.11"], verbose=0, criteria="strict", output_filename=str(report),
        output_format="text",
    )  # fmt: skip
    assert passed and not errors, report.read_text()


@pytest.mark.long
@pytest.mark.parametrize(
    ("extras", "sampled"),
    [
        (("frontier", "balances"), False),
        (("risk", "bound", "load"), False),
        (("sensitivity",), True),
    ],
)
def test_capacities(
    cli: Callable[..., tuple[int, str, str]], tmp_path: Path, extras: tuple[str, ...], sampled: bool
) -> None:
    for file in starter.MODEL.parent.iterdir():
        if file.suffix in (".yaml", ".csv"):
            shutil.copy(file, tmp_path)
    study = tmp_path / "scenarios.yaml"
    if sampled:
        study.write_text(study.read_text(encoding="utf-8") + SAMPLING, encoding="utf-8")
    asked = [word for extra in extras for word in ("--with", extra)]
    path = tmp_path / "capacity.nc"
    status, _, err = cli("capacity", study, "-o", path, "-q", "--only", *FEW, *asked, "--set", LOAD)
    assert status == 0, err
    complies(path, tmp_path / "report.txt")
    with xr.open_dataset(path) as kept:
        assert own_names(kept) == {"works", "saving", "horizon", "climate"} | (
            {"people", "loss"} if sampled else set()
        )


@pytest.mark.long
@pytest.mark.parametrize("keep", ["metrics", "yearly", "full"])
def test_sweeps(tmp_path: Path, keep: str) -> None:
    complies(exportkit.swept(tmp_path, keep), tmp_path / "report.txt")
