"""By which name capacities of several studies are told apart in one workbook or page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from waterbal.results.terms import Term

if TYPE_CHECKING:
    import xarray as xr


def studies(capacities: Sequence[xr.Dataset]) -> list[Term | None]:
    """Name the study of each of several capacities; None for one alone.

    Parameters
    ----------
    capacities : sequence of Dataset
        As ``waterbal capacity`` writes them.

    Returns
    -------
    list of Term or None
        Titles; numbered where they are the same.
    """
    if len(capacities) < 2:
        return [None] * len(capacities)
    titles = [
        tuple(str(results.attrs.get(key, "")) for key in ("title_zh", "title")) for results in capacities
    ]
    often, seen = Counter(titles), Counter[tuple[str, ...]]()
    told: list[Term | None] = []
    for title in titles:
        seen[title] += 1
        number = f" {seen[title]}" if often[title] > 1 else ""
        told.append(Term(*(f"{text}{number}".strip() for text in title)))
    return told


def of_years(capacities: Sequence[xr.Dataset]) -> list[dict[int, Term]]:
    """Name the study of every planning year that several capacities tell of, for each of them.

    Parameters
    ----------
    capacities : sequence of Dataset
        As ``waterbal capacity`` writes them.
    """
    years = [
        {int(year) for year in results["planning_year"].values} if "planning_year" in results else set()
        for results in capacities
    ]
    told = []
    for place, study in enumerate(studies(capacities)):
        others = {year for other, own in enumerate(years) if other != place for year in own}
        told.append({year: study for year in years[place] & others if study is not None})
    return told


def of_study(name: Term, study: Term | None) -> Term:
    """Add the name of a study to another name, where there is one."""
    return name if study is None else Term(f"{name.zh}（{study.zh}）", f"{name.en} ({study.en})")
