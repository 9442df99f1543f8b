"""Shortages with known causes, and what would have helped against independent runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from waterbal import api
from waterbal.capacity.explain import explain
from waterbal.cli.main import app
from waterbal.errors import UsageError
from waterbal.report.explain import percent, sentences, volume
from waterbal.results import netcdf
from waterbal.results.names import Labels

LIBRARY = Path(__file__).parent.parent / "configs" / "library"

NO_STORE = "links.to_store.capacity=0 万m3/d"
CAUSES = [
    ("one_source", [], "people", "2002-01", "sources.river.hydrology", "hydrology"),
    ("shared_trunk", [], "small", "2001-01", "links.trunk.capacity", "conveyance"),
    (
        "transfer_window",
        ["links.to_store.capacity=0 万m3/d"],
        "users",
        "2002-07",
        "sources.yangtze.conveyance",
        "closed",
    ),
    ("treatment_capacity", [], "people", "2003-01", "nodes.plant.capacity", "conveyance"),
    ("nested_quotas", [], "users", "2001-10", "quotas.q_total.volume", "quota"),
    ("aquifer_tiers", [], "town", "2002-08", "aquifers.ground.tier", "level_tier"),
    ("quota_reserve", [], "farm", "2004-05", "reserve.q_river.kept", "reserve"),
    ("quota_reserve", ["reserve.mode=none"], "residents", "2001-10", "quotas.q_river.volume", "quota"),
]


@pytest.mark.parametrize(("model", "overrides", "demand", "time", "path", "kind"), CAUSES)
def test_the_named_cause_is_the_known_one(
    model: str, overrides: list[str], demand: str, time: str, path: str, kind: str
) -> None:
    told = explain(api.load(LIBRARY / f"{model}.yaml", overrides), demand, time)
    assert told.shortage > 0.0
    assert told.cause is not None
    assert (told.cause.path, told.cause.kind) == (path, kind)
    json.dumps(told.as_dict(), allow_nan=False)
    for language in ("zh", "en"):
        assert len(sentences(told, Labels(), language)) >= 3


SETS = [
    ("one_source", [], "people", "2002-01", "sources.river.hydrology", "sources.river.runoff"),
    ("shared_trunk", [], "small", "2001-01", "links.trunk.capacity", "links.trunk.capacity"),
    (
        "quota_reserve",
        ["reserve.mode=none"],
        "residents",
        "2001-08",
        "quotas.q_river.volume",
        "quotas.q_river.volume",
    ),
    ("nested_quotas", [], "users", "2001-08", "quotas.q_total.volume", "quotas.q_total.volume"),
]


@pytest.mark.parametrize(("model", "overrides", "demand", "time", "path", "place"), SETS)
def test_what_would_have_helped_agrees_with_a_run_of_its_own(
    model: str, overrides: list[str], demand: str, time: str, path: str, place: str
) -> None:
    file = LIBRARY / f"{model}.yaml"
    told = explain(api.load(file, overrides), demand, time)
    relief = next(relief for relief in told.reliefs if relief.paths == (path,))
    assert relief.share is not None
    changed = api.load(file, [*overrides, f"{place}*={1.0 + relief.share!r}"]).run()
    ids = [str(id) for id in changed["demand_id"].values]
    short = (
        changed["water_shortage"]
        .isel(scenario=0, realization=0, demand=ids.index(demand))
        .sel(time=told.date)
    )
    assert relief.always == pytest.approx(float(short), abs=1e-6)


def test_a_volume_more_in_the_step_is_split_as_the_class_shares() -> None:
    """The trunk serves 3:1 in equal share: 15.5 more bring the small town a quarter of it."""
    told = explain(api.load(LIBRARY / "shared_trunk.yaml"), "small", "2001-01")
    (relief,) = told.reliefs
    assert relief.here == pytest.approx(15.5 * 0.75)
    assert relief.everyone == pytest.approx(0.0, abs=1e-6)
    assert told.competitors["links.trunk.capacity"] == [
        {"sector": "public", "class": "same", "volume": pytest.approx(139.5)}
    ]


def test_history_tells_who_used_the_quota_up_and_for_whom_it_was_kept() -> None:
    case = api.load(LIBRARY / "quota_reserve.yaml", ["reserve.mode=none"])
    use = explain(case, "residents", "2001-10").history["quotas.q_river.volume"]
    assert sum(use.by_sector.values()) == pytest.approx(1200.0)
    assert use.emptied == "2001-08-01"
    run = case.run().isel(scenario=0, realization=0).sel(time=slice("2001-01", "2001-10"))
    sectors = [str(sector) for sector in run["demand_sector"].values]
    taken = run["water_supply"].sum("time").values
    for sector, used in use.by_sector.items():
        assert used == pytest.approx(float(taken[sectors.index(sector)]))
    kept = explain(api.load(LIBRARY / "quota_reserve.yaml"), "farm", "2004-05").kept_for[
        "reserve.q_river.kept"
    ]
    assert set(kept.by_sector) == {"residential"}


def test_nothing_short_names_the_nearest_shortages() -> None:
    told = explain(api.load(LIBRARY / "one_source.yaml"), "people", "2002-06")
    assert told.cause is None
    assert [date for date, _ in told.others] == [
        "2002-01-01", "2002-02-01", "2002-03-01", "2003-01-01", "2003-02-01", "2003-03-01",
    ]  # fmt: skip
    assert "2003-01-01" in sentences(told, Labels(), "en")[1]


@pytest.mark.parametrize(("demand", "time"), [("peple", "2002-01"), ("people", "2031-05"), ("people", "May")])
def test_unknown_users_and_times(demand: str, time: str) -> None:
    with pytest.raises(UsageError):
        explain(api.load(LIBRARY / "one_source.yaml"), demand, time)


def test_the_command(tmp_path: Path) -> None:
    path = tmp_path / "balance.nc"
    netcdf.write(api.load(LIBRARY / "shared_trunk.yaml").run(), path)
    arguments = ["explain", str(path), "--demand", "small", "--time", "2001-01"]
    told = CliRunner().invoke(app, [*arguments, "--json", "--quiet"])
    assert told.exit_code == 0
    assert json.loads(told.stdout)["cause"] == "links.trunk.capacity"
    assert "缺水 15.5 万m³" in CliRunner().invoke(app, [*arguments, "--lang", "zh"]).stdout
    assert CliRunner().invoke(app, [*arguments, "--study", "x.yaml"]).exit_code == 2


def test_a_store_at_its_dead_storage_is_named_with_both_volumes() -> None:
    model = api.load(LIBRARY / "transfer_window.yaml", ["stores.basin.dead=20 万m3"])
    results = model.run()
    months = results["time"].dt.strftime("%Y-%m").values.tolist()
    stored = results["storage_volume"].values[0, 0, 0]
    step = months.index("2002-09")
    assert stored[step] == pytest.approx(20.0) and results["water_shortage"].values[0, 0, 0, step] > 1.0
    told = explain(model, "users", "2002-09")
    assert told.cause is not None and told.cause.path == "stores.basin.storage"
    for language, words in (
        ("zh", ("basin已处于死库容：时段末蓄水 20.0 万m³，死库容 20.0 万m³", "降到死库容")),
        (
            "en",
            ("basin at its dead storage: 20.0 stored at the end of the step", "at its dead storage since"),
        ),
    ):
        text = "\n".join(sentences(told, Labels(), language))
        assert all(word in text for word in words), text
    smaller = api.load(LIBRARY / "transfer_window.yaml", ["sources.yangtze.capacity=0.4 万m3/d"])
    text = "\n".join(sentences(explain(smaller, "users", "2002-09"), Labels(), "zh"))
    assert "无蓄水" in text and "死库容" not in text


def test_nought_has_no_sign() -> None:
    assert [volume(value) for value in (-0.0, -1e-12, -0.004, 0.0, -0.006, 1234.5)] == [
        "0.00", "0.00", "0.00", "0.00", "-0.01", "1,234",
    ]  # fmt: skip
    assert percent(-1e-9) == "0.0 %"


VALLEY = """
schema_version: 1
id: valley
name: {zh: 河谷, en: Valley}
provenance: {source: made for a test, grade: assumed}
time: {start: 2001-01, end: 2001-12, step: month}
zones: {town: {}}
sources:
  rain: {type: catchment, zone: town, runoff: 0.1 万m3/d, capacity: 0.16 万m3/d}
  canal: {type: river_intake, zone: town, capacity: 30 万m3/d}
  wells: {type: river_intake, zone: town, capacity: 3 万m3/d}
  springs: {type: river_intake, zone: town, capacity: 3 万m3/d}
works:
  fork: {type: junction}
links:
  rain_farm: {from: rain, to: farm}
  rain_green: {from: rain, to: green}
  wells_fork: {from: wells, to: fork}
  springs_fork: {from: springs, to: fork}
  canal_fork: {from: canal, to: fork}
  fork_farm: {from: fork, to: farm}
  fork_other: {from: fork, to: other}
demands:
  farm: {type: industry, zone: town, need: 4 万m3/d}
  other: {type: industry, zone: town, need: 36 万m3/d}
  green: {type: industry, zone: town, need: 0.2 万m3/d}
priorities:
  - {demands: [farm, other, green], sharing: equal_share}
reserve: {mode: none}
"""


@pytest.fixture
def valley(tmp_path: Path) -> Path:
    path = tmp_path / "valley.yaml"
    path.write_text(VALLEY, encoding="utf-8")
    return path


def test_the_cause_serves_all_with_the_smallest_change(valley: Path) -> None:
    """Of limits that remove as much, the cause is the one that has to be raised by the smallest share.

    Wells and springs are nearer to the user and would have to be raised by ten times the share of the canal.
    """
    told = explain(api.load(valley), "farm", "2001-01")
    assert told.cause is not None and told.cause.path == "sources.canal.conveyance"
    assert told.tied == ()
    assert told.as_much == ("sources.wells.conveyance", "sources.springs.conveyance")
    assert told.held[-1].path == "sources.rain.hydrology"
    change = {relief.paths[0]: relief.change for relief in told.reliefs}
    # an independent run: the rise that is told, in the model, leaves the farm without shortage; a smaller one does not
    for path, rise in list(change.items())[:3]:
        assert rise is not None
        for share, enough in ((rise * 1.001, True), (rise * 0.9, False)):
            run = api.load(valley, [f"{path.removesuffix('.conveyance')}.capacity*={1.0 + share!r}"]).run()
            short = (
                run["water_shortage"]
                .sel(time=told.date)
                .values[0, 0, run["demand_id"].values.tolist().index("farm")]
            )
            assert (float(short) < 1e-6) == enough, (path, share, short)
    # by hand: 40.2 a day are needed and 36.1 there; the canal gives 30 of them
    assert change["sources.canal.conveyance"] == pytest.approx(4.1 / 30.0)
    zh, en = ("\n".join(sentences(told, Labels(), tongue)) for tongue in ("zh", "en"))
    assert "起约束作用的是canal取水能力（工程能力" in zh
    assert "canal取水能力所需提高的幅度最小" in zh and "canal: intake capacity needs the smallest rise" in en


def test_limits_of_the_same_size_are_named_as_ties(valley: Path) -> None:
    told = explain(
        api.load(valley, ["sources.canal.capacity=12 万m3/d", "sources.wells.capacity=12 万m3/d",
                          "sources.springs.capacity=12.05 万m3/d"]),
        "farm", "2001-01",
    )  # fmt: skip
    paths = {f"sources.{name}.conveyance" for name in ("canal", "wells", "springs")}
    assert set(told.tied) == paths and told.cause is not None and told.cause.path in paths
    text = sentences(told, Labels(), "zh")[1]
    assert "以下 3 项" in text and all(name in text for name in ("canal", "wells", "springs"))
    assert "these 3" in sentences(told, Labels(), "en")[1]


def test_a_quota_that_is_used_up_has_no_storage() -> None:
    for override, words in (([], "2001-08-01用尽"), (["quotas.q_river.volume=0 万m3/yr"], "指标为零")):
        case = api.load(LIBRARY / "quota_reserve.yaml", ["reserve.mode=none", *override])
        told = explain(case, "residents", "2001-10")
        assert told.held[0].kind == "quota"
        text = "\n".join(sentences(told, Labels(), "zh"))
        assert words in text and "蓄水" not in text, text


@pytest.mark.parametrize("time", ["2031-05", "1890-05"])
def test_of_a_time_outside_the_record_its_range_is_told_and_no_nearest_name(
    tmp_path: Path, time: str
) -> None:
    path = tmp_path / "run.nc"
    netcdf.write(api.load(LIBRARY / "one_source.yaml").run(), path)
    with netcdf.open_result(path) as run:
        first, last = (str(run["time"].values[k].astype("datetime64[M]")) for k in (0, -1))
    for language, expected in (
        ("en", f"a time from {first} to {last}"),
        ("zh", f"{first} 至 {last} 之间的时间"),
    ):
        arguments = ["explain", str(path), "--demand", "people", "--time", time, "--lang", language]
        answer = CliRunner().invoke(app, arguments)
        assert answer.exit_code == 2
        assert expected in answer.stderr
        assert "did you mean" not in answer.stderr and "是否为" not in answer.stderr
