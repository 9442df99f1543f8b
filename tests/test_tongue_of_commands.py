"""What commands print in Chinese: no English word is left in it but ids, paths, units and what is typed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests import pywrkit
from tests.hydrologykit import write_months
from tests.tongue import CHINESE, WORD, english
from waterbal import api
from waterbal.cli.options import print_summary
from waterbal.errors import Message
from waterbal.hydrology import fit_notes
from waterbal.hydrology.gaps import Filled, told_again
from waterbal.results import netcdf

Run = Callable[..., tuple[int, str, str]]
IDS = {
    "tongue",
    "flow",
    "side",
    "rain",
    "lake",
    "river",
    "city",
    "town",
    "brook",
    "grown",
    "record",
    "growth",
}
"""Ids of the model below and of its scenarios."""
MODEL = """\
schema_version: 1
id: tongue
name: {zh: 试验城, en: Test city}
provenance: {source: test, grade: assumed}
time: {start: 2001-01, end: 2003-12, step: month}
zones: {town: {}}
series:
  flow: {file: record.csv, column: flow, kind: rate, units: 万m3/d, gaps: {fill: interpolate, longest: 2}}
  side: {file: record.csv, column: side, kind: rate, units: 万m3/d, gaps: {fill: month_mean, longest: 1}}
  rain: {file: record.csv, column: rain, kind: depth, units: mm}
hydrology: {kind: generated, sites: [flow, side], seed: 1, incomplete_years: leave_out}
climate: {rain: rain, et0: 0 mm/d}
sources:
  river: {type: catchment, zone: town, runoff: {series: flow}, cost: 0.5 元/m3}
  brook: {type: catchment, zone: town, runoff: {series: side}}
stores:
  lake: {type: reservoir, zone: town, capacity: 500 万m3, dead: 0 万m3, initial_share: 0, seepage: 0 mm/d,
         evaporation_factor: 0, shape: {full_area: 1 km2, exponent: 0.5}}
links: {a: {from: river, to: lake}, b: {from: brook, to: lake}, c: {from: lake, to: city}}
demands: {city: {type: public, zone: town, need: 2 万m3/d}}
priorities: [{demands: [city]}]
reserve: {mode: none}
"""
STUDY = """\
schema_version: 1
name: {zh: 试验情景, en: Test scenarios}
model: model.yaml
baseline: {growth: record}
realizations: 2
axes:
  growth:
    name: {zh: 增长, en: Growth}
    values:
      record: {name: {zh: 现状, en: As it is}}
      grown: {name: {zh: 增长, en: Grown}, set: {demands.city.need: 3 万m3/d}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a model whose record is short and has gaps, with a study and a result."""
    path = tmp_path_factory.mktemp("tongue")
    draws = np.random.default_rng(3)
    flow, side, rain = draws.gamma(0.6, 10.0, 144), draws.gamma(2.0, 5.0, 144), draws.gamma(1.0, 40.0, 144)
    side[1:] = 0.9 * flow[:-1] + 0.05 * side[1:]
    flow[[3, 4, 50, 51, 52, 53]] = side[[5, 99]] = np.nan
    rain[::7] = 0.0
    write_months(path, 2000, 12, flow=flow, side=side, rain=rain)
    (path / "model.yaml").write_text(MODEL, encoding="utf-8")
    (path / "study.yaml").write_text(STUDY, encoding="utf-8")
    netcdf.write(api.load(path / "model.yaml").run(), path / "a.nc")
    return path


def chinese(cli: Run, *arguments: object, ids: tuple[str, ...] = (), status: int = 0) -> str:
    """Run a command in Chinese; check that all it prints is, and that without being asked it is English."""
    code, out, err = cli(*arguments, "--lang", "zh")
    assert code == status, out + err
    told = out + err
    assert CHINESE.search(told) and not english(told, *IDS, *ids), (english(told, *IDS, *ids), told)
    return out


def test_the_judge_finds_english():
    assert english("来水 flow 的 missing 值", "flow") == ["missing"]
    assert english("见 --lang 与 'planned'，写入 out/a.nc，均值 3 mm，由 `fit` 给出") == []


def test_check_and_dry_run(cli: Run, folder: Path) -> None:
    out = chinese(cli, "check", folder / "model.yaml")
    kinds = ("试验城", "时段", "水源", "配水线性规划", "假定", "随机生成", "任意多个", "插补的缺测", "提醒")
    assert all(kind in out for kind in kinds), out
    assert "Test city" not in out
    assert "rain 不是站点" in out and "flow 2004-03 至 2004-06" in out  # left out
    assert "2000-04 至 2000-05 插补 2 个值（线性内插）" in out
    assert "river的水不入 'lake'" in out
    dry = chinese(cli, "run", folder / "model.yaml", "--dry-run", "-o", folder / "a.nc")
    assert dry == out + f"未作模拟。成果将写入 {folder / 'a.nc'}。\n"
    english_told = cli("run", folder / "model.yaml", "--dry-run", "-o", folder / "a.nc")[1]
    assert not CHINESE.search(english_told)
    assert "name      Test city" in re.sub(" {6,}", "      ", english_told)
    lines = [line for line in out.splitlines() if not line.startswith(" ")]
    starts = {wide(re.match(r"(\S+ +)(?=\S)", line)[1]) for line in lines if re.search(r"\S {2,}\S", line)}
    assert len(starts) == 1, lines  # values stand below each other on a terminal
    told = json.loads(cli("check", folder / "model.yaml", "--lang", "zh", "--json")[1])
    assert told["hydrology"]["realizations"] == "any number" and told["name"]["en"] == "Test city"
    assert not CHINESE.search(json.dumps({**told, "name": ""}, ensure_ascii=False))


def wide(text: str) -> int:
    """Give the width of a text on a terminal."""
    return sum(2 if CHINESE.match(letter) else 1 for letter in text)


def test_a_study(cli: Run, folder: Path) -> None:
    out = chinese(cli, "check", folder / "study.yaml")
    assert "试验情景" in out and "基准方案" in out and "指标" in out and "维度" in out


def test_a_run_that_is_repeated_tells_its_gaps_in_chinese(cli: Run, folder: Path) -> None:
    assert api.rebuild(folder / "a.nc").filled == api.load(folder / "model.yaml").filled
    out = chinese(cli, "run", "--from", folder / "a.nc", "--dry-run")
    assert "2000-04 至 2000-05 插补 2 个值（线性内插）" in out
    gap = Filled("2000-04", "2000-04", 1, "nearest")
    assert told_again(str(gap)) == gap.told and told_again(str(gap)).zh == gap.told.zh  # type: ignore[attr-defined]
    assert told_again("some words of another program") == "some words of another program"


def test_hydrology(cli: Run, folder: Path) -> None:
    model, record = folder / "model.yaml", f"{folder / 'record.csv'}:flow:m3/s"
    out = chinese(cli, "hydrology", "fit", model, "-o", folder / "fit.yaml", ids=("m3",))
    assert "个完整年" in out and "一阶自相关" in out and "注意：flow" in out and "已写入" in out
    file = (folder / "fit.yaml").read_text(encoding="utf-8")
    assert not CHINESE.search(file.replace("万m3/d", ""))
    plain = cli("hydrology", "fit", model, "-o", folder / "fit.yaml")[1]
    assert not CHINESE.search(plain.replace("万m3/d", "")) and "note: flow" in plain
    notes = [line for line in plain.splitlines() if line.startswith("note: ")]
    assert len(notes) == sum(line.startswith("注意：") for line in out.splitlines())
    out = chinese(cli, "hydrology", "generate", model, "-n", 2, "-o", folder / "g.csv")
    assert "2 个水文样本，系列 flow、side" in out
    chinese(cli, "hydrology", "check", model, "-n", 100)
    out = chinese(cli, "hydrology", "frequency", record, "--fill", "interpolate:4", "--draws", 50)
    assert "线性内插" in out
    chinese(cli, "hydrology", "drought", record, "--fill", "month_mean:4")


def test_every_note_of_a_fit_names_in_chinese_what_it_names_in_english(
    capsys: pytest.CaptureFixture[str],
) -> None:
    gaps = (Filled("2001-02", "2001-04", 3, "previous"), Filled("2004-02", "2004-02", 1, "nearest"))
    notes = [
        fit_notes.short("flow", 8, 8, 0.21),
        fit_notes.short("flow", 8, 12, 0.21),
        fit_notes.often_dry("flow", [1, 12]),
        fit_notes.filled("flow", gaps),
        fit_notes.doubled_cv("flow", 3, 0.51, 0.77),
        fit_notes.other_skew("flow", 3, 0.51, 0.77),
        fit_notes.other_moments("flow", 3, 41.0, 0.51, 43.0, 0.77),
        fit_notes.no_annual_pairs("flow"),
        fit_notes.annual_lag("flow", 0.31, 0.42),
        fit_notes.annual_cv("flow", 0.31, 0.42),
        fit_notes.independent("flow", "side", [2, 3], 5),
        fit_notes.month_lags("flow", [(7, 0.31, 0.42)]),
        fit_notes.month_correlations("flow", "side", [(7, 0.31, 0.42)]),
    ]
    for note in notes:
        assert isinstance(note, Message) and CHINESE.search(note.zh) and not english(note.zh, *IDS), note.zh
        assert not CHINESE.search(note)
        numbers = [
            sorted(re.findall(r"\d+(?:\.\d+)?", text))
            for text in (note.removesuffix(" above 0").replace("lag-1", "lag"), note.zh)
        ]
        assert numbers[0] == numbers[1], note.zh
    print_summary({"hydrology": {"not kept": notes[-2:]}}, "zh")
    print_summary({"hydrology": {"not kept": notes[-2:]}}, "en")
    chinese_lines = ["来水", f"  未能保持  {notes[-2].zh}", f"            {notes[-1].zh}"]
    assert capsys.readouterr().out.splitlines() == [
        *chinese_lines,
        "hydrology",
        f"  not kept  {notes[-2]}",
        f"            {notes[-1]}",
    ]


def test_export(cli: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only = ("--variable", "water_supply")
    out = chinese(cli, "export", folder / "a.nc", "-o", folder / "a.csv", "--layout", "csv", *only)
    assert re.search(r"个变量，\d+ 个元素，1 个方案，1 个水文样本，36 个时段，2001-01-01 至 2003-12-31", out)
    out = chinese(cli, "export", folder / "a.nc", "-o", folder / "n.nc", "--layout", "cdo", *only)
    assert "时间为时段初" in out
    stages = []
    monkeypatch.setattr(
        "waterbal.cli.progress.Progress.stage", lambda _, text, unit="": stages.append(str(text))
    )
    for option, wrong in (("--variable", "water_suply"), ("--scenario", "nothing")):
        stages.clear()
        arguments = ("export", folder / "a.nc", "-o", folder / "c.csv", "--layout", "csv", option, wrong)
        status, _, err = cli(*arguments)
        assert (status, stages) == (2, ["reading the result"]) and wrong in err
    stages.clear()
    assert cli("export", folder / "a.nc", "-o", folder / "c.csv", "--layout", "csv", *only)[0] == 0
    assert stages == ["reading the result", f"writing {folder / 'c.csv'}"]


def test_doctor_and_warmup(cli: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    packages = ("numpy", "numba", "llvmlite", "scipy", "xarray", "netCDF", "pydantic", "pandas")
    values = set(WORD.findall(" ".join(str(v) for v in json.loads(cli("doctor", "--json")[1]).values())))
    chinese(cli, "doctor", ids=(*packages, *values, "waterbal", "Python"))
    out = chinese(cli, "warmup", ids=(*values,))
    assert "计算核心已就绪，用时" in out


def test_import(cli: Run, tmp_path: Path) -> None:
    noted = 0
    for name in pywrkit.MODELS:
        source = pywrkit.write(tmp_path, name)
        choice = ("--scenario", "growth=0") if name == "parameters" else ()
        arguments = (
            "import",
            "pywr",
            source,
            "-o",
            tmp_path / name,
            "--unit",
            "m3/d",
            *choice,
            "--lang",
            "zh",
        )
        status, out, err = cli(*arguments)
        notes = [line for line in out.splitlines() if not line.startswith(str(tmp_path))]
        noted += len(notes)
        assert (status, err) == (0, "")
        assert all(
            line.startswith("注意：") and not english(line, "pywr", "output", "recorders", "scenario")
            for line in notes
        ), notes
    assert noted
