"""Which limit is the cause of a shortage: the one that would have served it with the smallest relative change."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from waterbal.capacity.explain_relief import Relief
from waterbal.results.explain_cut import Held

NEAR = 0.01
"""Limits are alike where what they remove, as share of the shortage, or how far they are changed, as share of that
change, differs by no more than this [-]."""
SOME = 1e-3
"""What a relief removes of a shortage is nothing below this share [-]."""


@dataclass(frozen=True)
class Order:
    """Limits in order."""

    held: tuple[Held, ...]
    """The cause first; those nearest to the user first where nothing else tells them apart."""
    tied: tuple[str, ...]
    """Paths of the limits that remove as much as the cause with as small a change, itself among them; empty where it
    is alone."""
    as_much: tuple[str, ...]
    """Paths of the limits that remove as much as the cause with a larger change."""


def removed(relief: Relief, shortage: float) -> float:
    """Return the most that a limit removes of a shortage, however it is relaxed [1e4 m3]."""
    left = [value for value in (relief.here, relief.everyone, relief.always) if value is not None]
    return shortage - min(left, default=shortage)


def change(held: Held, relief: Relief, shortage: float) -> float | None:
    """Return how far a limit is changed where it removes most of a shortage, as share of itself.

    Parameters
    ----------
    held : Held
        The limit.
    relief : Relief
        What is left when it is relaxed.
    shortage : float
        [1e4 m3]

    Returns
    -------
    float or None
        [-]; None for what lets nothing through and so has no share.
    """
    if not 0.0 < held.bound < math.inf:
        return None
    volume = relief.volume
    if relief.everyone is not None and relief.volume_everyone is not None:
        others = [value for value in (relief.here, relief.always) if value is not None]
        if relief.everyone < min(others, default=shortage) - NEAR * shortage:
            volume = relief.volume_everyone
    return volume / held.bound


def order(found: Sequence[Held], tried: Mapping[str, Relief], shortage: float) -> Order:
    """Order limits by what they remove of a shortage, then by how little they are changed for it.

    Parameters
    ----------
    found : sequence of Held
        Limits, those nearest to the user first.
    tried : mapping of str to Relief
        Path of a limit -> what is left when it is relaxed.
    shortage : float
        [1e4 m3]
    """

    def gone(held: Held) -> float:
        return removed(tried[held.path], shortage)

    def far(held: Held) -> float:
        share = change(held, tried[held.path], shortage)
        return math.inf if share is None else share

    ordered: list[Held] = []
    tied: list[Held] = []
    as_much: list[Held] = []
    for alike in _groups(found, lambda held: -gone(held), lambda _: NEAR * shortage):
        if gone(alike[0]) <= SOME * shortage:  # nothing tells these apart but how near they are
            ordered += [held for held in found if held in alike]
            continue
        steps = _groups(alike, far, lambda least: NEAR * least)
        if not ordered:
            tied = steps[0] if len(steps[0]) > 1 and math.isfinite(far(steps[0][0])) else []
            as_much = [held for held in alike if held not in (tied or steps[0][:1])]
            as_much.sort(key=far)
        ordered += [held for step in steps for held in step]
    return Order(tuple(ordered), tuple(held.path for held in tied), tuple(held.path for held in as_much))


def _groups(
    found: Sequence[Held], value: Callable[[Held], float], near: Callable[[float], float]
) -> list[list[Held]]:
    """Put together what is alike to the smallest value left, each group in the order that was given."""
    left, groups = list(found), []
    while left:
        least = min(value(held) for held in left)
        bound = least if math.isinf(least) else least + near(least)
        groups.append([held for held in left if value(held) <= bound])
        left = [held for held in left if value(held) > bound]
    return groups
