"""The report: one page with all that results tell, its figures, its font and its script inside it."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files as resources
from typing import Any

from waterbal._version import __version__
from waterbal.outputs import REPORT
from waterbal.report.material import Material
from waterbal.report.page import (
    admissions,
    carrying,
    filed,
    flows,
    proof,
    provenance,
    scenarios,
    states,
    verdict,
    weather,
)
from waterbal.report.page.blocks import Folded, Missing, Picture, Section, kind
from waterbal.report.page.lacking import lacking
from waterbal.report.page.subject import Subject
from waterbal.report.page.words import say

Maker = Callable[[Subject], Section | None]

SECTIONS: tuple[Maker, ...] = (
    verdict.section,
    flows.network,
    flows.fate,
    flows.supply,
    flows.shortage,
    flows.stocks,
    carrying.carrying,
    carrying.limits,
    carrying.risk,
    carrying.balances,
    states.section,
    scenarios.section,
    weather.section,
    admissions.section,
    filed.section,
    provenance.section,
    proof.section,
)
"""What makes each section, in the order of the page; a section that has nothing to tell is left out."""
PRINTED = 680
"""Width of the text on A4 paper [px]."""
SHEET = 840
"""Height of a figure that has a sheet of A4 to itself, with a heading above and the caption below [px]."""
NARROW = 600
"""Width of the text below which figures take the form that they have for narrow screens [px]."""
SHORT_HEAD, LONG_HEAD = 6, 12
"""Columns above which the heading of numbers is given a middling, and a wide column."""
LONG = 16
"""Characters above which a text in a table is given a wide column."""
DENSE, MANY = 11, 16
"""Columns above which a table is printed small, and across."""
ROWS = 300
"""Rows above which what is shut stays so on paper."""
DRAWN = 850
"""Width that figures are drawn at for paper [px], to be made smaller: their labels are then as small as its tables."""
LOCALE: Mapping[str, Any] = {
    "name": "zh-CN",
    "dictionary": {"Zoom": "缩放", "Pan": "平移", "Zoom in": "放大", "Zoom out": "缩小", "Reset axes": "还原",
                   "Download plot as a PNG": "存为 PNG", "Double-click to zoom back out": "双击还原",
                   "Double-click on legend to isolate one trace": "双击图例只看一项",
                   "Toggle Spike Lines": "辅助线", "Autoscale": "自动"},
    "format": {
        "days": [f"星期{day}" for day in "日一二三四五六"],
        "shortDays": [f"周{day}" for day in "日一二三四五六"],
        "months": [f"{month}月" for month in range(1, 13)],
        "shortMonths": [f"{month}月" for month in range(1, 13)],
        "date": "%Y-%m-%d",
    },
}  # fmt: skip
"""How figures speak Chinese."""


def build(material: Material, language: str, files: Sequence[str] = ()) -> str:
    """Return a report as HTML that needs nothing beside it.

    Parameters
    ----------
    material : Material
        What it tells.
    language : str
        ``zh`` or ``en``.
    files : sequence of str
        Names of the files that the results come from.
    """
    return page_of(Subject(material, language, tuple(files))).html()


def page_of(subject: Subject) -> Page:
    """Make the sections of a report."""
    found = (make(subject) for make in SECTIONS)
    sections = [section for section in found if section is not None and section.blocks]
    return Page(subject, sections, lacking(subject, [section.id for section in sections]))


class Page:
    """Sections on their way to HTML."""

    def __init__(self, subject: Subject, sections: Sequence[Section], missing: Sequence[Missing]) -> None:
        """Number the figures in the order of the page."""
        self.subject, self.sections, self.missing = subject, sections, missing
        drawn = [block for section in sections for block in _pictures(section.blocks)]
        self.numbers = {picture.id: number for number, picture in enumerate(drawn, 1)}

    def html(self) -> str:
        """Return the page."""
        from jinja2 import Environment, StrictUndefined
        from markupsafe import Markup

        from waterbal.report.charts.style import columns

        lang = self.subject.language
        here = resources("waterbal.report.page")
        script = (here / "page.js").read_text(encoding="utf-8")
        plotly = _plotly() if self.numbers else ""
        environment = Environment(
            autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        template = environment.from_string((here / "template.html.j2").read_text(encoding="utf-8"))
        told = template.render(
            language=lang, title=self.subject.title, files=self.subject.files, sections=self.sections,
            missing=self.missing, version=__version__, settings=self._settings(), kind_of=kind,
            number_of=lambda picture: self.numbers[picture.id], json_of=lambda value: Markup(script_json(value)),
            say=lambda key, **values: say(key, lang, **values), policy=_policy(plotly, script),
            style=Markup((here / "page.css").read_text(encoding="utf-8")), script=Markup(script),
            dense=DENSE, long=LONG, short_head=SHORT_HEAD, long_head=LONG_HEAD,
            columns=columns, many=MANY, plotly=Markup(PLOTLY), font=Markup(FONT),
        )  # fmt: skip
        return REPORT[0].decode() + "\n" + _filled(told, plotly)

    def as_dict(self) -> dict[str, Any]:
        """Return what the page shows and what it does not, as plain data."""
        return {
            "sections": [section.id for section in self.sections],
            "figures": list(self.numbers),
            "missing": [{"part": part.title, "command": part.command} for part in self.missing],
        }

    def _settings(self) -> dict[str, Any]:
        """Return what the script of the page needs to know."""
        from waterbal.report.charts import CONFIG

        lang = self.subject.language
        words = {
            "filter": "filter",
            "hint": "filter_hint",
            "slide": "slide",
            "shown": "shown_rows",
            "unprinted": "unprinted",
        }
        return {
            "config": {**CONFIG, "displayModeBar": False, "responsive": False},
            "locale": LOCALE if lang == "zh" else None,
            "printed": PRINTED,
            "sheet": SHEET,
            "drawn": DRAWN,
            "narrow": NARROW,
            "rows": ROWS,
            "words": {name: say(key, lang) for name, key in words.items()},
        }


FONT, PLOTLY = "/*font of the page*/", "/*plotly of the page*/"
"""Places of what is put in last: the font has the characters of all the rest, and the library is large."""


def _filled(page: str, plotly: str) -> str:
    """Put the font and the library in their places."""
    from waterbal.report.fonts import FAMILY
    from waterbal.report.page.glyphs import embedded

    face = (
        f'@font-face{{font-family:"{FAMILY}";font-display:block;'
        f"src:url(data:font/woff2;base64,{embedded(page)}) format('woff2');}}\n"
    )
    before, after = page.split(FONT, 1)
    start, mark, end = after.rpartition(PLOTLY)
    return before + face + start + (plotly if mark else "") + end


def _plotly() -> str:
    """Return the library that draws figures, as it can stand inside a page."""
    from plotly.offline import get_plotlyjs

    source = str(get_plotlyjs()).replace("\r\n", "\n")
    assert "</script" not in source.lower() and "<!--" not in source, "the library cannot stand inside a page"
    return source


def _policy(*scripts: str) -> str:
    """Return a policy under which only these scripts run and nothing is ever fetched or sent."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
        for script in scripts
        if script
    )
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; font-src data:; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def script_json(value: Any) -> str:
    """Return JSON that can stand inside a script element, whatever texts it holds."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for mark in "<>&\u2028\u2029":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return text


def _pictures(blocks: Sequence[Any]) -> list[Picture]:
    """Return the figures of some blocks, in order."""
    found = []
    for block in blocks:
        if isinstance(block, Picture):
            found.append(block)
        elif isinstance(block, Folded):
            found += _pictures(block.blocks)
    return found
