"""The normal year, the single dry year and the dry years in a row, in which a project is looked at besides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterbal.capacity.admission_candidate import Candidate
from waterbal.capacity.admission_runs import Future, Run
from waterbal.capacity.admission_terms import Evidence
from waterbal.model.base import Label
from waterbal.model.rows import Floats
from waterbal.network.requirements import years


@dataclass(frozen=True)
class Period:
    """Years of the simulated record that stand for a kind of year."""

    id: str
    name: Label
    realization: int
    years: tuple[int, ...]
    """Calendar years."""
    places: tuple[int, ...]
    """Positions among the complete years."""
    frequency: float
    """Share of years, or of such periods, that were better: rank / (n + 1) [-]."""


def periods(future: Future, base: Run, dry_years: int) -> tuple[Period, ...]:
    """Choose the normal year, the single dry year and the dry years in a row (as in SB 610, California 2001).

    Years are ranked by what existing users are supplied of what they need without the project, and years that are alike
    in that by the water that was offered.

    Parameters
    ----------
    future : Future
    base : Run
        Without the project.
    dry_years : int
        Years of the dry period.
    """
    need = future.by_year(base.need[:, :, future.existing].sum(axis=2))
    supply = future.by_year(base.supply[:, :, future.existing].sum(axis=2))
    if need.size == 0:
        return ()
    axis = future.rows.axis
    year, ends = years(axis)
    calendar = axis.year[np.flatnonzero(ends)]
    assert year.size
    found = []
    for id, zh, en, length in (
        ("normal", "平水年", "normal year", 1),
        ("single_dry", "单一枯水年", "single dry year", 1),
        ("multiple_dry", f"连续 {dry_years} 个枯水年", f"{dry_years} dry years in a row", dry_years),
    ):
        if need.shape[1] < length:
            continue
        score = _windows(supply, length) / np.maximum(_windows(need, length), 1e-300)
        water = _windows(future.offered, length)
        # worst first; shares that differ by rounding alone are alike
        order = np.lexsort((water.ravel(), np.round(score, 9).ravel()))
        rank = (order.size - 1) // 2 if id == "normal" else 0
        realization, first = np.unravel_index(order[rank], score.shape)
        places = tuple(range(int(first), int(first) + length))
        frequency = (order.size - rank) / (order.size + 1.0)
        named = tuple(int(calendar[p]) for p in places)
        found.append(Period(id, Label(zh=zh, en=en), int(realization), named, places, frequency))
    return tuple(found)


def _windows(values: Floats, length: int) -> Floats:
    """Sum over runs of years; ndarray (realization, year) -> (realization, first year)."""
    return np.lib.stride_tricks.sliding_window_view(values, length, axis=1).sum(axis=-1)


def in_periods(case: Candidate, dry_years: int) -> list[Evidence]:
    """Tell supply over need in the chosen years; who is served too seldom must not newly go short in them."""
    future = case.future
    before, after = case.without, case.with_it
    sums = [future.by_year(values) for values in (before.need, before.supply, after.need, after.supply)]
    own = [d for d, row in enumerate(future.rows.demands) if row.id in case.demands]
    below = {
        item.row.members[0][0]
        for item, missed, allowed in zip(future.items, after.missed, future.allowed, strict=True)
        if item.row.kind == "annual" and item.row.rate > 0.0 and missed > allowed
    }
    evidence = []
    kept = int(sums[0].shape[1])
    if kept < dry_years:
        told = Label(
            zh=f"系列只有 {kept} 个完整年，未判断连续 {dry_years} 个枯水年",
            en=f"the record has {kept} complete years: no {dry_years} dry years in a row are looked at",
        )
        evidence.append(Evidence(told, float(kept), "", None, "", None, future=future.id))
    for period in periods(future, before, dry_years):
        rows = [values[period.realization, list(period.places)].sum(axis=0) for values in sums]
        need, supply, need_with, supply_with = rows
        newly = 0
        for d in [d for d in future.existing if future.rows.demands[d].id in below]:
            row = future.rows.demands[d]
            short = need[d] - supply[d] > (row.tolerance + 1e-6) * need[d]
            short_with = need_with[d] - supply_with[d] > (row.tolerance + 1e-6) * need_with[d]
            newly += int(short_with and not short)
        shown = str(period.years[0]) if len(period.years) == 1 else f"{period.years[0]}-{period.years[-1]}"
        place = f"{shown}, #{period.realization}, P {period.frequency:.3f}"
        zh, en = f"{period.name.zh}（{place}）", f"{period.name.en} ({place}):"
        users = future.existing
        existing = Label(zh=f"{zh}既有用户供水率", en=f"{en} supply / need of existing users")
        project = Label(zh=f"{zh}项目供水率", en=f"{en} supply / need of the project")
        harmed = Label(
            zh=f"{zh}保证率不达标且新增缺水的用户", en=f"{en} newly short, with a guarantee that is not met"
        )
        was = ratio(supply[users].sum(), need[users].sum())
        is_now = ratio(supply_with[users].sum(), need_with[users].sum())
        own_share = ratio(supply_with[own].sum(), need_with[own].sum())
        evidence += [
            Evidence(existing, is_now, "", None, "-", None, was, future.id),
            Evidence(project, own_share, "", None, "-", None, None, future.id),
            Evidence(harmed, float(newly), "<=", 0.0, "", newly == 0, future=future.id),
        ]
    return evidence


def ratio(supply: float, need: float) -> float | None:
    """Return supply over need [-]; None without need."""
    return float(supply / need) if need > 0.0 else None
