"""Several dry years in a row, put at a stated place of every realization."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from waterbal.errors import DataError, Issue, Message
from waterbal.hydrology.columns import SUMMED
from waterbal.hydrology.persistence import MONTH_SHARE
from waterbal.hydrology.steps import Steps
from waterbal.model.hydrology import DryYears
from waterbal.model.rows import Floats, Ints


@dataclass(frozen=True)
class DryRun:
    """Dry years on the steps that they take up."""

    steps: slice
    """Steps of the run."""
    values: Floats
    """ndarray (time, site)."""
    note: Message
    """Which years they are, and where they stand."""


@dataclass(frozen=True)
class Chosen:
    """Dry years among all runs of as many years."""

    start: int
    """Row in which they begin."""
    rank: int
    """Rank of their total, 1 for the wettest."""
    runs: int
    """Number of runs of as many years."""

    @property
    def exceedance(self) -> float:
        """Exceedance of their total [-], m / (n + 1)."""
        return self.rank / (self.runs + 1)


def driest(
    values: Floats, kinds: tuple[str, ...], index: int, month: int, starts: Ints, dry: DryYears
) -> Chosen:
    """Choose years in a row by the total of an index site.

    Parameters
    ----------
    values : ndarray (month, site)
        Months that years are taken from.
    kinds : tuple of str
        Kind of each site.
    index : int
        Site whose total counts.
    month : int
        Calendar month in which years begin, from 0.
    starts : ndarray (year)
        Rows in which complete years begin, in order.
    dry : DryYears
        How many years, and the exceedance probability of their total (by m / (n + 1) among all runs of as many
        years), or none for the driest.

    Returns
    -------
    Chosen
        Row in which they begin, and the rank of their total.

    Raises
    ------
    DataError
        If there are not so many years in a row.
    """
    weight = np.ones(12) if kinds[index] in SUMMED else np.roll(MONTH_SHARE, -month)
    totals = np.array([values[start : start + 12, index] @ weight for start in starts])
    count = dry.years
    runs = [
        position
        for position in range(starts.size - count + 1)
        if starts[position + count - 1] - starts[position] == 12 * (count - 1)
    ]
    if not runs:
        message = Message(
            f"实测系列没有连续 {count} 个完整年份", f"the record has no {count} complete years in a row"
        )
        raise DataError(
            Issue(message, "hydrology.dry_years.years", expected=Message("较少的年数", "fewer years"))
        )
    sums = np.array([totals[position : position + count].sum() for position in runs])
    order = np.argsort(-sums, kind="stable")  # wet to dry
    rank = order.size if dry.probability is None else round(dry.probability * (order.size + 1))
    rank = min(max(rank, 1), order.size)
    return Chosen(int(starts[runs[int(order[rank - 1])]]), rank, order.size)


def note(dry: DryYears, chosen: Chosen, year: int | None) -> Message:
    """Tell which years of the run are dry ones, where they are from and how rare.

    Parameters
    ----------
    dry : DryYears
        What was asked for.
    chosen : Chosen
        What was found.
    year : int or None
        Year of the record in which they begin; None where they are drawn.
    """
    run = _span(dry.from_, dry.years)
    one = dry.years == 1
    if year is None:
        zh_from, en_from = f"随机生成的 {dry.years} 年", f"{dry.years} drawn {'year' if one else 'years'}"
    else:
        source = _span(year, dry.years)
        zh_from, en_from = f"实测的 {source} 年", f"{source} of the record"
    exceedance = f"P = {100.0 * chosen.exceedance:.1f}%"
    if dry.probability is None:
        zh_rare = f"{dry.index} 总量在 {chosen.runs} 组连续 {dry.years} 年中最小，{exceedance}"
        en_rare = f"the least {dry.index} of {chosen.runs} runs of {dry.years} years, {exceedance}"
    else:
        zh_rare = f"{dry.index} 总量在 {chosen.runs} 组连续 {dry.years} 年中为 {exceedance}"
        en_rare = f"{exceedance} of the total of {dry.index} among {chosen.runs} runs of {dry.years} years"
    if one:
        en_rare = en_rare.replace("runs of 1 years", "years")
        zh_rare = zh_rare.replace("组连续 1 年", "年")
    return Message(
        f"模拟期 {run} 年置入枯水年：{zh_from}（{zh_rare}），各水文样本相同",
        f"dry years are put into {run} of the run: {en_from} ({en_rare}), the same in every realization",
    )


def _span(first: int, count: int) -> str:
    """Write years from a first one on."""
    return str(first) if count == 1 else f"{first}-{first + count - 1}"


def place(
    steps: Steps, months: Floats, on_steps: Callable[[Floats], Floats], dry: DryYears, told: Message
) -> DryRun:
    """Put dry months into a run.

    Parameters
    ----------
    steps : Steps
        Steps of the run.
    months : ndarray (month, site)
        The dry years.
    on_steps : callable
        Shares the months of a whole run out over its steps.
    dry : DryYears
        Where they begin.
    told : Message
        Which years they are.
    """
    offset = steps.offset(dry.from_)
    whole = np.zeros((steps.months, months.shape[1]))
    whole[offset : offset + months.shape[0]] = months
    taken = np.flatnonzero((steps.month >= offset) & (steps.month < offset + months.shape[0]))
    part = slice(int(taken[0]), int(taken[-1]) + 1)
    return DryRun(part, on_steps(whole)[part], told)
