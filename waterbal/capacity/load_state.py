"""The load state (超载状态): what is used against what may be used, W / W0 and G / G0, in named bands.

The overall state is that of the worst element (短板). Sets of thresholds stand in ``thresholds.yaml``, each with its
version, source and grade.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from waterbal.api import Case
from waterbal.capacity.thresholds import Band, threshold_set, threshold_sets, unknown_set
from waterbal.capacity.yearly import Yearly, by_year
from waterbal.errors import ConfigError, Issue, Message, UsageError, nearest, one_of
from waterbal.model.capacity import LoadSpec
from waterbal.results.names import Labels, name_of
from waterbal.results.terms import Term

NATIONAL = "national_2016"
"""The set that is used where none is named."""
TOTAL, GROUNDWATER = "total", "groundwater"
"""Elements of the load state."""
NEEDED, USED = "needed", "used"
"""What is counted as use: what is needed at plan, or what is used in the simulation."""
DIGITS = 9
"""Decimals of a load that are more than rounding: a quota that is just used up is at its bound, not a hair below."""


@overload
def load_state(value: float, set: str = ...) -> Band: ...
@overload
def load_state(value: npt.NDArray[Any], set: str = ...) -> npt.NDArray[np.object_]: ...
def load_state(value: float | npt.NDArray[Any], set: str = NATIONAL) -> Band | npt.NDArray[np.object_]:
    """Return the band that a number stands in.

    Parameters
    ----------
    value : float or ndarray (...) [-]
        W / W0, or (D - S) / S, as the set counts it.
    set : str
        Named set of thresholds.

    Returns
    -------
    Band, or ndarray (...) of Band

    Raises
    ------
    UsageError
        If there is no such set, or a value is not a number.
    """
    spec = threshold_set(set)
    values = np.asarray(value, dtype=np.float64)
    if np.isnan(values).any():
        message = Message("负荷不是数，无从判定状态", "a load that is not a number has no state")
        raise UsageError(
            Issue(message, expected=Message("用水量与大于 0 的限值之比", "use over a limit above 0"))
        )
    levels = spec.level(values)
    if levels.ndim == 0:
        return spec.band(int(levels), set)
    found = np.empty(levels.shape, dtype=object)
    for place, level in np.ndenumerate(levels):
        found[place] = spec.band(int(level), set)
    return found


def groundwater_state(
    value: float, overdraft: float | None = None, *, deep_confined: bool = False, set: str = NATIONAL
) -> Band:
    """Return the state of groundwater: the worst of G / G0, of overdraft and of pumping deep confined water.

    Parameters
    ----------
    value : float [-]
        G / G0.
    overdraft : float, optional [-]
        (pumped - sustainable) / sustainable (超采系数); not judged if not given.
    deep_confined : bool
        Whether deep confined water is pumped, or any other way that is not allowed.
    set : str
        Named set of thresholds.

    Raises
    ------
    UsageError
        If there is no such set, it has no rule for what is given, or a value is not a number.
    """
    spec = threshold_set(set)
    found = [load_state(value, set)]
    if overdraft is None and not deep_confined:
        return found[0]
    rule = spec.groundwater
    if rule is None:
        have = [name for name, other in threshold_sets().items() if other.groundwater is not None]
        message = Message(
            f"标准 {set!r} 没有地下水超采或深层承压水的判定规则",
            f"the set {set!r} has no rule for overdraft or deep confined water",
        )
        raise UsageError(Issue(message, expected=one_of(have)))
    if overdraft is not None:
        if math.isnan(overdraft):
            raise UsageError(
                Issue(
                    Message("超采系数不是数，无从判定状态", "an overdraft that is not a number has no state")
                )
            )
        if overdraft >= rule.severe_overdraft:
            found.append(spec.named(rule.severe, set))
        elif overdraft > 0.0:
            found.append(spec.named(rule.overdraft, set))
    if deep_confined:
        found.append(spec.named(rule.deep_confined, set))
    return worst(found)


def worst(bands: Iterable[Band]) -> Band:
    """Return the worst of several states of one set (短板)."""
    return max(bands, key=lambda band: band.level)


@dataclass(frozen=True)
class Load:
    """One element of the load state."""

    element: str
    """``total`` or ``groundwater``."""
    counted: str
    """``needed`` at plan or ``used`` in the simulation."""
    quota: str
    """Quota that is the denominator."""
    name: Term
    """Its label."""
    use: float
    """[1e4 m3/yr]"""
    limit: float
    """W0 or G0 [1e4 m3/yr]"""
    value: float
    """What the set bands: use / limit, or (use - limit) / limit [-]."""
    band: Band


@dataclass(frozen=True)
class LoadState:
    """How loaded the water of a case is, in the mean of all years."""

    set: str
    version: str
    grade: str
    """How firm the thresholds are."""
    loads: tuple[Load, ...]

    def overall(self, counted: str) -> Band:
        """Return the worst element, with total use as ``needed`` or as ``used``."""
        return worst(
            load.band for load in self.loads if load.counted == counted or load.element == GROUNDWATER
        )


def of_case(case: Case, realizations: int, threads: int | None = None) -> LoadState:
    """Simulate a case and return its load state; see ``of_years``.

    Parameters
    ----------
    case : Case
        Its model says under ``capacity: load`` which quotas are W0 and G0.
    realizations : int
        Hydrological samples.
    threads : int, optional
        Threads to share members among.

    Raises
    ------
    ConfigError
        If the model does not say, or names a quota or a set that does not exist.
    """
    load_spec(case)
    return of_years(case, by_year(case, realizations, full=True, threads=threads))


def load_spec(case: Case) -> LoadSpec:
    """Return what the load state of a case is measured by, checked.

    Raises
    ------
    ConfigError
        With every problem.
    """
    spec = None if case.model.capacity is None else case.model.capacity.load
    where = ("capacity", "load")
    marks = case.loaded.marks
    if spec is None:
        expected = Message(
            "'capacity' 下写 'load'，其中有指标 'total' 和判定标准 'set'",
            "'load' under 'capacity' with the quota 'total', and the 'set' of thresholds",
        )
        raise ConfigError(
            Issue(
                Message("模型没有写明哪个指标是 W0", "the model does not say which quota is W0"),
                ".".join(where),
                *marks.place(where),
                expected=expected,
            )
        )
    issues = []
    known = list(case.model.quotas)
    for field, id in ((TOTAL, spec.total), (GROUNDWATER, spec.groundwater)):
        if id is not None and id not in known:
            expected = one_of(known) if known else Message("“quotas” 下的一个指标", "a quota under 'quotas'")
            path = (*where, field)
            issues.append(
                Issue(
                    Message(f"{id!r} 不是用水指标", f"{id!r} is not a quota"),
                    ".".join(path),
                    *marks.place(path),
                    expected,
                    nearest(id, known),
                )
            )
    if spec.set not in threshold_sets():
        path = (*where, "set")
        told = unknown_set(spec.set)
        issues.append(Issue(told.message, ".".join(path), *marks.place(path), told.expected, told.nearest))
    if issues:
        raise ConfigError(issues)
    return spec


def of_years(case: Case, years: Yearly) -> LoadState:
    """Return the load state of years that were simulated.

    What is used is what counts against the quota, in the mean of its years. What is needed is that and what it would
    count at least to close the gap of users to whom water that it counts can come. Both are over the quota's own
    volume. What does not count against the quota, such as reclaimed water, is thereby in neither.

    Parameters
    ----------
    case : Case
        The model.
    years : Yearly
        Its years, with quotas.

    Raises
    ------
    ConfigError
        As ``load_spec``; or if the volume of a quota is 0.
    """
    spec = load_spec(case)
    thresholds = threshold_set(spec.set)
    called = Labels.from_config(case.loaded.config).elements
    loads = []
    for element, id in ((TOTAL, spec.total), (GROUNDWATER, spec.groundwater)):
        if id is None:
            continue
        number = [row.id for row in years.rows.quotas].index(id)
        limit = float(years.entitlement[:, number].mean())
        if not limit > 0.0:
            path = ("capacity", "load", element)
            message = Message(
                f"指标 {id!r} 没有可据以衡量的水量", f"the quota {id!r} has no volume to measure by"
            )
            place = case.loaded.marks.place(path)
            raise ConfigError(
                Issue(message, ".".join(path), *place, expected=Message("大于 0 的水量", "a volume above 0"))
            )
        used = float(years.quota_used[:, number].mean())
        name = name_of(id, called)
        for counts, use in ((NEEDED, used + float(years.lacking[:, number].mean())), (USED, used)):
            if element == GROUNDWATER and counts == NEEDED:
                continue  # nothing says that it is groundwater that would close the gap
            value = use / limit if thresholds.quantity == "ratio" else (use - limit) / limit
            value = round(value, DIGITS)
            loads.append(Load(element, counts, id, name, use, limit, value, load_state(value, spec.set)))
    return LoadState(spec.set, thresholds.version, thresholds.grade, tuple(loads))
