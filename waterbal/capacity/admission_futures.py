"""The futures in which projects are judged: planning years of a model, or scenarios of a study."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from waterbal.api import Case, case_of
from waterbal.capacity.admission_model import Placed, edits, placed
from waterbal.capacity.admission_runs import Future
from waterbal.capacity.horizons import PLANNING_YEAR, horizon_axes, sets_year
from waterbal.capacity.project import ProjectFile
from waterbal.capacity.project_names import project_issues
from waterbal.errors import ConfigError, Issue, Message, UsageError
from waterbal.model.base import Label
from waterbal.model.draft import Draft, join_issues, read_draft
from waterbal.model.load import Loaded, readable
from waterbal.model.marks import MarkNode
from waterbal.model.overrides import Change, read_changes
from waterbal.model.root import Model
from waterbal.scenarios import study as studies
from waterbal.scenarios.overview import is_study
from waterbal.scenarios.records import record_count
from waterbal.scenarios.study import Study
from waterbal.scenarios.study_work import choose


@dataclass(frozen=True)
class Unjudged:
    """A year in which a project begins or grows and that is not judged."""

    year: int
    reason: str
    beyond: bool = True
    """Whether the model does not reach it; else the scenarios of the planning years around it are not of one kind."""


@dataclass(frozen=True)
class Outlook:
    """Where projects are judged."""

    futures: tuple[Future, ...]
    unjudged: tuple[Unjudged, ...]
    projects: tuple[Placed, ...]
    """All of them, in the order in which they were given: first those that are committed."""


@dataclass(frozen=True)
class Request:
    """Where projects are to be judged."""

    path: Path
    overrides: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    """``axis=value`` of the scenarios of a study that count."""
    years: tuple[int, ...] = ()
    """Planning years of a model; its own and those of the projects if not given."""
    realizations: int | None = None
    threads: int | None = None


def outlook(
    request: Request, files: Sequence[ProjectFile], asked: Sequence[ProjectFile] | None = None
) -> Outlook:
    """Load the model in every future, with all projects in it.

    Parameters
    ----------
    request : Request
        Where projects are to be judged.
    files : sequence of ProjectFile
        All projects, first those that are committed.
    asked : sequence of ProjectFile, optional
        Those that are to be judged, in whose years between the planning years of a study they are; all if not given.

    Raises
    ------
    ConfigError
        With every problem of the projects, of the model, or of both together.
    """
    if is_study(request.path):
        if request.years:
            raise UsageError(
                Issue(
                    Message("情景文件自己写明水平年", "a study says itself which planning years it has"),
                    "--year",
                    expected="--only horizon=2030",
                )
            )
        return _of_study(request, files, files if asked is None else asked)
    if request.only:
        raise UsageError(
            Issue(
                Message("模型没有可供选择的维度", "a model has no axes to choose from"),
                "--only",
                expected=Message("情景文件，或 --year 2030", "a scenario file, or --year 2030"),
            )
        )
    return _of_model(request, files)


def first_model(request: Request) -> Model:
    """Give the model in the first future, whose names all futures share.

    Raises
    ------
    ConfigError
        With every problem of the model there.
    """
    if is_study(request.path):
        study = studies.load(request.path, request.overrides, check=False)
        return study.loaded((choose(study, request.only) if request.only else _usual(study))[0]).model
    changes, issues = read_changes(request.overrides)
    if issues:
        raise ConfigError(readable(issues))
    return _loaded(read_draft(request.path), changes, request.overrides).model


def _checked(loaded: Loaded, files: Sequence[ProjectFile]) -> tuple[Placed, ...]:
    issues = [issue for file in files for issue in project_issues(file, loaded.model)]
    if issues:
        raise ConfigError(readable(issues))
    return tuple(placed(file, loaded.model) for file in files)


def _future(
    id: str, name: Label, base: Loaded, request: Request, wanted: int | None, files: Sequence[ProjectFile],
    build: Callable[[Sequence[Change]], Case],
) -> Future:  # fmt: skip
    projects = _checked(base, files)

    def of(factors: Mapping[str, float] | None) -> Case:
        return build(edits(projects, base.model, base.config["priorities"], factors))

    case = of(None)
    year = case.model.time.planning_year
    if year is None:
        message = Message(
            "模型没有水平年，无法据以论证项目",
            "the model has no planning year, so that no project can be judged in one",
        )
        raise ConfigError(
            Issue(
                message,
                PLANNING_YEAR,
                expected=Message(
                    "--year 2030，或 time.planning_year: 2030", "--year 2030, or time.planning_year: 2030"
                ),
            )
        )
    size = None if case.ensemble is None else case.ensemble.size
    count = record_count(request.realizations, wanted or size or 1, size)
    return Future(id, name, year, case, count, projects, of, request.threads)


def _of_study(request: Request, files: Sequence[ProjectFile], asked: Sequence[ProjectFile]) -> Outlook:
    study = studies.load(request.path, request.overrides, check=False)
    numbers = choose(study, request.only) if request.only else _usual(study)
    futures = []
    for number in numbers:
        scenario = study.scenarios[number]

        def build(changes: Sequence[Change], number: int = number) -> Case:
            return study.case(number, edits=changes)

        futures.append(
            _future(
                scenario.id, scenario.name, study.loaded(number), request, study.wanted, files, build
            )
        )  # fmt: skip
    unjudged: list[Unjudged] = []
    for number, year, plain in _between(study, numbers, asked):
        if not plain:
            reason = "the planning years around it differ in more than the year"
            unjudged.append(Unjudged(year, reason, beyond=False))
            continue
        at = Change(PLANNING_YEAR, year, MarkNode("", 0, 0))
        try:
            base = study.loaded(number, edits=[at])
        except ConfigError as error:
            unjudged.append(Unjudged(year, str(error.issues[0])))
            continue

        def built(changes: Sequence[Change], number: int = number, at: Change = at) -> Case:
            return study.case(number, edits=[at, *changes])

        name = _between_years(study, number, year)
        id = f"{year}-as-{study.scenarios[number].id}"
        futures.append(_future(id, name, base, request, study.wanted, files, built))
    futures.sort(key=lambda future: future.year)
    one_each = dict.fromkeys(unjudged)
    return Outlook(_in_turn(futures), tuple(one_each), futures[0].projects)


def _between(
    study: Study, numbers: Sequence[int], files: Sequence[ProjectFile]
) -> Iterator[tuple[int, int, bool]]:
    """List the years before the last planning year in which projects begin or grow and that no scenario has.

    Yields
    ------
    int, int, bool
        Scenario that is the same but for the planning year, the year, and whether all that such scenarios differ in is
        the planning year, so that the model itself says what the year between them is. Nothing where planning years
        were chosen out of those that there are.
    """
    horizons = {
        axis.id: all(change.path == PLANNING_YEAR for value in axis.values for change in value.changes)
        for axis in horizon_axes(study)
    }
    if not horizons:
        return
    of_all = {(study.scenarios[n].sample, *_other(study, n, horizons)) for n in numbers}
    for kind in sorted(of_all, key=str):
        alike = [s.number for s in study.scenarios if (s.sample, *_other(study, s.number, horizons)) == kind]
        if not set(alike) <= set(numbers):
            continue
        have = {study.loaded(number).model.time.planning_year: number for number in alike}
        last = max(year for year in have if year is not None)
        for year in sorted(set(_grows(files)) - set(have)):
            if year < last:
                yield have[last], year, all(horizons.values())


def _between_years(study: Study, number: int, year: int) -> Label:
    """Name a scenario in a year between planning years: what the values of its other axes are called besides."""
    scenario = study.scenarios[number]
    zh, en = [f"{year} 年（水平年之间）"], [f"{year}, between planning years"]
    for axis in study.axes:
        value = axis.find(scenario.values[axis.id])
        if value is None or len(axis.values) == 1 or sets_year(axis):
            continue
        zh.append(value.name.zh)
        en.append(value.name.en)
    if scenario.sample is not None:
        zh.append(f"样本 {scenario.sample}")
        en.append(f"sample {scenario.sample}")
    return Label(zh="、".join(zh), en=", ".join(en))


def _other(study: Study, number: int, horizons: Mapping[str, bool]) -> tuple[object, ...]:
    """Give the values of a scenario on the axes that are not planning years."""
    return tuple(value for axis, value in study.scenarios[number].values.items() if axis not in horizons)


def _usual(study: Study) -> list[int]:
    """Number the scenarios that are the baseline but for the planning year; all where there is no baseline."""
    if study.baseline is None:
        return [scenario.number for scenario in study.scenarios]
    horizons = {axis.id for axis in horizon_axes(study)}
    base = study.scenarios[study.baseline]
    return [
        scenario.number
        for scenario in study.scenarios
        if scenario.sample == base.sample
        and all(value == base.values[axis] for axis, value in scenario.values.items() if axis not in horizons)
    ]


def _of_model(request: Request, files: Sequence[ProjectFile]) -> Outlook:
    draft = read_draft(request.path)
    changes, issues = read_changes(request.overrides)
    if issues:
        raise ConfigError(readable(issues))
    own = _loaded(draft, changes, request.overrides)
    wanted = sorted(request.years) or list(_years(own, files))
    futures: list[Future] = []
    unjudged: list[Unjudged] = []
    first_problem: ConfigError | None = None
    for year in wanted:
        at = (*changes, Change(PLANNING_YEAR, year, MarkNode("", 0, 0)))
        try:
            base = _loaded(draft, at, request.overrides)
        except ConfigError as error:
            if request.years or year == own.model.time.planning_year:
                raise
            unjudged.append(Unjudged(year, str(error.issues[0])))
            first_problem = first_problem or error
            continue

        def build(more: Sequence[Change], at: Sequence[Change] = at) -> Case:
            return case_of(_loaded(draft, (*at, *more), request.overrides))

        name = Label(zh=f"{year} 年", en=str(year))
        futures.append(_future(str(year), name, base, request, None, files, build))
    if not futures:
        assert first_problem is not None
        raise first_problem
    return Outlook(_in_turn(futures), tuple(unjudged), futures[0].projects)


def _in_turn(futures: Sequence[Future]) -> tuple[Future, ...]:
    """Tell each future the year of the next one."""
    for future in futures:
        future.until = min((one.year for one in futures if one.year > future.year), default=None)
    return tuple(futures)


def _years(own: Loaded, files: Sequence[ProjectFile]) -> Iterator[int]:
    """List the planning year of the model, and the years in which projects begin or grow."""
    found = set() if own.model.time.planning_year is None else {own.model.time.planning_year}
    yield from sorted(found | set(_grows(files)))


def _grows(files: Sequence[ProjectFile]) -> Iterator[int]:
    """List the years in which projects begin or grow."""
    for file in files:
        yield from file.project.growing


def _loaded(draft: Draft, changes: Sequence[Change], overrides: Sequence[str]) -> Loaded:
    variant = draft.variant(changes)
    if variant.model is None or draft.issues:
        raise ConfigError(readable(join_issues(draft.issues, variant.issues)))
    return Loaded(variant.model, variant.config, variant.marks, draft.path, tuple(overrides), draft.directory)
