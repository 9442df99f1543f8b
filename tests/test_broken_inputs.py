"""Broken inputs: the right error, every issue, each at its place, and never a traceback of another kind."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.broken.cases import CASES, Case
from tests.tongue import has_its_chinese
from waterbal import errors
from waterbal.api import load
from waterbal.errors import Issue, WaterbalError

BASE = Path(__file__).parent / "broken"
FILES = ("base.yaml", "climate.csv", "parameters.csv")


@pytest.fixture
def model(tmp_path):
    for name in FILES:
        shutil.copy(BASE / name, tmp_path / name)
    return tmp_path


def _edit(directory: Path, case: Case) -> str:
    """Break the model; gives the text of the file that was edited."""
    if not case.edits:
        return ""
    path = directory / case.file
    text = path.read_text(encoding="utf-8")
    for old, new in case.edits:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {case.file}"
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return text


def _place(text: str, at: str) -> tuple[int, int]:
    """Line and column that the mark in ``at`` stands for."""
    piece = at.replace("^", "", 1)
    assert text.count(piece) == 1, f"{piece!r} stands {text.count(piece)} times"
    position = text.index(piece) + at.index("^")
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def _fails(directory: Path, overrides: tuple[str, ...] = ()) -> WaterbalError:
    with pytest.raises(WaterbalError) as caught:
        load(directory / "base.yaml", overrides)
    return caught.value


def test_the_base_model_is_valid(model):
    case = load(model / "base.yaml")
    assert case.rows().axis.size == 24
    assert set(case.series) == {"rain", "et0", "runoff"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_broken_input(model, case):
    text = _edit(model, case)
    error = _fails(model, case.overrides)
    assert type(error) is getattr(errors, case.error)
    assert error.exit_code == {"ConfigError": 3, "DataError": 4}[case.error]
    shown = [str(issue) for issue in error.issues]
    assert len(shown) == len(case.issues), "\n".join(shown)
    for issue, (at, fragment) in zip(error.issues, case.issues, strict=True):
        assert fragment in str(issue)
        if at:
            line, column = _place(text, at)
            assert issue.file == str(model / case.file)
            assert (issue.line, issue.column) == (line, 0 if case.file.endswith(".csv") else column)
        has_its_chinese(issue)


def test_case_ids_are_unique():
    assert len({case.id for case in CASES}) == len(CASES)


def test_problems_of_all_kinds_are_reported_together(model):
    path = model / "base.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in [
        ("type: treatment", "type: treatmnt"),
        ("hysteresis: 0.2 m", "hysteresis: 0.2"),
        ("until_year: 2030", "until_yaer: 2030"),
        ('"@value_added"', '"@value_aded"'),
        ("reset_month: 7", "reset_month: 07"),
        ("end: 2002-12", "end: 2000-12"),
    ]:
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    table = model / "parameters.csv"
    table.write_text(table.read_text(encoding="utf-8") + "other,x,,,m,assumed,,\n", encoding="utf-8")
    error = _fails(model, ("works.plnt.own_use=0",))
    places = [(Path(issue.file).name, issue.line) for issue in error.issues]
    lines = text.splitlines()
    expected = [
        ("--set works.plnt.own_use=0", 0),
        *[
            ("base.yaml", 1 + next(number for number, line in enumerate(lines) if piece in line))
            for piece in ("end: 2000", "hysteresis", "treatmnt", "until_yaer", "reset_month: 07")
        ],
        ("parameters.csv", 5),
    ]
    assert places == expected


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "the file is empty"),
        (b"# nothing but a remark\n", "the file is empty"),
        ("schema_version: 1\nname: 名字\n".encode("gb18030"), "not UTF-8 text"),
        (b"\x00\x01\x02", "is not allowed"),
        (b"schema_version: 1\n" * 2, "is given twice"),
        (b"[" * 50_000, "nested more than 40 levels deep"),
        (b"{" * 50_000, "nested more than 40 levels deep"),
        (b"a: " * 1000, "mapping values are not allowed"),
        (b"schema_version: 1\n", "key 'name' is missing"),
        (b"schema_version: 1\n? x\n", "key 'name' is missing"),
    ],
)
def test_files_that_are_no_model(tmp_path, data, message):
    (tmp_path / "base.yaml").write_bytes(data)
    error = _fails(tmp_path)
    assert type(error) is errors.ConfigError
    assert message in str(error)


def test_files_that_cannot_be_read(tmp_path):
    assert "there is no such file" in str(_fails(tmp_path))
    (tmp_path / "base.yaml").mkdir()
    assert "this is a directory" in str(_fails(tmp_path))


def test_a_missing_parameter_table_does_not_blame_the_references(model):
    (model / "parameters.csv").unlink()
    assert _fails(model).issues == (
        Issue(
            "there is no such file", file=str(model / "parameters.csv"), expected="a parameter table (CSV)"
        ),
    )


def test_a_resolved_config_is_checked_like_a_file(model):
    import json

    from waterbal.model.load import load_config, load_model

    loaded = load_model(model / "base.yaml", ["works.plant.own_use=0.1"])
    config = json.loads(json.dumps(loaded.config))
    assert load_config(config).model == loaded.model
    config["works"]["plant"]["own_us"] = 0.1
    with pytest.raises(errors.ConfigError) as caught:
        load_config(config)
    assert str(caught.value).startswith("works.plant.own_us: unknown key 'own_us'; did you mean 'own_use'?")
    with pytest.raises(errors.ConfigError, match="key 'schema_version' is missing"):
        load_config({})


def test_the_config_of_a_model_holds_no_references(model):
    from waterbal.model.load import load_model

    loaded = load_model(model / "base.yaml", ["parameters.people.2001=19"])
    people = loaded.config["demands"]["homes"]["people"]
    assert people["by_year"] == {2001: "19 1e4 persons", 2002: "21 1e4 persons"}
    assert (people["grade"], people["source"]) == ("assumed", "set on the command line")
    assert "parameters" not in loaded.config
    assert loaded.overrides == ("parameters.people.2001=19",)
    assert loaded.series_dir == model


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("series.rain.units=mmm", "series.rain.units: climate.csv: unknown unit 'mmm'"),
        ("series.rain.file=climat.csv", "series.rain.file: climat.csv: there is no such file"),
    ],
)
def test_data_that_an_override_spoils_is_told_at_the_override(model, change, told):
    (issue,) = _fails(model, (change,)).issues
    assert str(issue).startswith(f"--set {change}: {told}")


@pytest.mark.parametrize("hydrology", [(), ("hydrology={kind: observed, rotate: true, sites: [rain, et0]}",)])
def test_units_are_told_at_every_series(model, hydrology):
    path = model / "base.yaml"
    text = path.read_text(encoding="utf-8").replace("units: mm,", "units: mmm,")
    path.write_text(text, encoding="utf-8")
    issues = _fails(model, hydrology).issues
    places = [_place(text, at) for at in ("column: rain, ^units", "column: et0, ^units")]
    assert [(issue.file, issue.line, issue.column) for issue in issues] == [(str(path), *at) for at in places]
    assert {issue.message for issue in issues} == {"climate.csv: unknown unit 'mmm' in 'mmm'"}


def test_wrong_names_and_wrong_values_are_told_together(model):
    path = model / "base.yaml"
    text = path.read_text(encoding="utf-8")
    wrong = text.replace("own_use: 0.05", "own_use: much")
    assert wrong != text
    links = [line for line in text.splitlines() if "{from: wells" in line]
    wrong = wrong.replace(links[0], links[0].replace("from: wells", "from: welsl"))
    path.write_text(wrong, encoding="utf-8")
    told = [str(issue) for issue in _fails(model).issues]
    assert len(told) == 2, told
    assert any("own_use" in one for one in told) and any("did you mean 'wells'" in one for one in told)
