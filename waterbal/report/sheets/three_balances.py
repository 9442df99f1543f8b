"""T2 (三次平衡分析表): balances of demand and supply with more and more done, over one hydrology."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from waterbal.capacity.balance_tables import ROUNDING
from waterbal.report.printed_balances import printed
from waterbal.report.rounding import largest_remainder, nearest
from waterbal.report.sheets.printed import share
from waterbal.report.sheets.sheet import Cell, Column, Row, Sheet, columns_of
from waterbal.report.sheets.studies import of_study, studies
from waterbal.report.sheets.words import term
from waterbal.results.terms import Term

if TYPE_CHECKING:
    import xarray as xr

Floats = npt.NDArray[np.float64]


def sheets(capacities: Sequence[xr.Dataset]) -> list[Sheet]:
    """Make the tables: balances by zone and sector, water by source, what measures close, scales that fit.

    Parameters
    ----------
    capacities : sequence of Dataset
        As ``waterbal capacity`` writes them.
    """
    told = zip(capacities, studies(capacities), strict=True)
    found = [(results, study) for results, study in told if "balances_water_demand" in results]
    if not found:
        return [Sheet("T2", term("T2"), (), (), term("unit_volume_year"), (term("note_no_balances"),))]
    made: list[Sheet] = []
    for number, (results, study) in enumerate(found):
        first = len(made)
        mark = "" if len(found) == 1 else f"-{number + 1}"
        notes = (
            term("note_of_scenario", scenario=of_study(_scenario(results), study)),
            *_notes(results),
        )
        made.append(_balances(results, f"T2{mark}", notes))
        made.append(_sources(results, f"T2b{mark}", notes[:2]))
        closed = _closed(results, f"T2c{mark}", notes[:2]) if "balances_gap_closed" in results else None
        fits = _fits(results, f"T2d{mark}", notes[:1]) if "balances_fit_scale" in results else None
        made += [sheet for sheet in (closed, fits) if sheet is not None]
        made[first:] = [replace(sheet, title=of_study(sheet.title, study)) for sheet in made[first:]]
    return made


def names(results: xr.Dataset, dimension: str) -> list[Term]:
    """Return the names along a dimension of a capacity file, in both languages."""
    zh, en = (results[f"{dimension}_name_{language}"].values.tolist() for language in ("zh", "en"))
    return [Term(str(a), str(b)) for a, b in zip(zh, en, strict=True)]


def _ids(results: xr.Dataset, dimension: str) -> list[str]:
    return [str(one) for one in results[f"balances_{dimension}"].values.tolist()]


def _scenario(results: xr.Dataset) -> Term:
    """Name the scenario that balances are of."""
    wanted = str(results.attrs.get("balances_scenario", ""))
    ids = [str(one) for one in results["scenario_id"].values.tolist()]
    return names(results, "scenario")[ids.index(wanted)] if wanted in ids else Term(wanted, wanted)


def _whens(results: xr.Dataset) -> list[tuple[Term, Term]]:
    """Return what each line stands for, and which year it is."""
    found = []
    for i, one in enumerate(_ids(results, "when")):
        year = int(results["balances_when_year"].values[i])
        realization = int(results["balances_when_realization"].values[i])
        if year < 0:
            found.append((term("mean"), Term("", "")))
        else:
            named = term("year_of_sample", year=year, realization=realization)
            found.append((term("at_p", p=one.removeprefix("p")), named))
    return found


def _balances(results: xr.Dataset, id: str, notes: tuple[Term, ...]) -> Sheet:
    """Make the table by balance, guarantee rate and zone."""
    sectors = list(zip(_ids(results, "sector"), names(results, "balances_sector"), strict=True))
    zones = names(results, "balances_zone")
    columns: list[Column] = [
        Column("balance", term("which_balance"), "text"),
        Column("probability", term("probability"), "text"),
        Column("picked", term("picked"), "text"),
        Column("zone", term("zone"), "text"),
    ]
    for prefix, group in (("need", "need"), ("supply", "supply_sector")):
        parts = columns_of(sectors, term(group), prefix)
        columns += [
            *parts,
            Column(f"{prefix}.total", term("total"), group=term(group), sum_of=tuple(c.id for c in parts)),
        ]
    columns += [
        Column("gap", term("balance"), difference_of=("supply.total", "need.total")),
        Column("short_share", term("short_share"), "share", 1),
    ]
    need, supply = (results[f"balances_water_{name}"].values for name in ("demand", "supply"))
    made = printed(results)
    rows: list[Row] = []
    for b, name in enumerate(names(results, "balances_balance")):
        largest = 0.0
        for w, (label, year) in enumerate(_whens(results)):
            short = share(float(need[b, w].sum()), float(supply[b, w].sum()))
            picked = term("less_short", picked=year) if year.zh and short < largest else year
            largest = max(largest, short if year.zh else 0.0)
            asked, given = (np.asarray(values[b, w], dtype=np.float64) for values in (need, supply))
            used = [z for z in range(len(zones)) if asked[z].any()]
            first = len(rows)
            for i in [*used, len(zones)]:
                total = i == len(zones)
                wet, dry = (float((values if total else values[i]).sum()) for values in (given, asked))
                wanted, got = made.need[b, w, i], made.supply[b, w, i]
                cells: list[Cell] = [
                    name, label, picked, term("district") if total else zones[i], *wanted.tolist(), *got.tolist(),
                    float(got[-1] - wanted[-1]), share(dry, wet),
                ]  # fmt: skip
                places = tuple(range(first, first + len(used))) if total else ()
                rows.append(Row(tuple(cells), 0 if total else 1, total, places))
    summed = frozenset(c.id for c in columns if c.kind == "number" and c.difference_of is None)
    told = (*notes, term("note_balance"), term("note_rounding"))
    return Sheet(id, term("T2"), tuple(columns), tuple(rows), term("unit_volume_year"), told, summed)


def _sources(results: xr.Dataset, id: str, notes: tuple[Term, ...]) -> Sheet:
    """Make the table of the water that each balance takes from each source."""
    items = list(zip(_ids(results, "origin"), names(results, "balances_origin"), strict=True))
    water = results["balances_water_by_origin"].values
    used = [i for i in range(len(items)) if np.nanmax(water[:, :, i]) > 0.0]
    parts = columns_of([items[i] for i in used], term("withdrawal"), "origin")
    columns = (
        Column("balance", term("which_balance"), "text"),
        Column("probability", term("probability"), "text"),
        Column("picked", term("picked"), "text"),
        *parts,
        Column("origin.total", term("total"), group=term("withdrawal"), sum_of=tuple(c.id for c in parts)),
    )
    rows = []
    for b, name in enumerate(names(results, "balances_balance")):
        for w, (label, picked) in enumerate(_whens(results)):
            taken = largest_remainder(water[b, w, used])
            cells: tuple[Cell, ...] = (name, label, picked, *taken.tolist(), float(taken.sum()))
            rows.append(Row(cells))
    told = (*notes, term("note_withdrawal"))
    return Sheet(id, term("T2b"), columns, tuple(rows), term("unit_volume_year"), told)


def _closed(results: xr.Dataset, id: str, notes: tuple[Term, ...]) -> Sheet | None:
    """Make the table of the gap that each measure closes, in both orders."""
    whens = _whens(results)
    orders = _ids(results, "order")
    balances = dict(zip(_ids(results, "balance"), names(results, "balances_balance"), strict=True))
    adds = [str(one) for one in results["balances_measure_balance"].values.tolist()]
    if not len(adds):
        return None
    columns = (
        Column("balance", term("which_balance"), "text"),
        Column("measure", term("measure"), "text"),
        *(
            Column(f"{order}.{w}", label, group=term(f"order_{order}"))
            for order in orders
            for w, (label, _) in enumerate(whens)
        ),
    )
    closed = printed(results).closed
    rows: list[Row] = []
    for m, name in enumerate(names(results, "balances_measure")):
        cells: list[Cell] = [balances.get(adds[m], Term(adds[m], adds[m])), name]
        rows.append(Row((*cells, *closed[:, m].ravel().tolist()), 1))
    totals = (Term("", ""), term("total"), *closed.sum(axis=1).ravel().tolist())
    rows.append(Row(totals, 0, True, tuple(range(len(rows)))))
    summed = frozenset(c.id for c in columns[2:])
    told = (*notes, order_note(results), term("note_closed"))
    return Sheet(id, term("T2c"), columns, tuple(rows), term("unit_volume_year"), told, summed)


def order_note(results: xr.Dataset) -> Term:
    """Say whether the order of the measures matters, with the volumes that the tables print.

    Parameters
    ----------
    results : Dataset
        As ``waterbal capacity --with balances`` writes it.
    """
    orders = _ids(results, "order") if "balances_gap_closed" in results else []
    if {"listed", "reversed"} <= set(orders):
        pair = [orders.index(one) for one in ("listed", "reversed")]
        forth, back = results["balances_gap_closed"].values[pair, :, 0]
        least = ROUNDING * float(results["balances_water_demand"].values[:, 0].sum(axis=(1, 2)).max())
        if forth.size and np.abs(forth - back).max() > least:
            most = int(np.abs(forth - back).argmax())
            listed, reversed = (f"{value:z,.0f}" for value in printed(results).closed[pair, most, 0])
            measure = names(results, "balances_measure")[most]
            return term("note_order", measure=measure, listed=listed, reversed=reversed)
    return Term(*(str(results.attrs.get(f"balances_order{tail}", "")) for tail in ("_zh", "")))


def _fits(results: xr.Dataset, id: str, notes: tuple[Term, ...]) -> Sheet:
    """Make the table of the scales at which nothing is short (量水而行)."""
    from waterbal.report.sheets.four_limits import unit_of

    drivers = names(results, "balances_driver")
    units = [unit_of(str(one)) for one in results["balances_driver_units"].values.tolist()]
    balances = dict(zip(_ids(results, "balance"), names(results, "balances_balance"), strict=True))
    columns = (
        Column("balance", term("which_balance"), "text"),
        Column("condition", term("condition"), "text"),
        Column("scale", term("scale"), decimals=3),
        *(
            Column(f"amount.{i}", name, decimals=2, unit=unit)
            for i, (name, unit) in enumerate(zip(drivers, units, strict=True))
        ),
    )
    scale, amount = results["balances_fit_scale"].values, results["balances_fit_amount"].values
    rows = [
        Row(
            (
                balances.get(one, Term(one, one)),
                condition,
                _known(scale[b, c], 3),
                *(_known(value, 2) for value in amount[b, c]),
            )
        )
        for b, one in enumerate(_ids(results, "fit_balance"))
        for c, condition in enumerate(names(results, "balances_condition"))
    ]
    plan = [_known(value, 2) for value in results["balances_plan_amount"].values]
    rows.append(Row((term("plan"), term("plan"), 1.0, *plan), total=True))
    return Sheet(id, term("T2d"), columns, tuple(rows), term("unit_none"), (*notes, term("note_fit")))


def _known(value: float, decimals: int) -> float | None:
    return nearest(float(value), decimals) if np.isfinite(value) else None


def _notes(results: xr.Dataset) -> tuple[Term, ...]:
    attrs = results.attrs
    more = Term(str(attrs.get("balances_notes_zh", "")), str(attrs.get("balances_notes", "")))
    return (term("note_when"), *_own_years(results), *((more,) if more.zh else ()))


def _own_years(results: xr.Dataset) -> tuple[Term, ...]:
    """Tell the gap at the largest P that is known where every balance ranks its own years."""
    own = "balances_gap_quantile_own"
    name = own if own in results else "balances_gap_quantile"  # which files had before the gaps of one year
    if name not in results:
        return ()
    values = results[name].values
    known = np.flatnonzero(np.isfinite(values).all(axis=0))
    if not known.size:
        return ()
    probability = float(results["balances_probability"].values[known[-1]])
    told = [
        (n, f"{nearest(v):,.0f}")
        for n, v in zip(names(results, "balances_balance"), values[:, known[-1]], strict=True)
    ]
    zh, en = (
        stop.join(f"{getattr(n, lang)} {v}" for n, v in told) for lang, stop in (("zh", "、"), ("en", ", "))
    )
    return (term("note_own_years", p=f"{100 * probability:.0f}", told=Term(zh, en)),)
