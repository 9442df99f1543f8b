"""Tables and plain data of a balance."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from tests.rowkit import Kit, random_rows
from tests.runkit import city, output
from waterbal.errors import DataError
from waterbal.report import balance
from waterbal.report.labels import BINDING_KEYS, LANGUAGES, WORDS, word
from waterbal.report.reserves import kept_reserves, kept_reserves_table
from waterbal.results import netcdf
from waterbal.results.dataset import Labels, Provenance, assemble
from waterbal.results.terms import BINDING, GUARANTEE, SECTORS, Term

LABELS = Labels(
    {"homes": Term("城镇居民", "Town households"), "river": Term("北河", "North River")},
    {"town": Term("城区", "Town"), "country": Term("乡村", "Country")},
    Term("示例城市", "Sample city"),
)


@pytest.fixture(scope="module")
def results():
    rows = city(36)
    return assemble(output(rows), rows, LABELS, Provenance(assumed=("a", "b")))


def text(results, language, width=80):
    stream = io.StringIO()
    balance.render(results, language, Console(file=stream, width=width))
    return stream.getvalue()


def test_chinese(results):
    told = text(results, "zh")
    for part in (
        "示例城市",
        "城镇居民",
        "北河",
        "城区",
        "农田灌溉",
        "需水量",
        "缺水率",
        "合计",
        "平衡残差",
        "万m³",
        "年保证率",
    ):
        assert part in told
    assert "2001-01-01 至 2003-12-31，3 个完整年" in told
    assert "2 个为假定值" in told


def test_english(results):
    told = text(results, "en")
    for part in (
        "Sample city",
        "Town households",
        "North River",
        "Irrigation",
        "Need",
        "Total",
        "Residual",
        "1e4 m³",
    ):
        assert part in told
    assert "2 inputs are assumed" in told
    assert "75.0%" in told  # what three years without failure support


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [40, 80, 200])
def test_columns_align_and_nothing_is_cut(results, language, width):
    told = balance.as_dict(results)
    for table in balance.tables(told, language):
        stream = io.StringIO()
        balance.show(table, Console(file=stream, width=width))
        lines = [line for line in stream.getvalue().splitlines() if line.strip()][1:]
        assert len({cell_len(line) for line in lines}) == 1
        assert "…" not in stream.getvalue()


def test_plain_data(results):
    told = balance.as_dict(results)
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    need = results["water_demand"].sum(["demand", "time"]).item() / 3
    total = told["needs"][-1]
    assert total["zone"] is None
    assert total["need"] == pytest.approx(need)
    assert sum(line["need"] for line in told["needs"][:-1]) == pytest.approx(need)
    assert total["supply"] + total["shortage"] == pytest.approx(need)
    assert sum(line["share"] for line in told["sources"]) == pytest.approx(1.0)
    assert {line["id"] for line in told["sources"]} == {"river", "old_plant", "wells", "sewage"}
    assert [line["id"] for line in told["needs"][0]["demands"]] == ["homes"]


def test_source_caps(results):
    lines = {line["id"]: line for line in balance.as_dict(results)["sources"]}
    assert lines["river"]["cap"] == pytest.approx(480.0)
    assert lines["wells"]["cap"] == pytest.approx(80.0)  # the quota is below twelve times the permit
    assert lines["old_plant"]["cap"] is None
    assert lines["river"]["maximum"] <= 480.0 + 1e-6 or lines["river"]["maximum"] <= 2 * 480.0
    assert lines["river"]["minimum"] <= lines["river"]["mean"] <= lines["river"]["maximum"]


def test_shared_quotas_cap_nobody():
    k = (
        Kit(24)
        .source("river")
        .source("canal")
        .demand("user")
        .link("river>user")
        .link("canal>user")
        .share("user")
    )
    rows = k.quota("all", ["river", "canal"], 100.0).quota("none", ["canal"], 0.0).rows()
    told = balance.as_dict(assemble(output(rows), rows))
    assert [line["cap"] for line in told["sources"]] == [None, 0.0]
    assert [line["years_used_up"] for line in told["quotas"]] == [2, 0]


def test_budget_closes(results):
    told = balance.as_dict(results)["budget"]
    terms = {term["id"]: term["volume"] for term in told["terms"]}
    assert told["inputs"] == pytest.approx(told["fates"] + told["storage_change"])
    assert abs(told["residual"]) < 1e-9 * told["inputs"]
    assert terms["withdrawal"] > 0.0
    assert told["steps"] == 36


def test_quota_years(results):
    quota = balance.as_dict(results)["quotas"][0]
    assert quota["id"] == "intake"
    assert quota["cap"] == 480.0
    assert quota["years"] == 2  # from July to June
    assert 0.0 < quota["used_share"] <= 1.0 + 1e-9
    assert quota["largest_use"] <= 480.0 + 1e-6


def test_years(results):
    kinds = {line["kind"]: line for line in balance.as_dict(results)["years"]}
    assert kinds["wettest"]["offered"] >= kinds["driest"]["offered"]


def test_a_guarantee_the_record_cannot_support():
    k = Kit(24).source("river").demand("user", guarantee=0.95).link("river>user").share("user")
    rows = k.rows()
    results = assemble(output(rows), rows)
    line = balance.as_dict(results)["needs"][0]
    assert line["reliability_annual"] == pytest.approx(2 / 3)
    assert line["guarantee"] == "record_too_short"
    assert "record too short" in text(results, "en")
    assert "系列过短" in text(results, "zh")


def test_less_than_a_year():
    k = Kit(6).source("river").demand("user").link("river>user").share("user")
    told = balance.as_dict(assemble(output(k.rows()), k.rows()))
    assert told["record"]["complete_years"] == 0
    assert told["needs"][0]["need"] == pytest.approx(60.0 * 365 / 181)  # of the days of its year
    assert told["years"] == []


@pytest.mark.parametrize("seed", range(12))
def test_any_system_can_be_told(seed):
    rows = random_rows(seed, 14)
    results = assemble(output(rows), rows)
    json.dumps(balance.as_dict(results), allow_nan=False)
    for language in LANGUAGES:
        assert text(results, language)


def test_a_file_tells_the_same(results, tmp_path):
    netcdf.write(results, tmp_path / "a.nc")
    with netcdf.open_result(tmp_path / "a.nc") as read:
        assert balance.as_dict(read) == balance.as_dict(results)


def test_every_word_is_there():
    assert all(term.zh and term.en for term in WORDS.values())
    assert set(BINDING_KEYS) == set(BINDING)
    assert all(BINDING_KEYS[flag] in WORDS for flag in BINDING)
    assert set(GUARANTEE) <= set(WORDS)
    assert {f"sector_{kind}" for kind in SECTORS} <= set(WORDS)
    assert word("assumed", "en", count=3) == "3 inputs are assumed"


# ---- reserves


def reserve_runs():
    """A quota that irrigation drains in spring, unless it is kept."""

    def rows(farm):
        k = Kit(24).source("river", 60.0).demand("homes", 5.0, kind="residential")
        k.demand(
            "farm", k.cycle([0, 0, 20, 30, 30, 20, 0, 0, 10, 0, 0, 0]), kind="irrigation", zone="country"
        )
        k.link("river>homes").link("river>farm", capacity=farm).quota("year", ["river"], 100.0)
        return k.share("homes").share("farm").rows()

    return [assemble(output(r), r, LABELS) for r in (rows(np.inf), rows(8.0))]


def test_reserves_compared():
    without, kept = reserve_runs()
    lines = kept_reserves(without, kept)
    assert [line["sector"] and line["sector"]["id"] for line in lines] == ["residential", "irrigation", None]
    homes = lines[0]
    assert homes["without"]["supplied"] < homes["kept"]["supplied"] == pytest.approx(1.0)
    assert homes["without"]["worst_step"] == 0.0
    assert homes["kept"]["worst_step"] == pytest.approx(1.0)
    assert homes["kept"]["reliability"] == pytest.approx(2 / 3)
    for language in LANGUAGES:
        stream = io.StringIO()
        balance.show(kept_reserves_table(without, kept, language), Console(file=stream, width=60))
        assert "100.0%" in stream.getvalue()
        assert "…" not in stream.getvalue()


def test_reserves_of_different_models(results):
    with pytest.raises(DataError, match="differ in their users"):
        kept_reserves(results, reserve_runs()[0])
