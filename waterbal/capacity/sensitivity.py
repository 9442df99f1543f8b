"""Global sensitivity of capacities by SALib, and the inputs that matter the most with the evidence for it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from waterbal.capacity.tornado import Carried, Nominal, Tornado
from waterbal.errors import Issue, Message, UsageError
from waterbal.model.base import Label
from waterbal.model.rows import Floats

FEWEST = 32
"""Samples below which indices of given data tell nothing: two classes of 16 for every input."""
RESAMPLES = 30
"""Resamples by which the indices are freed of bias and get their intervals."""
IN_CLASS = 14
"""Samples in a class of delta; SALib refuses fewer than 10."""


@dataclass(frozen=True)
class Indices:
    """How much of the spread of the capacity each input explains, over samples of all of them.

    Inputs that are correlated share what they explain, so that the sum of ``first`` may exceed 1.
    """

    factors: tuple[str, ...]
    first: Floats
    """ndarray (factor) first-order share of the variance, RBD-FAST [-]"""
    first_error: Floats
    """ndarray (factor) half width of its interval at 0.95 [-]"""
    delta: Floats
    """ndarray (factor) moment-independent importance of Borgonovo [-]"""
    delta_error: Floats
    """ndarray (factor) half width of its interval at 0.95 [-]"""
    size: int
    """Samples."""
    nothing: int
    """Samples in which nothing is carried, which count as 0."""


@dataclass(frozen=True)
class Screening:
    """Elementary effects over the ranges of the inputs, in units of the capacity per range."""

    factors: tuple[str, ...]
    effect: Floats
    """ndarray (factor) mean of absolute effects, mu*"""
    effect_error: Floats
    """ndarray (factor) half width of its interval at 0.95"""
    spread: Floats
    """ndarray (factor) standard deviation of effects: large where they depend on the other inputs or on the level"""
    trajectories: int


@dataclass(frozen=True)
class Leader:
    """An input that a capacity depends on."""

    factor: str
    name: Label
    ranks: Mapping[str, int]
    """Measure -> rank by it, from 1."""
    agree: bool
    """Whether every measure has it among the first."""
    evidence: Label
    """Why, in words."""


def indices(
    factors: Sequence[str], inputs: Floats, carried: Sequence[Carried], seed: int, resamples: int = RESAMPLES
) -> Indices:
    """Estimate sensitivity indices from samples that were searched.

    Parameters
    ----------
    factors : sequence of str
        Inputs.
    inputs : ndarray (sample, factor)
        Their values, or quantiles.
    carried : sequence of Carried
        Capacities.
    seed : int
        Of the resampling that gives intervals.
    resamples : int
        Number of resamples; delta takes nearly all of the time, about 0.05 s for each of them and each input.

    Raises
    ------
    UsageError
        If SALib is missing, there are fewer than 32 samples, or nothing stops the capacity in some.
    """
    outputs = np.array([one.value for one in carried])
    issues = []
    if outputs.size < FEWEST:
        issues.append(
            Issue(
                Message(
                    f"{outputs.size} 个样本不足以分析 {len(factors)} 个不确定参数",
                    f"{outputs.size} samples tell nothing of {len(factors)} inputs",
                ),
                "sampling.size",
                expected=Message(f"{FEWEST} 或更多", f"{FEWEST} or more"),
            )
        )
    if np.isinf(outputs).any():
        count = int(np.isinf(outputs).sum())
        issues.append(
            Issue(
                Message(
                    f"{outputs.size} 个样本中有 {count} 个的承载能力没有上限",
                    f"nothing stops the capacity in {count} of {outputs.size} samples",
                ),
                expected=Message("有上限的方向", "a direction in which something does"),
            )
        )
    if issues:
        raise UsageError(issues)
    nothing = sum(one.extreme for one in carried)
    zero = np.zeros(len(factors))
    if np.ptp(outputs) == 0.0:
        return Indices(tuple(factors), zero, zero, zero, zero, outputs.size, nothing)
    ranks = (
        np.argsort(np.argsort(inputs, axis=0, kind="stable"), axis=0, kind="stable") + 0.5
    ) / outputs.size
    names = [f"x{k}" for k in range(len(factors))]
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    classes = dict.fromkeys(names, int(max(2, min(10, outputs.size // IN_CLASS))))
    harmonics = int(min(10, (outputs.size - 1) // 4))
    with _contained(seed):
        fast = _salib("analyze.rbd_fast").analyze(
            problem, ranks, outputs, M=harmonics, num_resamples=resamples, seed=seed
        )
        borgonovo = _salib("analyze.delta").analyze(
            problem, ranks, outputs, num_resamples=resamples, method="delta", bins_specs=classes
        )
    return Indices(
        tuple(factors),
        np.array(fast["S1"]), np.array(fast["S1_conf"]),
        np.array(borgonovo["delta_raw"]), np.array(borgonovo["delta_raw_conf"]), outputs.size, nothing,
    )  # fmt: skip


def screening(nominal: Nominal, trajectories: int, seed: int) -> Screening:
    """Screen the inputs by elementary effects (Morris 1991, mu* of Campolongo et al. 2007).

    Parameters
    ----------
    nominal : Nominal
        Scenario, direction and inputs.
    trajectories : int
        Number of paths, each with one search more than there are inputs.
    seed : int
        Of the paths.

    Raises
    ------
    UsageError
        If SALib is missing, there are fewer than two paths, or nothing stops the capacity somewhere on them.
    """
    if trajectories < 2:
        raise UsageError(
            Issue(
                Message(f"{trajectories} 条路径", f"{trajectories} trajectories"),
                expected=Message("2 或更多", "2 or more"),
            )
        )
    names = [factor.id for factor in nominal.factors]
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    with _contained(seed):
        places = _salib("sample.morris").sample(problem, trajectories, seed=seed)
    carried = nominal.at([dict(zip(names, map(float, row), strict=True)) for row in places])
    outputs = np.array([one.value for one in carried])
    if np.isinf(outputs).any():
        raise UsageError(
            Issue(
                Message("承载能力没有上限", "nothing stops the capacity"),
                expected=Message("有上限的方向", "a direction in which something does"),
            )
        )
    with _contained(seed):
        found = _salib("analyze.morris").analyze(problem, places, outputs, seed=seed)
    return Screening(
        tuple(names), np.array(found["mu_star"], dtype=np.float64),
        np.array(found["mu_star_conf"], dtype=np.float64), np.array(found["sigma"], dtype=np.float64), trajectories,
    )  # fmt: skip


def _salib(name: str) -> ModuleType:
    """Import a part of SALib, which is an extra."""
    from importlib import import_module

    try:
        return import_module(f"SALib.{name}")
    except ImportError:
        message, expected = (
            Message("没有安装 SALib", "SALib is not installed"),
            "pip install 'waterbal[risk]'",
        )
        raise UsageError(Issue(message, expected=expected)) from None


@contextmanager
def _contained(seed: int) -> Iterator[None]:
    """Keep what SALib does to the state of numpy's old random numbers and of warnings to itself."""
    state, form = np.random.get_state(), warnings.formatwarning  # noqa: NPY002  # SALib draws from it
    with warnings.catch_warnings(
        record=True
    ):  # it sets filters of its own, which only a record keeps from showing
        np.random.seed(seed % 2**32)  # noqa: NPY002
        try:
            yield
        finally:
            np.random.set_state(state)  # noqa: NPY002
            warnings.formatwarning = form


def leading(
    swings: Tornado, given: Indices | None = None, screened: Screening | None = None, count: int = 3
) -> list[Leader]:
    """Name the inputs that a capacity depends on most, by the mean of their ranks in all that was measured.

    Parameters
    ----------
    swings : Tornado
        Inputs one at a time.
    given : Indices, optional
        Over samples.
    screened : Screening, optional
        Elementary effects.
    count : int
        How many are named.

    Returns
    -------
    list of Leader
        With the evidence; fewer where fewer inputs change the capacity at all.
    """
    measures = _measures(swings, given, screened)
    ranks = {name: _ranks(values) for name, values in measures.items()}
    bars = {bar.factor: bar for bar in swings.bars}
    moving = [
        id for id in bars if not bars[id].moves_plan and any(measures[name][id] > 0.0 for name in measures)
    ]
    order = sorted(moving, key=lambda id: (np.mean([ranks[name][id] for name in ranks]), -bars[id].swing))
    return [
        Leader(
            id, bars[id].name, {name: ranks[name][id] for name in ranks},
            all(ranks[name][id] <= count for name in ranks), _evidence(id, swings, given, screened),
        )
        for id in order[:count]
    ]  # fmt: skip


def together(correlations: Sequence[tuple[str, str, float]], swings: Tornado) -> list[Label]:
    """Say what inputs that are drawn together mean for what is told of each.

    Parameters
    ----------
    correlations : sequence of (str, str, float)
        Two inputs and their rank correlation [-].
    swings : Tornado
        Inputs one at a time.
    """
    names = {bar.factor: bar.name for bar in swings.bars}
    pairs = [
        (names[one], names[other], rank) for one, other, rank in correlations if {one, other} <= set(names)
    ]
    if not pairs:
        return []
    zh = "、".join(f"{one.zh}与{other.zh}（秩相关 {rank:g}）" for one, other, rank in pairs)
    en = ", ".join(f"{one.en} and {other.en} (rank correlation {rank:g})" for one, other, rank in pairs)
    return [
        Label(
            zh=f"{zh} 是一起变化的：样本指标 S1、δ 各含对方的作用，S1 之和可大于 1；单因素变幅和 Morris 不计相关",
            en=f"{en} are drawn together: S1 and δ of one hold what the other does, so that S1 may add up to more than "
            "1; one at a time, and in Morris, they move apart",
        )
    ]


def _measures(
    swings: Tornado, given: Indices | None, screened: Screening | None
) -> dict[str, dict[str, float]]:
    """Give measure -> input -> value."""
    found = {"swing": {bar.factor: 0.0 if bar.moves_plan else bar.swing for bar in swings.bars}}
    if given is not None:
        found["first"] = dict(zip(given.factors, map(float, given.first), strict=True))
        found["delta"] = dict(zip(given.factors, map(float, given.delta), strict=True))
    if screened is not None:
        found["effect"] = dict(zip(screened.factors, map(float, screened.effect), strict=True))
    return found


def _errors(given: Indices | None, screened: Screening | None) -> dict[str, dict[str, float]]:
    """Give how sure measures are, and how effects spread -> input -> value."""
    found: dict[str, dict[str, float]] = {}
    if given is not None:
        found["first_error"] = dict(zip(given.factors, map(float, given.first_error), strict=True))
        found["delta_error"] = dict(zip(given.factors, map(float, given.delta_error), strict=True))
    if screened is not None:
        found["effect_error"] = dict(zip(screened.factors, map(float, screened.effect_error), strict=True))
        found["effect_spread"] = dict(zip(screened.factors, map(float, screened.spread), strict=True))
    return found


def _ranks(values: Mapping[str, float]) -> dict[str, int]:
    """Rank inputs from the largest value; equal ones share the better rank."""
    return {id: 1 + sum(other > own for other in values.values()) for id, own in values.items()}


def _evidence(id: str, swings: Tornado, given: Indices | None, screened: Screening | None) -> Label:
    """Say why an input matters."""
    bar = next(bar for bar in swings.bars if bar.factor == id)
    ends = f"{bar.at_low.value:.4g} .. {bar.at_high.value:.4g}"
    en = f"alone {ends}" + (" (an end without a capacity)" if bar.extreme else "")
    zh = f"单因素 {ends}" + ("（一端无可承载规模或不受限）" if bar.extreme else "")
    if given is not None:
        k = given.factors.index(id)
        numbers = [given.first[k], given.first_error[k], given.delta[k], given.delta_error[k]]
        told = "S1 {:.2f} ± {:.2f}, δ {:.2f} ± {:.2f}".format(*numbers)
        en, zh = f"{en}; {given.size} samples: {told}", f"{zh}；{given.size} 个样本：{told}"
    if screened is not None:
        k = screened.factors.index(id)
        told = f"μ* {screened.effect[k]:.4g} ± {screened.effect_error[k]:.4g}, σ {screened.spread[k]:.4g}"
        en, zh = f"{en}; Morris: {told}", f"{zh}；Morris：{told}"
    return Label(zh=zh, en=en)


def table(
    swings: Tornado, given: Indices | None = None, screened: Screening | None = None
) -> list[dict[str, Any]]:
    """Put all measures of every input side by side, the largest swing first.

    Returns
    -------
    list of dict
        ``factor``, ``name``, ends of the range and their unit (``-`` without one, ``factor`` for multipliers,
        ``quantile`` for several ranges at once), capacities there and how their searches ended, every measure and
        the rank by it as ``rank_...``.
    """
    measures = _measures(swings, given, screened)
    ranks = {name: _ranks(values) for name, values in measures.items()}
    lines = []
    for bar in swings.bars:
        line: dict[str, Any] = {
            "factor": bar.factor, "name": bar.name, "low": bar.low, "high": bar.high,
            "at_low": bar.at_low.value, "at_high": bar.at_high.value, "extreme": bar.extreme,
            "unit": "quantile" if bar.unit is None else bar.unit or "factor", "source": bar.source, "grade": bar.grade,
            "moves_plan": bar.moves_plan,
            "at_low_status": bar.at_low.found.status, "at_high_status": bar.at_high.found.status,
        }  # fmt: skip
        for name, values in measures.items():
            line |= {name: values[bar.factor], f"rank_{name}": ranks[name][bar.factor]}
        line |= {name: values[bar.factor] for name, values in _errors(given, screened).items()}
        line["swing"] = bar.swing
        lines.append(line)
    return lines
