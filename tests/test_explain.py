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
