"""Everything that is wrong with the options of ``waterbal capacity``, together, once one of them was found wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from waterbal.capacity import extras, overshoot
from waterbal.capacity.demand import Demand
from waterbal.capacity.survey import directions_of
from waterbal.capacity.trial import Ground
from waterbal.errors import UsageError, WaterbalError


def all_of(path: str | Path, overrides: Sequence[str], demand: Demand, first: UsageError) -> UsageError:
    """Put what was found wrong together with whatever else is wrong with the options.

    Parameters
    ----------
    path, overrides, demand
        As for ``waterbal.capacity.assessment.assess``.
    first : UsageError
        What was found.
    """
    checks: list[Callable[[], object]] = [
        lambda: extras.check(demand.extras),
        lambda: overshoot.check(demand.risk_realizations),
        lambda: extras.check_trajectories(demand.trajectories, demand.extras),
        lambda: _axes(path, overrides, demand),
        lambda: _directions(path, overrides, demand),
    ]
    issues = list(first.issues)
    for check in checks:
        try:
            check()
        except UsageError as error:
            issues += error.issues
        except WaterbalError:
            continue  # a problem of the files, which is told where the options are right
    return UsageError([*{str(issue): issue for issue in issues}.values()])


def _axes(path: str | Path, overrides: Sequence[str], demand: Demand) -> None:
    from waterbal.scenarios import study as studies
    from waterbal.scenarios.overview import is_study
    from waterbal.scenarios.study_work import choose

    if is_study(path) and demand.only:
        choose(studies.load(path, overrides, check=False), demand.only)


def _directions(path: str | Path, overrides: Sequence[str], demand: Demand) -> None:
    """Look directions up in the baseline, because the scenarios that were asked for may not exist."""
    from waterbal.api import load
    from waterbal.scenarios import study as studies
    from waterbal.scenarios.overview import is_study

    options = (("--along", demand.directions), ("--alone", demand.alone))
    asked = {name: option for option, names in options for name in names}
    if demand.focus:
        asked.setdefault(demand.focus, "--focus")
    if not asked:
        return
    if is_study(path):
        study = studies.load(path, overrides, check=False)
        case = study.case(0 if study.baseline is None else study.baseline)
    else:
        case = load(path, overrides)
    directions_of(Ground(case, 1).question, asked, asked)
