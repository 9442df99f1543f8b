"""The run behind a result: that of the file itself, or one member of a sweep or capacity simulated again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from waterbal import api
from waterbal.capacity.explain import find_days, find_demand
from waterbal.errors import DataError, Issue, Message, UsageError, most_alike, nearest
from waterbal.results.names import Labels
from waterbal.results.netcdf import open_checked, stored_run

if TYPE_CHECKING:
    import xarray as xr

    from waterbal.api import Case

SHOWN = 6


@dataclass(frozen=True)
class Member:
    """A run that can be simulated again."""

    case: Case
    scenario: str
    """Id of the scenario; empty for a single run."""
    realization: int

    @property
    def labels(self) -> Labels:
        """Names of elements."""
        return Labels.from_config(self.case.loaded.config)


def member(
    path: Path,
    scenario: str | None,
    realization: int | None,
    study: Path | None,
    demand: str = "",
    time: str = "",
) -> Member:
    """Find the run that a result, scenario and realization name.

    Parameters
    ----------
    path : Path
        Result of a run, which holds all it was made from, or of a sweep or capacity, which does not hold its series.
    scenario : str, optional
        Scenario of a sweep or capacity; its baseline if not given.
    realization : int, optional
        Hydrological sample.
    study : Path, optional
        Scenario file that a sweep or capacity was made from.
    demand, time : str
        User, and day, month or year, which must be there; not looked at if empty.

    Raises
    ------
    DataError
        If the file is no result, or the study is not the one it was made from.
    UsageError
        With everything that is wrong: no such scenario, realization, user or time, a study that is needed and not
        named.
    """
    opened, condition = open_checked(path)
    with opened as results:
        attributes = dict(results.attrs)
        single = "waterbal_changes" not in attributes
        count = int(results.sizes.get("realization", 1))
        numbers = [int(value) for value in results["realization"].values] if "realization" in results else []
        problems = _asked(results, demand, time)
        if single:
            problems += _of_single(path, numbers, scenario, realization, study)
            if not problems:
                case = api.case_of_run(stored_run(results, condition, path))
                return Member(case, "", case.realization)
    changes = {} if single else json.loads(attributes["waterbal_changes"])
    chosen, number = "", 0
    if not single:
        chosen, wrong = _chosen(list(changes), scenario or str(attributes.get("baseline", "")))
        number = 0 if realization is None else realization
        problems += wrong
        if not 0 <= number < count:
            told = Message(f"没有第 {number} 个水文样本", f"there is no realization {number}")
            problems.append(
                Issue(told, "--realization", expected=Message(f"0 至 {count - 1}", f"0 to {count - 1}"))
            )
        if study is None:
            told = Message(
                f"{path} 不含各方案的系列：请给出它所依据的情景文件",
                f"{path} does not hold the series of its scenarios: name the scenario file that it was made from",
            )
            problems.append(Issue(told, "--study", expected=Message("--study 文件", "--study FILE")))
    if problems:
        raise UsageError(problems)
    assert study is not None
    return Member(_resimulated(path, attributes, changes, chosen, number, study), chosen, number)


def _asked(results: xr.Dataset, demand: str, time: str) -> list[Issue]:
    """Look for a user and a time in what a result says of itself, before it is simulated again."""
    import numpy as np

    problems: list[Issue] = []
    config = json.loads(str(results.attrs.get("waterbal_config", "{}")))
    if demand and config.get("demands"):
        try:
            find_demand(list(config["demands"]), demand, Labels.from_config(config).elements)
        except UsageError as error:
            problems += error.issues
    first, after = (str(results.attrs.get(f"time_coverage_{name}", "")) for name in ("start", "end"))
    if time and first and after:
        try:
            find_days(np.datetime64(first, "D"), np.datetime64(after, "D"), time)
        except UsageError as error:
            problems += error.issues
    return problems


def _of_single(
    path: Path, numbers: list[int], scenario: str | None, realization: int | None, study: Path | None
) -> list[Issue]:
    """Say what does not go with a single run."""
    problems = []
    for given, option in ((scenario not in (None, "base"), "--scenario"), (study is not None, "--study")):
        if given:
            problems.append(
                Issue(
                    Message(
                        f"{path} 是单次模拟的成果；{option} 用于批量计算与承载能力成果",
                        f"{path} is a single run; {option} goes with sweeps and capacities",
                    ),
                    option,
                )
            )
    if realization is not None and realization not in numbers:
        have = ", ".join(map(str, numbers))
        problems.append(
            Issue(
                Message(
                    f"{path} 没有第 {realization} 个水文样本", f"{path} holds no realization {realization}"
                ),
                "--realization",
                expected=have,
            )
        )
    return problems


def _chosen(names: list[str], scenario: str) -> tuple[str, list[Issue]]:
    """Return a scenario, the first where none is named, and what is wrong with the name."""
    scenario = scenario or names[0]
    if scenario in names:
        return scenario, []
    expected = most_alike(scenario, names, SHOWN)
    told = Message(f"没有方案 {scenario!r}", f"there is no scenario {scenario!r}")
    return scenario, [Issue(told, "--scenario", expected=expected, nearest=nearest(scenario, names))]


def _resimulated(
    path: Path,
    attributes: dict[str, Any],
    changes: dict[str, Any],
    scenario: str,
    realization: int,
    file: Path,
) -> Case:
    """Make the case of a scenario from its study, if that is the one the result was made from."""
    from waterbal.scenarios import study as studies

    overrides = json.loads(attributes.get("waterbal_overrides", "[]"))
    study = studies.load(file, overrides)
    numbers = {one.id: one.number for one in study.scenarios}
    if scenario not in numbers:
        raise DataError(
            Issue(
                Message(
                    f"{file} 没有 {path} 中的方案 {scenario!r}",
                    f"{file} has no scenario {scenario!r}, which {path} has",
                ),
                file=str(file),
            )
        )
    own = json.loads(json.dumps(study.scenarios[numbers[scenario]].changes, ensure_ascii=False, default=str))
    origin = str(attributes.get("waterbal_config_scenario", attributes.get("baseline", "")))
    same = own == changes[scenario]
    if same and origin in numbers:
        config = json.dumps(study.loaded(numbers[origin]).config, ensure_ascii=False, allow_nan=False)
        same = config == attributes["waterbal_config"]
    if not same:
        message = Message(
            f"{path} 完成之后，{file} 或其模型有改动：那样解释的将是另一次模拟",
            f"{file} or its model was changed since {path} was made: it would explain another run",
        )
        raise DataError(
            Issue(
                message,
                file=str(file),
                expected=Message("成果所依据的原文件", "the files that the result was made from"),
            )
        )
    loaded = study.loaded(numbers[scenario])
    return api.case_of(loaded, realization, study.ensemble(numbers[scenario]))
