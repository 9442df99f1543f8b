"""Scenario files of the Jinan start-up area and of the starter model: sound, sourced, with the effects they name."""

from __future__ import annotations

import csv
import json
import time
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import yaml

from waterbal import starter
from waterbal.model.rows import Rows
from waterbal.scenarios.study import Study, load

FOLDER = Path(__file__).parent.parent / "scenarios" / "jinan"
FILES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
SIZES = {
    "core": 54,
    "full": 1458,
    "uncertainty": 2 * 129,
    "outages": 32,
    "typical_years": 9,
    "sensitivity": 3,
}


@lru_cache
def study(name: str) -> Study:
    return load(FOLDER / f"{name}.yaml", check=name in ("core", "outages", "typical_years"))


def find(name: str, **values: Any) -> int:
    """Number of the scenario that has some values and otherwise those of the baseline."""
    made = study(name)
    wanted = {**made.scenarios[made.baseline or 0].values, **values}
    return next(s.number for s in made.scenarios if s.values == wanted and s.sample in (None, 0))


@lru_cache
def _rows(name: str, number: int) -> Rows:
    return study(name).case(number).rows()


def rows(name: str, **values: Any) -> Rows:
    return _rows(name, find(name, **values))


def gross(lowered: Rows, kind: str) -> float:
    return float(sum(row.gross.sum() for row in lowered.demands if row.kind == kind))


def content(row: Any) -> dict[str, Any]:
    """Every number of a row, to the last bit."""
    return {k: v.tobytes() if isinstance(v, np.ndarray) else repr(v) for k, v in vars(row).items()}


def quota(lowered: Rows, id: str) -> np.ndarray:
    return next(row.volume for row in lowered.quotas if row.id == id)


def test_the_inputs_of_the_tornado_are_those_of_the_samples_with_the_ranges_of_the_table():
    """Read from the table by other code; the scenario is the baseline of the core set, water for water."""
    with (FOLDER.parent.parent / "configs" / "jinan" / "parameters.csv").open(encoding="utf-8") as file:
        table = {row["key"]: row for row in csv.DictReader(file)}
    own = {factor.id: factor for factor in study("sensitivity").factors}
    assert set(own) == {factor.id for factor in study("uncertainty").factors}
    for id, factor in own.items():
        for change, margin in factor.targets:
            assert margin.source, id
            assert margin.grade == "assumed", id
            if id != "population":
                row = table[change.path.removeprefix("parameters.")]
                assert (margin.low, margin.high) == (float(row["low"]), float(row["high"]))
                assert (margin.unit, margin.source) == (row["unit"], row["source"])
    core = rows("core", horizon=2035, works="taiping", cut="normal", saving="current")
    alone = rows("sensitivity", horizon=2035)
    for section in ("demands", "links", "nodes", "stores", "quotas", "sources"):
        pairs = zip(getattr(core, section), getattr(alone, section), strict=True)
        assert all(content(one) == content(other) for one, other in pairs), section


def test_every_file_is_known_and_has_its_size():
    assert set(FILES) == set(SIZES)
    for name, size in SIZES.items():
        assert len(study(name).scenarios) == size, name
        assert study(name).baseline is not None, name
    assert len(study("core").scenarios) <= 60


def test_the_whole_product_is_sound_and_checked_in_seconds():
    before = time.process_time()
    made = load(FOLDER / "full.yaml")
    assert len(made.scenarios) == 1458
    assert time.process_time() - before < 60.0  # about 5 s on one core of a laptop


@pytest.mark.parametrize("name", FILES)
def test_labels_are_in_both_languages(name):
    for axis in study(name).axes:
        assert any("\u4e00" <= letter <= "\u9fff" for letter in axis.name.zh), axis.id
        for value in axis.values:
            if isinstance(value.value, str):
                assert any("\u4e00" <= letter <= "\u9fff" for letter in value.name.zh), value.value
                assert value.name.en.isascii(), value.value


@pytest.mark.parametrize("name", FILES)
def test_every_number_has_its_own_source(name):
    """What is set is a planning year, a year of construction, an event, or a number with source and grade."""
    plain = ("time.planning_year", "parameters.rs_taiping.from_year", "parameters.wt_daqiao_2.from_year")
    text = yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
    for id, axis in text["axes"].items():
        for key, value in axis["values"].items():
            inherited = (value or {}).get("provenance") or axis.get("provenance") or text.get("provenance")
            for path, given in ((value or {}).get("set") or {}).items():
                parts = list(given.values()) if path == "hydrology.delta" else [given]
                for part in parts:
                    own = isinstance(part, dict) and part.get("source") and part.get("grade")
                    assert own or inherited or path in plain, (id, key, path)
            assert inherited or not (value or {}).get("times"), (id, key)


def test_cuts_are_those_of_2016():
    normal, real, stress = (
        quota(rows("core", cut=cut), "q_yellow") for cut in ("normal", "cut_2016", "stress")
    )
    np.testing.assert_allclose(real / normal, 38685 / 56800, rtol=1e-3)
    np.testing.assert_allclose(stress / normal, 38685 / 68939, rtol=1e-3)
    number = study("core").loaded(find("core", cut="cut_2016")).model.quotas["q_yellow"].cut.constant
    assert (number.grade, number.source.split(":")[0]) == ("derived", "38,685 / 56,800 万m3")


def test_saving_takes_its_share_off_every_need():
    base, target, deep = (rows("core", saving=value) for value in ("current", "target", "deep"))
    for kind, low, high in (
        ("residential", 0.95, 0.88), ("public", 0.95, 0.88), ("industry", 0.92, 0.82), ("irrigation", 0.92, 0.82),
    ):  # fmt: skip
        assert gross(target, kind) / gross(base, kind) == pytest.approx(low, rel=1e-9), kind
        assert gross(deep, kind) / gross(base, kind) == pytest.approx(high, rel=1e-9), kind
    for kind in ("green", "lake_ecology", "river_ecology"):
        assert gross(deep, kind) == gross(base, kind)


def test_works_come_and_go():
    def taiping(lowered: Rows) -> float:
        return float(next(row for row in lowered.stores if row.id == "rs_taiping").capacity.max())

    def daqiao(lowered: Rows) -> float:
        row = next(row for row in lowered.nodes if row.id == "wt_daqiao")
        return float((row.capacity / lowered.axis.days)[0])

    assert taiping(rows("core", works="none")) == 0.0
    assert taiping(rows("core", works="taiping")) == pytest.approx(0.4 * 11800)
    assert daqiao(rows("full", works="taiping")) == pytest.approx(20 / 1.3)
    assert daqiao(rows("full", works="taiping_30")) == pytest.approx(30 / 1.3)
    assert taiping(rows("full", works="taiping_30", horizon=2025)) == 0.0


def test_reuse_and_transfer():
    def usable(lowered: Rows) -> float:
        return float(next(row for row in lowered.nodes if row.id == "rw_daqiao").usable[0])

    assert [usable(rows("full", reuse=value)) for value in (30, 60, 80)] == pytest.approx([0.3, 0.6, 0.8])
    assert quota(rows("full", transfer="none"), "yz_transfer_allotment").max() == 0.0
    assert quota(rows("full", transfer="plan"), "yz_transfer_allotment").max() == 1100.0


def test_climates_change_the_same_drawn_years():
    numbers = {name: find("full", climate=name) for name in ("record", "dry", "wet")}
    drawn = {name: study("full").case(number).ensemble.draw(7) for name, number in numbers.items()}
    for site, dry, wet in (("rain", 0.90, 1.05), ("et0", 1.06, 1.0), ("luokou", 0.85, 1.10)):
        np.testing.assert_allclose(drawn["dry"][site], dry * drawn["record"][site], rtol=1e-12)
        np.testing.assert_allclose(drawn["wet"][site], wet * drawn["record"][site], rtol=1e-12)


def test_realizations_are_the_same_in_every_scenario():
    one, other = study("core").case(0), study("core").case(53)
    for site, values in one.ensemble.draw(3).items():
        assert np.array_equal(values, other.ensemble.draw(3)[site])


def test_samples_stay_in_the_ranges_of_the_table():
    made = study("uncertainty")
    found = made.coordinates()
    for factor in made.factors:
        for change, margin in factor.targets:
            for scenario in made.scenarios[1:129:16]:
                edit = next(edit for edit in scenario.edits if edit.path == change.path)
                assert margin.low <= edit.value <= margin.high, change.path
    assert np.isnan(found["cap_total"][0]) and found["population"][0] == 1.0
    for number in (0, 1, 64, 128, 257):
        assert not made.draft.variant(made.scenarios[number].edits).issues


def test_outages_are_in_the_second_dry_year():
    made = study("outages")
    axis = made.case(0).rows().axis
    for number, scenario in enumerate(made.scenarios):
        outages = made.loaded(number).model.outages
        assert bool(outages) == (scenario.values["event"] != "none")
        for outage in outages.values():
            assert set(axis.year[outage.out(axis)]) == {1991}


def test_the_scenarios_of_the_starter_run_and_every_axis_matters(tmp_path):
    starter.copy(tmp_path / "city")
    made = load(tmp_path / "city" / "scenarios.yaml")
    assert len(made.scenarios) == 32
    base = made.scenarios[made.baseline]
    for axis in made.axes:
        for value in axis.values:
            if value.value == base.values[axis.id]:
                continue
            wanted = {**base.values, axis.id: value.value}
            other = next(scenario for scenario in made.scenarios if scenario.values == wanted)
            assert json.dumps(made.loaded(other.number).config) != json.dumps(made.loaded(base.number).config)


def test_the_remarks_of_the_starter_are_valid(tmp_path):
    """What stands there as a comment works when it is uncommented."""
    starter.copy(tmp_path / "city")
    path = tmp_path / "city" / "scenarios.yaml"
    text = path.read_text(encoding="utf-8")
    sampling = text[text.index("# sampling:") : text.index("# A value of an axis may")]
    bare = "\n".join(line.removeprefix("#").removeprefix(" ") for line in sampling.splitlines())
    path.write_text(text + "\n" + bare, encoding="utf-8")
    made = load(path, check=False)
    assert len(made.scenarios) == 32 * 64
    assert not made.draft.variant(made.scenarios[100].edits).issues
    listed = text[text.index("# scenarios:") : text.index("# sampling:")]
    bare = "\n".join(line.removeprefix("#").removeprefix(" ") for line in listed.splitlines())
    without = text.replace("exclude:\n  - {horizon: 2025, works: new_permit}\n", "")
    path.write_text(without + "\n" + bare, encoding="utf-8")
    assert [scenario.id for scenario in load(path).scenarios] == [
        "driest", "2025-as_is-none-record", "2030-as_is-none-record", "2035-as_is-none-record",
    ]  # fmt: skip
    outage = text[text.index("set: {outages:") :].splitlines()[0].removeprefix("set: ")
    path.write_text(
        text.replace("as_is: {name: {zh: 现状, en: as is}} ", f"as_is: {{set: {outage}}} "), encoding="utf-8"
    )
    made = load(path)
    assert list(made.loaded(0).model.outages) == ["break"]


@pytest.mark.parametrize(
    ("factor", "side", "scale"),
    [("yellow_quota", 0.0, 0.7607276916503907), ("taiping_share", 1.0, 0.7931396484375)],
)
def test_contradictions_between_large_bounds_in_the_last_digit_are_settled(factor, side, scale):
    """1985-11 was given up: a bound of 628 was widened by less than its last digit. 2006-11 never ended: a proof in
    which no user of the class occurred sent their water mark to 0, from where it came back."""
    from waterbal.capacity.tornado import Nominal, at_quantile
    from waterbal.capacity.trial import Ground
    from waterbal.scenarios import study

    uncertain = study.load(FOLDER / "uncertainty.yaml", check=False)
    number = next(s.number for s in uncertain.scenarios if s.values["horizon"] == 2035 and s.sample == 0)
    nominal = Nominal(uncertain, number, "people_first", 2)
    changed = next(own for own in nominal.factors if own.id == factor)
    ground = Ground(nominal.plain.case(0, edits=at_quantile(changed, side)), 2, stop=False)
    trial = ground.trial("people_first", np.array([scale]), np.array([1]))
    assert (trial.worst[0] > -np.inf).all()


@pytest.mark.parametrize("sample", ["2035-s41", "2035-s36"])
def test_what_rounding_makes_too_much_is_taken_from_what_is_foreseen_not_from_a_quota_that_is_used_up(sample):
    """In a December of these samples the transfer of the year is used up, and what is foreseen is 6e-10 too much."""
    from waterbal.network.simulate import simulate

    uncertain = load(FOLDER / "uncertainty.yaml", check=False)
    case = uncertain.case(next(s.number for s in uncertain.scenarios if s.id == sample))
    _, network = next(case.realizations(0, 1))
    simulation = simulate(network, np.array([0]))
    assert simulation.totals.status[0] == 0
    assert simulation.series["residual"].max() < 1e-11, (
        "the balance closes to 1e-9, with far more than that to spare"
    )
    assert (simulation.series["quota_left"] > -1e-11 * network.scale).all()


@pytest.mark.long
def test_the_table_of_what_the_answer_hangs_on_is_what_its_command_gives(cli, tmp_path):
    """The rows of 2035 in the page of the scenarios, by the command that stands above them."""
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    command = next(
        line for line in page.splitlines() if line.startswith("waterbal capacity") and "sensitivity" in line
    )
    words = command.replace("scenarios/jinan", str(FOLDER)).split()[1:]
    status, _, _ = cli(*words, "-o", tmp_path / "found.nc", "--quiet")
    assert status == 0
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines()]
    first = next(i for i, row in enumerate(rows) if row[:2] == ["2035", "0.377"])
    with xr.open_dataset(tmp_path / "found.nc") as found:
        for place, row in enumerate(rows[first : first + 3]):
            assert str(found["sensitivity_factor_name_zh"].values[place]) == row[2]
            for name, told in (("at_low", row[5]), ("at_high", row[6]), ("swing", row[7])):
                value = float(found[f"sensitivity_input_{name}"].values[place])
                assert abs(value - float(told)) <= 1.5e-3, (row[2], name)
