"""A town on one river, small enough that what a project changes can be worked out by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

RIVER = [10.0] * 20
"""Flow of each year from 2001 on [1e4 m3/d]."""
FLOWS = {2005: 6.0, 2010: 7.0, 2011: 7.0, 2012: 7.0}
"""Flow of the dry years [1e4 m3/d]."""

MODEL = """
schema_version: 1
name: {zh: 小城, en: Town}
provenance: {source: test, grade: assumed}
time: {start: 2001-01, end: 2020-12, step: month, planning_year: 2025}
grades: [fresh, reclaimed]
zones: {town: {name: {zh: 城区, en: Town}}, land: {}}
series: {river: {file: river.csv, column: river, units: 1e4 m3/d, kind: rate}}
sources:
  river: {type: catchment, zone: land, grade: fresh, runoff: {series: river}}
  plant: {type: reclaimed, zone: town, grade: reclaimed, capacity: 10 万m3/d, recovery: 1, use_rate: 1}
works:
  works: {type: treatment, zone: town, grade: fresh, capacity: 9 万m3/d, own_use: 0}
links:
  river_works: {from: river, to: works}
  main: {from: works, to: homes}
  canal: {from: river, to: farms}
demands:
  homes: {type: residential, zone: town, need: 5 万m3/d, accepts: [fresh], guarantee: 0.9,
          returns: [{to: plant, share: 0.4}]}
  farms: {type: irrigation, zone: land, need: 3 万m3/d, accepts: [fresh], guarantee: 0.7, tolerance: 0.1}
quotas: {permit: {of: [river], volume: 3650 万m3/yr, reset_month: 1}}
priorities: [{demands: [homes]}, {demands: [farms]}]
reserve: {mode: none}
"""
PROJECT: dict[str, Any] = {
    "schema_version": 1,
    "id": "factory",
    "name": {"zh": "工厂", "en": "Factory"},
    "provenance": {"source": "test", "grade": "assumed"},
    "zone": "town",
    "start_year": 2025,
    "type": "industry",
    "annual": "365.25 万m3/yr",
    "basis": "gross",
    "accepts": ["fresh", "reclaimed"],
    "feeds": [{"from": "works", "grade": "fresh"}],
    "served_with": "homes",
    "industry": "C36",
    "value_added": "100 亿元",
}
OFFICE: dict[str, Any] = {
    "schema_version": 1,
    "ledger": {
        "name": {"zh": "台账", "en": "ledger"},
        "provenance": {"source": "test", "grade": "assumed"},
        "capacity": "18000 万m3/yr",
        "headroom": 0.08,
        "committed": [{"id": "earlier", "status": "in_use", "annual": "15200 万m3/yr"}],
    },
    "rules": {
        "name": {"zh": "规则", "en": "rules"},
        "provenance": {"source": "test", "grade": "assumed"},
        "negative_list": {
            "C22": {
                "name": {"zh": "造纸", "en": "paper"},
                "provenance": {"source": "list of the test", "grade": "assumed"},
            }
        },
        "norms": {
            "C36": {"leading": "3 m3/万元", "advanced": "5 m3/万元", "general": "8 m3/万元"},
            "C22": {"leading": "3 m3/万元", "advanced": "5 m3/万元", "general": "8 m3/万元"},
        },
        "effluent": [{"pollutant": "cod", "at_most": "50 g/m3"}],
    },
}


def write_model(folder: Path, text: str = MODEL, dry: dict[int, float] = FLOWS) -> Path:
    """Write the model and its river; give the model file."""
    lines = ["year,month,river"]
    for number, usual in enumerate(RIVER):
        year = 2001 + number
        lines += [f"{year},{month},{dry.get(year, usual)}" for month in range(1, 13)]
    (folder / "river.csv").write_text("\n".join(lines) + "\n")
    path = folder / "model.yaml"
    path.write_text(text)
    return path


def write(folder: Path, content: dict[str, Any], name: str = "") -> Path:
    """Write a project or an office file."""
    path = folder / f"{name or content.get('id', 'office')}.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False))
    return path


def project(folder: Path, **changes: Any) -> Path:
    """Write the project with changes; what is None is left out."""
    content = {k: v for k, v in {**PROJECT, **changes}.items() if v is not None}
    return write(folder, content)


def office(folder: Path, name: str = "office", **changes: Any) -> Path:
    """Write the office file with changes of its ledger (``ledger__x``) and rules (``rules__x``)."""
    content = {key: dict(part) if isinstance(part, dict) else part for key, part in OFFICE.items()}
    for key, value in changes.items():
        section, _, field = key.partition("__")
        if field:
            content[section][field] = value
        elif value is None:
            content.pop(section)
        else:
            content[section] = value
    return write(folder, content, name)
