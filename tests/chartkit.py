"""Results of every kind to draw: small, and made by the engine."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import waterbal
from tests import capacitykit
from waterbal import starter
from waterbal.capacity import assessment
from waterbal.results import netcdf

STUDY = """\
schema_version: 1
model: model.yaml
name: {zh: 情景, en: Scenarios}
provenance: {source: worked example, grade: assumed}
base: {hydrology: {kind: resampled, method: block, block: 1, seed: 1, sites: [flow]}}
realizations: 4
axes:
  horizon:
    name: {zh: 水平年, en: planning year}
    values: {2025: {set: {time.planning_year: 2025}}, 2035: {set: {time.planning_year: 2035}}}
  river:
    name: {zh: 河流, en: river}
    values: {full: {}, half: {set: {sources.river.capacity: 5 万m3/d}}}
baseline: {horizon: 2035, river: full}
measures:
  saving: {name: {zh: 节水, en: saving}, times: {demands.homes.norm: 0.8}, cost: 100 万元/yr, lead_years: 2}
  gate: {name: {zh: 扩闸, en: larger gate}, set: {sources.river.capacity: 12 万m3/d}, cost: 300 万元/yr}
balances:
  first: {name: {zh: 一次平衡, en: first balance}}
  second: {name: {zh: 二次平衡, en: second balance}, measures: [saving]}
  third: {name: {zh: 三次平衡, en: third balance}, measures: [gate]}
sampling:
  method: latin_hypercube
  size: 1
  seed: 1
  nominal: true
  factors:
    people: {name: {zh: 人口, en: people}, times: demands.homes.people, low: 0.8, high: 1.2}
    mill: {name: {zh: 工业用水, en: use of the mill}, times: demands.mill.need, low: 0.5, high: 5}
"""
HEAD = (
    capacitykit.HEAD.replace("2003-12, step: month", "2006-12, step: month, planning_year: 2035")
    + "series: {flow: {file: flow.csv, column: q, units: m3/s, kind: rate}}\n"
)
BODY = capacitykit.TOWN.replace(
    "river_intake, capacity: 10 万m3/d",
    "river_intake, capacity: 10 万m3/d, flow: {series: flow}, floor: 0 m3/s, permitted_share: 1",
).replace("people: 40 万人", "people: {2025: 40 万人, 2035: 60 万人}")


FEW = ("climate=record", "saving=none", "works=as_is")
"""Scenarios of the starter city: one for each of its three planning years."""


def city(folder: Path) -> Path:
    """Write the starter city, once."""
    if not folder.exists():
        starter.copy(folder)
    return folder


def sweep(folder: Path, keep: str) -> Path:
    """Run a few scenarios of the starter city, once; gives the file."""
    out = folder / keep
    if not out.exists():
        waterbal.sweep(
            city(folder / "city") / "scenarios.yaml", out, only=FEW, realizations=2, keep=keep
        ).close()
    return out / "results.nc"


def town(folder: Path) -> Path:
    """Write a town on a river with scenarios, measures and uncertain inputs; gives the scenario file."""
    folder.mkdir(exist_ok=True)
    drawn = 0.6 + 0.8 * np.random.default_rng(3).random(72)
    lines = [f"{2001 + k // 12}-{k % 12 + 1:02d},{q:.3f}" for k, q in enumerate(drawn)]
    capacitykit.write(folder, "date,q\n" + "\n".join(lines) + "\n", "flow.csv")
    capacitykit.town(folder, body=BODY, head=HEAD)
    return capacitykit.write(folder, STUDY, "study.yaml")


def capacities(folder: Path) -> Path:
    """Assess the capacities of the town with all that can be told of them, roughly and once; gives the file."""
    path = folder / "capacity.nc"
    if not path.exists():
        extras = ("frontier", "balances", "risk", "sensitivity")
        told = assessment.Demand(extras=extras, options=assessment.options(0.01, 1))
        netcdf.write(assessment.assess(town(folder / "town"), demand=told), path)
    return path
