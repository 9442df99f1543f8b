"""T4 (可供水量表): what each source could give in each planning year, what it gave, and what held it back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from waterbal.report.rounding import largest_remainder, nearest
from waterbal.report.sheets import binding, permits
from waterbal.report.sheets.cases import Case
from waterbal.report.sheets.origins import FAMILIES, returned_as
from waterbal.report.sheets.printed import horizon
from waterbal.report.sheets.sheet import Cell, Column, Row, Sheet
from waterbal.report.sheets.typical import PROBABILITIES, When, lines, mean_notes
from waterbal.report.sheets.words import term
from waterbal.results.terms import LIMITS, Term

Floats = npt.NDArray[np.float64]

LEGAL = "legal"
"""Kind of limit under which own quotas are told."""


@dataclass(frozen=True)
class Line:
    """One source."""

    family: str
    name: Term
    limits: dict[str, float]
    """Kind of limit -> mean of a year [1e4 m3/yr]."""
    permit: float | None
    """Smallest of what its own quotas and its legal limit grant, mean of a year [1e4 m3/yr]."""
    available: float | None
    """Smallest of its limits in every step, and of its quotas in every year, mean of a year [1e4 m3/yr]."""
    taken: Floats
    """ndarray (year of a realization) [1e4 m3]"""
    quotas: tuple[Term, ...]
    """Quotas that count it, with their volume; those it shares are marked."""
    binding: Term | None
    """What held it back, with the share of the steps or years."""


def sheet(cases: Sequence[Case]) -> Sheet:
    """Make the table from the baseline of each planning year.

    Parameters
    ----------
    cases : sequence of Case
        All scenarios; the baselines are told.
    """
    told = [case for case in cases if case.baseline and case.count and case.has("source_withdrawal")]
    if not told:
        return Sheet("T4", term("T4"), (), (), term("unit_volume_year"), (term("note_no_cases"),))
    shown = [p for p in PROBABILITIES if any(_at(case, p) is not None for case in told)]
    columns = (
        Column("horizon", term("horizon"), "text"),
        Column("family", term("family"), "text"),
        Column("source", term("source"), "text"),
        *(
            Column(f"limit.{kind}", term("permit") if kind == LEGAL else name, group=term("limits"))
            for kind, name in LIMITS.items()
        ),
        Column("available", term("available")),
        Column("taken.mean", term("mean"), group=term("withdrawal")),
        *(Column(f"taken.{p}", term("at_p", p=f"{100 * p:.0f}"), group=term("withdrawal")) for p in shown),
        Column("quotas", term("quotas"), "text", wide=True),
        Column("binding", term("binding"), "text", wide=True),
    )
    rows: list[Row] = []
    for case in told:
        rows += _rows(case, shown, len(rows))
    summed = frozenset(c.id for c in columns if c.id.startswith("taken"))
    notes = (
        term("note_available"), term("note_withdrawal"), term("note_binding"), *mean_notes(told, cases),
        term("note_years_as_t1"),
    )  # fmt: skip
    return Sheet("T4", term("T4"), columns, tuple(rows), term("unit_volume_year"), notes, summed)


def _at(case: Case, probability: float) -> When | None:
    """Return the line of a guarantee rate; None where the years do not support it."""
    label = term("at_p", p=f"{100 * probability:.0f}")
    return next((when for when in lines(case)[0] if when.label == label), None)


def _rows(case: Case, shown: Sequence[float], before: int) -> list[Row]:
    found = _collected(case)
    whens = [lines(case)[0][0], *(_at(case, p) for p in shown)]
    taken: list[Floats | None] = [
        None if when is None else largest_remainder([float(when.of(line.taken)) for line in found])
        for when in whens
    ]
    rows = []
    for i, line in enumerate(found):
        cells: list[Cell] = [horizon(case), term(line.family), line.name]
        told = {kind: value for kind, value in line.limits.items() if kind != LEGAL}
        told |= {} if line.permit is None else {LEGAL: line.permit}
        cells += [nearest(told[kind]) if kind in told else None for kind in LIMITS]
        cells.append(None if line.available is None else nearest(line.available))
        cells += [None if values is None else float(values[i]) for values in taken]
        cells += [_joined(line.quotas), line.binding]
        rows.append(Row(tuple(cells), 1))
    nothing: list[Cell] = [None] * (len(LIMITS) + 1)
    totals: list[Cell] = [None if values is None else float(values.sum()) for values in taken]
    head: list[Cell] = [horizon(case), term("total"), term("total")]
    places = tuple(range(before, before + len(rows)))
    return [*rows, Row((*head, *nothing, *totals, None, None), 0, True, places)]


def _collected(case: Case) -> list[Line]:
    """Collect sources, aquifers and works of returned water, by family."""
    types = {one: spec.get("type") for one, spec in case.config.get("sources", {}).items()}
    found = _withdrawn(case, "source", "source_withdrawal", types) + _withdrawn(
        case, "aquifer", "aquifer_pumping", types
    )
    if case.has("reclaimed_supply"):
        reclaimed = case.by_year("reclaimed_supply")
        inflow = case.by_year("node_inflow").mean(axis=0)
        for i, (one, name) in enumerate(zip(case.ids("node"), case.names("node"), strict=True)):
            if reclaimed[:, i].any():
                found.append(
                    Line(
                        returned_as(case, one),
                        name,
                        {},
                        None,
                        float(inflow[i]),
                        reclaimed[:, i],
                        (),
                        term("bound_by_returns"),
                    )
                )
    return sorted(found, key=lambda line: FAMILIES.index(line.family))


def _withdrawn(case: Case, element: str, volume: str, types: dict[str, str | None]) -> list[Line]:
    if element not in case.results.dims:
        return []
    taken = case.by_year(volume)
    limits = case.by_year(f"{element}_limit") if case.has(f"{element}_limit") else None
    available = case.by_year(f"{element}_available") if case.has(f"{element}_available") else None
    kinds = case.ids("limit")
    found = []
    for i, (one, name) in enumerate(zip(case.ids(element), case.names(element), strict=True)):
        own = {} if limits is None else dict(zip(kinds, limits[:, i].T, strict=True))
        known = {kind: values for kind, values in own.items() if np.isfinite(values).all()}
        means = {kind: float(values.mean()) for kind, values in known.items()}
        granted = permits.of(case, element, i)
        alone = permits.smallest(granted, own=True)
        least = permits.least(granted)
        legal = [values for values in (alone, known.get(LEGAL)) if values is not None]
        bounds = list(known.values()) if available is None else [available[:, i]]
        kind = "aquifer" if element == "aquifer" else str(types.get(one) or "other_source")
        found.append(
            Line(
                kind if kind in FAMILIES else "other_source",
                name,
                means,
                float(np.min(legal, axis=0).mean()) if legal else None,
                _available(bounds, permits.smallest(granted), taken[:, i]),
                taken[:, i],
                tuple(permit.told for permit in granted),
                binding.told(case, element, i, means, least),
            )
        )
    return found


def _available(bounds: Sequence[Floats], granted: Floats | None, taken: Floats) -> float | None:
    """Return the mean of the smallest bound of every year [1e4 m3/yr]; None where nothing bounds it.

    ``granted`` is of quota years: where they straddle calendar years, or unused water is carried over, more may be
    taken in a year than one grants.
    """
    known = [values for values in bounds if np.isfinite(values).all()]
    if granted is not None:
        known.append(np.maximum(granted, taken))
    return float(np.min(known, axis=0).mean()) if known else None


def _joined(names: Sequence[Term]) -> Term | None:
    if not names:
        return None
    return Term("；".join(name.zh for name in names), "; ".join(name.en for name in names))
