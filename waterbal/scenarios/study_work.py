"""The work of a study: which of its scenarios, how many realizations, what is kept; and what files say of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal._version import __version__
from waterbal.errors import Issue, Message, UsageError, nearest
from waterbal.hydrology.samplers import Typical
from waterbal.results import coordinates, dataset
from waterbal.scenarios import fingerprint
from waterbal.scenarios.evaluate import Evaluator, Kind
from waterbal.scenarios.labels import scenario_coordinates
from waterbal.scenarios.records import record_count
from waterbal.scenarios.spec import Keep
from waterbal.scenarios.study import Study, load
from waterbal.scenarios.work import MESSAGES, Field

if TYPE_CHECKING:
    import xarray as xr

    from waterbal.scenarios.work import Arrays

KEEPS: tuple[Keep, ...] = ("metrics", "yearly", "full")


class StudyWork:
    """Some scenarios of a study, ready to be computed."""

    def __init__(self, study: Study, chosen: Sequence[int], realizations: int, keep: Keep) -> None:
        self.study = study
        self.realizations = realizations
        self.keep: Keep = keep
        self.chosen = tuple(chosen)
        self._evaluator = Evaluator(study, keep, self.chosen[0])

    @cached_property
    def scenarios(self) -> tuple[str, ...]:
        """Ids of the scenarios."""
        return tuple(self.study.scenarios[number].id for number in self.chosen)

    def identity(self) -> dict[str, Any]:
        """Give everything that decides the results, by name."""
        return {
            "study": self.study.path.name,
            "overrides": list(self.study.overrides),
            "inputs": self.study.ingredients(),
            "fingerprint": self.study.fingerprint(),
        }

    def names(self) -> str:
        """Hash titles and labels."""
        return fingerprint.names(self.study)

    def schema(self) -> dict[str, Field]:
        """Describe the variables of the results."""
        members = {
            name: _field(("scenario", "realization"), kind) for name, kind in self._evaluator.schema().items()
        }
        return members | {
            name: _field(("scenario",), kind) for name, kind in self._evaluator.fixed_schema().items()
        }

    def warm_up(self) -> None:
        """Run one member, so that the kernels are in the cache."""
        self._evaluator.members(self.chosen[0], 0, 1, 1)

    def evaluate(self, scenarios: range, first: int, last: int, threads: int) -> Arrays:
        """Compute realizations ``first`` to ``last`` - 1 of some scenarios."""
        rows: list[Arrays] = []
        messages: list[str] = []
        for position in scenarios:
            number = self.chosen[position]
            arrays, told = self._evaluator.members(number, first, last, threads)
            messages += filter(None, told)
            rows.append(arrays if first else {**arrays, **self._evaluator.fixed(number)})
        found = {name: np.stack([row[name] for row in rows]) for name in rows[0]}
        if messages:
            found[MESSAGES] = np.array(messages)
        return found

    def frame(self) -> xr.Dataset:
        """Give the coordinates of all dimensions and the attributes of the results."""
        found = self._evaluator.frame()
        scenarios = scenario_coordinates(self.study, self.chosen)
        realizations = {"realization": coordinates.realization_coordinate(range(self.realizations))}
        labels = self._labels()
        return found.assign_coords(scenarios | realizations | labels).assign_attrs(self._attributes())

    def _labels(self) -> dict[str, xr.Variable]:
        """Describe the realizations, by scenario where they are not the same in all."""
        import xarray as xr

        told = [self.study.ensemble(number).labels(self.realizations) for number in self.chosen]
        names = dict.fromkeys(name for one in told for name in one)
        found = {}
        for name in names:
            values = [one.get(name, np.full(self.realizations, np.nan)) for one in told]
            attributes = _described(name)
            if name == "hydrology_probability":
                attributes["index"] = ", ".join(self._indexes())
            if all(np.array_equal(values[0], other) for other in values[1:]):
                found[name] = xr.Variable(("realization",), values[0], attributes)
            else:
                found[name] = xr.Variable(("scenario", "realization"), np.stack(values), attributes)
        return found

    def _indexes(self) -> dict[str, None]:
        """List the series whose totals have the probabilities of typical years."""
        samplers = [self.study.ensemble(number).sampler for number in self.chosen]
        return dict.fromkeys(sampler.index for sampler in samplers if isinstance(sampler, Typical))

    def _attributes(self) -> dict[str, Any]:
        """Say what the results are and what they were made from."""
        study, case = self.study, self._evaluator.case(self.chosen[0])
        changes = {study.scenarios[n].id: study.scenarios[n].changes for n in self.chosen}
        return {
            "Conventions": dataset.CONVENTIONS,
            "standard_name_vocabulary": dataset.VOCABULARY,
            "title": study.name.en,
            "title_zh": study.name.zh,
            "summary": "Scenarios of a water balance under the same hydrological realizations: how reliably "
            "every demand is supplied, and mean volumes. Volumes in 1e4 m3.",
            "keywords": "water resources, water allocation, scenarios, ensemble, simulation",
            "source": f"waterbal {__version__}",
            "history": f"made by waterbal {__version__}",
            "description": study.description,
            "baseline": study.scenarios[study.baseline].id if study.baseline in self.chosen else "",
            "waterbal_config_scenario": study.scenarios[self.chosen[0]].id,
            **dataset.inputs(case.loaded.config, dataset.assumed_inputs(case)),
            **({"waterbal_filled_gaps": json.dumps(case.filled, ensure_ascii=False)} if case.filled else {}),
            "waterbal_changes": json.dumps(changes, ensure_ascii=False, default=str),
            "waterbal_overrides": json.dumps(list(study.overrides), ensure_ascii=False),
        }


LABELS = {
    "hydrology_probability": ("exceedance probability of the typical year", "典型年频率", "1"),
    "hydrology_year": ("year of the record that is the typical year", "典型年", "1"),
    "hydrology_first_year": ("year of the record that the realization begins with", "起始年", "1"),
}
"""Labels of realizations: ``long_name``, ``long_name_zh``, units."""


def _described(name: str) -> dict[str, str]:
    """Give the attributes of a label of realizations."""
    site = name.removeprefix("hydrology_factor_")
    en, zh, units = LABELS.get(name, (f"factor on {site} in the typical year", f"{site} 缩放倍比", "1"))
    return {"long_name": en, "long_name_zh": zh, "units": units}


def _field(leading: tuple[str, ...], kind: Kind) -> Field:
    return Field((*leading, *kind.dims), np.dtype(kind.dtype), kind.attributes)


def choose(study: Study, only: Sequence[str]) -> list[int]:
    """Choose the scenarios whose axes have the values named.

    Parameters
    ----------
    study : Study
        All scenarios.
    only : sequence of str
        ``axis=value``, several values of an axis or several axes separated by commas.

    Raises
    ------
    UsageError
        With every axis and value that the study does not have, or if no scenario has them all.
    """
    known: dict[str, dict[str, Any]] = {
        axis.id: {str(own.value): own.value for own in axis.values} for axis in study.axes
    }
    if study.factors:
        known["sample"] = {str(scenario.sample): scenario.sample for scenario in study.scenarios}
    wanted: dict[str, set[Any]] = {}
    problems: list[Issue] = []
    axis = ""
    for word in (word.strip() for text in only for word in text.split(",")):
        name, equals, value = word.partition("=")
        axis, value = (name.strip(), value.strip()) if equals else (axis, word)
        if axis not in known:
            none = Message(f"{word!r} 没有指明维度", f"{word!r} names no axis")
            told = Message(f"情景文件没有维度 {axis!r}", f"the study has no axis {axis!r}") if axis else none
            axes = ", ".join(known)
            expected = Message(f"维度=值，维度为 {axes}", f"axis=value with an axis of {axes}")
            problems.append(Issue(told, "--only", expected=expected, nearest=nearest(axis, known)))
        elif value not in known[axis]:
            values = list(known[axis])
            shown = ", ".join(values[:12]) + (", ..." if len(values) > 12 else "")
            told = Message(f"维度 {axis!r} 没有值 {value!r}", f"axis {axis!r} has no value {value!r}")
            problems.append(Issue(told, "--only", expected=shown, nearest=nearest(value, values)))
        else:
            wanted.setdefault(axis, set()).add(known[axis][value])
    if problems:
        raise UsageError(problems)
    chosen = [
        scenario.number
        for scenario in study.scenarios
        if all(
            {**scenario.values, "sample": scenario.sample}[axis] in values for axis, values in wanted.items()
        )
    ]
    if not chosen:
        raise UsageError(
            Issue(
                Message("没有一个方案同时具有这些值", "no scenario of the study has all these values"),
                "--only",
            )
        )
    return chosen


def open_study(
    path: str,
    overrides: Sequence[str] = (),
    only: Sequence[str] = (),
    realizations: int | None = None,
    keep: str | None = None,
    check: bool = False,
) -> StudyWork:
    """Open a study to be computed.

    Parameters
    ----------
    path : str
        Scenario file.
    overrides : sequence of str
        ``path=value`` texts.
    only : sequence of str
        Choice of scenarios, see ``choose``; all if empty.
    realizations : int, optional
        Realizations of every scenario; by default as the file says.
    keep : str, optional
        ``metrics``, ``yearly`` or ``full``; by default as the file says.
    check : bool
        Whether the models of all scenarios are checked; done once, where a sweep begins.

    Raises
    ------
    UsageError
        If the study has no such scenarios, or its hydrology not so many realizations.
    ConfigError, DataError
        With every problem of the study.
    """
    study = load(path, overrides, check=check)
    count = study.realizations if realizations is None else realizations
    record_count(count, count, study.available())
    kept = next((known for known in KEEPS if known == (keep or study.keep)), None)
    if kept is None:
        near = nearest(keep, KEEPS)
        raise UsageError(
            Issue(
                Message(f"不能保留 {keep!r}", f"cannot keep {keep!r}"),
                "--keep",
                expected=", ".join(KEEPS),
                nearest=near,
            )
        )
    return StudyWork(study, choose(study, only) if only else range(len(study.scenarios)), count, kept)
