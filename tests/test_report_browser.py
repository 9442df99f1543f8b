"""The report in a real browser that is cut off from every network."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
import xarray as xr
from fontTools.ttLib import TTFont

import waterbal
from tests import chartkit
from tests.browserkit import Browser
from waterbal import api
from waterbal.report.material import Material
from waterbal.report.page import build
from waterbal.report.page import output as files
from waterbal.report.page.page import PRINTED, SHEET
from waterbal.results import netcdf

pytestmark = pytest.mark.peers

DRAWN = "document.documentElement?.dataset.drawn !== undefined"
OUTSIDE = """[...document.querySelectorAll('body *')].filter(e => !e.closest('.box') && e.getClientRects().length
  && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 90))"""
FLAWS = """(() => {
  const told = [];
  for (const e of document.querySelectorAll('body *')) {
    if (e.closest('.box, svg, script, style')) continue;
    if (e.clientWidth && e.scrollWidth > e.clientWidth + 1) told.push('too wide: ' + e.outerHTML.slice(0, 80));
  }
  for (const cell of document.querySelectorAll('th, td')) {
    const words = cell.textContent.trim();
    const box = cell.getBoundingClientRect();
    const style = getComputedStyle(cell);
    const wide = box.width - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    if (words.length > 3 && wide && wide < 2.5 * parseFloat(style.fontSize)) told.push('a letter a line: ' + words);
  }
  for (const plot of document.querySelectorAll('.plot')) {
    const frame = plot.querySelector('svg.main-svg').getBoundingClientRect();
    const found = [];
    for (const label of plot.querySelectorAll('svg text')) {
      const text = label.textContent.trim();
      const box = label.getBoundingClientRect();
      if (!text || !box.width || label.closest('.hoverlayer, .modebar')) continue;
      if (/\\d[kMG]$/.test(text)) told.push(plot.id + ' shortens ' + text);
      if (box.left < frame.left - 2 || box.right > frame.right + 2 || box.top < frame.top - 2
          || box.bottom > frame.bottom + 2) told.push(plot.id + ' cuts ' + text);
      for (const [other, its] of found) {
        const x = Math.min(box.right, its.right) - Math.max(box.left, its.left);
        const y = Math.min(box.bottom, its.bottom) - Math.max(box.top, its.top);
        if (x > 4 && y > 4) told.push(plot.id + ' overprints ' + text + ' and ' + other);
      }
      found.push([text, box]);
    }
  }
  return told;
})()"""
LOWERED = """[...document.querySelectorAll('.plot')].map(e => {
  const given = JSON.parse(document.querySelector(`[data-plot="${e.id}"]`).textContent).layout;
  const narrow = (given.meta || {}).narrow || {};
  const top = innerWidth < 600 && narrow['margin.t'] || given.margin.t;
  const wanted = (innerWidth < 600 && narrow.height || given.height) - top - given.margin.b;
  return [e.id, wanted - e._fullLayout._size.h]; }).filter(([id, lost]) => lost > 2)"""
SHOWN = (
    "document.body.innerText + [...document.querySelectorAll('svg text')].map(t => t.textContent).join('')"
)
UNHINTED = """[...document.querySelectorAll('figure .box')].filter(box => {
  const said = box.previousElementSibling;
  const hinted = Boolean(said) && said.classList.contains('slide') && said.getClientRects().length > 0
    && said.getBoundingClientRect().right <= innerWidth;
  return hinted !== (box.scrollWidth > box.clientWidth); }).map(box => box.firstElementChild.id)"""
SIDEWAYS = """[...document.querySelectorAll('figure .box')].filter(box => box.scrollWidth > box.clientWidth)
  .map(box => box.firstElementChild.id.split('-')[1])"""
SIZES = "[...document.querySelectorAll('.plot')].map(e => [e.id, e._fullLayout.width, e._fullLayout.height])"
WIDE = {"network", "sankey", "scenarios"}
"""Figures that are no use in the width of a telephone."""
EMPTY = """[...document.querySelectorAll('.plot')].filter(e => !e.querySelector('svg.main-svg path, svg.main-svg rect,'
  + 'svg.main-svg image')).map(e => e.id)"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    run = folder / "browser_run.nc"
    netcdf.write(api.load(chartkit.city(folder / "city") / "model.yaml").run(), run)
    return [chartkit.capacities(folder), run, chartkit.sweep(folder, "metrics")]


def characters(path):
    """Return the characters of the font that a page carries."""
    _, found = path.read_text(encoding="utf-8").split("data:font/woff2;base64,", 1)
    font = TTFont(io.BytesIO(base64.b64decode(found.split(")", 1)[0])))
    return {chr(code) for code in font.getBestCmap()}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_is_drawn(results, tmp_path, language, width):
    path = tmp_path / "report.html"
    told = files.write(results, path, None, language)
    with Browser(width) as browser:
        browser.open(path, DRAWN)
        assert browser.complaints() == [] and browser.requests() == []
        assert browser.tell("document.documentElement.dataset.drawn") == str(len(told["figures"]))
        assert browser.tell(EMPTY) == []
        assert browser.tell("document.documentElement.scrollWidth") <= width
        assert browser.tell(OUTSIDE) == []
        assert browser.tell(FLAWS) == [] and browser.tell(LOWERED) == []
        assert browser.tell(UNHINTED) == []
        assert set(browser.tell(SIDEWAYS)) == (WIDE if width == 400 else set())
        shown = browser.tell(
            "document.body.innerText + [...document.querySelectorAll('svg text')].map(t => t.textContent)"
        )
        assert set(shown) - set("\n\t\xa0\u200b") <= characters(path)
        assert browser.tell(
            "[...document.fonts].map(f => f.family.replaceAll('\"', '') + ' ' + f.status)"
        ) == ["Noto Sans SC loaded"]
        picture = tmp_path / "page.png"
        browser.shot(picture, 0, 900)
        assert picture.stat().st_size > 20_000


@pytest.mark.parametrize(("first", "then"), [(1280, 400), (400, 1280)])
def test_figures_follow_the_window(results, tmp_path, first, then):
    path = tmp_path / "report.html"
    files.write(results, path, None, "zh")
    with Browser(first) as browser:
        browser.open(path, DRAWN)
        browser.resize(then)
        browser.wait(f"document.documentElement.dataset.fitted === '{then}'")
        turned = browser.tell(SIZES)
        assert browser.tell(UNHINTED) == [] and browser.tell(FLAWS) == [] and browser.tell(LOWERED) == []
        assert browser.tell(OUTSIDE) == []
        assert set(browser.tell(SIDEWAYS)) == (WIDE if then < 600 else set())
        browser.open(path, DRAWN)
        assert browser.tell(SIZES) == turned


def test_figures_are_as_before_once_printed(results, tmp_path):
    path = tmp_path / "report.html"
    files.write(results, path, None, "zh")
    with Browser(400) as browser:
        browser.open(path, DRAWN)
        before = browser.tell(SIZES)
        browser.tell("window.dispatchEvent(new Event('beforeprint'))")
        assert browser.tell(SIZES) != before
        browser.tell("delete document.documentElement.dataset.fitted")
        browser.tell("window.dispatchEvent(new Event('afterprint'))")
        browser.wait("document.documentElement.dataset.fitted === '400'")
        assert browser.tell(SIZES) == before and browser.tell(UNHINTED) == []


def test_the_page_works(results, tmp_path):
    path = tmp_path / "report.html"
    files.write(results, path, None, "en")
    with Browser() as browser:
        browser.open(path, DRAWN)
        assert browser.tell("[...document.querySelectorAll('details')].every(d => !d.open)")
        browser.tell("document.querySelector('[data-act=open]').click()")
        assert browser.tell("[...document.querySelectorAll('details')].every(d => d.open)")
        browser.tell(
            "(() => { const i = document.querySelector('#scenarios .search input'); i.value = '2035';"
            "i.dispatchEvent(new Event('input')); })()"
        )
        shown = "[...document.querySelector('#scenarios table[data-searched]').tBodies[0].rows].filter(r => !r.hidden)"
        assert browser.tell(f"{shown}.length") == 1
        assert browser.tell(f"{shown}.every(r => r.textContent.includes('2035'))")
        browser.tell("document.querySelector('[data-act=shut]').click()")
        browser.pdf(tmp_path / "report.pdf")
        assert (tmp_path / "report.pdf").stat().st_size > 50_000
        assert browser.complaints() == [] and browser.requests() == []


def test_paper_is_wide_enough(results, tmp_path):
    path = tmp_path / "report.html"
    files.write(results, path, None, "zh")
    with Browser() as browser:
        browser.open(path, DRAWN)
        browser.resize(PRINTED)
        browser.call("Emulation.setEmulatedMedia", media="print")
        browser.tell("window.dispatchEvent(new Event('beforeprint'))")
        beyond = "[...document.querySelectorAll('main *')].filter(e => !e.closest('.many, .plot, script')"
        beyond += " && e.getClientRects().length && e.getBoundingClientRect().right > innerWidth + 1)"
        assert browser.tell(f"{beyond}.map(e => e.outerHTML.slice(0, 90))") == []
        plots = "[...document.querySelectorAll('.plot')].map(e => e.getBoundingClientRect().width)"
        assert max(browser.tell(plots)) <= PRINTED + 1
        drawn = "[...document.querySelectorAll('.plot .main-svg:first-of-type')]"
        assert 0 < max(browser.tell(f"{drawn}.map(e => e.getBoundingClientRect().height)")) <= SHEET + 1


def test_a_script_of_somebody_else_does_not_run(results, tmp_path):
    path = tmp_path / "report.html"
    files.write(results[1:2], path, None, "en")
    text = path.read_text(encoding="utf-8")
    assert "<main>" in text
    path.write_text(
        text.replace(
            "<main>", "<main><script>window.hurt = 1</script><img src=x onerror='window.hurt = 2'>", 1
        ),
        encoding="utf-8",
    )
    with Browser() as browser:
        browser.open(path, DRAWN)
        assert browser.tell("window.hurt") is None
        assert any("Content Security Policy" in text for text in browser.complaints())


def crowded(capacities):
    """Make balances as large as those of a district: long names, five figures, eight measures, a large one last."""
    kept = capacities[[name for name in capacities if str(name).startswith("balances_")]]
    volumes = [name for name in kept if str(name).startswith(("balances_water", "balances_gap_closed"))]
    balances, measures = [0, 1, 2, 2], [0, *[1] * 7]
    made = kept.isel(balances_balance=balances, balances_measure=measures)
    share = xr.DataArray(np.array([1.0, *[0.05] * 6, 0.7]), dims="balances_measure")
    made["balances_gap_closed"] = made["balances_gap_closed"] * share
    most = float(kept["balances_water_demand"].sum(("balances_zone", "balances_sector")).max())
    made = made.assign({name: made[name] * (19_815.0 / most) for name in volumes})
    for language, name in (("zh", "三次平衡（总量与引黄指标调增）"), ("en", "third balance with more quota")):
        told = [*made[f"balances_balance_name_{language}"].values.tolist()[:3], name]
        made[f"balances_balance_name_{language}"] = ("balances_balance", told)
    made = made.assign_coords(balances_balance=["first", "second", "third", "fourth"])
    return capacities.drop_dims([dim for dim in capacities.dims if str(dim).startswith("balances_")]).merge(
        made
    )


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("width", [1280, 400])
def test_balances_of_a_district_are_readable(results, tmp_path, language, width):
    with waterbal.open_result(results[0]) as found:
        html = build(Material(capacities=(crowded(found.load()),)), language)
    path = tmp_path / "report.html"
    path.write_text(html, encoding="utf-8")
    with Browser(width) as browser:
        browser.open(path, DRAWN)
        assert browser.tell("document.querySelectorAll('#balances .plot').length") == 1
        assert browser.tell(FLAWS) == [] and browser.tell(LOWERED) == [] and browser.tell(OUTSIDE) == []
