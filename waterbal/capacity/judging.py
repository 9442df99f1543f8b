"""Whether everything holds at a scale: the trials of one scenario, of one record or of all of them together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from waterbal.capacity.search import Holds, Search
from waterbal.capacity.side_by_side import share, side_by_side
from waterbal.capacity.trial import MINIMUM_FLOW, Ground, Trial, every
from waterbal.model.rows import Ints
from waterbal.network.requirements import UNLIMITED

WAVE = 8
"""Realizations tried first, those that missed most before: one bad record settles many trials."""


def trials(ground: Ground) -> Holds:
    """Give the trials of one scenario, for searches that judge one record or all of them."""
    order: dict[str, Ints] = {}

    def holds(searches: Sequence[Search], scales: Sequence[float]) -> list[bool]:
        results = [False] * len(searches)
        alone = [k for k, search in enumerate(searches) if search.realization >= 0]
        for direction in dict.fromkeys(searches[k].direction for k in alone):
            mine = [k for k in alone if searches[k].direction == direction]
            numbers = np.array([searches[k].realization for k in mine], dtype=np.int64)
            trial = ground.trial(direction, np.array([scales[k] for k in mine]), numbers)
            for k, held, item, step in zip(mine, trial.holds, trial.lost, trial.lost_step, strict=True):
                results[k] = bool(held)
                if not held:
                    searches[k].why[scales[k]] = (int(item), searches[k].realization, int(step))
        whole: dict[str, list[int]] = {}  # those along one direction share an order, so they take turns
        for k, search in enumerate(searches):
            if search.realization < 0:
                whole.setdefault(search.direction, []).append(k)
        at_once, threads = share(ground.threads, ground.realizations, len(whole))

        def judge(mine: list[int]) -> None:
            for k in mine:
                results[k] = _together(ground, searches[k], scales[k], order, threads)

        side_by_side([partial(judge, mine) for mine in whole.values()], at_once)
        return results

    return holds


def _together(ground: Ground, search: Search, scale: float, order: dict[str, Ints], threads: int) -> bool:
    """Judge all records together, those first that missed most when last tried."""
    if ground.records == 1:
        trial = ground.trial(search.direction, np.array([scale]), np.array([0]), threads=threads)
        if not trial.holds[0]:
            search.why[scale] = (int(trial.lost[0]), 0, int(trial.lost_step[0]))
        return bool(trial.holds[0])
    numbers = order.get(search.direction, every(ground))
    allowed = np.where(ground.question.judged(search.direction), ground.allowed_in_all, UNLIMITED)
    missed = np.zeros_like(ground.allowed_in_all)
    for part in (numbers[:WAVE], numbers[WAVE:]):
        if part.size == 0:
            continue
        trial = ground.trial(search.direction, np.full(part.size, scale), part, pooled=True, threads=threads)
        missed = missed + trial.missed.sum(axis=0)
        why = failure(trial, part, missed - allowed)
        if why is not None:
            search.why[scale] = why
            order[search.direction] = worst_first(numbers, part, trial.missed)
            return False
    return True


def failure(trial: Trial, part: Ints, over: Ints) -> tuple[int, int, int] | None:
    """Tell why records together do not hold; None where they do.

    Parameters
    ----------
    trial : Trial
        Of some records.
    part : ndarray (member)
        Their numbers.
    over : ndarray (item)
        By how much all that were tried so far have missed more than is allowed.

    Returns
    -------
    tuple or None
        Requirement that was missed too often, the record that missed it most, and its first step; where no allocation
        meets a minimum flow, that goes first.
    """
    gone = np.flatnonzero(trial.lost == MINIMUM_FLOW)
    if gone.size:
        return MINIMUM_FLOW, int(part[gone[0]]), int(trial.lost_step[gone[0]])
    if (over <= 0).all():
        return None
    item = int(np.argmax(over))
    worst = int(np.argmax(trial.missed[:, item]))
    return item, int(part[worst]), int(trial.first[worst, item])


def worst_first(numbers: Ints, part: Ints, missed: Ints) -> Ints:
    """Return all records with those of a part that missed most before the others, ndarray (realization)."""
    return np.concatenate(
        [part[np.argsort(-missed.sum(axis=1), kind="stable")], numbers[~np.isin(numbers, part)]]
    )
