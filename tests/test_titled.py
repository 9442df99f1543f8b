"""Titles above tables, and amounts with their units, as a terminal shows them."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.table import Table

from waterbal.report.titled import print_titled
from waterbal.results.terms import DRIVER_UNITS, in_units

TITLE = "What binds: change of the capacity for 1 % more of each limit (each simulated again)"


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("title", [TITLE, "哪些限值起约束：各放宽 1 % 后承载规模的变化（逐一重新模拟）"])
def test_a_title_is_one_line_whatever_the_width_of_its_table(title: str, whole: bool) -> None:
    for width in (40, 200):
        table = Table(title=title)
        table.add_column("Limit")
        table.add_row("Wells")
        out = io.StringIO()
        print_titled(table, Console(file=out, width=width), whole=whole)
        lines = out.getvalue().splitlines()
        assert lines[0] == title
        assert all(len(line) < 20 for line in lines[1:])


@pytest.mark.parametrize(
    ("value", "unit", "name", "en", "zh"),
    [
        ("56.05", "1e4 person", ("people", "人口"), "56.05 × 10^4 people", "人口 56.05 万人"),
        ("11.9", "1e4 mu", ("farmland", "耕地"), "farmland 11.9 × 10^4 mu", "耕地 11.9 万亩"),
        ("128", "1e8 yuan", ("value added", "增加值"), "value added 128 × 10^8 yuan", "增加值 128 亿元"),
        ("8.5", "km2", ("parks", "绿地"), "parks 8.5 km²", "绿地 8.5 km²"),
    ],
)
def test_an_amount_has_its_unit_once(value: str, unit: str, name: tuple[str, str], en: str, zh: str) -> None:
    assert in_units(value, DRIVER_UNITS[unit].en, name[0]) == en
    assert in_units(value, DRIVER_UNITS[unit].zh, name[1]) == zh
