"""The report in a real browser that is cut off from every network."""

from __future__ import annotations

import pytest

from tests import chartkit
from tests.browserkit import Browser
from waterbal import api
from waterbal.report.page import output as files
from waterbal.results import netcdf

pytestmark = pytest.mark.peers

DRAWN = "document.documentElement?.dataset.drawn !== undefined"
OUTSIDE = """[...document.querySelectorAll('body *')].filter(e => !e.closest('.box') && e.getClientRects().length
  && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 90))"""
EMPTY = """[...document.querySelectorAll('.plot')].filter(e => !e.querySelector('svg.main-svg path, svg.main-svg rect,'
  + 'svg.main-svg image')).map(e => e.id)"""


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    run = folder / "browser_run.nc"
    netcdf.write(api.load(chartkit.city(folder / "city") / "model.yaml").run(), run)
    return [chartkit.capacities(folder), run, chartkit.sweep(folder, "metrics")]


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
        assert browser.tell(
            "[...document.fonts].map(f => f.family.replaceAll('\"', '') + ' ' + f.status)"
        ) == ["Noto Sans SC loaded"]
        picture = tmp_path / "page.png"
        browser.shot(picture, 0, 900)
        assert picture.stat().st_size > 20_000


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
