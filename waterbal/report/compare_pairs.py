"""Which scenarios of two results are the same: those with the same values of the axes that both results have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from waterbal.report.compare_inputs import axes
from waterbal.results.terms import Term

if TYPE_CHECKING:
    import xarray as xr

SAMPLE = "sample"
"""Axis of the samples of uncertain inputs."""
NOMINAL = 0
"""Sample in which every input is as the model has it."""


@dataclass(frozen=True)
class Pairs:
    """Scenarios of two results."""

    names: tuple[tuple[str, ...], tuple[str, ...]]
    """Name of every scenario of the first and of the second result; those of a pair have the same name."""
    ids: tuple[tuple[str, ...], tuple[str, ...]]
    """Id of every scenario of the first and of the second result."""
    told: tuple[tuple[Term, ...], tuple[Term, ...]]
    """What every scenario of the first and of the second result is called."""

    @property
    def same(self) -> list[tuple[str, str]]:
        """Ids of the scenarios of every pair, in the order of the first result."""
        second = dict(zip(self.names[1], self.ids[1], strict=True))
        return [
            (id, second[name]) for name, id in zip(self.names[0], self.ids[0], strict=True) if name in second
        ]

    @property
    def scenarios(self) -> dict[str, Term]:
        """What scenarios are called, by id."""
        return {
            id: term
            for ids, told in zip(self.ids, self.told, strict=True)
            for id, term in zip(ids, told, strict=True)
        }

    @property
    def called(self) -> dict[str, Term]:
        """What scenarios are called, by name; those of a pair as where fewer axes set them apart."""
        one, other = (dict(zip(*each, strict=True)) for each in zip(self.names, self.told, strict=True))
        shorter = {
            name: min(one[name], other[name], key=lambda term: len(term.zh))
            for name in one.keys() & other.keys()
        }
        return one | other | shorter


def pair(one: xr.Dataset, other: xr.Dataset) -> Pairs:
    """Pair the scenarios of two results.

    Parameters
    ----------
    one, other : Dataset
        Results of the same kind.

    Returns
    -------
    Pairs
        By the values of the axes that both have, where only one scenario of each result has them; by ids where a
        result has no axes.
    """
    ids, told = (_ids(one), _ids(other)), (_told(one), _told(other))
    own = axes(one), axes(other)
    if not own[0] or not own[1]:
        named = [tuple("" if id == "base" else id for id in each) for each in ids]
        return Pairs((named[0], named[1]), ids, told)
    shared = [axis for axis in own[0] if axis in own[1]]
    keys = [
        _nominal(results, _names(results, shared), each, shared)
        for results, each in zip((one, other), own, strict=True)
    ]
    counts = [Counter(each) for each in keys]
    full = [_names(results, list(each)) for results, each in zip((one, other), own, strict=True)]
    named = [
        tuple(
            key if key and counts[0][key] == counts[1][key] == 1 else whole
            for key, whole in zip(keys[k], full[k], strict=True)
        )
        for k in (0, 1)
    ]
    return Pairs((named[0], named[1]), ids, told)


def _nominal(
    results: xr.Dataset, keys: list[str], own: Mapping[str, Any], shared: Sequence[str]
) -> list[str]:
    """Take the keys from sampled scenarios where the other result has no samples: the nominal one is what it has."""
    if SAMPLE not in own or SAMPLE in shared:
        return keys
    samples = results[SAMPLE].values.tolist()
    return [key if sample == NOMINAL else "" for key, sample in zip(keys, samples, strict=True)]


def _told(results: xr.Dataset) -> tuple[Term, ...]:
    """Give the names of scenarios in both languages, their ids where a result has no names."""
    columns = [f"scenario_name_{language}" for language in ("zh", "en")]
    if any(column not in results.variables for column in columns):
        return tuple(Term(id, id) for id in _ids(results))
    return tuple(
        Term(str(zh), str(en))
        for zh, en in zip(*(results[each].values.tolist() for each in columns), strict=True)
    )


def _ids(results: xr.Dataset) -> tuple[str, ...]:
    count = results.sizes.get("scenario", 0)
    if "scenario_id" not in results.variables:
        return ("",) * count
    return tuple(str(id) for id in results["scenario_id"].values.tolist())


def _names(results: xr.Dataset, of: Sequence[str]) -> list[str]:
    """Name scenarios by the values of axes; empty names where there are none."""
    columns = [results[axis].values.tolist() for axis in of]
    if not columns:
        return [""] * results.sizes.get("scenario", 0)
    return [
        ", ".join(f"{axis}={value}" for axis, value in zip(of, values, strict=True))
        for values in zip(*columns, strict=True)
    ]
