"""Sampled uncertainty: a plan of samples that fills the space of some uncertain numbers.

Every factor has a range and a distribution in it. A plan (Latin hypercube, McKay et al. 1979; scrambled Sobol
sequence, Owen 1998) gives each sample a quantile of every factor, and the distributions turn quantiles into values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from waterbal.errors import Message, in_language, nearest, one_of
from waterbal.model.base import Label
from waterbal.model.lookup import keys_of
from waterbal.model.marks import Marks, Path
from waterbal.model.overrides import Change
from waterbal.model.parameters import Parameter, Parameters
from waterbal.model.problems import Problem
from waterbal.model.rows import Floats
from waterbal.scenarios.changes import changes_in
from waterbal.scenarios.spec import FactorSpec, SamplingSpec, StudySpec

_NEEDED = {"normal": ("sd",), "lognormal": ("sd",), "discrete": ("values",)}
_SHAPES = {
    "uniform": (),
    "triangular": ("mode",),
    "normal": ("mean", "sd"),
    "lognormal": ("mean", "sd"),
    "discrete": ("values", "weights"),
}
"""What each distribution is described by, beside the range."""


@dataclass(frozen=True)
class Margin:
    """Range and shape of the values at one place."""

    low: float
    """Lowest value; infinite where ``lognormal`` is not cut off there."""
    high: float
    """Highest value; infinite where ``lognormal`` is not cut off there."""
    centre: float
    """Mode of ``triangular``, mean of ``normal`` and ``lognormal``."""
    unit: str = field(default="", compare=False)
    """Unit of the values; empty for factors."""
    source: str = field(default="", compare=False)
    """Where the range comes from."""
    grade: str = field(default="assumed", compare=False)
    """Grade of the range."""


@dataclass(frozen=True, eq=False)
class Factor:
    """One uncertain number."""

    id: str
    name: Label
    spec: FactorSpec
    targets: tuple[tuple[Change, Margin], ...]
    """Changes whose values are replaced by those of a sample, and the margins these are drawn from."""

    @property
    def shared(self) -> bool:
        """Whether all places get one value; otherwise they share a quantile of their own ranges."""
        return all(margin == self.targets[0][1] for _, margin in self.targets)


@dataclass(frozen=True, eq=False)
class Sample:
    """One sample."""

    number: int
    """From 1; 0 is the model as it is."""
    values: Mapping[str, float]
    """Factor -> its value, or its quantile where it moves several ranges; NaN in sample 0, 1 for multipliers."""
    changes: tuple[Change, ...]


@dataclass
class Plan:
    """The samples of a scenario file, and what is wrong with their description."""

    factors: tuple[Factor, ...] = ()
    correlations: tuple[tuple[str, str, float], ...] = ()
    """Two factors and their rank correlation [-]."""
    samples: tuple[Sample, ...] = ()
    problems: list[Problem] = field(default_factory=list)


def plan(spec: StudySpec, marks: Marks, table: Parameters) -> Plan:
    """Draw the samples that a scenario file describes.

    Parameters
    ----------
    spec : StudySpec
        Validated file, with ``sampling``.
    marks : Marks
        Positions in the file.
    table : dict
        Parameters of the model.
    """
    assert spec.sampling is not None
    sampling, result = spec.sampling, Plan()
    factors = [
        _factor(id, factor, spec, marks, table, result.problems) for id, factor in sampling.factors.items()
    ]
    result.factors = tuple(factor for factor in factors if factor is not None)
    if sampling.method == "sobol" and sampling.size & (sampling.size - 1):
        near = 2 ** round(math.log2(sampling.size))
        message = Message(
            f"{sampling.size} 个 Sobol 序列样本不能均匀充满取值空间",
            f"{sampling.size} samples of a Sobol sequence do not fill the space evenly",
        )
        result.problems.append(
            Problem(
                ("sampling", "size"),
                message,
                Message(f"2 的整数次幂，例如 {near}", f"a power of 2 such as {near}"),
            )
        )
    if not sampling.size and not sampling.nominal:
        expected = Message(
            "1 或更多；只用其范围时写 nominal: true",
            "1 or more, or nominal: true where only the ranges are used",
        )
        result.problems.append(
            Problem(
                ("sampling", "size"),
                Message("既没有样本，也没有原样的方案", "no samples and no scenario as it is"),
                expected,
            )
        )
    result.correlations = tuple((*pair.of, pair.correlation) for pair in sampling.correlations)  # type: ignore[misc]
    matrix = _correlations(sampling, result.problems)
    if not result.problems:
        quantiles = _quantiles(sampling, matrix)
        result.samples = _samples(result.factors, quantiles, sampling.nominal)
    return result


def _factor(
    id: str, spec: FactorSpec, study: StudySpec, marks: Marks, table: Parameters, problems: list[Problem]
) -> Factor | None:
    """Find the places of a factor and the margins of their values."""
    path: Path = ("sampling", "factors", id)
    before = len(problems)
    if (spec.set is None) == (spec.times is None):
        problems.append(
            Problem(
                path,
                Message("一个不确定参数要么写 set，要么写 times", "a factor has either set or times"),
                Message("其中之一", "one of them"),
                at_key=True,
            )
        )
        return None
    part = "set" if spec.set is not None else "times"
    given = spec.set if spec.set is not None else spec.times
    places = [given] if isinstance(given, str) else list(given or [])
    for name in ("mode", "mean", "sd", "values", "weights"):
        if getattr(spec, name) is not None and name not in _SHAPES[spec.distribution]:
            expected = ", ".join(("low", "high", *_SHAPES[spec.distribution]))
            problems.append(
                Problem(
                    (*path, name),
                    Message(f"{spec.distribution} 分布没有 {name}", f"{spec.distribution} has no {name}"),
                    expected,
                    at_key=True,
                )
            )
    for name in _NEEDED.get(spec.distribution, ()):
        if getattr(spec, name) is None:
            problems.append(
                Problem(
                    path,
                    Message(f"{spec.distribution} 分布需要 {name}", f"{spec.distribution} needs {name}"),
                    f"{name}: ...",
                    at_key=True,
                )
            )
    if spec.weights is not None and (len(spec.weights) != len(spec.values or ()) or not sum(spec.weights)):
        expected = Message("每个值一个权重，至少有一个大于 0", "one weight for each value, some above 0")
        problems.append(
            Problem(
                (*path, "weights"),
                Message(f"权重有 {len(spec.weights)} 个", f"{len(spec.weights)} weights"),
                expected,
            )
        )
    targets: list[tuple[Change, Margin]] = []
    for index, place in enumerate(places):
        at = (*path, part) if isinstance(given, str) else (*path, part, index)
        for change, row in _changes(place, spec, study, at, marks, table):
            margin = _margin(spec, row, at, problems)
            if margin is not None:
                targets.append((change, _told(margin, spec, row, study)))
    if len(problems) > before or not targets:
        return None
    return Factor(id, spec.name or Label(zh=id, en=id), spec, tuple(targets))


def _told(margin: Margin, spec: FactorSpec, row: Parameter | None, study: StudySpec) -> Margin:
    """Say of a range which unit it has and where it comes from."""
    unit = "" if spec.times is not None else row.unit if row is not None else spec.unit
    of_table = row is not None and spec.times is None and (spec.low is None or spec.high is None)
    stated = spec.provenance or (None if of_table else study.provenance)
    if stated is not None:
        return replace(margin, unit=unit, source=stated.source, grade=stated.grade)
    return replace(margin, unit=unit, source=row.source if row is not None and of_table else spec.note)


def _changes(
    place: str, spec: FactorSpec, study: StudySpec, path: Path, marks: Marks, table: Parameters
) -> list[tuple[Change, Parameter | None]]:
    """Give the change of each place that a path stands for, with its row of the table."""
    assert study.sampling is not None
    source = f"sampled ({study.sampling.method}, seed {study.sampling.seed})"
    (change,) = changes_in({place: None}, path, marks, [None], times=spec.times is not None)
    mark = change.mark.moved(*marks.place(path))
    changes = []
    keys = list(keys_of([change.parameter], table)) if change.parameter else []
    for name in [f"parameters.{key}" for key in keys] or [place]:
        own = Change(name, None, mark, source, "assumed", change.times)
        changes.append((own, table.get(own.parameter) if own.parameter else None))
    return changes


def _margin(spec: FactorSpec, row: Parameter | None, path: Path, problems: list[Problem]) -> Margin | None:
    """Give the range of one place: that of the factor, else that of the table."""
    if spec.distribution == "discrete":
        return Margin(math.nan, math.nan, math.nan) if spec.values else None
    known = row is not None and spec.times is None and isinstance(row.value, float)
    low = spec.low if spec.low is not None else (row.low if row is not None and known else None)
    high = spec.high if spec.high is not None else (row.high if row is not None and known else None)
    if spec.distribution == "lognormal":
        low, high = -math.inf if low is None else low, math.inf if high is None else high
    if low is None or high is None:
        missing = " and ".join(name for name, value in (("low", low), ("high", high)) if value is None)
        of = (
            Message(f"，参数 {row.key!r} 也没有范围", f" and parameter {row.key!r} has no range")
            if row is not None and known
            else ""
        )
        problems.append(
            Problem(
                path,
                Message(
                    f"该不确定参数缺少 {missing.replace(' and ', ' 和 ')}{in_language(of, 'zh')}",
                    f"the factor has no {missing}{of}",
                ),
                Message("该参数的 low 和 high", "low and high of the factor"),
            )
        )
        return None
    if low >= high:
        problems.append(
            Problem(
                path,
                Message(f"范围是 {low:g} 至 {high:g}", f"the range is from {low:g} to {high:g}"),
                Message("low 小于 high", "low below high"),
            )
        )
        return None
    if spec.distribution == "uniform":
        return Margin(float(low), float(high), math.nan)
    centre = spec.mode if spec.distribution == "triangular" else spec.mean
    if centre is None and row is not None and known and isinstance(row.value, float):
        centre = row.value
    if centre is None:
        name = "mode" if spec.distribution == "triangular" else "mean"
        problems.append(
            Problem(
                path,
                Message(f"{spec.distribution} 分布缺少 {name}", f"{spec.distribution} has no {name}"),
                Message(f"该参数的 {name}", f"{name} of the factor"),
            )
        )
        return None
    if spec.distribution == "triangular" and not low <= centre <= high:
        problems.append(
            Problem(
                path,
                Message(
                    f"众数 {centre:g} 不在 {low:g} 至 {high:g} 之内",
                    f"the mode {centre:g} is outside {low:g} to {high:g}",
                ),
                Message("范围之内的众数", "a mode in the range"),
            )
        )
        return None
    if spec.distribution == "lognormal" and (centre <= 0 or high <= 0 or -math.inf < low < 0):
        problems.append(
            Problem(
                path,
                Message("对数正态分布的值都大于 0", "lognormal values are above 0"),
                Message("mean 和 high 大于 0，low 不小于 0", "mean and high above 0, low of at least 0"),
            )
        )
        return None
    return Margin(float(low), float(high), float(centre))


def _correlations(sampling: SamplingSpec, problems: list[Problem]) -> Floats:
    """Give the matrix of rank correlations; ndarray (factor, factor) [-]."""
    names = list(sampling.factors)
    matrix = np.eye(len(names))
    before = len(problems)
    for index, pair in enumerate(sampling.correlations):
        for position, id in enumerate(pair.of):
            if id not in names:
                message, expected = (
                    Message(f"没有不确定参数 {id!r}", f"there is no factor {id!r}"),
                    one_of(names),
                )
                path: Path = ("sampling", "correlations", index, "of", position)
                problems.append(Problem(path, message, expected, nearest(id, names)))
        if pair.of[0] == pair.of[1]:
            path = ("sampling", "correlations", index, "of")
            problems.append(
                Problem(
                    path,
                    Message("一个不确定参数与它自己配对", "a factor goes with itself"),
                    Message("两个不确定参数", "two factors"),
                )
            )
        if len(problems) == before:
            one, other = names.index(pair.of[0]), names.index(pair.of[1])
            # of normal scores that have this rank correlation (Pearson 1907)
            matrix[one, other] = matrix[other, one] = 2.0 * math.sin(math.pi / 6.0 * pair.correlation)
    if len(problems) == before and np.linalg.eigvalsh(matrix).min() < 1e-9:
        path = ("sampling", "correlations")
        problems.append(
            Problem(
                path,
                Message(
                    "没有任何数能同时具有这些相关系数", "no numbers can have these correlations together"
                ),
                Message("较弱的相关", "weaker ones"),
                at_key=True,
            )
        )
    return matrix


def _quantiles(sampling: SamplingSpec, matrix: Floats) -> Floats:
    """Draw the quantiles; ndarray (sample, factor) in [0, 1)."""
    from scipy.stats import norm, qmc

    rng = np.random.default_rng(sampling.seed)
    count = len(sampling.factors)
    if not sampling.size:
        return np.zeros((0, count))
    engine = qmc.Sobol(count, rng=rng) if sampling.method == "sobol" else qmc.LatinHypercube(count, rng=rng)
    drawn: Floats = np.asarray(engine.random(sampling.size), dtype=np.float64)
    if not sampling.correlations:
        return drawn
    scores = norm.ppf(np.clip(drawn, 1e-12, 1.0 - 1e-12))
    if sampling.size > 2 * count:  # what the plan itself is correlated by chance is taken out
        scores = scores @ np.linalg.inv(np.linalg.cholesky(np.corrcoef(scores.T).reshape(count, count))).T
    scores = scores @ np.linalg.cholesky(matrix).T
    ranks = scores.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable")
    # the margins stay those of the plan; only who meets whom changes (Iman and Conover 1982)
    return np.take_along_axis(np.sort(drawn, axis=0), ranks, axis=0)


def values_of(spec: FactorSpec, margin: Margin, quantile: Floats) -> Floats:
    """Turn quantiles into values.

    Parameters
    ----------
    spec : FactorSpec
        Distribution.
    margin : Margin
        Its range.
    quantile : ndarray (sample) [-]
        From 0 to 1.

    Returns
    -------
    ndarray (sample)
    """
    from scipy import stats

    low, high = margin.low, margin.high
    if spec.distribution == "discrete":
        weights = np.array(spec.weights or [1.0] * len(spec.values or ()), dtype=np.float64)
        edges = np.cumsum(weights) / weights.sum()
        chosen = np.searchsorted(edges[:-1], quantile, side="right")
        return np.array(spec.values, dtype=np.float64)[chosen]
    if spec.distribution == "uniform":
        return np.asarray(low + quantile * (high - low))
    if spec.distribution == "triangular":
        return np.asarray(stats.triang.ppf(quantile, (margin.centre - low) / (high - low), low, high - low))
    assert spec.sd is not None
    if spec.distribution == "normal":
        shape = stats.norm(margin.centre, spec.sd)
    else:  # mean and sd of the values themselves
        variance = math.log1p((spec.sd / margin.centre) ** 2)
        shape = stats.lognorm(math.sqrt(variance), scale=margin.centre * math.exp(-variance / 2.0))
    first, last = shape.cdf(low), shape.cdf(high)
    return np.clip(shape.ppf(first + quantile * (last - first)), low, high)


def _samples(factors: Sequence[Factor], quantiles: Floats, nominal: bool) -> tuple[Sample, ...]:
    """Put the values of every sample together."""
    told: dict[str, Floats] = {}
    drawn: list[tuple[Change, str, Floats]] = []
    for index, factor in enumerate(factors):
        quantile = quantiles[:, index]
        own = [(change, values_of(factor.spec, margin, quantile)) for change, margin in factor.targets]
        told[factor.id] = own[0][1] if factor.shared else quantile
        drawn += [(change, "" if change.parameter else factor.spec.unit, values) for change, values in own]
    made = []
    if nominal:
        as_is = {factor.id: 1.0 if factor.spec.times is not None else math.nan for factor in factors}
        made.append(Sample(0, as_is, ()))
    for row in range(len(quantiles)):
        changes = tuple(_valued(change, float(values[row]), unit) for change, unit, values in drawn)
        made.append(Sample(row + 1, {id: float(values[row]) for id, values in told.items()}, changes))
    return tuple(made)


def _valued(change: Change, value: float, unit: str) -> Change:
    """Give a change its value of one sample."""
    written: Any = f"{value!r} {unit}" if unit and not change.times else value
    return Change(change.path, written, change.mark, change.source, change.grade, change.times)


def owned(factors: Sequence[Factor]) -> list[tuple[str, Path, Change]]:
    """Give the changes of factors with their owner and place, for ``conflicts``."""
    return [
        (
            Message(f"不确定参数 {factor.id!r}", f"factor {factor.id!r}"),
            ("sampling", "factors", factor.id),
            change,
        )
        for factor in factors
        for change, _ in factor.targets
    ]
