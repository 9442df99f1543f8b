"""A study of the starter model in a folder of its own."""

from __future__ import annotations

import textwrap
from pathlib import Path

from waterbal import starter
from waterbal.scenarios.study import Study, load

HEAD = """\
schema_version: 1
model: model.yaml
name: {zh: 试验, en: Trial}
"""
AXES = """\
axes:
  horizon:
    name: {zh: 水平年, en: planning year}
    values:
      2025: {set: {time.planning_year: 2025}}
      2030:
      2035: {set: {time.planning_year: 2035}}
  works:
    values:
      old: {name: {zh: 现状, en: as is}}
      new:
        name: {zh: 扩建, en: enlarged}
        set:
          works.plant.capacity: 15 万m3/d
          links.lake_plant.capacity: 15 万m3/d
  lawn:
    values:
      0.5: {set: {demands.parks.area: 5 km2}}
      1.0:
"""


def write(folder: Path, text: str) -> Path:
    """Put the starter model and a scenario file into a folder."""
    if not (folder / "model.yaml").exists():
        starter.copy(folder)
    path = folder / "scenarios.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def study(folder: Path, more: str = "", axes: str = AXES, *overrides: str, check: bool = True) -> Study:
    """Load a study of the starter model."""
    return load(write(folder, HEAD + axes + textwrap.dedent(more)), overrides, check=check)
