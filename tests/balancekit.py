"""The published three balances as a model and its scenarios: constant needs and supplies, no season."""

from __future__ import annotations

import re
from pathlib import Path

from waterbal.scenarios.study import Study, load

MODEL = """
schema_version: 1
name: {zh: 三次平衡, en: Three balances}
provenance: {source: case of three balances, grade: assumed}
time: {start: 2001-01, end: 2003-12, step: month}
zones: {town: {name: {zh: 城区, en: Town}}, country: {name: {zh: 乡村, en: Country}}}
climate: {rain: 0 mm/d, et0: 3 mm/d}
sources:
  river: {type: river_intake, capacity: 8000 万m3/yr, cost: 0.1 元/m3}
  other: {type: river_intake, capacity: 2500 万m3/yr, cost: 0.2 元/m3}
  local: {type: river_intake, capacity: 1200 万m3/yr, cost: 0.3 元/m3}
  reuse: {type: river_intake, capacity: 600 万m3/yr, cost: 0.4 元/m3}
  transfer: {type: river_intake, capacity: 0 万m3/yr, cost: 0.5 元/m3}
works: {hub: {type: junction}}
links:
  river_hub: {from: river, to: hub}
  other_hub: {from: other, to: hub}
  local_hub: {from: local, to: hub}
  reuse_hub: {from: reuse, to: hub}
  transfer_hub: {from: transfer, to: hub}
  hub_people: {from: hub, to: people}
  hub_plants: {from: hub, to: plants}
  hub_shops: {from: hub, to: shops}
  hub_farms: {from: hub, to: farms}
demands:
  people: {type: residential, zone: town, people: 100 万人, norm: 82.19178082191781 L/(person d)}
  plants: {type: industry, zone: town, value_added: 250 亿元, intensity: 10 m3/万元}
  shops: {type: public, zone: town, people: 100 万人, norm: 54.794520547945204 L/(person d)}
  farms: {type: irrigation, zone: country, area: 45.20547945205479 km2, efficiency: 0.55, guarantee: 0.5,
          tolerance: 0.2, crops: {wheat: {share: 1, kc: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]}}}
quotas:
  cap: {of: [river, other, local, transfer], volume: 13500 万m3/yr, reset_month: 1}
priorities:
  - {demands: [residential]}
  - {demands: [industry, public]}
  - {demands: [irrigation]}
reserve: {mode: none}
capacity:
  drivers:
    people: {grows: [residential, public], counts: [residential]}
    production: {grows: [industry]}
    land: {grows: [irrigation]}
"""

STUDY = """
schema_version: 1
model: model.yaml
name: {zh: 三次平衡, en: Three balances}
provenance: {source: case of three balances, grade: assumed}
measures:
  saving:
    name: {zh: 节水, en: saving}
    times: {demands.people.norm: 0.95, demands.plants.intensity: 0.85}
    set: {demands.farms.efficiency: 0.65}
  tapping:
    name: {zh: 挖潜, en: tapping}
    set:
      sources.other.capacity: 2200 万m3/yr
      sources.local.capacity: 1500 万m3/yr
      sources.reuse.capacity: 1500 万m3/yr
  transfer:
    name: {zh: 调水, en: transfer}
    set: {sources.transfer.capacity: 1200 万m3/yr}
balances:
  first: {name: {zh: 一次平衡, en: first balance}}
  second: {measures: [saving, tapping]}
  third: {measures: [transfer]}
"""

TOWN = """
schema_version: 1
name: {zh: 城, en: Town}
provenance: {source: test, grade: assumed}
time: {start: 2001-01, end: 2002-12, step: month}
zones: {town: {}}
sources:
  river: {type: river_intake, capacity: 60 万m3/yr}
  more: {type: river_intake, capacity: 0 万m3/yr}
links: {river_people: {from: river, to: people}, more_people: {from: more, to: people}}
demands:
  people: {type: residential, zone: town, people: 1 万人, norm: 273.97260273972603 L/(person d)}
priorities: [{demands: [people]}]
reserve: {mode: none}
"""
"""Needs 100 and gets 60 (1e4 m3/yr)."""


ONE = "axes: {place: {values: {here: }}}\n"
"""A study has an axis; this one asks nothing."""


def of_days(text: str) -> str:
    """Write capacities of a year of 365 days as those of a day."""
    return re.sub(r"capacity: ([\d.]+) 万m3/yr", lambda m: f"capacity: {float(m[1]) / 365.0!r} 万m3/d", text)


def study(folder: Path, text: str = STUDY, model: str = MODEL) -> Study:
    """Load a study of a model, both written into a folder; it has one scenario."""
    (folder / "model.yaml").write_text(of_days(model), encoding="utf-8")
    path = folder / "scenarios.yaml"
    path.write_text(of_days(text) + ONE, encoding="utf-8")
    return load(path)
