"""Sets of thresholds of the load state: named, versioned, each covering every number once."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import yaml
from pydantic import Field, model_validator

from waterbal.errors import Issue, Message, UsageError, nearest, one_of
from waterbal.model.base import Grade, Id, Label, Strict
from waterbal.model.rows import Floats

FILE = Path(__file__).parent / "thresholds.yaml"
"""Sets of thresholds."""


@dataclass(frozen=True)
class Band:
    """One state."""

    id: str
    name: Label
    level: int
    """Position in its set, 0 is the best."""
    set: str


class BandSpec(Strict):
    """One band of a set."""

    id: Id
    """ASCII name."""
    name: Label
    """Label in tables and figures."""
    below: float | None = None
    """Upper end that is no longer part of the band [-]."""
    up_to: float | None = None
    """Upper end that is part of the band [-]."""

    @property
    def bound(self) -> float | None:
        """Upper end; None where there is none."""
        return self.below if self.below is not None else self.up_to


class GroundwaterSpec(Strict):
    """What else than G / G0 tells the state of groundwater."""

    severe_overdraft: float
    """(pumped - sustainable) / sustainable from which overdraft is severe [-]."""
    overdraft: Id
    """Band of overdraft below that."""
    severe: Id
    """Band of overdraft from there on."""
    deep_confined: Id
    """Band where deep confined water is pumped, at least."""
    source: str
    """Document or reasoning."""
    grade: Grade
    """``found``, ``derived`` or ``assumed``."""


class ThresholdSet(Strict):
    """A named, versioned set of bands that covers every number once."""

    name: Label
    """Title."""
    version: str
    """Edition of the rule."""
    quantity: Literal["ratio", "excess"]
    """``ratio``: W / W0; ``excess``: (D - S) / S."""
    source: str
    """Document or reasoning."""
    grade: Grade
    """``found``, ``derived`` or ``assumed``."""
    bands: list[BandSpec] = Field(min_length=2)
    """Bands in order, the best first."""
    groundwater: GroundwaterSpec | None = None
    """What else tells the state of groundwater; only G / G0 does if not given."""

    @model_validator(mode="after")
    def _covers_every_number(self) -> ThresholdSet:
        *others, last = self.bands
        if last.bound is not None or any((b.below is None) == (b.up_to is None) for b in others):
            raise ValueError(
                Message(
                    "除最后一级外，各级都要有 below 或 up_to 之一",
                    "every band but the last has either below or up_to",
                )
            )
        bounds = [band.bound for band in others if band.bound is not None]
        if any(not a < b for a, b in itertools.pairwise(bounds)):
            raise ValueError(Message("各级按界限由小到大排列", "bands are in order of their bounds"))
        known = [band.id for band in self.bands]
        rule = self.groundwater
        if len({*known}) < len(known):
            raise ValueError(Message("各级的 id 不得相同", "each band has an id of its own"))
        if rule is not None and not {rule.overdraft, rule.severe, rule.deep_confined} <= {*known}:
            raise ValueError(
                Message("地下水规则使用本标准中的级别", "the rule of groundwater names bands of its set")
            )
        return self

    def level(self, values: Floats) -> npt.NDArray[np.int64]:
        """Return the position of the band of each value."""
        found = np.zeros(np.shape(values), dtype=np.int64)
        for band in self.bands[:-1]:
            bound = band.bound
            assert bound is not None
            found += (values > bound) if band.below is None else (values >= bound)
        return found

    def band(self, level: int, set: str) -> Band:
        """Return a band by its position."""
        spec = self.bands[level]
        return Band(spec.id, spec.name, level, set)

    def named(self, id: str, set: str) -> Band:
        """Return a band by its id."""
        return self.band([band.id for band in self.bands].index(id), set)


class Sets(Strict):
    """The file of sets."""

    schema_version: Literal[1]
    """Version of this format."""
    sets: dict[Id, ThresholdSet]
    """Sets by id."""


@cache
def threshold_sets() -> Mapping[str, ThresholdSet]:
    """Return all sets of thresholds by id."""
    return Sets.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8"))).sets


def threshold_set(set: str) -> ThresholdSet:
    """Return a set of thresholds.

    Raises
    ------
    UsageError
        If there is no such set, with the nearest name.
    """
    known = threshold_sets()
    if set not in known:
        raise UsageError(unknown_set(set))
    return known[set]


def unknown_set(set: str) -> Issue:
    """Tell that there is no such set, with the nearest name."""
    known = list(threshold_sets())
    return Issue(
        Message(f"没有名为 {set!r} 的判定标准", f"{set!r} is not a set of thresholds"),
        expected=one_of(known),
        nearest=nearest(set, known),
    )
