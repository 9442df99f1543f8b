"""A small city with one of everything that weather drives, and its climate."""

from __future__ import annotations

from pathlib import Path

import numpy as np

MODEL = """
schema_version: 1
name: {zh: 城, en: City}
provenance: {source: test, grade: assumed}
time: {start: 2001-01, end: 2006-12, step: month, planning_year: 2030, warm_up: 1 years}
zones: {town: {name: {zh: 城区, en: Town}}, land: {}}
series:
  rain: {file: climate.csv, column: rain, units: mm, kind: depth}
  et0: {file: climate.csv, column: et0, units: mm, kind: depth}
  river:
    kind: seasonal_lognormal
    mu: [1.2, 1.1, 1.4, 1.6, 1.7, 2.0, 2.4, 2.3, 2.1, 1.8, 1.5, 1.3]
    sd: [0.4, 0.4, 0.4, 0.5, 0.5, 0.6, 0.7, 0.7, 0.6, 0.5, 0.4, 0.4]
    r: [0.8, 0.8, 0.8, 0.8, 0.7, 0.6, 0.6, 0.7, 0.7, 0.8, 0.8, 0.8]
    units: m3/s
    seed: 7
climate: {rain: rain, et0: et0}
sources:
  canal: {type: river_intake, capacity: 12 万m3/d, flow: {series: river}, floor: 2 m3/s, permitted_share: 0.1,
          cost: 0.3 元/m3, energy: 0.2 kWh/m3}
  wells: {type: aquifer, zone: land, area: 40 km2, specific_yield: 0.05, initial_depth: 4 m, floor_depth: 12 m,
          wells: 1.5 万m3/d, rain_recharge: 0.1, phreatic_factor: 0.3, extinction_depth: 4 m, cost: 0.8 元/m3}
  runoff: {type: catchment, zone: land, capacity: 2 万m3/d, usable_share: 0.5,
           rain_response: {mean: 600 万m3/yr, exponent: 1.6, months: [0, 0, 0, 0, 0, 0.2, 0.4, 0.3, 0.1, 0, 0, 0]}}
  reuse: {type: reclaimed, capacity: 3 万m3/d, recovery: 0.8, use_rate: 0.6}
stores:
  lake: {type: reservoir, zone: land, capacity: 400 万m3, dead: 40 万m3, shape: {full_area: 1 km2, exponent: 0.1},
         initial_share: 0.5, evaporation_factor: 1.1, seepage: 0.5 mm/d}
links:
  canal_lake: {from: canal, to: lake}
  runoff_lake: {from: runoff, to: lake}
  lake_homes: {from: lake, to: homes, loss: 0.05}
  lake_farms: {from: lake, to: farms, loss: 0.1}
  wells_homes: {from: wells, to: homes}
  wells_farms: {from: wells, to: farms}
  reuse_farms: {from: reuse, to: farms}
demands:
  homes: {type: residential, zone: town, people: 30 万人, norm: 120 L/(person d),
          returns: [{to: reuse, share: 0.7}], guarantee: 0.8, tolerance: 0.01}
  farms: {type: irrigation, zone: land, area: 4 万亩, efficiency: 0.6,
          crops: {wheat: {share: 0.6, kc: [0.4, 0.5, 0.8, 1.1, 1.1, 0.4, 0, 0, 0, 0.5, 0.6, 0.5]}},
          tolerance: 0.2}
quotas:
  permit: {of: [canal], volume: 900 万m3/yr, reset_month: 7}
priorities: [{demands: [homes]}, {demands: [farms]}]
"""


def write_city(folder: Path, text: str = MODEL) -> Path:
    """Write the model and its climate; give the model file."""
    random = np.random.default_rng(5)
    rows = ["year,month,rain,et0"]
    for year in range(1991, 2007):
        for month in range(1, 13):
            wet = 1 + np.sin((month - 4) / 12 * 2 * np.pi)
            rain = random.gamma(2.0, 20 * wet + 2)
            et0 = (40 + 45 * wet) * random.uniform(0.9, 1.1)
            rows.append(f"{year},{month},{rain:.2f},{et0:.2f}")
    (folder / "climate.csv").write_text("\n".join(rows) + "\n")
    path = folder / "model.yaml"
    path.write_text(text)
    return path
