"""The state that a step began with, and its history: who used what has run out, for whom more was kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from waterbal.model.rows import Rows
from waterbal.results.derived import AT_LIMIT
from waterbal.results.explain_cut import Cut, Held
from waterbal.results.explain_flows import Flows

FULL = 1e-3
"""A store within this share of its capacity is full [-]."""
YEAR = 12
"""Months after which use of a store is no longer told."""


@dataclass(frozen=True)
class Use:
    """Who used a quota or store over some steps."""

    section: str
    id: str
    first: str
    """First day of the first step."""
    last: str
    """First day of the last step."""
    by_sector: Mapping[str, float]
    """Sector, or store that was filled -> volume [1e4 m3]; largest first."""
    emptied: str = ""
    """First day of the step at whose end nothing was left; empty where something was."""


def date(rows: Rows, step: int) -> str:
    """Return the first day of a step."""
    return str(rows.axis.start[step].astype("datetime64[D]"))


def quota_year(rows: Rows, reset_month: int, step: int) -> tuple[int, int]:
    """Return the first step, and the one after the last, of the quota year that contains a step."""
    axis = rows.axis
    starts = (axis.month == reset_month) & (np.diff(axis.month, prepend=0) != 0)
    before, after = np.flatnonzero(starts[: step + 1]), np.flatnonzero(starts[step + 1 :])
    return (int(before[-1]) if before.size else 0), (step + 1 + int(after[0]) if after.size else axis.size)


def users(flows: Flows, section: str, id: str, first: int, last: int) -> dict[str, float]:
    """Sum what passed an element in steps ``first`` to ``last`` - 1 by sector of who it was for."""
    sectors = {row.id: row.kind for row in flows.rows.demands}
    told: dict[str, float] = {}
    for step in range(first, last):
        for user, volume in replace(flows, step=step).through(section, id).items():
            name = sectors.get(user, user)
            told[name] = told.get(name, 0.0) + volume
    shown = {name: volume for name, volume in told.items() if volume > AT_LIMIT * sum(told.values())}
    return dict(sorted(shown.items(), key=lambda item: -item[1]))


def drained(flows: Flows, held: Held) -> Use | None:
    """Tell when a quota or store that was empty had been emptied, and by whom.

    Parameters
    ----------
    flows : Flows
        The step.
    held : Held
        What held the supply.

    Returns
    -------
    Use or None
        Since the quota was last renewed, or the store last full or at its fullest; None for anything else.
    """
    rows, step = flows.rows, flows.step
    if held.section == "quotas":
        q = next(k for k, row in enumerate(rows.quotas) if row.id == held.id)
        first, _ = quota_year(rows, rows.quotas[q].reset_month, step)
        left, volume = flows.series["quota_left"][:, q], rows.quotas[q].volume
        empty = np.flatnonzero(
            left[first : step + 1] <= AT_LIMIT * np.maximum(volume[first : step + 1], 1e-9)
        )
    elif held.section == "stores" and held.part == "storage":
        s = next(k for k, row in enumerate(rows.stores) if row.id == held.id)
        stored, capacity = flows.series["storage"][: step + 1, s], rows.stores[s].capacity[: step + 1]
        full = np.flatnonzero(stored >= capacity * (1.0 - FULL))
        recent = stored[max(0, step - YEAR) :]
        first = int(full[-1]) + 1 if full.size else step + 1 - recent.size + int(recent.argmax())
        first = min(first, step)
        dead = rows.stores[s].dead[first : step + 1]
        empty = np.flatnonzero(stored[first:] <= dead + AT_LIMIT * np.maximum(capacity[first:], 1e-9))
    else:
        return None
    emptied = date(rows, first + int(empty[0])) if empty.size else ""
    found = users(flows, held.section, held.id, first, step + 1)
    return Use(held.section, held.id, date(rows, first), date(rows, step), found, emptied)


def used_later(flows: Flows, held: Held) -> Use | None:
    """Tell who used what was kept, until the quota was renewed or for a year; None at the end of the record."""
    rows, step = flows.rows, flows.step
    section = "quotas" if any(row.id == held.id for row in rows.quotas) else "stores"
    if section == "quotas":
        quota = next(row for row in rows.quotas if row.id == held.id)
        _, last = quota_year(rows, quota.reset_month, step)
    else:
        last = min(rows.axis.size, step + 1 + YEAR)
    if last <= step + 1:
        return None
    found = users(flows, section, held.id, step + 1, last)
    return Use(section, held.id, date(rows, step + 1), date(rows, last - 1), found)


def competitors(flows: Flows, held: Held, demand: str) -> list[dict[str, Any]]:
    """List who else got water through a limit, by sector and class, largest first.

    Returns
    -------
    list of dict
        ``sector``, ``class`` (``earlier``, ``same``, ``later`` or ``store``) and ``volume`` as it passed [1e4 m3].
    """
    if held.section in ("restrictions", "reserve"):
        return []
    order = classes(flows.rows)
    sectors = {row.id: row.kind for row in flows.rows.demands}
    told: dict[tuple[str, str], float] = {}
    passing = flows.through(held.section, held.id)
    for user, volume in passing.items():
        if user == demand:
            continue
        mine, other = order.get(demand, 0), order.get(user, 0)
        rank = "same" if other == mine else "earlier" if other < mine else "later"
        key = (sectors.get(user, user), rank if user in sectors else "store")
        told[key] = told.get(key, 0.0) + volume
    least = AT_LIMIT * sum(passing.values())
    found = [{"sector": s, "class": c, "volume": v} for (s, c), v in told.items() if v > least]
    return sorted(found, key=lambda line: -float(line["volume"]))


def classes(rows: Rows) -> dict[str, int]:
    """Number the class of every user, the first that it is in."""
    order: dict[str, int] = {}
    for number, level in enumerate(rows.levels):
        if level.kind == "demands":
            for member in level.members:
                order.setdefault(member.split("/")[0], number)
    return order


def state(flows: Flows, found: Cut) -> list[dict[str, Any]]:
    """Tell what stores, quotas and aquifers upstream held at the start of the step, and which rules were in force.

    Returns
    -------
    list of dict
        ``section``, ``id`` and, by section, volumes [1e4 m3], ``depth`` [m] and ``tier``.
    """
    rows, step = flows.rows, flows.step
    upstream = set(found.upstream) | {held.id for held in found.held}
    lines: list[dict[str, Any]] = []
    for k, row in enumerate(rows.stores):
        if row.id in upstream and row.capacity[step] > 0.0:
            before = flows.series["storage"][step - 1, k] if step else np.nan
            told = {"start": before, "end": flows.at("storage")[k], "capacity": row.capacity[step]}
            lines.append({"section": "stores", "id": row.id, **_plain(told), "dead": float(row.dead[step])})
    for k, quota in enumerate(rows.quotas):
        if quota.id in upstream or any(weight > 0.0 and id in upstream for id, weight in quota.members):
            left, used = flows.at("quota_left")[k], flows.at("quota_used")[k]
            told = {"start": left + used, "end": left, "volume": quota.volume[step]}
            lines.append(
                {"section": "quotas", "id": quota.id, **_plain(told), "reset_month": quota.reset_month}
            )
    for k, aquifer in enumerate(rows.aquifers):
        if aquifer.id in upstream:
            before = flows.series["aquifer_depth"][step - 1, k] if step else np.nan
            tier = int(flows.at("aquifer_tier")[k])
            lines.append({"section": "aquifers", "id": aquifer.id, **_plain({"depth": before}), "tier": tier})
    for k, restriction in enumerate(rows.restrictions):
        tier = int(flows.at("restriction_tier")[k])
        lines.append({"section": "restrictions", "id": restriction.id, "tier": tier})
    return lines


def _plain(values: Mapping[str, Any]) -> dict[str, float | None]:
    return {name: float(value) if np.isfinite(value) else None for name, value in values.items()}
