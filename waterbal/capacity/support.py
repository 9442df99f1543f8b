"""What a record is long enough for: guarantee rates by their number of years or steps, and complete years at all."""

from __future__ import annotations

from collections.abc import Iterable

from waterbal.api import Case
from waterbal.errors import Issue, Message
from waterbal.model.rows import RequirementRow, TimeAxis
from waterbal.network.requirements import BY_STEP, RATED, misses, years, years_needed

RECORD = "time"
"""Place of what is wrong with the record itself."""
BY_YEAR = ("annual", "annual_depth")
"""Kinds of requirements that are judged in complete calendar years only."""
STEPS, YEARS = Message("个时段", "steps"), Message("年", "years")
"""What a guarantee rate is counted in."""


def complete_years(axis: TimeAxis) -> int:
    """Count the calendar years that a record has in full."""
    return int(years(axis)[1].sum())


def no_year(case: Case) -> Issue:
    """Say that a record has no complete calendar year, so that nothing can be judged by years."""
    return Issue(
        Message("系列中没有完整的日历年", "the record has no complete calendar year"),
        RECORD,
        *case.loaded.marks.place((RECORD,)),
        expected=Message("从一月到十二月至少一年", "a year or more from January to December"),
    )


def without_year(case: Case, items: Iterable[RequirementRow]) -> list[Issue]:
    """Name the record where it has no complete calendar year although something is judged by years."""
    judged = any(item.kind in BY_YEAR for item in items)
    return [no_year(case)] if judged and complete_years(case.rows().axis) == 0 else []


def too_few(case: Case, item: RequirementRow, count: int, *, more_records: bool) -> Issue | None:
    """Name a guarantee rate that a sample is too small to support; None where it is not.

    Parameters
    ----------
    case : Case
        Where it is required.
    item : RequirementRow
        The requirement.
    count : int
        Years or steps in which there is something to judge.
    more_records : bool
        Whether more records would help as well as a longer one.
    """
    if item.kind not in RATED or count == 0 or int(misses(count, item.rate)) >= 0:
        return None
    unit = STEPS if item.kind in BY_STEP else YEARS
    if item.rate >= 1.0:
        expected = Message(
            "小于 1 的保证率：没有系列能支持绝对保证", "a rate below 1: no record can support certainty"
        )
    else:
        least = years_needed(item.rate)
        expected = Message(f"不少于 {least} {unit.zh}", f"{least} {unit} or more")
        if more_records:
            expected += Message("：更长的系列，或更多水文样本", ": a longer record, or more realizations")
    best = count / (count + 1.0)
    message = Message(
        f"{count} {unit.zh}全部满足也至多支持 {best:.4g}，达不到所要求的 {item.rate:g}",
        f"{count} {unit} without failure support at most {best:.4g}, not the {item.rate:g} that is asked for",
    )
    place = case.loaded.marks.place(tuple(item.id.split(".")))
    return Issue(message, item.id, *place, expected=expected)


def typical_years(case: Case) -> Issue | None:
    """Refuse typical years, in which no guarantee rate can be counted; None for any other hydrology."""
    hydrology = case.model.hydrology
    if hydrology is None or hydrology.kind != "typical_years":
        return None
    return Issue(
        Message(
            "典型年本身没有频率：不能据以统计保证率",
            "typical years have no frequency of their own: a guarantee rate cannot be counted in them",
        ),
        "hydrology.kind",
        *case.loaded.marks.place(("hydrology", "kind")),
        expected=Message("observed、generated 或 resampled", "observed, generated or resampled"),
    )
