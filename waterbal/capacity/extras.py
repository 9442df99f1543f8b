"""What can be told of the baseline besides capacities: frontier, balances, foresight bound, load state, sensitivity."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from waterbal.api import Case
from waterbal.capacity.judging import trials
from waterbal.capacity.search import Found, Options, run
from waterbal.capacity.survey import Answer
from waterbal.capacity.trial import Ground
from waterbal.errors import Issue, Message, UsageError, nearest

if TYPE_CHECKING:
    import xarray as xr

    from waterbal.scenarios.study import Study

RAYS = 17
"""Rays of a frontier."""


@dataclass(frozen=True)
class Baseline:
    """The scenario that extras are told of."""

    study: Study | None
    number: int
    case: Case
    answer: Answer
    direction: str
    realizations: int
    options: Options
    threads: int | None
    horizons: Mapping[str, Case]
    """Planning year -> case that is otherwise the baseline."""
    sampled: Sequence[tuple[Mapping[str, float], Found]] = ()
    """Uncertain inputs and capacity along the direction of every sample of the baseline that was searched."""
    along: Sequence[str] = ()
    """Directions that were asked for by name."""
    watch: Callable[[int, int], None] | None = None
    """Called with (searches done, searches in all) where a part is long."""
    trajectories: int = 0
    """Paths of Morris through the ranges of the uncertain inputs; 0 for none."""


def frontier(base: Baseline) -> xr.Dataset:
    """Search what is carried together, with the plans of all planning years on it."""
    from waterbal.capacity.datasets import frontier_dataset
    from waterbal.capacity.frontier import frontier as search

    ground, plans = _on_frontier(base)
    drivers = list(ground.question.drivers)
    return frontier_dataset(search(ground, drivers, RAYS, base.options.coarser(), plans, base.answer.found))


def pairs(base: Baseline) -> xr.Dataset:
    """Search what each two drivers are carried together with the others at plan, with the plans on it."""
    from waterbal.capacity.datasets import pairs_dataset
    from waterbal.capacity.frontier import pair_frontiers

    ground, plans = _on_frontier(base)
    return pairs_dataset(pair_frontiers(ground, RAYS, base.options.coarser(), plans, base.answer.found))


def _on_frontier(base: Baseline) -> tuple[Ground, dict[str, dict[str, float]]]:
    """Give the baseline and the plan of each planning year."""
    from waterbal.capacity.frontier import plan_amounts

    ground = Ground(base.case, base.realizations, base.threads)
    if len(ground.question.drivers) < 2:
        raise UsageError(
            Issue(
                Message("承载边界需要两个或更多驱动因素", "a frontier needs two drivers or more"),
                "--with",
                expected=Message("'capacity' 下的 'drivers'", "'drivers' under 'capacity'"),
            )
        )
    plans = {
        year: plan_amounts(Ground(case, base.realizations, base.threads).question)
        for year, case in base.horizons.items()
    }
    return ground, plans


def balances(base: Baseline) -> xr.Dataset:
    """Make the balances of demand and supply of the baseline."""
    from waterbal.capacity.balances import three_balances

    if base.study is None:
        raise UsageError(
            Issue(
                Message("各次平衡列在情景文件中", "balances are listed in a scenario file"),
                "--with",
                expected=Message("情景文件", "a scenario file"),
            )
        )
    return three_balances(
        base.study, base.number, base.realizations, base.threads, options=base.options.coarser()
    ).dataset()


def bound(base: Baseline) -> xr.Dataset:
    """Bound the capacity of the record that fails first by perfect foresight, with what limits are worth there."""
    from waterbal.capacity.bound_dataset import bound_dataset

    return bound_dataset(base)


def load(base: Baseline) -> xr.Dataset:
    """Tell the load state of water use and groundwater against their caps."""
    import xarray as xr

    from waterbal.capacity.load_state import of_case

    state = of_case(base.case, base.realizations, base.threads)
    told = xr.Dataset(attrs={"set": state.set, "set_version": state.version, "set_grade": state.grade})
    names = [f"{load.element}_{load.counted}" for load in state.loads]
    told["element_id"] = ("element", names, {"long_name": "element of the load state"})
    for language in ("zh", "en"):
        told[f"element_name_{language}"] = ("element", [getattr(load.name, language) for load in state.loads])
        told[f"band_name_{language}"] = (
            "element",
            [getattr(load.band.name, language) for load in state.loads],
        )
        overall = [getattr(state.overall(counted).name, language) for counted in ("needed", "used")]
        told.attrs[f"overall_{language}"] = ", ".join(overall)
    for field, en in (("use", "water used or needed"), ("limit", "cap"), ("value", "use over cap")):
        units = "1" if field == "value" else "1e4 m3 year-1"
        values = [getattr(load, field) for load in state.loads]
        told[field] = ("element", values, {"long_name": en, "units": units})
    return told


def risk(base: Baseline) -> xr.Dataset:
    """Tell the distribution of the capacity over records in every planning year, and how sure it is."""
    from waterbal.capacity.datasets import risk_dataset
    from waterbal.capacity.risk import risk as of_ground
    from waterbal.capacity.survey import begin

    found = {}
    for year, case in base.horizons.items():
        ground = Ground(case, base.realizations, base.threads)
        ground.refuse_unsupported(alone=True, direction=base.direction)
        ensemble = run([begin(ground, base.direction)], trials(ground), base.options)[0]
        found[year] = of_ground(ground, base.direction, ensemble, base.options.coarser())
    return risk_dataset(found)


def sensitivity(base: Baseline) -> xr.Dataset:
    """Move every uncertain input of the study over its range; with enough samples also tell global indices."""
    from waterbal.capacity.datasets import sensitivity_dataset
    from waterbal.capacity.sensitivity import FEWEST, indices, leading, screening, together
    from waterbal.capacity.tornado import Nominal, tornado

    if base.study is None:
        raise UsageError(
            Issue(
                Message("不确定参数列在情景文件中", "uncertain inputs are listed in a scenario file"),
                "--with",
                expected=Message("情景文件", "a scenario file"),
            )
        )
    directions = [base.direction, *(d for d in base.along if d != base.direction)]
    searched = [
        Nominal(base.study, base.number, d, base.realizations, base.options.coarser(), base.threads)
        for d in directions
    ]
    nominal = searched[0]
    swings, *others = [tornado(one, base.watch) for one in searched]
    given = None
    if len(base.sampled) >= FEWEST:
        names = [factor.id for factor in nominal.factors]
        given = indices(names, *nominal.of_samples(base.sampled, base.watch), seed=0)
    screened = screening(nominal, base.trajectories, seed=0) if base.trajectories else None
    told = sensitivity_dataset(swings, given, screened, others)
    told.attrs["sensitivity_tolerance"] = nominal.options.tolerance
    for language in ("zh", "en"):
        lines = [
            f"{getattr(leader.name, language)}: {getattr(leader.evidence, language)}"
            for leader in leading(swings, given, screened)
        ]
        lines += [getattr(note, language) for note in together(base.study.correlations, swings)]
        told.attrs[f"sensitivity_leading_{language}"] = "\n".join(lines)
    return told


EXTRAS: Mapping[str, Callable[[Baseline], xr.Dataset]] = {
    "frontier": frontier,
    "pairs": pairs,
    "balances": balances,
    "bound": bound,
    "load": load,
    "risk": risk,
    "sensitivity": sensitivity,
}
"""Extras by name."""
CALLED = {
    "frontier": "可同时承载的组合",
    "pairs": "两两组合的承载边界",
    "balances": "三次平衡",
    "bound": "完全预见的上限",
    "load": "承载状况",
    "risk": "逐样本承载能力",
    "sensitivity": "不确定参数的影响",
}
"""What extras are called in Chinese."""


def check(names: Sequence[str]) -> None:
    """Refuse extras that do not exist.

    Raises
    ------
    UsageError
        Naming each.
    """
    issues = [
        Issue(
            Message(f"没有名为 {name!r} 的附加内容", f"there is nothing called {name!r} to tell"),
            "--with",
            expected=", ".join(EXTRAS),
            nearest=nearest(name, EXTRAS),
        )
        for name in names
        if name not in EXTRAS
    ]
    if issues:
        raise UsageError(issues)


def check_trajectories(count: int, names: Sequence[str]) -> None:
    """Refuse a number of paths through the ranges that tells nothing, or that nothing is told of.

    Raises
    ------
    UsageError
        If there is one path only, or no sensitivity is asked for.
    """
    if not count:
        return
    issues = []
    if count < 2:
        issues.append(
            Issue(
                Message(f"{count} 条路径看不出离散程度", f"{count} paths tell no spread"),
                "--trajectories",
                expected=Message("2 或更多", "2 or more"),
            )
        )
    if "sensitivity" not in names:
        expected = "--with sensitivity"
        issues.append(
            Issue(
                Message(
                    "参数路径（--trajectories）用于敏感性分析", "paths through the ranges are for sensitivity"
                ),
                "--trajectories",
                expected=expected,
            )
        )
    if issues:
        raise UsageError(issues)


def check_possible(names: Sequence[str], study: Study | None, case: Case, number: int = 0) -> None:
    """Refuse extras that the files have nothing for, or nothing valid, before anything is searched.

    Parameters
    ----------
    names : sequence of str
        Extras that are asked for.
    study : Study, optional
        Scenario file; None for a model.
    case : Case
        The scenario that they are told of.
    number : int
        Its number in the study.

    Raises
    ------
    UsageError
        If a model is asked for what a scenario file lists, or a scenario file lists no such thing.
    ConfigError
        If the model does not say which quotas the load state is measured by, or is not valid at an end of the range
        of an uncertain input.
    """
    issues = []
    for name, section in (("balances", "balances"), ("sensitivity", "factors")):
        if name in names and not (study is not None and getattr(study, section)):
            expected = Message(
                f"含 '{'sampling' if section == 'factors' else section}' 的情景文件",
                f"a scenario file with '{'sampling' if section == 'factors' else section}'",
            )
            issues.append(
                Issue(
                    Message(f"缺少计算 {name} 的依据", f"there is nothing to tell {name} from"),
                    "--with",
                    expected=expected,
                )
            )
    if issues:
        raise UsageError(issues)
    if "load" in names:
        from waterbal.capacity.load_state import load_spec

        load_spec(case)
    if "sensitivity" in names and study is not None:
        from waterbal.capacity.range_ends import check_ends

        check_ends(study, number)


def prefixed(told: xr.Dataset, prefix: str) -> xr.Dataset:
    """Put a prefix before every name of a dataset, so that several fit into one file."""
    names: dict[Any, str] = {
        name: f"{prefix}_{name}"
        for name in [*told.variables, *told.dims]
        if not str(name).startswith(f"{prefix}_") and str(name) != prefix
    }
    attributes = {
        f"{prefix}_{name}": value for name, value in told.attrs.items() if not str(name).startswith(prefix)
    }
    kept = {name: value for name, value in told.attrs.items() if str(name).startswith(prefix)}
    renamed = told.rename(names)
    renamed.attrs = {**kept, **attributes}
    return renamed
