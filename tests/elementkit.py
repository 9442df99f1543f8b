"""Small models for tests of elements: one element and just enough around it."""

from __future__ import annotations

from typing import Any

import numpy as np

from waterbal.demand.lowering import lower
from waterbal.model.check import check
from waterbal.model.root import Model
from waterbal.model.rows import Rows

YEAR = {"start": "2001-01", "end": "2001-12", "step": "month"}


def model(**sections: Any) -> Model:
    """Build a model; sections that are not given are empty, the priority list is one class."""
    types = list(dict.fromkeys(demand["type"] for demand in sections.get("demands", {}).values()))
    config: dict[str, Any] = {
        "schema_version": 1,
        "name": {"zh": "试", "en": "test"},
        "provenance": {"source": "test", "grade": "assumed"},
        "time": YEAR,
        "zones": {"town": {}},
        "climate": {"rain": "0 mm/d", "et0": "0 mm/d"},
        "demands": {},
        "priorities": [{"demands": types}] if types else [],
    }
    return Model.model_validate(config | sections)


def rows(data: dict[str, Any] | None = None, /, **sections: Any) -> Rows:
    """Lower a model that is built from sections."""
    return lower(model(**sections), {k: np.asarray(v, float) for k, v in (data or {}).items()})


def one(kind: str, fields: dict[str, Any], data: dict[str, Any] | None = None, /, **sections: Any) -> Any:
    """Lower one element, e.g. ``one("demands", {...})``, and give its row."""
    result = rows(data, **{kind: {"x": {"zone": "town"} | fields}}, **sections)
    every = [*result.sources, *result.nodes, *result.stores, *result.aquifers, *result.demands]
    return next(row for row in every if row.id == "x")


def problems(**sections: Any) -> list[tuple[str, str, str, str]]:
    """Give what the checks find, with dotted paths."""
    return [(".".join(map(str, path)), *rest) for path, *rest in check(model(**sections))]


def town(**more: Any) -> dict[str, Any]:
    """A demand of 10 a day."""
    return {"type": "public", "zone": "town", "need": "10 万m3/d"} | more


def river(**more: Any) -> dict[str, Any]:
    """A source of 10 a day."""
    return {"type": "catchment", "zone": "town", "runoff": "10 万m3/d"} | more
