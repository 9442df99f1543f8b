"""What keeping water for later changes: two runs of one model side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.errors import DataError, Message
from waterbal.report.balance import Column, make, share
from waterbal.report.summary import Line, Record

if TYPE_CHECKING:
    import xarray as xr
    from rich.table import Table

MEASURES = ("supplied", "reliability", "worst_year", "worst_step")


def kept_reserves(without: xr.Dataset, kept: xr.Dataset) -> list[dict[str, Any]]:
    """Compare the users of two runs.

    Parameters
    ----------
    without : Dataset
        Run in which nothing is reserved.
    kept : Dataset
        Run of the same model with reserves.

    Returns
    -------
    list of dict
        By zone and sector, in all last: ``without`` and ``kept``, each with the share of the need that is
        ``supplied``, the lowest annual ``reliability``, and the share supplied in the ``worst_year`` and the
        ``worst_step``, all 0..1; None where there is no need.

    Raises
    ------
    DataError
        If the runs differ in users or steps.
    """
    runs = {"without": Record(without), "kept": Record(kept)}
    _comparable(runs["without"], runs["kept"])
    record = runs["kept"]
    zones = {name["id"]: name for name in record.names("zone")}
    sectors = {name["id"]: name for name in record.names("sector")}
    zone, kind = record.values("demand_zone"), record.values("demand_sector")
    lines: list[dict[str, Any]] = []
    for z in zones:
        for s in sectors:
            here = np.flatnonzero((zone == z) & (kind == s))
            if here.size:
                told = {name: _measure(run, here) for name, run in runs.items()}
                lines.append({"zone": zones[z], "sector": sectors[s], **told})
    everyone = np.arange(zone.size)
    told = {name: _measure(run, everyone) for name, run in runs.items()}
    return [*lines, {"zone": None, "sector": None, **told}]


def kept_reserves_table(without: xr.Dataset, kept: xr.Dataset, language: str) -> Table:
    """Make a table of two runs side by side, each measure without and with reserves; print it with ``show``.

    Parameters
    ----------
    without, kept : Dataset
        As for ``kept_reserves``.
    language : str
        ``zh`` or ``en``.
    """
    lines = [
        {
            "zone": line["zone"],
            "sector": line["sector"],
            **{f"{name}_{key}": line[name][key] for key in MEASURES for name in ("without", "kept")},
        }
        for line in kept_reserves(without, kept)
    ]
    table = make("title_reserves", COLUMNS, lines, language, total=True)
    assert table is not None
    return table


def _comparable(one: Record, other: Record) -> None:
    for name, what in (("demand_id", Message("用户", "users")), ("time", Message("时段", "steps"))):
        if not np.array_equal(one.values(name), other.values(name)):
            raise DataError(Message(f"两次模拟的{what.zh}不同", f"the two runs differ in their {what}"))


def _measure(record: Record, here: Any) -> dict[str, float | None]:
    """Tell how well some demands are supplied together."""
    need = record.values("water_demand")[here].sum(axis=0)
    supply = record.values("water_supply")[here].sum(axis=0)
    reliability = record.values("reliability_annual")[here]
    known = reliability[~np.isnan(reliability)]
    return {
        "supplied": _lowest(supply.sum(keepdims=True), need.sum(keepdims=True)),
        "reliability": float(known.min()) if known.size else None,
        "worst_year": _lowest(record.by_year(supply), record.by_year(need)),
        "worst_step": _lowest(supply, need),
    }


def _lowest(supply: Any, need: Any) -> float | None:
    asked = need > 0.0
    return float((supply[asked] / need[asked]).min()) if asked.any() else None


def _pair(key: str, name: str) -> Column:
    return f"{key}_{name}", lambda line, _: share(line, f"{name}_{key}")


def _place(line: Line, language: str) -> str:
    from waterbal.report.labels import word

    return str(line["zone"][language]) if line["zone"] else word("total", language)


def _sector(line: Line, language: str) -> str:
    return str(line["sector"][language]) if line["sector"] else ""


COLUMNS: tuple[Column, ...] = (
    ("zone", _place),
    ("sector", _sector),
    *(_pair(key, name) for key in MEASURES for name in ("without", "kept")),
)
