"""Models of a few lines whose capacities are known by hand; needs are even over the year, amounts in yearly norms."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from waterbal import api
from waterbal.capacity.trial import Ground

YEARS = ("2001-01", "2003-12")


def need(volume: float) -> dict[str, Any]:
    """Need of a year [1e4 m3], even over its days."""
    return {"annual": f"{volume!r} 万m3/yr"}


def source(volume: float, **more: Any) -> dict[str, Any]:
    """Source of a volume a year [1e4 m3], of 365 days, the same every day."""
    return {"type": "catchment", "runoff": f"{volume / 365.0!r} 万m3/d", **more}


def write(folder: Path, sections: Mapping[str, Any], *, years: tuple[str, str] = YEARS) -> Path:
    """Write a model of a town."""
    base = {
        "schema_version": 1,
        "name": {"zh": "试", "en": "test"},
        "provenance": {"source": "test", "grade": "assumed"},
        "time": {"start": years[0], "end": years[1], "step": "month", "planning_year": 2030},
        "zones": {"town": {}},
        "climate": {"rain": "0 mm/d", "et0": "0 mm/d"},
    }
    path = folder / "model.yaml"
    path.write_text(
        yaml.safe_dump({**base, **sections}, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )
    return path


def ground(
    folder: Path,
    sections: Mapping[str, Any],
    realizations: int = 1,
    *,
    years: tuple[str, str] = YEARS,
    overrides: tuple[str, ...] = (),
    threads: int | None = None,
) -> Ground:
    """Give a model ready for trials."""
    return Ground(api.load(write(folder, sections, years=years), overrides), realizations, threads)


def links(**pairs: str) -> dict[str, Any]:
    """Links by ``name="from to"``."""
    return {name: dict(zip(("from", "to"), text.split(), strict=True)) for name, text in pairs.items()}


NORMS = {"people": 50.0, "land": 220.0, "production": 12.0, "city": 40.0}
BASE = {"people": 100.0, "land": 25.0, "production": 150.0, "city": 120.0}


def four_axes(extra: float = 0.0) -> dict[str, Any]:
    """People, land, production and city on shared sources: ``four_axes`` of the cases.

    Production and city are in two parts each, so that reclaimed water serves at most its share of them. ``extra`` is
    added to the water of all four sources together, in proportion.
    """
    factor = 1.0 + extra / 20_000.0

    def demand(kind: str, driver: str, share: float = 1.0, back: float = 0.0) -> dict[str, Any]:
        volume = NORMS[driver] * BASE[driver] * share
        returns = [{"to": "plant", "share": back}] if back else []
        return {"type": kind, "zone": "town", "need": need(volume), "guarantee": 0.5, "returns": returns}

    demands = {
        "people": demand("residential", "people", back=0.4),
        "land": demand("irrigation", "land"),
        "production_fresh": demand("industry", "production", 0.5, back=0.3),
        "production_any": demand("industry", "production", 0.5, back=0.3),
        "city_fresh": demand("green", "city", 0.4),
        "city_any": demand("green", "city", 0.6),
    }
    made = {}
    for name, of in (("yellow", demands), ("ground", demands), ("yangtze", set(demands) - {"land"}),
                     ("plant", ("production_any", "city_any"))):  # fmt: skip
        made |= links(**{f"{name}_{to}": f"{name} {to}" for to in sorted(of)})
    capacity = {
        "drivers": {
            "people": {"grows": ["people"], "people": "100 万人"},
            "land": {"grows": ["land"], "area": "25 万亩"},
            "production": {"grows": ["production_fresh", "production_any"], "value_added": "150 亿元"},
            "city": {"grows": ["city_fresh", "city_any"], "area": "120 km2"},
        },
        "limits": {
            "built": {"driver": "city", "at_most": 239.4},
            "density": {"driver": "people", "per": "city", "at_most": 1.0},
        },
    }
    return {
        "sources": {
            "yellow": source(12_000 * factor), "ground": source(2_500 * factor), "yangtze": source(3_000 * factor),
            "plant": {"type": "reclaimed", "capacity": "100 万m3/d", "recovery": 1.0},
        },
        "quotas": {
            "reclaimed": {
                "of": [f"plant_{to}" for to in ("production_any", "city_any")],
                "volume": f"{2_500 * factor!r} 万m3/yr", "reset_month": 1,
            },
        },
        "links": made,
        "demands": demands,
        # one after the other, production last: no more than its own rounding of 1e-6 may then be short
        "priorities": [{"demands": [id]} for id in sorted(demands, key=lambda id: id.startswith("prod"))],
        "capacity": capacity,
    }  # fmt: skip


def reuse_cap(rate: float) -> dict[str, Any]:
    """People on fresh and reclaimed water, 30 % of their use not potable: ``reuse_cap`` of the cases."""
    users = [{"to": "plant", "share": 0.8}]
    demands = {
        "potable": {"type": "residential", "zone": "town", "need": need(7_000.0), "returns": users, "guarantee": 0.5},
        "other": {"type": "public", "zone": "town", "need": need(3_000.0), "returns": users, "guarantee": 0.5},
    }  # fmt: skip
    return {
        "sources": {
            "fresh": source(10_000.0),
            "plant": {"type": "reclaimed", "capacity": "1000 万m3/d", "recovery": 0.95, "use_rate": 0.95 * rate},
        },
        "links": links(fresh_potable="fresh potable", fresh_other="fresh other", plant_other="plant other"),
        "demands": demands,
        "priorities": [{"demands": ["potable"]}, {"demands": ["other"]}],
        "capacity": {"drivers": {"people": {"grows": ["potable", "other"], "people": "100 万人"}}},
    }  # fmt: skip


def town_and_farms(
    town: float, farms: float, sources: Mapping[str, tuple[float, str]], back: float = 0.0, **more: Any
) -> dict[str, Any]:
    """Town and farms that need a volume each; sources are ``name: (volume, "who takes from it")``.

    A share ``back`` of what the town uses comes back to a plant that only the farms take from.
    """
    takers = {name: to.split() for name, (_, to) in sources.items()}
    made = {f"{name}_{to}": f"{name} {to}" for name, own in takers.items() for to in own}
    found = {name: source(volume) for name, (volume, _) in sources.items()}
    if back:
        found["plant"] = {"type": "reclaimed", "capacity": "1000 万m3/d", "recovery": 1.0}
        made["plant_farms"] = "plant farms"
    demands = {
        "town": {"type": "public", "zone": "town", "need": need(town), "guarantee": 0.5,
                 "returns": [{"to": "plant", "share": back}] if back else []},
        "farms": {"type": "irrigation", "zone": "town", "need": need(farms), "guarantee": 0.5},
    }  # fmt: skip
    drivers = {
        "people": {"grows": ["town"], "people": f"{town!r} 万人"},
        "land": {"grows": ["farms"], "area": f"{farms!r} 万亩"},
    }
    return {
        "sources": found, "links": links(**made), "demands": demands,
        "priorities": [{"demands": ["town"]}, {"demands": ["farms"]}], "capacity": {"drivers": drivers}, **more,
    }  # fmt: skip


RIVER = {
    "kind": "seasonal_lognormal", "mu": [0.5] * 12, "sd": [0.35] * 12, "r": [0.5] * 12, "units": "m3/s", "seed": 11,
}  # fmt: skip


def drawn_town(demand: float, guarantee: float = 0.8, **more: Any) -> dict[str, Any]:
    """A town on a river that is drawn, without storage: a year is missed when the driest day's flow is too small."""
    return {
        "series": {"river": RIVER},
        "sources": {"river": {"type": "catchment", "runoff": {"series": "river"}}},
        "links": links(river_town="river town"),
        "demands": {"town": {"type": "public", "zone": "town", "need": need(demand), "guarantee": guarantee}},
        "priorities": [{"demands": ["town"]}],
        "capacity": {"drivers": {"people": {"grows": ["town"], "people": "10 万人"}}, **more},
    }  # fmt: skip
