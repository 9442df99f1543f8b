"""Small models with a hydrology, and the records they read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.elementkit import model, river, town
from waterbal.hydrology.ensemble import Ensemble, ensemble

RATE = {"file": "record.csv", "column": "flow", "kind": "rate", "units": "万m3/d"}
DEPTH = {"file": "record.csv", "column": "rain", "kind": "depth", "units": "mm"}
SITES = ["flow", "rain"]


def write_months(folder: Path, first: int, years: int, **columns: Any) -> Path:
    """Write a monthly record that begins in January; columns are arrays (month), nan where empty."""
    path = folder / "record.csv"
    lines = ["year,month," + ",".join(columns)]
    for index in range(12 * years):
        cells = ["" if np.isnan(values[index]) else repr(float(values[index])) for values in columns.values()]
        lines.append(f"{first + index // 12},{index % 12 + 1}," + ",".join(cells))
    path.write_text("\n".join(lines) + "\n")
    return path


def write_days(folder: Path, first: str, last: str, **columns: Any) -> Path:
    """Write a daily record."""
    path = folder / "record.csv"
    days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
    lines = ["date," + ",".join(columns)]
    for index, day in enumerate(days):
        cells = ["" if np.isnan(values[index]) else repr(float(values[index])) for values in columns.values()]
        lines.append(f"{day}," + ",".join(cells))
    path.write_text("\n".join(lines) + "\n")
    return path


def config(hydrology: dict[str, Any] | None, time: dict[str, str], **series: Any) -> dict[str, Any]:
    """Give the sections of a model with series that a hydrology is about."""
    sections: dict[str, Any] = {
        "time": {"step": "month"} | time,
        "series": series or {"flow": RATE, "rain": DEPTH},
        "sources": {"river": river(runoff={"series": "flow"})},
        "demands": {"city": town()},
        "links": {"pipe": {"from": "river", "to": "city"}},
    }
    return sections | ({} if hydrology is None else {"hydrology": hydrology})


def hydrology(folder: Path, spec: dict[str, Any] | None, time: dict[str, str], **series: Any) -> Ensemble:
    """Prepare the ensemble of such a model."""
    return ensemble(model(**config(spec, time, **series)), folder)
