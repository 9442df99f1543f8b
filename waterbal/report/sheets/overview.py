"""T1b (各方案供需概览): one line for every scenario of every sweep."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from waterbal.report.rounding import nearest, volumes
from waterbal.report.sheets.cases import Case, scenario_axes
from waterbal.report.sheets.printed import horizon, share, together
from waterbal.report.sheets.sheet import Cell, Column, Row, Sheet
from waterbal.report.sheets.words import term
from waterbal.results import accessor_text, pooled
from waterbal.results.terms import Term

if TYPE_CHECKING:
    import xarray as xr

Floats = npt.NDArray[np.float64]

RELIABLE = "reliable"


def sheet(cases: Sequence[Case], sweeps: Sequence[xr.Dataset]) -> Sheet | None:
    """Make the table; None if there is at most one scenario.

    Parameters
    ----------
    cases : sequence of Case
        All scenarios.
    sweeps : sequence of Dataset
        Sweeps that they come from.
    """
    if len(cases) < 2:
        return None
    tables = {id(results): _Table(results) for results in sweeps}
    axes = together([table.axes for table in tables.values()])
    sectors = together([_sectors(case) for case in cases])
    columns = (
        Column("horizon", term("horizon"), "text"),
        Column("scenario", term("scenario"), "text"),
        *(Column(f"axis.{one}", name, "text") for one, name in axes.items() if one != "horizon"),
        Column("need", term("need")),
        Column("supply", term("supply")),
        Column("balance", term("balance"), difference_of=("supply", "need")),
        Column("short_share", term("short_share"), "share", 1),
        *(
            Column(f"{RELIABLE}.{one}", name, "share", 1, group=term("reliability_sector"))
            for one, name in sectors.items()
        ),
    )
    rows = [
        _row(case, tables.get(id(case.results)) or _Table(case.results), list(axes), list(sectors))
        for case in cases
    ]
    typical = [term("note_typical")] if any(case.typical is not None for case in cases) else []
    series = [term("note_pooled")] if any(case.typical is None for case in cases) else []
    notes = (term("note_overview"), *series, *typical, term("note_balance"))
    return Sheet("T1b", term("T1b"), columns, tuple(rows), term("unit_volume_year"), notes)


def _sectors(case: Case) -> dict[str, Term]:
    return dict(zip(case.ids("sector"), case.names("sector"), strict=True))


class _Table:
    """What all scenarios of a result have in common, read once."""

    def __init__(self, results: xr.Dataset) -> None:
        self.axes: dict[str, Term] = {}
        self.values: dict[str, list[Term]] = {}
        for name, coordinate in scenario_axes(results).items():
            attrs = coordinate.attrs
            self.axes[name] = Term(str(attrs.get("long_name_zh", name)), str(attrs.get("long_name", name)))
            listed = {
                str(value): Term(str(zh), str(en))
                for value, zh, en in json.loads(str(attrs.get("scenario_axis_values", "[]")))
            }
            told = [str(value) for value in coordinate.values.tolist()]
            self.values[name] = [listed.get(value, Term(value, value)) for value in told]
        ended = accessor_text.ended(results)
        self.need, self.supply = (
            self._mean(results, f"mean_annual_{name}", ended) for name in ("demand", "supply")
        )
        self.reliable = pooled.annual(results, "sector").pooled

    @staticmethod
    def _mean(results: xr.Dataset, name: str, ended: npt.NDArray[np.bool_]) -> Floats | None:
        """Return the mean of all realizations of the district, ndarray (scenario) [1e4 m3/yr]."""
        return _over(results[name].values.sum(axis=2), ended) if name in results else None


def _over(values: Floats, ended: npt.NDArray[np.bool_]) -> Floats:
    """Average over the realizations that ended well; nan where none did."""
    shape = ended.reshape(*ended.shape, *[1] * (values.ndim - 2))
    count = shape.sum(axis=1)
    total = np.where(shape, values, 0.0).sum(axis=1)
    return np.divide(
        total, count, out=np.full(total.shape, np.nan), where=np.broadcast_to(count > 0, total.shape)
    )


def _row(case: Case, table: _Table, axes: list[str], sectors: list[str]) -> Row:
    if table.need is not None and table.supply is not None:
        need, supply = float(table.need[case.scenario]), float(table.supply[case.scenario])
    else:
        need, supply = (float(case.mean(name).sum()) for name in ("water_demand", "water_supply"))
    known = np.isfinite(need) and np.isfinite(supply)
    told: list[Cell] = [None, None, None, None]
    if known:
        asked, given = volumes(need, supply)
        told = [asked, given, given - asked, share(need, supply)]
    reliable = dict(zip(case.ids("sector"), table.reliable[case.scenario].tolist(), strict=True))
    cells: list[Cell] = [
        horizon(case),
        case.name,
        *(
            table.values[one][case.scenario] if one in table.values else None
            for one in axes
            if one != "horizon"
        ),
        *told,
        *(nearest(reliable[one], 3) if np.isfinite(reliable.get(one, np.nan)) else None for one in sectors),
    ]
    return Row(tuple(cells), total=case.baseline)
