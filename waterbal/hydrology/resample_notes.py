"""What must be told of a resampled record: how unequally its years are drawn, and how few realizations differ."""

from __future__ import annotations

import numpy as np

from waterbal.errors import Message, joined
from waterbal.hydrology.columns import SUMMED
from waterbal.hydrology.persistence import MONTH_SHARE
from waterbal.hydrology.record import Record
from waterbal.hydrology.resample import Blocks, NearestMonths, NearestYears
from waterbal.model.rows import Floats

SHIFTED = 0.02
"""[-] an expected mean that is as far from that of the record is told."""
SELDOM = 0.5
"""[-] a year that is expected less often than this share of an equal use is told."""
LONG = 1.0 / 3.0
"""[-] blocks of more than this share of the years give few realizations that differ."""
FEW = 10_000
"""Numbers of different realizations up to which they are told."""


def notes(order: Blocks | NearestMonths | NearestYears, record: Record, months: int) -> tuple[Message, ...]:
    """Tell what is to be known of a resampled record.

    Parameters
    ----------
    order : Blocks, NearestMonths or NearestYears
        How it is put in another order.
    record : Record
        The record.
    months : int
        Length of the run.
    """
    if isinstance(order, Blocks):
        return _few(order, months)
    return _unequal(order, record, months)


def _few(blocks: Blocks, months: int) -> tuple[Message, ...]:
    """Say that blocks are so long that realizations are much alike."""
    length, years = blocks.years, blocks.starts.size
    if length <= 1 or length <= LONG * years:
        return ()
    count = years ** -(-months // (12 * length))
    zh = f"每块 {length} 年，超过系列 {years} 年的三分之一：各水文样本彼此相近"
    en = f"blocks of {length} years are more than a third of the {years} years of the record: realizations are alike"
    if count <= FEW:
        zh += f"，不同的至多 {count} 个"
        en += f", at most {count} of them differ"
    if length == years:
        zh += "，每块只是把系列换一个起始年"
        en += ", a block is the record begun with another year"
    return (Message(zh, en),)


def use_of_years(order: Blocks | NearestMonths | NearestYears, record: Record, months: int) -> Floats:
    """Return how often each year is expected in a run, over an equal use.

    Parameters
    ----------
    order, record, months
        As for ``notes``.

    Returns
    -------
    ndarray (year) [-]
        Of the calendar years, or of those that begin with the run's first month where whole years are drawn.
    """
    pool, use = order.pool, order.use(months)
    if not isinstance(order, NearestMonths):
        by_year = use.reshape(-1, 12).sum(axis=1)
        share: Floats = by_year / by_year.mean()
        return share
    calendar = (record.first + pool) % 12
    each = np.bincount(calendar, use, 12) / np.maximum(np.bincount(calendar, minlength=12), 1)
    drawn = each[calendar] > 0.0
    equal = use[drawn] / each[calendar[drawn]]
    years = (record.first + pool[drawn]) // 12
    place = years - years.min()
    count = np.bincount(place)
    found: Floats = np.bincount(place, equal)[count > 0] / count[count > 0]
    return found


def means(order: Blocks | NearestMonths | NearestYears, record: Record, months: int) -> Floats:
    """Return the expected annual total or mean of each site over that of the record, ndarray (site) [-].

    Parameters
    ----------
    order, record, months
        As for ``notes``.
    """
    pool, use = order.pool, order.use(months)
    calendar, values = (record.first + pool) % 12, record.values[pool]
    result = np.ones(len(record.sites))
    drawn, kept = np.bincount(calendar, use, 12), np.bincount(calendar, minlength=12)
    for site, kind in enumerate(record.kinds):
        weight = np.ones(12) if kind in SUMMED else MONTH_SHARE
        known = (drawn > 0.0) & (kept > 0)
        expected, own = (
            float((weight * np.bincount(calendar, w * values[:, site], 12))[known] @ (1.0 / n[known]))
            for w, n in ((use, drawn), (np.ones(use.size), kept))
        )
        if own != 0.0:
            result[site] = expected / own
    return result


def _unequal(order: NearestMonths | NearestYears, record: Record, months: int) -> tuple[Message, ...]:
    """Say how unequally years are drawn and how far means go from the record: expected ones, without chance."""
    use, ratio = use_of_years(order, record, months), means(order, record, months)
    off = [i for i in range(ratio.size) if abs(ratio[i] - 1.0) > SHIFTED]
    if not off and use.min() >= SELDOM:
        return ()
    low, high = f"{use.min():.2f}", f"{use.max():.2f}"
    zh = f"最近邻法抽取各年的机会不等：为平均的 {low} 至 {high} 倍"
    en = f"nearest neighbours draw years unequally: {low} to {high} times the equal use"
    if off:
        told = joined([_mean(record.sites[i], float(ratio[i])) for i in off])
        zh += f"；期望的多年平均与实测不同：{told.zh}（method: block 各年机会相等）"
        en += f"; expected means are not those of the record: {told} (method: block draws all years equally)"
    return (Message(zh, en),)


def _mean(site: str, ratio: float) -> Message:
    """Tell the change of the mean of a site."""
    told = f"{site} {100.0 * (ratio - 1.0):+.1f}%"
    return Message(told, told)
