"""Studies of sampled inputs: the answer is that of all samples, and one sample is called one."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

import waterbal
from tests import capacitykit as kit
from waterbal.capacity.assessment import Demand, assess
from waterbal.capacity.samples import ends, quantile
from waterbal.report import capacity_tornado
from waterbal.report.capacity import Verdict

SAMPLING = """\
sampling:
  size: SIZE
  seed: 3
NOMINAL  factors:
    water: {name: {zh: 来水, en: water}, set: sources.river.capacity, unit: 万m3/d, low: 8, high: 12}
    loss: {name: {zh: 漏损率, en: loss}, set: demands.homes.network_loss, low: 0.06, high: 0.14}
    norm: {name: {zh: 定额, en: norm}, times: demands.homes.norm, low: 0.9, high: 1.1}
"""
HEAD, MEASURES = kit.STUDY.split("axes:")[0], kit.STUDY.split("measures:")[1].split("  gate:")[0]
AXES = """\
axes:
  mill:
    values:
      small:
      large: {set: {demands.mill.need: 6 万m3/d}}
baseline: {mill: small}
"""


def write(folder, size=5, nominal=False):
    kit.town(folder)
    own = SAMPLING.replace("SIZE", str(size)).replace("NOMINAL", "  nominal: true\n" if nominal else "")
    return kit.write(folder, HEAD + AXES + own + "measures:" + MEASURES, "scenarios.yaml")


def carried(found, k):
    """Scale of the plan [-]: 1e4 m3/d of the river over what homes and mill need."""
    mill = {"small": 2.0, "large": 6.0}[str(found["mill"].values[k])]
    homes = 4.0 * float(found["norm"].values[k]) / (1.0 - float(found["loss"].values[k]))
    return float(found["water"].values[k]) / (homes + mill)


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """A study of two answers with five samples each, searched once, and what is printed of it."""
    from typer.testing import CliRunner

    from waterbal.cli.main import app

    folder = tmp_path_factory.mktemp("samples")
    asked = ["capacity", str(write(folder)), "--along", "mix", "--audit", "1", "--with", "sensitivity",
             "--no-details", "--risk-realizations", "0", "-o", str(folder / "c.nc")]  # fmt: skip
    said = CliRunner().invoke(app, [*asked, "--lang", "en"], env={"COLUMNS": "250"})
    assert said.exit_code == 0, said.output
    return folder, said.output


def test_the_headline_is_that_of_all_samples(searched):
    folder, out = searched
    with xr.open_dataset(folder / "c.nc") as found:
        assert kit.own_names(found) == {"loss", "mill", "norm", "water"}
        found = found.assign_coords(mill=found["mill"].astype(str))
        small = [k for k in range(10) if found["mill"].values[k] == "small"]
        assert len(small) == 5
        scales = np.sort([carried(found, k) for k in small])
        large = np.sort([carried(found, k) for k in range(10) if k not in small])
        for name, place in (("median", 2), ("low", 0), ("high", 4)):
            told = found[f"samples_{name}"].values[:, 0]
            assert told[small] == pytest.approx([scales[place]] * 5, abs=1.5e-3)
            assert told[[k for k in range(10) if k not in small]] == pytest.approx(
                [large[place]] * 5, abs=1.5e-3
            )
        assert found["samples_count"].values.tolist() == [5] * 10
        assert found["samples_short"].values[5, 0] == (large < 1.0).sum()
        assert found.attrs["baseline_sample"] == 1
        own = float(found["capacity_scale"].values[small[0], 0])
        low, middle, high = (
            100 * float(found[f"samples_{p}"].values[0, 0]) for p in ("low", "median", "high")
        )
    assert abs(own - middle / 100) > 0.05  # one sample says something else
    headline = next(line for line in out.splitlines() if line.startswith("Verdict"))
    assert f"{middle:.1f} % of the plan: the median of 5 samples" in headline
    assert f"smallest to largest {low:.1f} % to {high:.1f} %; in 0 of them" in headline
    assert f"are of sample 1 alone: all together {100 * own:.1f} % of the plan" in out
    with waterbal.open_result(folder / "c.nc") as result:
        assert f"median of 5 samples: {middle:.1f}% of the plan" in repr(result.waterbal)


@pytest.mark.parametrize(
    ("language", "lead", "one"),
    [
        (
            "zh",
            "结论：在所列条件下，同步增长可承载规划的 {} %：为 5 个不确定参数样本的中位数",
            "参数样本 1：",
        ),
        ("en", "carries, for all together, {} % of the plan: the median of 5 samples", "sample 1: "),
    ],
)
def test_the_page_leads_with_all_samples(searched, language, lead, one):
    from waterbal.report.material import opened
    from waterbal.report.page import verdict
    from waterbal.report.page.subject import Subject

    folder, _ = searched
    with opened([folder / "c.nc"]) as material:
        blocks = verdict.section(Subject(material, language, ["c.nc"])).blocks
        median = 100 * float(material.capacities[0]["samples_median"].values[0, 0])
    leading = next(block for block in blocks if getattr(block, "tone", "") == "lead")
    assert lead.format(f"{median:.1f}") in leading.lines[0]
    card = next(block for block in blocks if hasattr(block, "states")).states[0]
    assert (card.name, f"{median:.1f} %" in card.word) == ("2003", True)
    assert any(line.startswith(one) for line in card.lines)


def test_a_range_of_values_is_no_multiplier(searched):
    _, out = searched
    rows = {line.split()[1]: line for line in out.splitlines() if line.split()[:1] in (["1"], ["2"], ["3"])}
    assert " 8–12 万m3/d " in rows["water"]
    assert " 0.06–0.14 " in rows["loss"]
    assert "×" not in rows["loss"]
    assert " × 0.9–1.1 " in rows["norm"]
    assert capacity_tornado.range_text(0.9, 1.1, "", "en") == "0.9–1.1"  # an older file does not say which


@pytest.mark.parametrize("lost", ["sensitivity_input_moves_plan", "sensitivity_input_at_low"])
def test_a_tornado_of_an_older_file_is_left_out_and_it_is_said(searched, lost):
    folder, _ = searched
    with waterbal.open_result(folder / "c.nc") as found:
        older = found.drop_vars(lost).load()
    assert capacity_tornado.tables(older, "zh") == []
    assert capacity_tornado.notes(older, "zh")[0].startswith("不确定参数表从略")
    del older.attrs["sensitivity_tolerance"]
    assert capacity_tornado.notes(older, "en")[0].startswith("The table of uncertain inputs is left out")


def test_of_a_model_as_it_is_and_its_samples_only_those_drawn_count(tmp_path, cli):
    path = write(tmp_path, 2, nominal=True)
    more = ("--only", "mill=small", "--along", "mix", "--audit", "1", "--no-details", "--json")
    code, out, _ = cli("capacity", path, *more, "-o", tmp_path / "c.nc")
    assert code == 0
    told = json.loads(out)
    scales = {one["scenario"]: one["scale"] for one in told["capacities"]}
    drawn = [scale for id, scale in scales.items() if not id.endswith("s0")]
    own = told["samples"]["small-s0"]["mix"]
    assert (own["count"], own["low"], own["high"]) == (2, min(drawn), max(drawn))
    assert own["median"] == pytest.approx(np.mean(drawn), rel=1e-12)
    assert told["baseline"] == "small-s0"


def test_one_sample_says_that_it_is_one_and_the_model_as_it_is_says_nothing(searched):
    folder, _ = searched
    with waterbal.open_result(folder / "c.nc") as found:
        one = (
            found.isel(scenario=[0])
            .drop_vars([n for n in found.data_vars if n.startswith("samples_")])
            .load()
        )
    assert "This is the answer of sample 1 alone" in " ".join(Verdict(one, "en").lines())
    one["sample"].values[:] = 0
    assert not [line for line in Verdict(one, "en").lines() if "sample" in line]


def test_quantiles_stand_on_order_statistics_and_survive_what_is_no_number():
    values = np.random.default_rng(1).normal(size=199)
    for share in (0.05, 0.5, 0.95):
        assert quantile(values, share) == np.sort(values)[round(200 * share) - 1]
    assert ends(19) == (0.05, 0.95)
    assert ends(18) == (0.0, 1.0)
    assert quantile(np.array([0.0, np.inf, np.inf]), 0.5) == np.inf
    assert quantile(np.array([0.5, np.inf]), 0.5) == np.inf
    assert quantile(np.array([0.0, 1.0, np.inf]), 0.5) == 1.0


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("zh", "概率 33 % 是各水文样本单独按自身 3 年判别、承载不了规划的样本所占比例；可承载规划的 {} %"),
        (
            "en",
            "33 % is the share of records that, each judged alone over its own 3 years, do not carry the plan",
        ),
    ],
)
def test_why_a_probability_and_a_capacity_need_not_agree(searched, language, told):
    folder, _ = searched
    with waterbal.open_result(folder / "c.nc") as found:
        three = found.drop_vars([name for name in found.variables if name.startswith("sample")]).load()
    assert not any(
        "judged alone" in line for line in Verdict(three, "en").lines()
    )  # one record: nothing to explain
    three.attrs["realizations"] = 3
    three["exceedance_probability"][:] = 1 / 3
    line = next(line for line in Verdict(three, language).lines() if "33 %" in line)
    scale = float(three["capacity_scale"].values[0, 0])
    assert told.format(f"{100 * scale:.1f}") in line
    assert f"{100 * scale:.1f} %" in line


def test_what_is_told_of_one_sample_is_of_one_sample(tmp_path):
    """Risk and plans on a frontier are of the sample that limits are told of, here the first of four."""
    text = write(tmp_path, 4).read_text(encoding="utf-8")
    crowd = "    crowd: {name: {zh: 人口, en: crowd}, times: demands.homes.people, low: 0.8, high: 1.2}\nmeasures:"
    planned = ", ".join(f"{year}: {{set: {{time.planning_year: {year}}}}}" for year in (2029, 2030))
    horizon = f"  horizon: {{values: {{{planned}}}}}\n"
    years = AXES.replace("axes:\n", "axes:\n" + horizon)
    text = text.replace("measures:", crowd).replace(
        AXES, years.replace("{mill: small}", "{horizon: 2030, mill: small}")
    )
    found = assess(
        kit.write(tmp_path, text, "scenarios.yaml"),
        (),
        Demand(extras=("risk", "frontier"), details=False, focus="mix"),
    )
    base = [str(id) for id in found["scenario_id"].values].index(str(found.attrs["baseline"]))
    own = float(
        found["capacity_scale"].values[base, [str(d) for d in found["direction_id"].values].index("mix")]
    )
    others = found["samples_low"].values[base], found["samples_high"].values[base]
    assert np.ptp(others) > 0.02  # else the test says nothing
    year = [str(y) for y in found["risk_horizon"].values].index("2030")
    assert float(found["risk_realization_scale"].values[year, 0]) == pytest.approx(own, abs=1e-2)
    plan = found["frontier_plan_amount"].values[[str(y) for y in found["frontier_plan"].values].index("2030")]
    assert plan == pytest.approx(found["plan_amount"].values[base])


def test_inputs_that_are_drawn_together_are_said_to_be(tmp_path):
    path = write(tmp_path, 2, nominal=True)
    pair = "  correlations: [{of: [water, norm], correlation: 0.6}]\n"
    path.write_text(path.read_text().replace("  factors:\n", pair + "  factors:\n"))
    found = assess(
        path, (), Demand(details=False, extras=("sensitivity",), focus="mix", only=("mill=small",))
    )
    told = found.attrs["sensitivity_leading_en"].splitlines()[-1]
    assert told.startswith("water and norm (rank correlation 0.6) are drawn together")
    assert "来水与定额（秩相关 0.6）" in found.attrs["sensitivity_leading_zh"]
