"""Small models with capacities that can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from waterbal.scenarios.names import is_result_name

HEAD = """\
schema_version: 1
id: case
name: {zh: 算例, en: Worked example}
provenance: {source: worked example, grade: assumed}
time: {start: 2001-01, end: 2003-12, step: month}
zones: {town: {name: {zh: 城区, en: Town}}}
climate: {rain: 0 mm/d, et0: 0 mm/d}
reserve: {mode: none}
"""

TOWN = """\
sources: {river: {type: river_intake, capacity: 10 万m3/d}}
links:
  river_homes: {from: river, to: homes}
  river_mill: {from: river, to: mill}
demands:
  homes: {type: residential, zone: town, people: 40 万人, norm: 100 L/(person d), guarantee: 0.7}
  mill: {type: industry, zone: town, need: 2 万m3/d, guarantee: 0.7}
priorities: [{demands: [homes]}, {demands: [mill]}]
"""
"""People take 4 (1e4 m3/d), the mill 2, the river gives 10: people can double, production treble."""

CAPACITY = """\
capacity:
  drivers:
    people: {name: {zh: 人口, en: people}, grows: [residential]}
    production: {name: {zh: 产值, en: production}, grows: [industry], value_added: 50 亿元}
"""


def write(folder: Path, text: str, name: str = "model.yaml") -> Path:
    """Write a model or study file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def town(folder: Path, more: str = CAPACITY, body: str = TOWN, head: str = HEAD) -> Path:
    """Write the town."""
    return write(folder, head + body + more)


STUDY = """\
schema_version: 1
model: model.yaml
name: {zh: 情景, en: Scenarios}
provenance: {source: worked example, grade: assumed}
axes:
  river:
    name: {zh: 河流, en: river}
    values:
      full: {}
      half: {set: {sources.river.capacity: 5 万m3/d}}
      same: {set: {sources.river.capacity: 10 万m3/d}}
baseline: {river: full}
measures:
  saving: {name: {zh: 节水, en: saving}, times: {demands.homes.norm: 0.8}, cost: 100 万元/yr, lead_years: 2}
  gate: {name: {zh: 扩闸, en: larger gate}, set: {sources.river.capacity: 12 万m3/d}, cost: 300 万元/yr}
  nothing: {name: {zh: 无用, en: useless}, set: {links.river_mill.capacity: 100 万m3/d}, cost: 50 万元/yr}
"""


def own_names(kept: xr.Dataset) -> set[str]:
    """Names of a file of capacities that an axis could have: its own axes, and nothing that would be overwritten."""
    return {str(name) for name in {*kept.variables, *kept.dims} if not is_result_name(str(name))}
