"""What would have helped: a limit relaxed and the record simulated again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.capacity.limits import LimitPath, relaxing
from waterbal.model.rows import Floats, Rows
from waterbal.network.simulate import simulate
from waterbal.results.explain_cut import Held
from waterbal.results.explain_state import quota_year

if TYPE_CHECKING:
    from waterbal.api import Case

Change = Callable[[Rows], Rows]

UNCHANGED = ("returns",)
"""Parts that follow from what users get and cannot be raised by themselves."""


@dataclass(frozen=True)
class Relief:
    """What is left of a shortage when limits are relaxed."""

    paths: tuple[str, ...]
    here: float | None
    """Shortage when ``volume`` more is let through in this step (a quota: from this step to the end of its year), what
    else is planned staying as it was [1e4 m3]; None where that is not possible."""
    always: float | None
    """Shortage when the limit is raised by ``share`` in the whole record and in what is planned [1e4 m3]."""
    volume: float
    """[1e4 m3]"""
    share: float | None
    """[-]"""
    everyone: float | None = None
    """Shortage when ``volume_everyone`` more is let through: what everyone of the same and of earlier classes lacks,
    who would take a smaller volume first; None where that is no more than ``volume`` [1e4 m3]."""
    volume_everyone: float | None = None
    """[1e4 m3]"""
    change: float | None = None
    """Volume let through where most is removed, as share of what the limit let through [-]; None where that is none."""


def raised(held: Held, volume: float, step: int) -> Change | None:
    """Return what lets a volume more through a limit in one step.

    Parameters
    ----------
    held : Held
        The limit.
    volume : float
        [1e4 m3]
    step : int
        Number of the step.

    Returns
    -------
    callable or None
        None for what no volume raises.
    """
    if held.section in ("reserve", "restrictions") or held.part in UNCHANGED:
        return None

    def change(rows: Rows) -> Rows:
        group = [
            _raised(row, rows, held.part, volume, step) if row.id == held.id else row
            for row in getattr(rows, held.section)
        ]
        changed: dict[str, Any] = {held.section: group}
        return replace(rows, **changed)

    return change


def _more(values: Floats, volume: float, first: int, last: int | None = None) -> Floats:
    """Return values with a volume more in steps ``first`` to ``last`` - 1."""
    result = np.array(values, dtype=np.float64)
    result[..., first : first + 1 if last is None else last] += volume
    return result


def _raised(row: Any, rows: Rows, part: str, volume: float, step: int) -> Any:
    if part == "volume":
        _, last = quota_year(rows, row.reset_month, step)
        return replace(row, volume=_more(row.volume, volume, step, last))
    if part == "tier":  # the factor of the tier stays: what is pumped below it is what counts
        factor = float(np.min(row.tier_factor, initial=1.0))
        more = volume / factor if factor > 0.0 else 0.0
        return replace(row, limits={k: _more(v, more, step) for k, v in row.limits.items()})
    if part in getattr(row, "limits", {}):
        floor = row.limits[part][..., step] + volume
        raised_ = {part: _more(row.limits[part], volume, step)}
        others = {k: v for k, v in row.limits.items() if k != part and (v[..., step] < floor).all()}
        return replace(row, limits=row.limits | raised_ | _opened(others, row.limits[part], volume, step))
    if part == "storage":
        name = "inflow" if hasattr(row, "inflow") else "recharge"
        return replace(row, **{name: _more(getattr(row, name), volume, step)})
    if part == "output":
        return replace(row, output_limit=_more(row.output_limit, volume, step))
    return replace(row, capacity=_more(row.capacity, volume, step))


def _opened(others: Mapping[str, Floats], limit: Floats, volume: float, step: int) -> dict[str, Floats]:
    """Raise limits that are as small as the one that is raised: a closed month closes all of them."""
    alike = {k: v for k, v in others.items() if np.allclose(v[..., step], limit[..., step])}
    return {k: _more(v, volume, step) for k, v in alike.items()}


def lifted(
    held: Held, volume: float, rows: Rows, planned: Sequence[str] = ()
) -> tuple[Change | None, float | None]:
    """Return what raises a limit in the whole record, and the share by which it does.

    Parameters
    ----------
    held : Held
        The limit.
    volume : float
        What was lacking there [1e4 m3].
    rows : Rows
        The model.
    planned : sequence of str
        Sources whose monthly plan is a share of a quota.
    """
    if held.section == "reserve":
        return _without_reserves, None
    if held.section == "restrictions":
        return _without(held.id), None
    if held.part == "tier":
        return _without_tiers(held.id), None
    if held.part in UNCHANGED or (held.section == "aquifers" and held.part == "storage"):
        return None, None
    bound, part = held.bound, held.part
    if held.section == "stores":
        row = next(row for row in rows.stores if row.id == held.id)
        bound, part = float(np.max(row.capacity - row.dead)), "capacity"
    if bound <= 0.0:
        return None, None
    share = volume / bound
    return relaxing(LimitPath(held.section, held.id, part), share, planned), share


def _without_reserves(rows: Rows) -> Rows:
    return replace(rows, reserve=replace(rows.reserve, mode="none"))


def _without(restriction: str) -> Change:
    return lambda rows: replace(
        rows, restrictions=[row for row in rows.restrictions if row.id != restriction]
    )


def _without_tiers(aquifer: str) -> Change:
    def change(rows: Rows) -> Rows:
        group = [
            replace(row, tier_factor=np.ones_like(row.tier_factor)) if row.id == aquifer else row
            for row in rows.aquifers
        ]
        return replace(rows, aquifers=group)

    return change


def shortage(
    case: Case, demand: int, step: int, here: Change | None = None
) -> tuple[float, dict[str, Floats]] | None:
    """Simulate a case and give a shortage, and all series; None where the run ended before the step.

    Parameters
    ----------
    case : Case
        The model, changed or not.
    demand, step : int
        Whose shortage, and when.
    here : callable, optional
        What is changed in the rows that are simulated, not in those that are planned with.
    """
    network, rows = case.network(), case.rows()
    if here is not None:
        network = network.under(here(rows))
    run = simulate(network, threads=1)
    assert run.series is not None
    if run.series["status"][0, : step + 1].any():
        return None
    need = float(rows.demands[demand].gross[step])
    series = {name: values[0] for name, values in run.series.items()}
    return max(0.0, need - float(series["supply"][step, demand])), series
