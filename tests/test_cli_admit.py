"""The command ``waterbal admit``: what it prints, writes and ends with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import admissionkit as kit
from waterbal.capacity.admission_ledger import read_office

Run = Callable[..., tuple[int, str, str]]
ROOMY = kit.MODEL.replace("volume: 3650 万m3/yr", "volume: 365000 万m3/yr")


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Give the model."""
    return kit.write_model(tmp_path, ROOMY)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Give the ledger and rules."""
    return kit.office(tmp_path)


def large(folder: Path, **changes: Any) -> Path:
    """A project of 3 a day where 2 are left."""
    return kit.project(folder, id="large", annual="1095 万m3/yr", value_added="300 亿元", **changes)


def test_a_project_that_fits_ends_well(cli: Run, tmp_path: Path, model: Path, desk: Path) -> None:
    status, out, err = cli("admit", model, kit.project(tmp_path), "--commitments", desk)
    assert (status, err) == (0, "")
    assert out.startswith("admitted  Admission: Factory (factory)")
    for words in (
        "industry allowed",
        "3.652 ≤ 5 m3/1e4 yuan",
        "365.2 ≤ 1,360 1e4 m3/yr",
        "all planning years",
    ):
        assert words in out
    assert "fail" not in out


def test_a_project_that_is_refused_ends_with_5(cli: Run, tmp_path: Path, model: Path, desk: Path) -> None:
    status, out, _ = cli("admit", model, large(tmp_path), "--commitments", desk, "--lang", "zh")
    assert status == 5
    assert out.startswith("不通过  水效准入：工厂（large）")
    assert "0.7619 < 0.9" in out
    assert "规模减少" in out and "误差不超过" in out


def test_one_of_several_is_enough(cli: Run, tmp_path: Path, model: Path, desk: Path) -> None:
    status, out, _ = cli(
        "admit", model, kit.project(tmp_path), large(tmp_path), "--commitments", desk, "--no-seek"
    )
    assert status == 5
    assert "who comes first" in out


def test_conditions_end_with_0_and_are_said(cli: Run, tmp_path: Path, model: Path, desk: Path) -> None:
    path = large(tmp_path, offset={"demand": "homes"})
    status, out, _ = cli("admit", model, path, "--commitments", desk)
    assert status == 0
    assert out.startswith("conditional")
    assert "On condition: 36" in out and "saved at existing users" in out
    status, out, _ = cli("admit", model, kit.project(tmp_path))
    assert status == 0
    assert "To be settled: no ledger was given" in out


def test_json_has_everything_and_the_file_too(cli: Run, tmp_path: Path, model: Path, desk: Path) -> None:
    result = tmp_path / "out" / "verdict.json"
    status, out, _ = cli("admit", model, large(tmp_path), "--commitments", desk, "--json", "-o", result)
    assert status == 5
    told, kept = json.loads(out), json.loads(result.read_text())
    assert kept.items() <= told.items()
    (verdict,) = told["verdicts"]
    assert verdict["verdict"] == "refused"
    assert [test["id"] for test in verdict["tests"]] == [
        "industry", "norm", "caps", "hydrology", "quality", "peak", "ledger", "horizon",
    ]  # fmt: skip
    assert verdict["remedies"][0]["kind"] == "size"
    assert told["ledger"] == {"2025": pytest.approx(1360.0)}


def test_quiet_says_nothing(cli: Run, tmp_path: Path, model: Path, desk: Path) -> None:
    assert cli("admit", model, kit.project(tmp_path), "--commitments", desk, "--quiet") == (0, "", "")


def test_record_writes_what_is_let_in(cli: Run, tmp_path: Path, model: Path, desk: Path) -> None:
    status, out, _ = cli("admit", model, kit.project(tmp_path), large(tmp_path), "--commitments", desk,
                         "--record", "--no-seek")  # fmt: skip
    assert status == 5
    assert f"Recorded in {desk}: factory" in out
    ledger = read_office(desk).office.ledger
    assert ledger is not None and [entry.id for entry in ledger.committed] == ["earlier", "factory"]
    status, _, err = cli("admit", model, kit.project(tmp_path), "--commitments", desk)
    assert status == 3
    assert "already in the ledger" in err


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        (("--record",), 2, "no ledger to write into"),
        (("--only", "horizon=2030"), 2, "a model has no axes"),
        (("--tolerance", "0.7"), 2, "--tolerance"),
        (("--rules", "nowhere.yaml"), 3, "no such file"),
        (("--set", "demands.homse.need=1 万m3/d"), 3, "did you mean 'homes'"),
        (("--year", "1700"), 3, "time.planning_year"),
    ],
)
def test_wrong_calls(
    cli: Run, tmp_path: Path, model: Path, options: tuple[str, ...], status: int, words: str
) -> None:
    code, out, err = cli("admit", model, kit.project(tmp_path), *options)
    assert (code, out) == (status, "")
    assert words in err


def test_all_files_are_read_before_anything_is_said(cli: Run, tmp_path: Path, model: Path) -> None:
    one = kit.project(tmp_path, id="one", zone=None)
    two = kit.project(tmp_path, id="two", basis="brutto")
    code, _, err = cli("admit", model, one, two)
    assert code == 3
    assert "one.yaml" in err and "'zone' is missing" in err
    assert "two.yaml" in err and "'brutto' is not valid here" in err
