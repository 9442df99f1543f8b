"""The report as a page: what it says against the files it was made from, and that nothing gets in or out."""

from __future__ import annotations

import base64
import hashlib
import inspect
import io
import itertools
import json
import re
import time
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from fontTools.ttLib import TTFont

import waterbal
from tests import admissionkit, chartkit
from waterbal import api, outputs, starter
from waterbal.errors import DataError, UsageError
from waterbal.report import fonts
from waterbal.report.material import Material, opened
from waterbal.report.page import build, carrying, flows
from waterbal.report.page import output as files
from waterbal.report.page.blocks import Grid, Picture, Text
from waterbal.report.page.page import script_json
from waterbal.report.page.subject import Subject
from waterbal.report.page.words import PAGE
from waterbal.report.sheets import sheets
from waterbal.results import netcdf

VOID = {"meta", "link", "img", "input", "br", "hr"}
ORDER = [
    "verdict", "network", "fate", "supply", "shortage", "stocks", "carrying", "limits", "risk", "balances", "states",
    "scenarios", "weather", "admissions", "tables", "assumptions", "proof", "missing",
]  # fmt: skip


class Reader(HTMLParser):
    """Elements of a page with their attributes and text, as a browser would split them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.open: list[int] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs), []))
        if tag not in VOID:
            self.open.append(len(self.elements) - 1)

    def handle_endtag(self, tag):
        assert self.elements[self.open[-1]][0] == tag, f"</{tag}> closes {self.elements[self.open[-1]][0]}"
        self.open.pop()

    def handle_data(self, data):
        for place in self.open:
            self.elements[place][2].append(data)

    def all(self, tag, **wanted):
        found = [(a, "".join(t)) for name, a, t in self.elements if name == tag]
        return [(a, t) for a, t in found if all(a.get(k) == v for k, v in wanted.items())]

    def section(self, id):
        return " ".join(self.all("section", id=id)[0][1].split())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.getbasetemp()


@pytest.fixture(scope="module")
def run(folder):
    path = folder / "page_run.nc"
    netcdf.write(api.load(chartkit.city(folder / "city") / "model.yaml").run(), path)
    return path


@pytest.fixture(scope="module")
def paths(folder, run):
    return [chartkit.capacities(folder), run, chartkit.sweep(folder, "metrics")]


PAGES: dict[tuple[object, ...], str] = {}
"""Pages that were made already."""


def page(paths, language="en"):
    key = (*paths, language)
    if key not in PAGES:
        PAGES[key] = made(paths, language)
    return PAGES[key]


def made(paths, language):
    with opened(paths) as material:
        return build(material, language, [path.name for path in paths])


@pytest.fixture(scope="module", params=["zh", "en"])
def both(request, paths):
    html = page(paths, request.param)
    return request.param, html, Reader(html)


def test_the_page_is_whole_and_in_order(both):
    language, _, read = both
    assert not read.open
    assert read.all("html")[0][0]["lang"] == {"zh": "zh-CN", "en": "en"}[language]
    ids = [a["id"] for a, _ in read.all("section")]
    assert ids == [id for id in ORDER if id != "admissions"]
    assert [a["href"] for a, _ in read.all("a")] == [f"#{id}" for id in ids]
    levels = [int(tag[1]) for tag, _, _ in read.elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in itertools.pairwise(levels))
    assert all(a.get("scope") in ("col", "row", "colgroup") for a, _ in read.all("th"))
    drawn = [a["data-plot"] for a, _ in read.all("script", type="application/json") if "data-plot" in a]
    assert len(drawn) == len(set(drawn)) == len(read.all("figcaption")) >= 14
    assert all(a["aria-label"] for a, _ in read.all("div", role="img"))


def test_nothing_is_fetched_and_only_its_own_scripts_run(both):
    _, _, read = both
    asked = [
        (tag, k, v)
        for tag, a, _ in read.elements
        for k, v in a.items()
        if k in ("src", "srcset", "data", "action")
    ]
    assert asked == [] and not read.all("link") and not read.all("iframe")
    style = read.all("style")[0][1]
    assert re.findall(r"url\((?!data:)", style) == [] and "@import" not in style
    policy = next(
        a["content"] for a, _ in read.all("meta") if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert "default-src 'none'" in policy and "connect-src" not in policy and "unsafe-inline'; font" in policy
    scripts = [text for a, text in read.all("script") if a.get("type") != "application/json"]
    assert len(scripts) == 2
    for text in scripts:
        assert f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" in policy
    assert not [k for _, a, _ in read.elements for k in a if k.startswith("on")]


def test_the_font_has_what_the_page_shows(both):
    _, _, read = both
    found = re.search(r"base64,([A-Za-z0-9+/=]+)", read.all("style")[0][1])
    own = TTFont(io.BytesIO(base64.b64decode(found[1]))).getBestCmap()
    whole = TTFont(io.BytesIO(fonts.FILE.read_bytes())).getBestCmap()
    shown = {ord(c) for tag in ("main", "header", "nav") for _, text in read.all(tag) for c in text} - {
        10,
        0x200B,
    }
    assert {p for p in shown if p in whole} <= own.keys()
    assert len(own) < len(whole) / 2
    assert {chr(p) for p in shown - whole.keys()} == set()


def test_the_font_that_is_shipped():
    assert fonts.FILE.stat().st_size < 1_000_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in (fonts.FILE.parent / "OFL.txt").read_text()
    has = TTFont(io.BytesIO(fonts.FILE.read_bytes())).getBestCmap()
    level_1 = [bytes((row, cell)) for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)][:3755]
    assert not [c for c in level_1 if ord(c.decode("gb2312")) not in has]
    said = "".join(term.zh + term.en for term in PAGE.values())
    assert not {c for c in said if ord(c) not in has}


def test_the_verdict_comes_from_the_file(paths):
    text = Reader(page(paths, "en")).section("verdict")
    with xr.open_dataset(paths[0]) as found:
        direction = found["direction_id"].values.astype(str).tolist().index(found.attrs["details_direction"])
        scales, years = found["capacity_scale"].values[:, direction], found["planning_year"].values
        full = found["river"].values.astype(str) == "full"
        base = found["scenario_id"].values.astype(str).tolist().index(found.attrs["baseline"])
        full &= found["sample"].values == found["sample"].values[base]
        assert full.sum() == 2 and full[base]
        assert found.attrs["plan_grade"] == "assumed" and text.startswith("Verdict Note: the people")
        change, cost = found["relief_change"].values, found["relief_cost"].values
        tolerance, audit = found.attrs["search_tolerance"], found.attrs["search_audit_below"]
    coarse = f" (+{100 * tolerance:g} %)" if tolerance > 1e-3 else ""  # percents are told to 0.1
    assert ("Not audited (--audit 0)" in text) == (audit == 0)
    for year, scale in zip(years[full], scales[full], strict=True):
        assert re.search(rf"{year}\s*carries {100 * scale:.1f} %{re.escape(coarse)} of the plan", text)
    assert f"{100 * scales[base]:.1f} %{coarse} of the plan" in text
    best = int(np.argmax(np.where(change > 0, change / cost, -1)))
    first = re.search(r"The three cheapest reliefs\s*(.*?):", text)[1]
    assert first == ("saving", "larger gate")[best]


def test_states_and_sums_come_from_the_file(paths):
    read = Reader(page(paths, "en"))
    with xr.open_dataset(paths[1]) as found:
        short = float(found["water_shortage"].sum() / found["water_demand"].sum())
        states = found["guarantee_state"].values.ravel()
        sectors = found["demand_sector"].values.astype(str)
    assert f"short ({100 * short:.1f}%)" in read.section("verdict")
    missed = set(sectors[states == 2])
    assert missed
    worst = (
        "red"
        if missed & {"residential", "rural"}
        else "orange"
        if missed & {"public", "industry"}
        else "yellow"
    )
    coloured = [a["class"] for a, _ in read.all("li") if a.get("class")]
    assert worst in coloured
    words = {
        "green": "green: met",
        "yellow": "yellow warning",
        "orange": "orange warning",
        "red": "red warning",
    }
    assert all(words[colour] in read.section("states") for colour in words if colour in coloured)
    with xr.open_dataset(paths[2]) as sweep:
        need = sweep["mean_annual_demand"].sum("demand").mean("realization").values
    for value in need:
        assert f"{value:,.0f}" in read.section("scenarios")


def test_figures_are_those_of_the_charts(paths):
    from waterbal.report import charts

    read = Reader(page(paths, "zh"))
    told = {
        a["data-plot"]: json.loads(text)
        for a, text in read.all("script", type="application/json")
        if "data-plot" in a
    }
    with waterbal.open_result(paths[1]) as results:
        expected = json.loads(charts.sankey(results, "zh").to_json(engine="json"))
    assert told["plot-sankey-0"] == expected


def test_what_is_missing_is_named_with_its_command(paths):
    read = Reader(page(paths[1:2]))
    ids = [a["id"] for a, _ in read.all("section")]
    assert "carrying" not in ids and "scenarios" not in ids and "network" in ids
    text = read.section("missing")
    for command in ("waterbal capacity SCENARIOS.yaml -o capacity.nc", "waterbal sweep", "waterbal admit"):
        assert command in text
    only = Reader(page(paths[:1]))
    assert "waterbal run MODEL.yaml -o balance.nc" in only.section("missing")
    assert "--with load" in only.section("missing") and "--with frontier" not in only.section("missing")


EVIL = [
    "<img src=x onerror=alert(1)>",
    "</script><script>window.hurt=1</script>",
    "{{7*7}}",
    "]]><!--",
    "&lt;b&gt;",
]


@pytest.fixture(scope="module")
def hostile(folder, tmp_path_factory):
    """Give a run of a city with hostile names wherever a name can stand."""
    city = tmp_path_factory.mktemp("hostile") / "city"
    starter.copy(city)
    title = EVIL[1] + EVIL[0]
    with waterbal.open_result(folder / "page_run.nc") as found:
        known = {d: [str(i) for i in found[f"{d}_id"].values] for d in ("demand", "source", "store", "zone")}
    wanted = [
        f"{s}.{known[d][0]}.name"
        for d, s in (("demand", "demands"), ("source", "sources"), ("store", "stores"), ("zone", "zones"))
    ]
    sets = [
        f"name={json.dumps({'zh': title, 'en': title})}",
        *(f"{p}={json.dumps({'zh': t, 'en': t})}" for p, t in zip(wanted, EVIL, strict=False)),
    ]
    path = city / "evil.nc"
    netcdf.write(api.load(city / "model.yaml", sets).run(), path)
    return path


@pytest.mark.parametrize("language", ["zh", "en"])
def test_names_cannot_become_markup(run, hostile, language):
    read, plain = Reader(page([hostile], language)), Reader(page([run], language))
    assert not read.open and not read.all("img")
    assert [t for t, _, _ in read.elements].count("script") == [t for t, _, _ in plain.elements].count(
        "script"
    )
    assert read.all("h1")[0][1] == EVIL[1] + EVIL[0]
    text = " ".join(t for _, t in read.all("main"))
    assert all(evil in text for evil in EVIL[:4]) and " 49 " not in text


def test_admissions(cli, tmp_path):
    model = admissionkit.write_model(tmp_path)
    project = admissionkit.project(tmp_path, name={"zh": "<b>厂</b>", "en": "<b>Mill</b>"})
    told = tmp_path / "admission.json"
    cli("admit", model, project, "-o", told, "--no-seek", "-q")
    verdict = json.loads(told.read_text())["verdicts"][0]["verdict"]
    read = Reader(page([told]))
    words = {"admitted": "admitted", "conditional": "conditional", "refused": "refused"}
    assert [a["id"] for a, _ in read.all("section")] == [
        "verdict",
        "admissions",
        *ORDER[14:15],
        "proof",
        "missing",
    ]
    assert f"Project <b>Mill</b>: {words[verdict]}." in read.section("verdict")
    assert "Admission: <b>Mill</b>" in read.section("admissions") and not read.all("b")
    assert f"waterbal admit model.yaml {project.name} --no-seek -o admission.json" in read.section("proof")


def test_json_cannot_leave_its_element():
    told = {"a": "</script><!--\u2028&", "b": [1.5, None, "人"]}
    text = script_json(told)
    assert json.loads(text) == told and not set("<>&\u2028") & set(text) and "人" in text


@pytest.mark.long
def test_many_scenarios(paths, tmp_path):
    with netcdf.open_result(paths[2]) as found:
        sweep = found.load()
    tiled = sweep.isel(scenario=np.arange(500) % sweep.sizes["scenario"])
    tiled["scenario_id"] = (
        "scenario",
        np.array([f"s{k:03d}" for k in range(500)]),
        sweep["scenario_id"].attrs,
    )
    tiled.attrs["baseline"] = "s007"
    path = tmp_path / "many.nc"
    netcdf.write(tiled.drop_encoding(), path)
    start = time.process_time()
    html = page([path, paths[1]])
    assert time.process_time() - start < 30.0 and len(html.encode()) < 15e6
    read = Reader(html)
    assert len(re.findall("<table data-searched>", html)) >= 1
    assert "Scenarios (500)" in read.section("scenarios") and "scenarios-0" not in html


def test_command(cli, paths, tmp_path):
    html, xlsx = tmp_path / "new" / "report.html", tmp_path / "tables.xlsx"
    status, out, _ = cli("report", *paths[1:], "-o", html, "--xlsx", xlsx, "--lang", "zh", "--json")
    told = json.loads(out)
    assert (
        status == 0
        and told["output"] == str(html)
        and "T1" in told["tables"]
        and "verdict" in told["sections"]
    )
    assert html.read_bytes().startswith(outputs.REPORT[0]) and xlsx.stat().st_size > 5000
    before = html.read_text()
    assert cli("report", paths[1], "-o", html, "--xlsx", xlsx, "-q")[0] == 0
    assert html.read_text() != before and not list(tmp_path.rglob("*.part"))


def test_files_of_others_stay(cli, run, tmp_path):
    import openpyxl

    html, xlsx = tmp_path / "mine.html", tmp_path / "mine.xlsx"
    html.write_text("<!DOCTYPE html><html><body>mine</body></html>")
    book = openpyxl.Workbook()
    book.save(xlsx)
    kept = html.read_bytes(), xlsx.read_bytes()
    status, _, err = cli("report", run, "-o", html, "--xlsx", xlsx)
    assert status == 2 and "--output" in err and "--xlsx" in err and "2 problems" in err
    assert (html.read_bytes(), xlsx.read_bytes()) == kept


@pytest.mark.parametrize(
    ("given", "status", "told"),
    [
        (["nothing.nc", "text.txt"], 4, ["there is no file", "text.txt", "2 problems"]),
        (["foreign.nc"], 4, ["foreign.nc"]),
        (["empty.json"], 4, ["there is nothing that a report can show"]),
        (["broken.json"], 4, ["an admission that is not whole"]),
        (["altered.nc"], 4, ["the configuration stored in", "was altered"]),
        (["poor.nc"], 4, ["it lacks balance_residual"]),
        (["run.nc", "./run.nc"], 2, ["is given twice"]),
    ],
)
def test_bad_results(cli, run, tmp_path, monkeypatch, given, status, told):
    monkeypatch.chdir(tmp_path)
    Path("text.txt").write_text("no result")
    Path("run.nc").write_bytes(run.read_bytes())
    Path("broken.json").write_text('{"verdicts": [{"project": 1}]}')
    Path("empty.json").write_text('{"verdicts": [], "futures": [], "realizations": 1, "assumed_inputs": 0}')
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf("foreign.nc")
    with netcdf.open_result(run) as found:
        kept = found.load()
    config = str(kept.attrs["waterbal_config"])
    netcdf.write(kept.assign_attrs(waterbal_config=config.replace("assumed", "found", 1)), "altered.nc")
    netcdf.write(kept.drop_vars("balance_residual"), "poor.nc")
    got, _, err = cli("report", *given, "-o", "report.html")
    assert got == status and not Path("report.html").exists()
    for text in told:
        assert text in err
    assert "Traceback" not in err


def test_nothing_asked_for_and_places_that_cannot_be_written(run, tmp_path):
    with pytest.raises(UsageError, match="there is nothing to write"):
        files.check([run], None, None)
    with pytest.raises(UsageError, match="it is a folder"):
        files.check([run], tmp_path, None)
    with pytest.raises(UsageError, match="the file of the report as well"):
        files.check([run], tmp_path / "a", tmp_path / "a")
    with pytest.raises(UsageError, match="is not a folder"):
        files.check([run], run / "a.html", None)
    with pytest.raises(DataError, match="cannot write"):
        outputs.write_whole(
            tmp_path / "full", lambda part: (_ for _ in ()).throw(OSError(28, "No space left on device"))
        )
    assert not list(tmp_path.iterdir())


def test_more_runs_than_are_drawn_are_told(run, tmp_path):
    copies = [tmp_path / f"run{number}.nc" for number in range(4)]
    for path in copies:
        path.write_bytes(run.read_bytes())
    told = PAGE["more_runs"].said("zh", all=4, shown=3)
    for given, said in ((copies, [told]), (copies[:3], [])):
        with opened(given) as material:
            section = flows.network(Subject(material, "zh"))
        assert section is not None
        assert [line for b in section.blocks if isinstance(b, Text) for line in b.lines] == said
        assert sum(isinstance(block, Picture) for block in section.blocks) == 3


def test_series_and_their_sources_are_told(paths):
    weather = Reader(page(paths, "en")).section("weather")
    assert "Rain (rain): starter model (assumed)" in weather
    assert "North River: volume (runoff): starter model (assumed)" in weather
    assert "万m³" not in weather and "万m³" in Reader(page(paths, "zh")).section("weather")


def test_what_is_drawn_is_held_against_the_record_of_a_run(paths, run):
    with xr.open_dataset(paths[2]) as found:
        assert json.loads(found.attrs["waterbal_config"])["hydrology"]["kind"] == "resampled"
        assert not (Path(found.encoding["source"]).parent / "climate.csv").exists()
    with xr.open_dataset(run) as found:
        rain = found["input_series"].values[found["series_id"].values.astype(str).tolist().index("rain")]
    yearly, monthly = rain.reshape(-1, 12).sum(axis=1), rain.reshape(-1, 12).mean(axis=0)
    for language in ("zh", "en"):
        read = Reader(page(paths, language))
        rows = [text for _, text in read.all("tr")]
        name, mean, cv = ("降水", "平均", "Cv") if language == "zh" else ("Rain", "Mean", "Cv")
        assert any(r.startswith(f"{name}mm{mean}{yearly.mean():.1f}") for r in rows)
        shown = yearly.std(ddof=1) / yearly.mean()
        assert any(r.startswith(f"{name}–{cv}{shown:.3f}") for r in rows)
        observed = PAGE["observed"].said(language)
        (line,) = [r for r in rows if r.startswith(f"{name}mm{observed}")]
        assert line.endswith(f"{monthly[11]:.3f}") and f"{observed}{monthly[0]:.3f}" in line
    alone = Reader(page(paths[2:3], "en")).section("weather")
    assert "waterbal hydrology check MODEL.yaml" in alone and "observed and simulated" not in alone


def test_conditions_have_units_and_full_width_marks(paths):
    verdict = Reader(page(paths[:1], "zh")).section("verdict")
    assert "规划：人口 60 万人、产值 50 亿元" in verdict
    assert "2 级优先序，不预留" in verdict and "水平年 2035，2 个水文样本" in verdict
    assert "plan: 60 × 10^4 people, production 50 × 10^8 yuan" in Reader(page(paths[:1])).section("verdict")


def test_records_drawn_for_the_page_and_for_the_command_are_told_apart(paths):
    from waterbal.cli.hydrology import check
    from waterbal.report.page.observed import REALIZATIONS

    default = inspect.signature(check).parameters["realizations"].default
    for language in ("zh", "en"):
        told = Reader(page(paths, language)).section("weather")
        assert f"{REALIZATIONS} " in told and f" {default:,} " in told


SMALL = """\
schema_version: 1
name: {zh: 一个水源, en: One source}
provenance: {source: teaching model, grade: assumed}
time: {start: 2001-01, end: 2001-12, step: month}
zones:
  town: {name: {zh: 城区, en: Town}}
sources:
  river: {type: river_intake, capacity: 3 万m3/d}
links:
  river_homes: {from: river, to: homes, loss: 0.05}
demands:
  homes: {type: residential, zone: town, people: 20 万人, norm: 120 L/(person d)}
priorities:
  - {demands: [homes]}
reserve: {mode: none}
"""


def drawn_from(values):
    """Give the numbers and names that a trace is drawn from, as plotly writes them."""
    if isinstance(values, dict):
        return base64.b64decode(values["bdata"]) if "bdata" in values else list(values.values())
    return values or []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_is_all_nought_is_a_sentence_and_no_empty_axes(paths, tmp_path, language):
    (tmp_path / "model.yaml").write_text(SMALL, encoding="utf-8")
    netcdf.write(api.load(tmp_path / "model.yaml").run(), tmp_path / "small.nc")
    with waterbal.open_result(paths[0]) as found:
        flat = found.load().copy()
    for name in ("relief_change", "limit_worth", "sensitivity_input_swing"):
        assert np.abs(np.nan_to_num(flat[name].values)).max() > 1e-6, "the file must have what is taken away"
        flat[name] = flat[name].copy(data=np.zeros(flat[name].shape))
    flat["sensitivity_input_at_high"] = flat["sensitivity_input_at_low"].copy()
    netcdf.write(flat, tmp_path / "flat.nc")
    target = tmp_path / "report.html"
    told = files.write([tmp_path / "flat.nc", tmp_path / "small.nc"], target, None, language)
    reader = Reader(target.read_text(encoding="utf-8"))
    figures = {name.rpartition("-")[0] for name in told["figures"]}
    assert not figures & {
        "relief", "limits", "tornado", "shortage_map", "storages", "groundwater", "quotas", "scenarios"
    }  # fmt: skip
    assert {"network", "sankey", "supply", "capacity", "exceedance"} <= figures
    for attrs, text in reader.all("script"):
        if "data-plot" in attrs:
            shown = json.loads(text)["data"]
            assert any(len(drawn_from(t.get(k))) for t in shown for k in ("x", "y", "z", "link")), attrs
    said = {
        "zh": {"limits": ("单独采用均不改变承载规模", "没有单独一项限值"), "risk": ("单独变化均不改变承载规模",),
               "shortage": ("全部 1 年各月均不缺水",)},
        "en": {"limits": ("taken alone, changes what is carried", "No single limit"),
               "risk": ("changed alone within its range",), "shortage": ("No month of the 1 years is short",)},
    }[language]  # fmt: skip
    for section, sentences in said.items():
        assert all(sentence in reader.section(section) for sentence in sentences), section


def test_records_of_the_curve_and_of_the_verdict_are_told_apart(paths, tmp_path):
    with waterbal.open_result(paths[0]) as found:
        tried = found.load().copy()
    count = tried.sizes["scenario"]
    for name, value in (("probability", 0.25), ("low", 0.19), ("high", 0.32), ("failures", 50),
                        ("records", 1200), ("more_needed", 0)):  # fmt: skip
        tried[f"overshoot_{name}"] = ("scenario", np.full(count, value))
    tried.attrs |= {"overshoot_direction": tried.attrs["risk_direction"], "overshoot_target": 0.05}
    netcdf.write(tried, tmp_path / "tried.nc")
    records = tried.sizes["risk_realization"]
    for language, words in (
        ("zh", (f"{records} 个样本各求出承载规模", "规划在 1,200 个样本中各试算一次，不成立的占 25%（19%–32%）")),
        ("en", (f"the capacity of each of {records} records",
                "tried in each of 1,200 records; it fails in 25% (19%–32%)")),
    ):  # fmt: skip
        with opened([tmp_path / "tried.nc"]) as material:
            reader = Reader(build(material, language))
        figure = json.loads(reader.all("script", **{"data-plot": "plot-exceedance-0"})[0][1])
        lines = [note["text"] for note in figure["layout"]["annotations"]]
        assert len(lines) == tried.sizes["risk_horizon"]
        assert all(word in line for line in lines for word in words)
        narrow = figure["layout"]["meta"]["narrow"]
        for k, line in enumerate(lines):
            told = narrow[f"annotations.{k}.text"]
            assert re.sub(r"\s|<br>", "", told) == re.sub(r"\s|<br>", "", line)
            assert max(len(part) for part in told.split("<br>")) <= 48
        assert "25 %" in reader.section("verdict")


def along_two(found):
    """Add a further direction along which the two inputs were moved: swings of 0.125 and of 4."""
    first = found.attrs["sensitivity_direction"]
    other = next(id for id in found["direction_id"].values.astype(str) if id != first)
    ends = {"low": [[2.125, 5.0]], "high": [[2.25, 9.0]]}
    dims = ("sensitivity_other", "sensitivity_factor")
    return other, found.assign(
        {f"sensitivity_other_at_{end}": (dims, np.array(values)) for end, values in ends.items()}
        | {
            "sensitivity_other_moves_plan": (dims, np.zeros((1, 2), dtype=np.int8)),
            "sensitivity_other_nominal": ("sensitivity_other", [2.5]),
            "sensitivity_other_driver": ("sensitivity_other", [""]),
        }
    ).assign_coords(sensitivity_other=[other])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_inputs_are_told_along_every_direction(paths, language):
    with waterbal.open_result(paths[0]) as found:
        other, told = along_two(found.load())
    name = dict(zip(told["direction_id"].values, told[f"direction_name_{language}"].values, strict=True))
    inputs = told["sensitivity_factor_name_zh" if language == "zh" else "sensitivity_factor_name"].values
    material = Material(capacities=(told,))
    blocks = carrying.risk(Subject(material, language)).blocks
    drawn = {block.id: block for block in blocks if isinstance(block, Picture)}
    own = drawn[f"tornado-0-{other}"]
    assert (
        "tornado-0" in drawn and name[other] in own.caption and name[other] not in drawn["tornado-0"].caption
    )
    labels = own.figure["layout"]["yaxis"]["ticktext"]
    assert [label.replace("<br>", " ") for label in labels] == list(
        inputs
    )  # upwards: the largest swing on top
    assert name[other] in own.figure["layout"]["xaxis"]["title"]["text"]
    grids = [block for block in blocks if isinstance(block, Grid)]
    assert len(grids) == 2 and name[other] in grids[1].title
    assert [list(row)[1:] for row in grids[1].rows] == [
        [inputs[1], "5.000", "9.000", "4.000"],
        [inputs[0], "2.125", "2.250", "0.125"],
    ]

    sheet = next(sheet for sheet in sheets(material) if sheet.id == "T8b")
    rows = [dict(zip((c.id for c in sheet.columns), row.cells, strict=True)) for row in sheet.rows]
    assert [getattr(row["direction"], language) for row in rows] == [
        name[id] for id in (told.attrs["sensitivity_direction"], other) for _ in range(2)
    ]
    assert [(getattr(row["input"], language), row["rank"], row["at_low"], row["at_high"], row["swing"])
            for row in rows[2:]] == [(inputs[1], 1, 5.0, 9.0, 4.0), (inputs[0], 2, 2.125, 2.25, 0.125)]  # fmt: skip
    for row in rows[:2]:
        k = [getattr(row["input"], language) == one for one in inputs].index(True)
        ends = [float(told[f"sensitivity_input_at_{end}"].values[k]) for end in ("low", "high")]
        assert [row["at_low"], row["at_high"]] == pytest.approx(ends, abs=5.001e-4)
    assert "searched again at each end" in sheet.notes[0].en and "重新搜索" in sheet.notes[0].zh
