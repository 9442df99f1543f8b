"""An assessment: the capacities of every scenario of a study, and what binds and relieves the one that matters."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal import outputs
from waterbal._version import __version__
from waterbal.capacity import dataset, extras, overshoot, samples, unfinished
from waterbal.capacity.baseline_details import binding_of, focus_of, relief_of
from waterbal.capacity.budget import cost_of, in_place, refuse_budget
from waterbal.capacity.command import of_capacity
from waterbal.capacity.conditions import conditions, plan_grade
from waterbal.capacity.demand import Demand, Silent, Watcher, options
from waterbal.capacity.horizons import horizon_axes
from waterbal.capacity.journal import kept
from waterbal.capacity.search import Options
from waterbal.capacity.support import complete_years
from waterbal.capacity.survey import Answer, Request, Subject, directions_of, refuse, survey
from waterbal.capacity.trial import Ground
from waterbal.errors import Issue, Message, UsageError
from waterbal.model.base import Label
from waterbal.results import netcdf
from waterbal.results.dataset import CONVENTIONS, assumed_inputs, inputs, versions
from waterbal.scenarios.records import record_count

if TYPE_CHECKING:
    import xarray as xr

    from waterbal.api import Case
    from waterbal.scenarios.study import Study


__all__ = ["Demand", "Watcher", "assess", "options"]


def assess(
    path: str | Path,
    overrides: Sequence[str] = (),
    demand: Demand | None = None,
    watcher: Watcher | None = None,
    output: Path | None = None,
) -> xr.Dataset:
    """Search the capacities of a scenario file, or of one model.

    Parameters
    ----------
    path : str or Path
        Scenario file or model file (YAML).
    overrides : sequence of str
        ``path=value`` texts that change the model.
    demand : Demand, optional
        What is asked for.
    watcher : Watcher, optional
        Shows how far the work is.
    output : Path, optional
        NetCDF file to write. Until it is written all trials are kept beside it, so that the same call goes on where an
        interrupted one was; nothing is made there before the first of them.

    Returns
    -------
    Dataset (scenario, direction, driver, ...)
        As ``waterbal.capacity.dataset.build`` describes it.

    Raises
    ------
    ConfigError, DataError
        With every problem of the files; a guarantee rate that the records cannot support.
    UsageError
        If scenarios, records or directions are asked for that do not exist, the budget is too small, or the output
        cannot be written.
    UnfinishedError
        If something that is asked for besides capacities could not be told; all else is written, and in it.
    """
    demand = demand or Demand()
    extras.check(demand.extras)
    overshoot.check(demand.risk_realizations)
    extras.check_trajectories(demand.trajectories, demand.extras)
    watcher = watcher or Silent()
    if output is None:
        return unfinished.whole(_assessed(path, overrides, demand, watcher))
    outputs.check(output)
    with kept(output.with_name(f".{output.name}.trials")):
        found = _assessed(path, overrides, demand, watcher)
        watcher.stage(Message(f"写出 {output}", f"writing {output}"))
        output.parent.mkdir(parents=True, exist_ok=True)
        netcdf.write(found, output)
    return unfinished.whole(found)


def attempt(
    path: str | Path, overrides: Sequence[str], demand: Demand, watcher: Watcher, output: Path | None
) -> tuple[xr.Dataset, unfinished.UnfinishedError | None]:
    """Search as ``assess`` does; give what is found also where something besides capacities could not be told.

    Parameters
    ----------
    path, overrides, demand, watcher, output
        As for ``assess``.

    Returns
    -------
    Dataset, UnfinishedError
        What is found, and why it is not all; None if it is.
    """
    try:
        return assess(path, overrides, demand, watcher, output), None
    except unfinished.UnfinishedError as failure:
        assert failure.found is not None
        return failure.found, failure


def _assessed(path: str | Path, overrides: Sequence[str], demand: Demand, watcher: Watcher) -> xr.Dataset:
    from waterbal.scenarios.overview import is_study

    watcher.stage(Message("检查各方案", "checking every scenario"))
    found = (_of_study if is_study(path) else _of_model)(path, overrides, demand, watcher)
    command = of_capacity(path, overrides, demand)
    return found if command is None else found.assign_attrs(waterbal_command=command)


def _of_study(path: str | Path, overrides: Sequence[str], demand: Demand, watcher: Watcher) -> xr.Dataset:
    from waterbal.scenarios.labels import scenario_coordinates
    from waterbal.scenarios.study_work import open_study

    work = open_study(str(path), overrides, demand.only, demand.realizations, None, check=True)
    study, chosen, count = work.study, list(work.chosen), work.realizations
    subjects = [_subject(study, number) for number in chosen]
    base = _base(study, chosen)
    extras.check_possible(demand.extras, study, study.case(chosen[base]), chosen[base])
    _refuse_changed_plans(study, chosen[base], demand)
    if demand.budget is not None and not study.measures:
        raise UsageError(
            Issue(
                Message("情景文件没有可供投资的措施", "the study has no measures to spend a budget on"),
                "--budget",
                expected="'measures'",
            )
        )
    if demand.budget is not None:
        has = in_place(lambda names: study.case(chosen[base], names), study.measures)
        refuse_budget({name: cost_of([name], study.measures, has) for name in study.measures}, demand.budget)
    answers = _survey(subjects, count, demand, watcher)
    details = relief_of(study, chosen[base], base, answers[base], count, demand, watcher)
    case = study.case(chosen[base])
    found = samples.put(dataset.build(answers, scenario_coordinates(study, chosen), details), base)
    changes = {study.scenarios[n].id: study.scenarios[n].changes for n in chosen}
    horizon = next((axis.id for axis in horizon_axes(study)), "")
    alike = _alike(study, chosen, base, horizon)
    of_base = study.scenarios[chosen[base]].sample
    one_sample = [k for k in alike if study.scenarios[chosen[k]].sample == of_base]
    horizons = (
        {str(answers[k].planning_year): study.case(chosen[k]) for k in one_sample} if demand.extras else {}
    )
    if horizons:  # of several scenarios of its year, the baseline
        horizons[str(answers[base].planning_year)] = case
    focus = focus_of(answers[base], demand)
    found = _with_overshoot(found, {k: study.case(chosen[k]) for k in alike}, focus, count, demand, watcher)
    own = study.scenarios[chosen[base]].values
    sampled = [
        (study.scenarios[number].sampled, answers[k].found[focus])
        for k, number in enumerate(chosen)
        if study.scenarios[number].sample and study.scenarios[number].values == own
    ]
    baseline = extras.Baseline(
        study,
        chosen[base],
        case,
        answers[base],
        focus,
        count,
        demand.options,
        demand.threads,
        horizons,
        sampled,
        tuple(dict.fromkeys(demand.directions)),
        watcher,
        demand.trajectories,
    )
    found = _with_extras(found, baseline, demand, watcher)
    return found.assign_attrs(
        _attributes(case, answers[base], count, study.name, study.description, demand.options),
        baseline=study.scenarios[chosen[base]].id,
        study_baseline="" if study.baseline is None else study.scenarios[study.baseline].id,
        capacity_focus=focus,
        horizon_axis=horizon,
        waterbal_changes=json.dumps(changes, ensure_ascii=False, default=str),
        waterbal_overrides=json.dumps(list(overrides), ensure_ascii=False),
    )


def _base(study: Study, chosen: Sequence[int]) -> int:
    """Return the position of the baseline; where it was not chosen, the last that differs in the fewest axes."""
    if study.baseline is None:
        return len(chosen) - 1
    own = study.scenarios[study.baseline]
    apart = [
        sum(study.scenarios[number].values[axis] != value for axis, value in own.values.items())
        + (study.scenarios[number].sample != own.sample)
        for number in chosen
    ]
    return len(apart) - 1 - int(np.argmin(apart[::-1]))


def _refuse_changed_plans(study: Study, number: int, demand: Demand) -> None:
    """Refuse measures that change the plan itself: scales of different plans cannot be compared."""
    if not (demand.details or demand.budget is not None) or not study.measures:
        return
    plan = {id: driver.at(1.0) for id, driver in Ground(study.case(number), 1).question.drivers.items()}
    issues = []
    for name in study.measures:
        drivers = Ground(study.case(number, [name]), 1).question.drivers
        moved = [
            id for id, amount in plan.items() if abs(drivers[id].at(1.0) - amount) > 1e-9 * max(1.0, amount)
        ]
        if moved:
            message = Message(
                f"该措施改变了 {', '.join(moved)} 的规划值，而承载能力正以它衡量",
                f"the measure changes the plan of {', '.join(moved)}, by which what it carries is measured",
            )
            issues.append(
                Issue(
                    message,
                    f"measures.{name}",
                    expected=Message("定额、漏损、工程或指标", "a norm, a loss, works or a quota"),
                )
            )
    if issues:
        raise UsageError(issues)


def _with_extras(
    found: xr.Dataset, baseline: extras.Baseline, demand: Demand, watcher: Watcher
) -> xr.Dataset:
    """Add what else is told of the baseline, and what could not be."""

    def begin(name: str) -> None:
        watcher.stage(
            Message(f"基准方案：{extras.CALLED[name]}", f"baseline: {name}"),
            Message("次求解", "searches") if name == "sensitivity" else "",
        )

    told, failed = unfinished.told(baseline, demand.extras, begin)
    for one in told:
        found = found.assign_attrs(one.attrs).merge(one, combine_attrs="override")
    if failed:
        found = found.assign_attrs(unfinished.recorded(failed))
    return found


def _with_overshoot(
    found: xr.Dataset, cases: Mapping[int, Case], focus: str, count: int, demand: Demand, watcher: Watcher
) -> xr.Dataset:
    """Add how likely the plan is more than the water carries, from more records than were searched."""
    if demand.risk_realizations <= count:
        return found
    counts = {}
    watcher.stage(Message("试算规划方案", "trying the plan"), Message("个方案", "scenarios"))
    for done, (k, case) in enumerate(cases.items()):
        size = count if case.ensemble is None else case.ensemble.size
        records = demand.risk_realizations if size is None else min(size, demand.risk_realizations)
        counted = (
            overshoot.overshoot(Ground(case, records, demand.threads), focus) if records > count else None
        )
        if counted is not None:
            counts[k] = counted
        watcher(done + 1, len(cases))
    if not counts:
        return found
    told = overshoot.dataset(focus, counts, found.sizes["scenario"])
    return found.assign_attrs(told.attrs).merge(told, combine_attrs="override")


def _alike(study: Study, chosen: Sequence[int], base: int, horizon: str) -> list[int]:
    """Return the positions of the scenarios that differ from the baseline in planning year or sample only."""
    own = study.scenarios[chosen[base]].values
    return [
        k
        for k, number in enumerate(chosen)
        if all(
            value == own[axis] for axis, value in study.scenarios[number].values.items() if axis != horizon
        )
    ]


def _subject(study: Study, number: int) -> Subject:
    scenario = study.scenarios[number]
    return Subject(scenario.id, scenario.name, lambda: study.case(number), scenario.values)


def _of_model(path: str | Path, overrides: Sequence[str], demand: Demand, watcher: Watcher) -> xr.Dataset:
    import xarray as xr

    from waterbal.api import load

    if demand.only:
        raise UsageError(
            Issue(
                Message("模型没有可供选择的维度", "a model has no axes to choose from"),
                "--only",
                expected=Message("情景文件", "a scenario file"),
            )
        )
    if demand.budget is not None:
        raise UsageError(
            Issue(
                Message("模型没有措施", "a model has no measures"),
                "--budget",
                expected=Message("含 'measures' 的情景文件", "a scenario file with 'measures'"),
            )
        )
    case = load(path, overrides)
    count = record_count(demand.realizations, 1, None if case.ensemble is None else case.ensemble.size)
    extras.check_possible(demand.extras, None, case)
    subject = Subject(case.model.id, case.model.name, lambda: case)
    answers = _survey([subject], count, demand, watcher)
    details = None
    if demand.details:
        focus = focus_of(answers[0], demand)
        ground = Ground(case, count, demand.threads)
        watcher.stage(Message("逐一放宽限制", "relaxing limits"), Message("项限制", "limits"))
        details = binding_of(ground, 0, focus, answers[0], watcher)
    scenario = {
        "scenario_id": xr.Variable(("scenario",), [case.model.id], {"long_name": "scenario id"}),
        "scenario_name_zh": xr.Variable(("scenario",), [case.model.name.zh]),
        "scenario_name_en": xr.Variable(("scenario",), [case.model.name.en]),
    }
    found = dataset.build(answers, scenario, details)
    focus = focus_of(answers[0], demand)
    found = _with_overshoot(found, {0: case}, focus, count, demand, watcher)
    horizons = {str(answers[0].planning_year): case}
    baseline = extras.Baseline(
        None, 0, case, answers[0], focus, count, demand.options, demand.threads, horizons
    )
    found = _with_extras(found, baseline, demand, watcher)
    return found.assign_attrs(
        _attributes(case, answers[0], count, case.model.name, case.model.description, demand.options),
        baseline=case.model.id,
        capacity_focus=focus,
        horizon_axis="",
        waterbal_overrides=json.dumps(list(overrides), ensure_ascii=False),
    )


def _survey(subjects: Sequence[Subject], count: int, demand: Demand, watcher: Watcher) -> list[Answer]:
    first = Ground(subjects[0].case(), count, demand.threads)
    options = (("--along", demand.directions), ("--alone", demand.alone), ("--focus", (demand.focus,)))
    asked = {name: option for option, names in options for name in names if name}
    directions_of(first.question, asked, asked)
    refuse(first, alone=bool(demand.alone))
    named = [*demand.directions, *demand.alone, *([demand.focus] if demand.focus else [])]
    wanted = tuple(dict.fromkeys(named)) if demand.directions else ()
    watcher.stage(Message("求承载能力", "searching capacities"), Message("个方案", "scenarios"))
    request = Request(count, wanted, demand.alone, demand.options, demand.threads)
    return survey(subjects, request, watcher)


def _attributes(
    case: Any, answer: Answer, count: int, name: Label, description: str, options: Options
) -> dict[str, Any]:
    """Say what the result is and what it was made from."""
    told = conditions(case, answer.question, answer.records, options)
    return {
        "Conventions": CONVENTIONS,
        "title": f"{name.en}: capacities",
        "title_zh": f"{name.zh}：水资源承载能力",
        "summary": "How much of the plan is carried along each direction, everything required holding; "
        "1 is the plan. Single-driver capacities are alternatives, not sums.",
        "source": f"waterbal {__version__}",
        "history": f"made by waterbal {__version__}",
        "description": description,
        "realizations": np.int32(count),
        "record_years": np.int32(complete_years(case.rows().axis)),
        "plan_grade": plan_grade(case, answer.question),
        "search_tolerance": options.tolerance,
        "search_audit_below": np.int32(options.audit_below),
        "search_audit_above": np.int32(options.audit_above),
        "capacity_conditions": json.dumps(told, ensure_ascii=False),
        "waterbal_capacity": "1",
        **versions(),
        **inputs(case.loaded.config, assumed_inputs(case)),
    }
