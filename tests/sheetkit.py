"""Compares what tables, text and figures print of one thing."""

from __future__ import annotations

import itertools
import re
from typing import Any

import xarray as xr

from waterbal.report import capacity_extras
from waterbal.report.charts.balances import balances as chart
from waterbal.report.sheets import Sheet
from waterbal.report.sheets.three_balances import order_note

Record = dict[str, Any]


def one(found: list[Sheet], id: str) -> Sheet:
    return next(sheet for sheet in found if sheet.id == id)


def records(sheet: Sheet) -> list[Record]:
    """Return the rows by id of column; texts in English."""
    ids = [column.id for column in sheet.columns]
    return [
        {id: getattr(cell, "en", cell) for id, cell in zip(ids, row.cells, strict=True)} | {"row": row}
        for row in sheet.rows
    ]


def compare_demand_and_supply(found: list[Sheet]) -> int:
    """Compare T1 with T3, T5, T6 and T6b, cell by cell; returns how many were compared."""
    t1, t3, t5, t6, t6b = (records(one(found, id)) for id in ("T1", "T3", "T5", "T6", "T6b"))
    sectors = {
        c.title.en: c.id.removeprefix("need.") for c in one(found, "T1").columns if c.id.startswith("need.")
    }
    compared = 0
    for whole in t1:
        horizon, zone, label = whole["horizon"], whole["zone"], whole["probability"]
        own = [r for r in t5 if (r["horizon"], r["probability"], r["zone"]) == (horizon, label, zone)]
        for row in own:
            if row["row"].total:
                assert row["source.total"] == whole["supply.total"]
                compared += 1
        if label != "Mean":
            compared += _same_year(whole, [r for r in t6 if r["horizon"] == horizon])
            continue
        for row in (
            r for r in t3 if r["horizon"] == horizon and r["zone"] == zone and r["sector"] in sectors
        ):
            assert row["need_gross"] == whole[f"need.{sectors[row['sector']]}"]
            compared += 1
        (series,) = (r for r in t6 if r["horizon"] == horizon and r["object"] == zone)
        assert (series["need"], series["supply"]) == (whole["need.total"], whole["supply.total"])
        assert series["balance"] == whole["balance"] and series["short_share"] == whole["short_share"]
        compared += 3
        if zone == "District":
            for row in (r for r in t6 if r["horizon"] == horizon and r["object"] in sectors):
                id = sectors[row["object"]]
                assert (row["need"], row["supply"]) == (whole[f"need.{id}"], whole[f"supply.{id}"])
                compared += 2
            (worst,) = (r for r in t6b if r["horizon"] == horizon and r["span"] == "1 in a row")
            assert -worst["balance"] == series["worst"] and worst["short_share"] == series["worst_share"]
            assert worst["from"] == worst["to"] and worst["from"] == (series["worst_year"] or worst["from"])
            compared += 2
    return compared


def _same_year(whole: Record, rows: list[Record]) -> int:
    """Compare a year that stands for a rate with the extreme years, where they are the same."""
    compared = 0
    for row in (r for r in rows if r["object"] == whole["zone"]):
        if row["worst_year"] == whole["picked"]:
            assert row["worst"] == -whole["balance"] and row["worst_share"] == whole["short_share"]
            compared += 2
        if row["least_year"] == whole["picked"]:
            assert row["least"] == whole["supply.total"]
            compared += 1
    return compared


def compare_balances(results: xr.Dataset, found: list[Sheet], *, drawn: bool = True) -> int:
    """Compare T2, T2c, the text and the figure of the balances; returns how many numbers were compared."""
    t2, t2c = records(one(found, "T2")), records(one(found, "T2c"))
    totals = [r for r in t2 if r["zone"] == "District"]
    names = list(dict.fromkeys(r["balance"] for r in totals))
    whens = len(totals) // len(names)
    gap = {name: [-r["gap"] for r in totals if r["balance"] == name] for name in names}
    closed = t2c[-1]
    orders = [id for id in closed if re.match(r"(listed|reversed|average)\.", id)]
    for id in orders:
        when = int(id.split(".")[1])
        assert closed[id] == gap[names[0]][when] - gap[names[-1]][when]
        assert closed[id] == sum(r[id] for r in t2c[:-1])
    for before, after in itertools.pairwise(names):
        for when in range(whens):
            step = sum(r[f"listed.{when}"] for r in t2c[:-1] if r["balance"] == after)
            assert step == gap[before][when] - gap[after][when]
    table = capacity_extras.balances_table(results, "en")
    cells = [[_number(str(cell)) for cell in column.cells] for column in list(table.columns)[1:]]
    mean = [r for r in totals if r["probability"] == "Mean"]
    assert cells[:2] == [[r[f"{part}.total"] for r in mean] for part in ("need", "supply")]
    assert cells[2:] == [[gap[name][when] for name in names] for when in range(whens)]
    table = capacity_extras.closed_table(results, "en")
    cells = [[_number(str(cell)) for cell in column.cells] for column in list(table.columns)[1:]]
    assert cells == [[r[f"{order}.0"] for r in t2c[:-1]] for order in ("listed", "reversed", "average")]
    if drawn:
        supply, short, above, *falls = chart(results, "en").data
        assert [row[0] for row in supply.customdata] == [r["supply.total"] for r in mean]
        assert [row[0] for row in short.customdata] == [gap[name][0] for name in names]
        assert [row[1] for row in short.customdata] == [r["need.total"] for r in mean]
        assert all(f"{r['need.total']:,.0f}<" in text for r, text in zip(mean, above.text, strict=True))
        for fall, order in zip(falls, ("listed", "reversed"), strict=True):
            own = [-r[f"{order}.0"] for r in t2c[:-1]]
            steps = own if order == "listed" else own[::-1]
            assert [_number(text) for text in fall.text] == [gap[names[0]][0], *steps, gap[names[-1]][0]]
    note = order_note(results).en
    told = [_number(text) for text in re.findall(r"(-?[\d,]+) (?:as listed|reversed)", note)]
    assert not told or any(told == [r["listed.0"], r["reversed.0"]] for r in t2c)
    return len(orders) + len(totals) * 3


def _number(text: str) -> float:
    return float(text.split(" (")[0].replace(",", ""))
