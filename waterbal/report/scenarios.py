"""What the scenarios of a sweep come to: how well each of them is supplied, and what each axis does to that."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.report.balance import make, show
from waterbal.report.labels import WORDS, word
from waterbal.report.rounding import volumes
from waterbal.report.sensitivity import chance, sensitivity
from waterbal.results import metrics, pooled
from waterbal.results.accessor import POSITION, VALUES
from waterbal.results.pooled import Rates
from waterbal.results.terms import TYPICAL_YEARS, Term, sector

if TYPE_CHECKING:
    import xarray as xr
    from rich.console import Console

Line = dict[str, Any]

SECTORS = ("residential", "public", "industry", "irrigation")
"""Sectors that have a column, where the model has them."""
PROBABILITY = "hydrology_probability"
"""Coordinate of realizations that are typical years."""
IN_YEAR = ("sector_reliability_volumetric", "failure_depth", "shortage_tolerance")
"""What typical years are told by."""
LISTED = 60
"""Most scenarios that are listed one by one."""


def summarise(results: xr.Dataset) -> Line:
    """Sum up the scenarios of a merged sweep as plain, JSON-able data.

    Parameters
    ----------
    results : Dataset
        As ``waterbal sweep`` writes it.

    Returns
    -------
    dict
        ``scenarios``: a line for each, or for each typical year of each. ``axes``: for each axis a line for each
        value, the mean of the scenarios that have it and differ from others in nothing else. ``factors``: what
        depends on sampled numbers. Volumes are [1e4 m3/yr], means over realizations; ``sectors``: guarantee ``rate``
        over the years of all realizations together, and the ``lowest`` of a realization [-]. Typical years are told
        one by one: they have no rates, but the share ``supplied`` [-] and whether the need is ``met``.
    """
    rates = _rates(results)
    lines = [line for s in range(results.sizes["scenario"]) for line in _lines(results, s, rates)]
    sectors = [name for name in SECTORS if name in results["sector_id"].values.tolist()]
    return {
        "realizations": int(results.sizes["realization"]),
        "failed": int((results["member_status"].values != 0).sum()),
        "sectors": sectors,
        "scenarios": lines,
        "axes": _effects(results, lines),
        "factors": sensitivity(results, sectors),
    }


def render(results: xr.Dataset, language: str, console: Console) -> None:
    """Print what the scenarios come to.

    Parameters
    ----------
    results : Dataset
        As ``waterbal sweep`` writes it.
    language : str
        ``zh`` or ``en``.
    console : Console
        Where to print.
    """
    told = summarise(results)
    title = str(results.attrs.get("title_zh" if language == "zh" else "title", ""))
    console.print(title, style="bold", highlight=False)
    console.print(unit(results, told, language), highlight=False)
    tables = []
    if len(told["scenarios"]) <= LISTED:
        columns = (("scenario", _label), *_columns(told["sectors"]))
        tables.append(make("title_scenarios", columns, told["scenarios"], language))
    effects = [{**line, "axis": axis} for axis in told["axes"] for line in axis["values"]]
    if effects:
        columns = (("axis", _axis_label), ("axis_value", _label), *_columns(told["sectors"]))
        tables.append(make("title_axes", columns, effects, language))
    if told["factors"]:
        columns = (("factor", _label), *_correlations(told["sectors"]))
        tables.append(make("title_factors", columns, told["factors"], language))
    for table in tables:
        if table is not None:
            console.print()
            show(table, console)
    if told["factors"]:
        console.print(word("by_chance", language, size=f"{chance(results):z.2f}"), style="dim")
    if any(axis["left_out"] for axis in told["axes"]):
        console.print(word("matched", language), style="dim", highlight=False)
    for axis in told["axes"]:
        if not axis["matched"]:
            console.print(word("not_matched", language, axis=axis[language]), style="dim", highlight=False)
    if len(told["scenarios"]) > LISTED:
        console.print(word("many_scenarios", language, count=len(told["scenarios"])), style="dim")
    if PROBABILITY in results.coords:
        for note in TYPICAL_YEARS:
            console.print(note.zh if language == "zh" else note.en, style="dim", highlight=False)
    if told["failed"]:
        console.print(word("failed_members", language, count=told["failed"]), style="bold red")


def unit(results: xr.Dataset, told: Line, language: str) -> str:
    """Say what the numbers of the scenarios are.

    Parameters
    ----------
    results : Dataset
        As ``waterbal sweep`` writes it.
    told : dict
        Of ``summarise``.
    language : str
        ``zh`` or ``en``.
    """
    kinds = {line["values"].get(PROBABILITY) is None for line in told["scenarios"]}
    if kinds == {False}:
        return word("typical_unit", language)
    series = word("scenario_unit", language, realizations=told["realizations"])
    return f"{series}\n{word('typical_unit', language)}" if False in kinds else series


def render_file(path: str | Path, language: str, console: Console) -> None:
    """Print what the scenarios in a result file come to; see ``render``."""
    from waterbal.results.netcdf import open_result

    with open_result(path) as results:
        render(results, language, console)


def _rates(results: xr.Dataset) -> Rates | None:
    """Give the guarantee rates of all scenarios over the years of all realizations; None if all are typical years."""
    if PROBABILITY in results.coords and np.isfinite(results[PROBABILITY].values).all():
        return None
    return pooled.annual(results[["member_status", *pooled.names("sector")]], "sector")


def _lines(results: xr.Dataset, number: int, rates: Rates | None) -> list[Line]:
    """Sum up one scenario; typical years one by one, because a mean over their probabilities means nothing."""
    if PROBABILITY not in results.coords:
        return [_scenario(results, number, rates)]
    lines = []
    probabilities = results[PROBABILITY]
    if "scenario" in probabilities.dims:
        probabilities = probabilities.isel(scenario=number)
    if not np.isfinite(probabilities.values).all():
        series = _scenario(results, number, rates)
        series["values"][PROBABILITY] = None
        return [series]
    for r, probability in enumerate(probabilities.values.tolist()):
        line = _scenario(results.isel(realization=[r]), number, None)
        told = f"P = {100 * probability:g}%"
        line |= {"zh": f"{line['zh']}、{told}", "en": f"{line['en']}, {told}"}
        line["values"][PROBABILITY] = probability
        lines.append(line)
    return lines


def _scenario(results: xr.Dataset, number: int, rates: Rates | None) -> Line:
    """Sum up one scenario; without rates it is one typical year."""
    one = results.isel(scenario=number)
    good = one["member_status"].values == 0
    line: Line = {
        "id": str(one["scenario_id"].values),
        "zh": str(one["scenario_name_zh"].values),
        "en": str(one["scenario_name_en"].values),
        "values": {name: one[name].values.item() for name in _axes(results)},
        "failed": int((~good).sum()),
    }
    need = one["mean_annual_demand"].values.sum(axis=-1)[good]
    supply = one["mean_annual_supply"].values.sum(axis=-1)[good]
    line |= {"need": _mean(need), "supply": _mean(supply), "short": None, "sectors": {}}
    if good.any() and need.sum() > 0:
        line["short"] = float(1.0 - supply.sum() / need.sum())
    for i, kind in enumerate(one["sector_id"].values.tolist()):
        line["sectors"][kind] = (
            _in_year(one, i)
            if rates is None
            else {
                "rate": _number(rates.pooled[number, i]),
                "lowest": _number(rates.lowest[number, i]),
            }
        )
    return line


def _in_year(one: xr.Dataset, place: int) -> Line:
    """Tell how well a sector is supplied in a typical year, and whether none of its users is short."""
    good = bool((one["member_status"].values == 0).all())
    supplied = float(one["sector_reliability_volumetric"].values[0, place])
    here = one["demand_sector"].values == one["sector_id"].values[place]
    depth = one["failure_depth"].values[0][here]
    allowed = np.broadcast_to(one["shortage_tolerance"].values, here.shape)[here]
    known = ~np.isnan(depth)
    met = bool((depth[known] <= allowed[known] + metrics.STEP_TOLERANCE).all()) if known.any() else None
    return {
        "rate": None,
        "lowest": None,
        "supplied": _number(supplied) if good else None,
        "met": met if good else None,
    }


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _mean(values: Any) -> float | None:
    return float(values.mean()) if values.size else None


def _axes(results: xr.Dataset) -> list[str]:
    """Name the axes in their order."""
    places = {str(name): c.attrs[POSITION] for name, c in results.coords.items() if POSITION in c.attrs}
    return sorted(places, key=lambda name: int(places[name]))


def _effects(results: xr.Dataset, lines: list[Line]) -> list[Line]:
    """Tell what each axis does, samples apart; the probability of typical years counts as one."""
    effects = [_axis(results, name, lines) for name in _axes(results) if name != "sample"]
    if PROBABILITY in results.coords:
        lines = [line for line in lines if line["values"][PROBABILITY] is not None]
        values = dict.fromkeys(line["values"][PROBABILITY] for line in lines)
        labels = {value: (f"P = {100 * value:g}%",) * 2 for value in values}
        names = {language: word("typical_probability", language) for language in ("zh", "en")}
        effects.append({"id": PROBABILITY, **names, **_by_value(PROBABILITY, list(values), labels, lines)})
    return effects


def _axis(results: xr.Dataset, name: str, lines: list[Line]) -> Line:
    """Average the scenarios of each value of an axis."""
    told = results[name].attrs
    axis: Line = {"id": name, "zh": told.get("long_name_zh", name), "en": told.get("long_name", name)}
    labels = {value: (zh, en) for value, zh, en in json.loads(str(told.get(VALUES, "[]")))}
    present = dict.fromkeys(line["values"][name] for line in lines)
    wanted = [value for value in labels if value in present] or list(present)
    return axis | _by_value(name, wanted, labels, lines)


def _by_value(name: str, wanted: list[Any], labels: dict[Any, Any], lines: list[Line]) -> Line:
    """Average scenarios by the value of an axis: only such as differ in nothing else, where there are any.

    Where a combination is left out, the rest of its value would be compared with other scenarios than it.
    """
    alike: dict[Any, list[Line]] = {}
    for line in lines:
        others = tuple(value for axis, value in line["values"].items() if axis not in (name, PROBABILITY))
        alike.setdefault(others, []).append(line)
    whole = [
        line
        for group in alike.values()
        if {line["values"][name] for line in group} == set(wanted)
        for line in group
    ]
    chosen = whole or lines
    values = []
    for value in wanted:
        zh, en = labels.get(value, (str(value), str(value)))
        those = [line for line in chosen if line["values"][name] == value]
        if name == PROBABILITY or not those or PROBABILITY not in those[0]["values"]:
            values.append({"value": value, "zh": zh, "en": en, **_average(those)})
            continue
        for probability in dict.fromkeys(line["values"][PROBABILITY] for line in those):
            of_year = [line for line in those if line["values"][PROBABILITY] == probability]
            told = {"zh": zh, "en": en}
            if probability is not None:
                told = {"zh": f"{zh}、P = {100 * probability:g}%", "en": f"{en}, P = {100 * probability:g}%"}
            values.append({"value": value, "probability": probability, **told, **_average(of_year)})
    return {"matched": bool(whole), "left_out": len(lines) - len(chosen), "values": values}


def _average(lines: list[Line]) -> Line:
    """Average some scenarios: the shortage is that of the mean need and supply, the lowest rate that of all."""

    def mean(values: list[float | None]) -> float | None:
        known = [value for value in values if value is not None]
        return float(np.mean(known)) if known else None

    sectors = {}
    for kind in lines[0]["sectors"]:
        of_kind = [line["sectors"][kind] for line in lines]
        lowest = [rate["lowest"] for rate in of_kind if rate["lowest"] is not None]
        sectors[kind] = {
            "rate": mean([rate["rate"] for rate in of_kind]),
            "lowest": min(lowest) if lowest else None,
        }
        if "met" in of_kind[0]:
            met = [rate["met"] for rate in of_kind if rate["met"] is not None]
            sectors[kind] |= {
                "supplied": mean([rate["supplied"] for rate in of_kind]),
                "met": all(met) if met else None,
            }
    need, supply = mean([line["need"] for line in lines]), mean([line["supply"] for line in lines])
    short = 1.0 - supply / need if need and supply is not None else None
    return {"scenarios": len(lines), "need": need, "supply": supply, "short": short, "sectors": sectors}


def _columns(sectors: list[str]) -> list[Any]:
    """Give the columns that both tables have: heading and function of line and language."""
    columns: list[Any] = [
        ("need", lambda line, _: _volume(line["need"])),
        ("supply", lambda line, _: _volume(supplied(line))),
        ("shortage_share", lambda line, _: _percent(line["short"])),
    ]
    for kind in sectors:
        WORDS.setdefault(f"sector_{kind}", Term(*sector(kind)))
        columns.append(
            (f"sector_{kind}", lambda line, language, kind=kind: rate(line["sectors"][kind], language))
        )
    return columns


def _correlations(sectors: list[str]) -> list[Any]:
    """Give the columns of rank correlations."""
    columns: list[Any] = [("shortage_share", lambda line, _: _signed(line["short"]))]
    for kind in sectors:
        columns.append((f"sector_{kind}", lambda line, _, kind=kind: _signed(line["sectors"][kind])))
    return columns


def _label(line: Line, language: str) -> str:
    return str(line[language])


def _axis_label(line: Line, language: str) -> str:
    return str(line["axis"][language])


def _volume(value: float | None) -> str:
    return "–" if value is None else f"{value:z,.0f}"


def supplied(line: Line) -> float | None:
    """Return what is supplied as printed, which is the need less the gap; None if not known."""
    known = line["need"] is not None and line["supply"] is not None
    return volumes(line["need"], line["supply"])[1] if known else None


def _signed(value: float | None) -> str:
    return "–" if value is None else f"{value:+.2f}"


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{value:z.1%}"


def rate(told: Line, language: str) -> str:
    """Give the guarantee rate of a sector and the lowest of a realization; of a typical year whether it is met.

    Parameters
    ----------
    told : dict
        Of one sector, as in ``summarise``.
    language : str
        ``zh`` or ``en``.
    """
    if told.get("supplied") is not None:
        met = word("met" if told["met"] else "not_met", language)
        return f"{told['supplied']:z.1%} ({met})"
    if told["rate"] is None:
        return "–"
    return f"{told['rate']:z.1%} ({told['lowest']:z.1%})"
