"""What held the withdrawal of a source back: limits of its own, and quotas that were used up."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from waterbal.report.sheets.cases import Case
from waterbal.report.sheets.words import term
from waterbal.results.accessor_text import ended
from waterbal.results.derived import AT_LIMIT
from waterbal.results.terms import BINDING, LIMITS, Term

Floats = npt.NDArray[np.float64]


def quota_weights(case: Case, element: str) -> Floats | None:
    """Return what a unit of use counts, ndarray (quota, element) [-]; None where it is not kept."""
    name = f"quota_{element}_weight"
    if name not in case.results:
        return None
    found = case.results[name]
    return np.asarray(
        (found.isel(scenario=case.scenario) if "scenario" in found.dims else found).values, dtype=np.float64
    )


def quotas_of(case: Case, element: str, number: int) -> dict[int, Term]:
    """Name the quotas that count an element, by their position.

    Parameters
    ----------
    case : Case
        Scenario.
    element : str
        ``source`` or ``aquifer``.
    number : int
        Its position.
    """
    weights = quota_weights(case, element)
    if weights is None:
        return {}
    counted = weights[:, number] > 0.0
    return {q: quota for q, (quota, own) in enumerate(zip(case.names("quota"), counted, strict=True)) if own}


def told(
    case: Case, element: str, number: int, limits: dict[str, float], granted: tuple[Term, float] | None = None
) -> Term | None:
    """Tell what held a withdrawal back, and how often each of its quotas was used up.

    Parameters
    ----------
    case : Case
        Scenario.
    element : str
        ``source`` or ``aquifer``.
    number : int
        Its position.
    limits : dict of str to float
        Its own limits, mean of a year [1e4 m3/yr].
    granted : tuple of Term and float, optional
        The quota of its own that grants least, and its volume, mean of a year [1e4 m3/yr].

    Returns
    -------
    Term
        The limit in force in most steps, or, where no steps are kept, the one that is smallest over the year; then
        the quotas. None where nothing is known.
    """
    quotas = _of_quotas(case, element, number)
    yearly = _of_years(limits)
    if granted is not None and granted[1] < min(limits.values(), default=np.inf):
        told = any(granted[0].zh in part.zh for part in quotas)
        yearly = None if told else term("bound_yearly", limit=granted[0])
    parts = [_of_steps(case, element, number) or yearly, *quotas]
    known = [part for part in parts if part is not None]
    if len(known) > 1 and known[0] == term("bound_by_nothing"):
        known = known[1:]
    return Term("；".join(part.zh for part in known), "; ".join(part.en for part in known)) if known else None


def _of_steps(case: Case, element: str, number: int) -> Term | None:
    """Tell the limit that was in force in most steps; None where steps are not kept."""
    name = f"{element}_binding_limit"
    if name not in case.results or "time" not in case.results[name].dims:
        return None
    flags = case.results[name].isel(scenario=case.scenario).values[_members(case), number].ravel()
    count = np.bincount(flags[flags >= 0].astype(np.int64), minlength=len(BINDING))
    count[0] = 0
    if not count.any():
        return term("bound_by_nothing")
    most = int(count.argmax())
    limit = term(f"bound_{BINDING[most]}")
    return term("bound_in", limit=limit, share=f"{100 * count[most] / flags.size:.0f}")


def _of_years(limits: dict[str, float]) -> Term | None:
    if not limits:
        return None
    return term("bound_yearly", limit=LIMITS[min(limits, key=lambda kind: limits[kind])])


def _of_quotas(case: Case, element: str, number: int) -> list[Term]:
    """Tell the quotas that were used up, with the share of the years; most often used up first."""
    own = quotas_of(case, element, number)
    if not own or not case.has("quota_remaining"):
        return []
    key, shares = used_up(case)
    nothing = [term("bound_none_granted", quota=own[q]) for q in own if np.isnan(shares[q])]
    found = sorted(((shares[q], -q) for q in own if shares[q] > 0.0), reverse=True)
    up = [term(key, quota=own[-q], share=f"{max(100.0 * share, 1.0):.0f}") for share, q in found]
    return nothing + up


def used_up(case: Case) -> tuple[str, list[float]]:
    """Tell in which share of the years nothing was left of each quota.

    Parameters
    ----------
    case : Case
        Scenario with ``quota_remaining``.

    Returns
    -------
    str
        Key of the sentence: whether that is looked at before each quota begins anew, or at the end of calendar years,
        which is all that is kept of a sweep by year and sees a quota that begins in another month too early.
    list of float
        By quota [-], of the years for which it grants something; nan where it grants nothing.
    """
    resets = case.reset_months
    if "quota_remaining" not in case.results or "time" not in case.results["quota_remaining"].dims:
        left = case.at_end("quota_remaining")
        entitled = left + case.by_year("quota_used")
        calendar = any(month != 1 for month in resets)
        shares = [_share(*pair) for pair in zip(left.T, entitled.T, strict=True)]
        return "bound_used_up_calendar" if calendar else "bound_used_up", shares
    left, entitled = (
        case.results[f"quota_{name}"].isel(scenario=case.scenario).values[_members(case)]
        for name in ("remaining", "volume")
    )
    month = case.results["time"].dt.month.values
    after = np.append(month[1:], case.results["time_bnds"][-1, 1].dt.month.values)
    shares = []
    for q, reset in enumerate(resets):
        ends = np.flatnonzero((after == reset) & (after != month))
        shares.append(_share(left[:, q, ends].ravel(), entitled[:, q, ends].ravel()))
    return "bound_used_up", shares


def _share(left: Floats, entitled: Floats) -> float:
    """Return the share of the years that have nothing left, of those that are granted something."""
    known = np.isfinite(left) & (entitled > 0.0)
    if not known.any():
        return float("nan") if left.size and np.isfinite(left).all() else 0.0
    return float((left[known] <= AT_LIMIT * entitled[known]).mean())


def _members(case: Case) -> npt.NDArray[np.intp]:
    """Return the realizations that ended well."""
    return np.flatnonzero(ended(case.results)[case.scenario])
