"""Water that a project takes out of lakes and aquifers once: it is there in the record, and not after it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from waterbal.capacity.admission_candidate import Candidate
from waterbal.capacity.admission_runs import Run
from waterbal.capacity.admission_static import VOLUME
from waterbal.capacity.admission_supply import sums
from waterbal.capacity.admission_terms import Evidence
from waterbal.model.base import Label
from waterbal.model.rows import Floats
from waterbal.results.metrics import Bools
from waterbal.results.names import Labels, name_of

FULL = 1e-6
"""Share of its volume by which a store may be below it and is full [-]."""
SHARE = 0.01
"""Share of what a project gets that may come out of storage once before that is told [-]."""


def drawn_down(case: Candidate, store: int) -> Floats:
    """Return by how much less a store holds in the last year with a project than without it.

    Not more than below what it held at the start: filling that is given up is drawn from nobody.

    Parameters
    ----------
    case : Candidate
    store : int
        Its number.

    Returns
    -------
    ndarray (realization, time) [1e4 m3]
        Of the steps of the last year; below 0 where it holds more.
    """
    start = case.without.storage_start[:, store]
    return _lower(case, start, lambda run: run.storage[:, :, store])


def brimful(case: Candidate, store: int) -> Bools:
    """Tell in which records a store is full at some time of the last year with a project, ndarray (realization)."""
    last = _last_year(case)
    room = np.concatenate(
        [
            np.broadcast_to(rows.stores[store].capacity, (network.members, rows.axis.size))
            for rows, network, _ in case.future.ground.pieces
        ]
    )
    full = case.with_it.storage[:, last, store] >= room[:, last] * (1.0 - FULL)
    return np.asarray(full.any(axis=1))


def mined(case: Candidate) -> tuple[list[Evidence], list[Label]]:
    """Tell which lakes and aquifers a project draws down for good, as far as the record shows it.

    Parameters
    ----------
    case : Candidate

    Returns
    -------
    list of Evidence, list of Label
        What was looked at, and why that the project is served does not show that it stays so.
    """
    future = case.future
    own = [d for d, row in enumerate(future.rows.demands) if row.id in case.demands]
    supplied = float(sums(case.with_it, own)[1].sum()) / future.span if own else 0.0
    called = Labels.from_config(future.case.loaded.config).elements
    evidence, doubts = [], []
    for id, lower in _storages(case):
        volume = float(np.maximum(lower.min(axis=1), 0.0).sum()) / future.span
        if volume <= SHARE * supplied:
            continue
        name = name_of(id, called)
        told = Label(
            zh=f"{name.zh}：项目逐年多耗的存量（系列末未回补）",
            en=f"{name.en}: drawn out of storage by the project and not refilled at the end of the record",
        )
        evidence.append(Evidence(told, volume, "", None, VOLUME, None, future=future.id))
        doubts.append(
            Label(
                zh=f"{future.name.zh}：{name.zh}每年多耗存量 {volume:,.4g} 万m³ 而不回补，系列之后没有这部分水",
                en=f"{future.name.en}: {volume:,.4g} [1e4 m3/yr] come out of the storage of {name.en} and are not "
                "refilled: that water is not there after the record",
            )
        )
    return evidence, doubts


def _storages(case: Candidate) -> Iterator[tuple[str, Floats]]:
    """Give every lake and aquifer with how much lower the project leaves it in the last year."""
    for s, store in enumerate(case.future.rows.stores):
        yield store.id, drawn_down(case, s)
    for a, aquifer in enumerate(case.future.rows.aquifers):
        start = case.without.ground_start[:, a]
        yield aquifer.id, _lower(case, start, lambda run, a=a: run.aquifer_storage[:, :, a])  # type: ignore[misc]


def _lower(case: Candidate, start: Floats, of: Callable[[Run], Floats]) -> Floats:
    last = _last_year(case)
    return np.minimum(of(case.without), start[:, None])[:, last] - of(case.with_it)[:, last]


def _last_year(case: Candidate) -> Bools:
    """Tell which steps are of the last year."""
    axis = case.future.rows.axis
    return np.asarray(axis.start > axis.end[-1] - np.timedelta64(366, "D"))
