"""``waterbal capacity`` as its users meet it: the verdict, the file, and what is said about bad input."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

from tests.capacitykit import CAPACITY, STUDY, TOWN, own_names, town, write
from waterbal.api import load
from waterbal.capacity.limit_names import limit_label
from waterbal.capacity.limits import LimitPath

QUICK = ("--audit", "3")


@pytest.fixture(autouse=True)
def _wide(monkeypatch):
    """Tables and sentences are not broken."""
    monkeypatch.setenv("COLUMNS", "220")


def test_verdict_of_a_model_in_both_languages(cli, tmp_path):
    path = town(tmp_path)
    code, out, err = cli("capacity", path, *QUICK, "--lang", "en", "-o", tmp_path / "c.nc")
    assert (code, err) == (0, "")
    first = [line for line in out.splitlines() if line.strip()][1]
    assert first.startswith("Note: the people, farmland and production of the plan are assumed")
    assert "166.6 % of the plan" in " ".join(out.split())
    code, zh, _ = cli("capacity", path, *QUICK, "--lang", "zh")
    assert code == 0
    assert "说明：规划的人口、耕地、产业规模为假定值" in zh
    assert "人口 66.6" in zh
    assert "万人" in zh


def test_a_plan_that_is_found_is_not_called_assumed(cli, tmp_path):
    more = CAPACITY.replace(
        "value_added: 50 亿元", "value_added: {value: 50 亿元, source: gazette, grade: found}"
    )
    body = TOWN.replace("people: 40 万人", "people: {value: 40 万人, source: gazette, grade: found}")
    code, out, _ = cli("capacity", town(tmp_path, more, body), *QUICK, "--lang", "en")
    assert code == 0
    assert "are assumed" not in out


def test_the_file_holds_what_is_printed(cli, tmp_path):
    town(tmp_path)
    study = write(tmp_path, STUDY, "study.yaml")
    code, out, _ = cli("capacity", study, *QUICK, "--json", "-o", tmp_path / "c.nc", "--alone", "people")
    assert code == 0
    told = json.loads(out)
    with xr.open_dataset(tmp_path / "c.nc") as kept:
        values = {(str(s), str(d)): v for s, row in zip(kept["scenario_id"].values.astype(str),
                  kept["capacity_scale"].values, strict=True)
                  for d, v in zip(kept["direction_id"].values.astype(str), row, strict=True)}  # fmt: skip
        for line in told["capacities"]:
            value = values[line["scenario"], line["direction"]]
            assert line["scale"] == pytest.approx(value) if line["scale"] is not None else np.isnan(value)
        assert kept.attrs["waterbal_version"]
        assert "river" in kept.coords
        alone = kept["capacity_scale_alone"].values
        at = list(kept["direction_id"].values.astype(str)).index("people")
        np.testing.assert_allclose(alone[0, at], [2.0], atol=1e-3)
    # an earlier capacity may be replaced, other files may not
    code, _, _ = cli(
        "capacity", study, "--along", "people", "--audit", "0", "-o", tmp_path / "c.nc", "-q", "--no-details"
    )
    assert code == 0
    code, _, err = cli("capacity", study, "-o", tmp_path / "study.yaml")
    assert code == 2
    assert "cannot write" in err


@pytest.mark.parametrize(
    ("more", "problems"),
    [
        (
            CAPACITY.replace("[residential]", "[residental]"),
            ["'residental' is not a demand", "did you mean 'residential'"],
        ),
        (CAPACITY + "  directions: {none: {along: {people: 0}}}\n", ["no driver grows along this direction"]),
        (
            CAPACITY + "  directions: {odd: {along: {peple: 1}, judged_by: [mills]}}\n",
            ["'peple' is not a driver", "'mills' is not"],
        ),
        (CAPACITY + "  limits: {x: {driver: people}}\n", ["a limit has either at_most or at_least"]),
        (
            CAPACITY + "  requirements: {x: {of: [homes], zones: [twn], annual: 0.5}}\n",
            ["'twn' is not a zone"],
        ),
        (
            CAPACITY + "  requirements: {x: {of: [homes]}}\n",
            ["a requirement has annual, step, depth or step_depth"],
        ),
        (CAPACITY + "  groundwater: {river: {deepest: 5 m}}\n", ["'river' is not an aquifer"]),
        (CAPACITY.replace(", value_added: 50 亿元", ""), ["no people, value added or area to count"]),
        (CAPACITY.replace("[industry]", "[residential]"), ["grows with 'people' already"]),
        ("", ["the model does not say what grows"]),
    ],
)
def test_bad_sections_are_told_with_their_place(cli, tmp_path, more, problems):
    path = town(tmp_path, more)
    code, out, err = cli("capacity", path)
    assert code == 3, err
    assert out == ""
    assert "Traceback" not in err
    for problem in problems:
        assert problem in err
    if more:
        assert f"{path}:" in err


def test_bad_requests_are_refused_before_the_work(cli, tmp_path):
    town(tmp_path)
    study = write(tmp_path, STUDY, "study.yaml")
    for arguments, code, text in (
        (("--along", "peple"), 2, "--along: there is no direction 'peple'"),
        (("--focus", "land"), 2, "--focus: there is no direction 'land'"),
        (("--tolerance", "0"), 2, "a tolerance of 0"),
        (("--audit", "-1"), 2, "cannot be tried"),
        (("--realizations", "0"), 2, "0 realizations"),
        (("--realizations", "5"), 2, "realizations are asked for"),
        (("--only", "river=none"), 2, "has no value 'none'"),
        (("--budget", "10"), 2, "below the cheapest measure"),
    ):
        got, out, err = cli("capacity", study, *QUICK, *arguments)
        assert (got, out) == (code, ""), (arguments, err)
        assert text in err


def test_a_plan_missing_in_a_year_is_told(cli, tmp_path):
    body = TOWN.replace("people: 40 万人", "people: {2001: 40 万人, 2002: 50 万人}")
    code, _, err = cli("capacity", town(tmp_path, body=body))
    assert code == 3
    assert "demands.homes.people" in err
    assert "2003" in err
    nobody = TOWN.replace("people: 40 万人", "people: 0 万人")
    code, _, err = cli("capacity", town(tmp_path, body=nobody))
    assert code == 3
    assert "the plan has none of 'people' in 2003" in err


def test_measures_are_checked_like_scenarios(cli, tmp_path):
    town(tmp_path)
    bad = STUDY.replace("demands.homes.norm: 0.8", "demands.houses.norm: 0.8").replace(
        "{sources.river.capacity: 12 万m3/d}", "{}"
    )
    code, _, err = cli("capacity", write(tmp_path, bad, "study.yaml"))
    assert code == 3
    assert "houses" in err
    code, _, err = cli(
        "capacity", write(tmp_path, STUDY.replace("lead_years: 2", "requires: [dam]"), "study.yaml")
    )
    assert code == 3
    assert "'dam' is not a measure" in err


def test_more_is_told_of_the_baseline_and_kept_in_the_same_file(cli, tmp_path):
    from waterbal import starter

    starter.copy(tmp_path / "city")
    study, target = tmp_path / "city" / "scenarios.yaml", tmp_path / "c.nc"
    only = ("--only", "horizon=2035,works=as_is,saving=none,climate=record", "--realizations", "2")
    extras = ("--with", "balances", "--with", "bound", "--with", "frontier")
    code, out, err = cli("capacity", study, *only, *extras, "--audit", "0", "--no-details", "-o", target)
    assert code == 0, err
    for text in ("Upper bound", "first balance", "reversed", "Carried together"):
        assert text in out
    with xr.open_dataset(target) as kept:
        assert own_names(kept) == {"horizon", "works", "saving", "climate"}
        assert float(kept["bound_scale"]) >= float(kept["bound_simulated"]) - 1e-3
        need, supply, gap = (
            kept[f"balances_water_{v}"].sum(("balances_zone", "balances_sector"))
            for v in ("demand", "supply", "shortage")
        )
        np.testing.assert_allclose(need - supply, gap, atol=1e-6 * float(need.max()))
    code, _, err = cli("capacity", study, "--with", "fronteir")
    assert code == 2
    assert "did you mean 'frontier'" in err
    code, _, err = cli("capacity", study, *only, "--audit", "0", "--no-details", "--with", "load")
    assert code == 3
    assert "which quota is W0" in err


def test_where_it_is_not_the_water_that_limits_relief_says_so(cli, tmp_path):
    more = (
        CAPACITY + "  limits: {crowd: {name: {zh: 人口上限, en: most people}, driver: people, at_most: 50}}\n"
    )
    town(tmp_path, more)
    study = write(tmp_path, STUDY, "study.yaml")
    code, out, err = cli("capacity", study, *QUICK, "--lang", "en", "--focus", "people", "--along", "people")
    assert (code, err) == (0, "")
    assert "What limits the scale is not water but most people" in out


CEILING = """\
schema_version: 1
model: model.yaml
name: {zh: 情景, en: Scenarios}
provenance: {source: worked example, grade: assumed}
axes: {river: {values: {full: {}}}}
baseline: {river: full}
measures:
  gate: {name: {zh: 扩闸, en: larger gate}, set: {sources.river.capacity: 12 万m3/d}, cost: 100 万元/yr}
  wide: {name: {zh: 大闸, en: largest gate}, set: {sources.river.capacity: 14 万m3/d}, cost: 300 万元/yr}
  pipe:
    name: {zh: 扩管, en: larger pipe}
    set: {sources.river.capacity: 12 万m3/d, links.river_homes.capacity: 100 万m3/d}
    cost: 900 万元/yr
"""


def test_measures_that_end_at_one_ceiling_name_the_limit_that_is_then_worth_most(cli, tmp_path):
    """Homes take 4 x scale, the mill 2: the river of 10 ends at 2; with more river the pipe of 8.4 ends at 2.1."""
    body = TOWN.replace(
        "{from: river, to: homes}", "{from: river, to: homes, capacity: 8.4 万m3/d, name: {zh: 管, en: pipe}}"
    )
    town(tmp_path, body=body)
    study = write(tmp_path, CEILING, "study.yaml")
    asked = ("capacity", study, *QUICK, "--along", "people", "--next-limits", "3", "--budget", "350")
    code, out, err = cli(*asked, "--lang", "en", "-o", tmp_path / "c.nc")
    assert (code, err) == (0, "")
    with xr.open_dataset(tmp_path / "c.nc") as kept:
        ids = kept["measure_id"].values.astype(str).tolist()
        change = dict(zip(ids, kept["relief_change"].values.tolist(), strict=True))
        limits = dict(zip(ids, kept["relief_next_limit_id"].values.astype(str).tolist(), strict=True))
        worth = dict(zip(ids, kept["relief_next_limit_worth"].values.tolist(), strict=True))
    assert change["gate"] == pytest.approx(0.1, abs=2e-3)
    assert change["pipe"] == pytest.approx(0.5, abs=2e-3)
    pipe = "links.river_homes.capacity"
    assert limits == {"gate": pipe, "wide": pipe, "pipe": "sources.river.conveyance"}
    assert 0.5 * 0.021 < worth["gate"] <= 0.021 + 1e-3  # 1 % of 8.4 over 4
    assert (
        "Each alone, larger gate, largest gate end at the same ceiling of 2.100: what binds then is pipe: capacity."
        in out
    )
    rows = [
        line for line in out.splitlines() if line.split()[:2] in (["larger", "gate"], ["largest", "gate"])
    ]
    assert all(line.rstrip().endswith("homes guarantee rate (pipe: capacity)") for line in rows)
    assert len(rows) == 2
    assert (
        "what binds next: homes guarantee rate (pipe: capacity)" in out
    )  # of the best set within the budget
    assert "demands.homes" not in out.split("Conditions")[0]
    code, zh, _ = cli(*asked, "--lang", "zh")
    assert "扩闸、大闸单独采取时都止于 2.100" in zh
    assert "管·能力" in zh


def test_limits_of_elements_without_a_name_are_called_after_what_they_serve(cli, tmp_path):
    """As all else that is told of such elements: a link by its ends, a quota by what it caps."""
    body = TOWN.replace("type: river_intake", "name: {zh: 黄河, en: Yellow River}, type: river_intake")
    body = body.replace("{from: river, to: homes}", "{from: river, to: homes, capacity: 8.4 万m3/d}")
    body = body.replace("type: residential", "name: {zh: 居民, en: residents}, type: residential")
    body += "quotas: {river_permit: {of: [river], volume: 3000 万m3/yr, reset_month: 1}}\n"
    path = town(tmp_path, body=body)
    assert cli("capacity", path, *QUICK, "--along", "people", "-o", tmp_path / "c.nc")[0] == 0
    with xr.open_dataset(tmp_path / "c.nc") as kept:
        ids = kept["limit_id"].values.astype(str).tolist()
        names = kept["limit_name_zh"].values.astype(str).tolist()
        assert kept.attrs["title_zh"] == "算例：水资源承载能力"
    assert dict(zip(ids, names, strict=True))["quotas.river_permit.volume"] == "黄河取水许可·指标"
    config = load(path).loaded.config
    pipe = limit_label(config, LimitPath("links", "river_homes", "capacity"))
    assert (pipe.zh, pipe.en) == ("黄河 → 居民·能力", "Yellow River → residents: capacity")


def test_status_5_where_the_requirements_cannot_be_met_after_all_is_written(cli, tmp_path):
    """The mill alone takes 2 of a river of 1: with no people at all it goes short."""
    target = tmp_path / "c.nc"
    path = town(tmp_path, body=TOWN.replace("capacity: 10", "capacity: 1"))
    code, out, _ = cli(
        "capacity", path, *QUICK, "--along", "people", "--no-details", "-o", target, "--lang", "en"
    )
    assert code == 5
    assert "no scale is carried for people" in " ".join(out.split())
    with xr.open_dataset(target) as kept:
        assert np.isnan(kept["capacity_scale"].values).all()
    assert cli("capacity", path, *QUICK, "--along", "mix", "--no-details")[0] == 0  # half of both is carried


def test_status_5_where_only_none_of_it_is_carried(cli, tmp_path):
    """People come last of a river that the mill takes all of: it holds with none of them, and with no more."""
    target = tmp_path / "c.nc"
    path = town(tmp_path, body=TOWN.replace("capacity: 10", "capacity: 2"))
    code, _, _ = cli("capacity", path, *QUICK, "--along", "people", "--no-details", "-o", target)
    assert code == 5
    with xr.open_dataset(target) as kept:
        assert kept["capacity_scale"].values.tolist() == [[0.0]]


def test_a_budget_that_buys_nothing_is_refused_before_anything_is_searched(cli, tmp_path, monkeypatch):
    from waterbal.capacity import assessment

    def searched(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(assessment, "_survey", searched)
    town(tmp_path)
    text = STUDY.replace("cost: 50 万元/yr", "cost: 50 万元/yr, requires: [gate]")  # which costs 300
    study = write(tmp_path, text, "study.yaml")
    for budget in ("99", "0", "-5"):
        code, _, err = cli("capacity", study, f"--budget={budget}", "--lang", "en")
        assert code == 2
        assert "expected at least 100, the cost of 'saving'" in err
    with pytest.raises(AssertionError):
        assessment.assess(study, (), assessment.Demand(budget=100.0))


def test_scales_that_fit_are_printed(cli, tmp_path):
    """Published needs of 14590.38 and a supply of 14400 after all measures, or farms short of a fifth."""
    from tests import balancekit

    balancekit.study(tmp_path)
    target = tmp_path / "scenarios.yaml"
    scales = {"no gap in any year": 14400 / 14590.384615,
              "all requirements hold": 14400 / (14590.384615 - 0.2 * 9000 * 0.55 / 0.65)}  # fmt: skip
    options = ("--with", "balances", "--no-details", "--audit", "0", "--along", "mix")
    code, out, err = cli("capacity", target, *options, "--lang", "en")
    assert code == 0, err
    for words, scale in scales.items():
        line = next(line for line in out.splitlines() if words in line)
        assert float(line.split(words)[1].split()[0]) == pytest.approx(scale, abs=1.5e-3)
        assert "people" in line
    _, zh, _ = cli("capacity", target, *options, "--lang", "zh")
    line = next(line for line in zh.splitlines() if "各年均不缺水" in line)
    assert float(line.split("各年均不缺水")[1].split()[0]) == pytest.approx(14400 / 14590.384615, abs=1.5e-3)


def test_all_that_is_wrong_with_options_is_told_together(cli, tmp_path):
    town(tmp_path)
    study = write(tmp_path, STUDY, "study.yaml")
    wrong = ("--with", "frontir", "--along", "peple", "--focus", "fst", "--only", "rivr=full")
    code, _, err = cli("capacity", study, *wrong, "--risk-realizations=-1", "--lang", "en")
    assert code == 2
    for word in ("'frontir'", "'peple'", "'fst'", "'rivr'", "--risk-realizations"):
        assert err.count(word) == 1, (word, err)
    assert "5 problems" in err
