"""The command ``waterbal admit``: what it prints, writes and ends with."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests import admissionkit as kit
from tests.conftest import ROOT
from waterbal.capacity.admission_ledger import read_office
from waterbal.capacity.project import read_project
from waterbal.errors import ConfigError
from waterbal.report.material import Material
from waterbal.report.sheets import sheets

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
    assert "On condition: 36" in out and "more saved at existing users" in out
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


def test_all_problems_are_told_at_once(cli: Run, tmp_path: Path, model: Path) -> None:
    wrong = {
        "zone": "twon", "served_with": "hoems", "basis": "gross", "loss": 0.1, "start_year": "soon",
        "feeds": [{"from": "wroks", "grade": "fresh"}], "accepts": ["frehs"], "value_added": None,
    }  # fmt: skip
    path = kit.project(tmp_path, **wrong)
    desk = kit.office(tmp_path, ledger__headroom="much")
    model.write_text(model.read_text().replace("planning_year: 2025", "planning_year: later"))
    code, out, err = cli("admit", model, path, "--commitments", desk)
    assert (code, out) == (3, "")
    for words in (
        "start_year: ",
        "has its losses in it",
        "value_added is missing",
        "headroom",
        "planning_year",
    ):
        assert words in err, words
    model.write_text(model.read_text().replace("planning_year: later", "planning_year: 2025"))
    code, out, err = cli("admit", model, path, "--commitments", desk)
    assert (code, out) == (3, "")
    for words in (
        "did you mean 'town'", "did you mean 'homes'", "did you mean 'works'", "did you mean 'fresh'",
        "grade 'fresh' is none that the project accepts", "start_year: ", "has its losses in it", "headroom",
    ):  # fmt: skip
        assert err.count(words) == 1, words
    right = {
        "start_year": 2025,
        "loss": None,
        "value_added": "100 亿元",
        "zone": "town",
        "served_with": "homes",
    }
    again = kit.project(tmp_path, **{**wrong, **right, "feeds": kit.PROJECT["feeds"], "accepts": ["fresh"]})
    assert cli("admit", model, again, "--no-seek")[0] == 0  # nothing is left to tell once these are mended


PROJECTS = sorted((ROOT / "configs" / "jinan" / "projects").glob("*.yaml"))


def schema(cli: Run, kind: str) -> Draft202012Validator:
    code, out, err = cli("schema", kind)
    assert (code, err) == (0, "")
    Draft202012Validator.check_schema(json.loads(out))
    return Draft202012Validator(json.loads(out))


def faults(validator: Draft202012Validator, path: Path) -> list[str]:
    """What another program says of a file by the schema: places."""
    content = json.loads(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8")), default=str))
    return [
        ".".join(map(str, error.absolute_path)) or error.message for error in validator.iter_errors(content)
    ]


def test_schemas_of_projects_and_ledgers_accept_what_the_readers_do(cli: Run, tmp_path: Path) -> None:
    project, ledger = schema(cli, "project"), schema(cli, "ledger")
    assert len(PROJECTS) > 2
    for path in [*PROJECTS, kit.project(tmp_path), kit.office(tmp_path)]:
        office = path.stem in ("commitments", "office")
        (read_office if office else read_project)(path)
        assert faults(ledger if office else project, path) == [], path.name
        assert faults(project if office else ledger, path) != [], path.name
    assert "annual" in project.schema["required"]
    scenarios = schema(cli, "scenarios")
    assert cli("schema", "--scenarios")[1] == cli("schema", "scenarios")[1]
    assert faults(scenarios, ROOT / "scenarios" / "jinan" / "sensitivity.yaml") == []
    assert cli("schema", "model")[1] == cli("schema")[1]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"annual": None}, "'annual' is a required property"),
        ({"start_year": "soon"}, "start_year"),
        ({"basis": "both"}, "basis"),
        ({"feeds": [{"grade": "fresh"}]}, "feeds.0"),
        ({"colour": "red"}, "Additional properties are not allowed ('colour' was unexpected)"),
        ({"schema_version": 2}, "schema_version"),
    ],
)
def test_schemas_refuse_what_the_readers_refuse(
    cli: Run, tmp_path: Path, changes: dict[str, Any], place: str
) -> None:
    path = kit.project(tmp_path, **changes)
    with pytest.raises(ConfigError):
        read_project(path)
    assert place in faults(schema(cli, "project"), path)


NAMED = """
schema_version: 1
model: model.yaml
name: {zh: 试, en: study}
axes:
  horizon: {values: {2025: {set: {time.planning_year: 2025}}, 2030: {set: {time.planning_year: 2030}}}}
  farms:
    provenance: {source: test, grade: assumed}
    values:
      small: {name: {zh: 少种, en: few fields}, set: {demands.farms.need: 3 万m3/d}}
      large: {name: {zh: 多种, en: many fields}, set: {demands.farms.need: 5 万m3/d}}
baseline: {horizon: 2030, farms: small}
"""


def test_futures_are_told_by_their_names(cli: Run, tmp_path: Path, model: Path, desk: Path) -> None:
    study, told = tmp_path / "study.yaml", tmp_path / "told.json"
    study.write_text(NAMED, encoding="utf-8")
    path = large(tmp_path, start_year=2027)
    shown = {
        lang: cli("admit", study, path, "--commitments", desk, "--no-seek", "--lang", lang, "-o", told)[1]
        for lang in ("zh", "en")
    }
    content = json.loads(told.read_text(encoding="utf-8"))
    ids = [one["id"] for one in content["futures"]]
    assert ids == ["2025-small", "2027-as-2030-small", "2030-small"]
    assert all(id not in text for id in ids for text in shown.values())
    assert "[2027 年（水平年之间）、少种]" in shown["zh"] and "[2030、少种]" in shown["zh"]
    assert "[2027, between planning years, few fields]" in shown["en"]
    assert "2025、少种；2027 年（水平年之间）、少种；2030、少种" in shown["zh"]
    made = {one.id: one for one in sheets(Material(admissions=(content,)))}
    register, evidence = made["T10"], made["T10b"]
    assert any("2025、少种；2027 年（水平年之间）、少种；2030、少种" in note.zh for note in register.notes)
    assert {future.zh for future in evidence.values("future") if future} == {
        "2027 年（水平年之间）、少种", "2030、少种",
    }  # fmt: skip
    html = tmp_path / "report.html"
    assert cli("report", told, "-o", html, "--lang", "en")[0] == 0
    read = html.read_text(encoding="utf-8").partition('id="admissions"')[2].partition('id="proof"')[0]
    assert read and all(id not in read for id in ids)
    assert "[2027, between planning years, few fields]" in read
