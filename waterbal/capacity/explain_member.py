"""The run behind a result: that of the file itself, or one member of a sweep or capacity simulated again."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from waterbal import api
from waterbal.errors import DataError, Issue, UsageError, nearest
from waterbal.results.names import Labels
from waterbal.results.netcdf import open_result

if TYPE_CHECKING:
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


def member(path: Path, scenario: str | None, realization: int | None, study: Path | None) -> Member:
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

    Raises
    ------
    DataError
        If the file is no result, or the study is not the one it was made from.
    UsageError
        If it has no such scenario or realization, or a study is needed and not named.
    """
    with warnings.catch_warnings():  # what a run needs is looked for when it is rebuilt
        warnings.simplefilter("ignore", UserWarning)
        opened = open_result(path, partial=True, verify=True)
    with opened as results:
        attributes = dict(results.attrs)
        single = "waterbal_changes" not in attributes
        count = int(results.sizes.get("realization", 1))
        numbers = [int(value) for value in results["realization"].values] if "realization" in results else []
    if single:
        return _single(path, numbers, scenario, realization, study)
    changes = json.loads(attributes["waterbal_changes"])
    chosen = _chosen(list(changes), scenario or str(attributes.get("baseline", "")))
    number = 0 if realization is None else realization
    if not 0 <= number < count:
        raise UsageError(
            Issue(f"there is no realization {number}", "--realization", expected=f"0 to {count - 1}")
        )
    if study is None:
        message = (
            f"{path} does not hold the series of its scenarios: name the scenario file that it was made from"
        )
        raise UsageError(Issue(message, "--study", file=str(path), expected="--study FILE"))
    return Member(_resimulated(path, attributes, changes, chosen, number, study), chosen, number)


def _single(
    path: Path, numbers: list[int], scenario: str | None, realization: int | None, study: Path | None
) -> Member:
    if study is not None or scenario not in (None, "base"):
        raise UsageError(
            Issue(
                f"{path} is a single run; --scenario and --study go with sweeps and capacities", "--scenario"
            )
        )
    if realization is not None and realization not in numbers:
        have = ", ".join(map(str, numbers))
        raise UsageError(Issue(f"{path} holds no realization {realization}", "--realization", expected=have))
    case = api.rebuild(path)
    return Member(case, "", case.realization)


def _chosen(names: list[str], scenario: str) -> str:
    if not scenario:
        scenario = names[0]
    if scenario not in names:
        expected = ", ".join(names[:SHOWN]) + (" ..." if len(names) > SHOWN else "")
        raise UsageError(
            Issue(
                f"there is no scenario {scenario!r}",
                "--scenario",
                expected=expected,
                nearest=nearest(scenario, names),
            )
        )
    return scenario


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
        raise DataError(Issue(f"{file} has no scenario {scenario!r}, which {path} has", file=str(file)))
    own = json.loads(json.dumps(study.scenarios[numbers[scenario]].changes, ensure_ascii=False, default=str))
    origin = str(attributes.get("waterbal_config_scenario", attributes.get("baseline", "")))
    same = own == changes[scenario]
    if same and origin in numbers:
        config = json.dumps(study.loaded(numbers[origin]).config, ensure_ascii=False, allow_nan=False)
        same = config == attributes["waterbal_config"]
    if not same:
        message = f"{file} or its model was changed since {path} was made: it would explain another run"
        raise DataError(Issue(message, file=str(file), expected="the files that the result was made from"))
    loaded = study.loaded(numbers[scenario])
    return api.case_of(loaded, realization, study.ensemble(numbers[scenario]))
