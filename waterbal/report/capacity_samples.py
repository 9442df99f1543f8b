"""What the samples of uncertain inputs carry together, in words: one of them is not the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.capacity.samples import SAMPLE, fewest, over_samples
from waterbal.report.capacity_extras import texts
from waterbal.report.capacity_words import say

if TYPE_CHECKING:
    import xarray as xr


def sample_of(found: xr.Dataset, scenario: int, language: str) -> str | None:
    """Name the sample of a scenario; None where nothing was sampled."""
    if SAMPLE not in found.coords:
        return None
    number = int(found[SAMPLE].values[scenario])
    return say("sample_number", language, number=number) if number else say("sample_as_is", language)


def of_samples(found: xr.Dataset, language: str) -> Samples | None:
    """Return what the samples carry together; None where no two were searched."""
    told = over_samples(found)
    if told is None or int(told["samples_count"].values.max()) < 2:
        return None
    return Samples(found, told, language)


class Samples:
    """Median and range of the capacities of all samples that share the axes of a scenario."""

    def __init__(self, found: xr.Dataset, told: xr.Dataset, language: str) -> None:
        """Keep the numbers and the language."""
        self._found, self._told, self._language = found, told, language

    def count(self, scenario: int) -> int:
        """Return the number of samples."""
        return int(self._told["samples_count"].values[scenario])

    def median(self, scenario: int, direction: int) -> float:
        """Return the median scale [-]; 0 where nothing is carried, infinite where nothing stops it."""
        return float(self._told["samples_median"].values[scenario, direction])

    def range(self, scenario: int) -> str:
        """Say what the range is: quantiles, or the smallest and the largest of few samples."""
        few = self.count(scenario) < fewest()
        return say("samples_extremes" if few else "samples_range", self._language)

    def words(self, scenario: int, direction: int) -> dict[str, Any]:
        """Give what a sentence tells, scales as percent of the plan."""
        ends = {end: self._value(end, scenario, direction, percent=True) for end in ("median", "low", "high")}
        short = int(self._told["samples_short"].values[scenario, direction])
        return {**ends, "count": self.count(scenario), "short": short, "range": self.range(scenario)}

    def text(self, scenario: int, direction: int) -> str:
        """Tell median and range as multiples of the plan."""
        ends = {end: self._value(end, scenario, direction) for end in ("median", "low", "high")}
        return say("samples_told", self._language, **ends)

    def lines(self, scenario: int, direction: int) -> list[str]:
        """Tell the range, and in how many samples the plan is too large, for a card."""
        words = self.words(scenario, direction)
        return [say(key, self._language, **words) for key in ("samples_line", "samples_short")]

    def as_dict(self) -> dict[str, Any]:
        """Return the numbers as plain data: scenario id -> direction -> numbers; None where they are not finite."""
        told = {name: self._told[f"samples_{name}"].values for name in ("median", "low", "high", "short")}
        return {
            scenario: {
                direction: {
                    "count": self.count(k),
                    **{name: float(v[k, d]) if np.isfinite(v[k, d]) else None for name, v in told.items()},
                }
                for d, direction in enumerate(texts(self._found, "direction_id"))
            }
            for k, scenario in enumerate(texts(self._found, "scenario_id"))
            if self.count(k)
        }

    def _value(self, end: str, scenario: int, direction: int, *, percent: bool = False) -> str:
        value = float(self._told[f"samples_{end}"].values[scenario, direction])
        if np.isinf(value):
            return say("no_limit", self._language)
        if value == 0.0:
            return say("carries_none", self._language)
        return f"{100 * value:z.1f} %" if percent else f"{value:z.3f}"
