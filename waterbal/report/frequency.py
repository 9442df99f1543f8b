"""Frequency analysis of a series as tables and as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from waterbal.errors import DataError, Issue, Message, in_language, joined
from waterbal.hydrology import frequency
from waterbal.hydrology.annual import Totals, typical
from waterbal.hydrology.consistency import Consistency, consistency
from waterbal.hydrology.frequency import Fit, Method
from waterbal.hydrology.gaps import METHODS
from waterbal.hydrology.typical import NEAR, Choice
from waterbal.model.rows import Floats
from waterbal.report.balance import Column, count, make, share, show
from waterbal.report.labels import word
from waterbal.report.summary import Line

if TYPE_CHECKING:
    from rich.console import Console


@dataclass(frozen=True)
class Analysis:
    """A frequency analysis and what is told with it."""

    totals: Totals
    fit: Fit
    probabilities: tuple[float, ...]
    bands: Floats | None
    """ndarray (2, probability), in the units of the series; None if none were asked for."""
    level: float
    """[-] share of drawn records inside a band."""
    draws: int
    typical: Choice | None
    consistency: Consistency


def as_dict(analysis: Analysis) -> dict[str, Any]:
    """Return all numbers of a frequency analysis as plain, JSON-able data."""
    totals, fit = analysis.totals, analysis.fit
    law = fit.distribution
    years = totals.years[np.argsort(-totals.values, kind="stable")]
    return {
        "series": totals.name,
        "units": totals.units,
        "first_month": totals.first_month,
        "years": [int(year) for year in totals.years],
        "left_out": list(totals.left_out),
        "filled": [vars(gap) for gap in totals.filled],
        "method": {
            "kind": fit.method.kind,
            "cs_over_cv": fit.method.ratio,
            "plotting_position": fit.method.position,
            "criterion": fit.method.criterion if fit.method.kind == "curve" else None,
            "keep_mean": fit.method.keep_mean if fit.method.kind == "curve" else None,
        },
        "parameters": {
            "count": fit.size,
            "mean": law.mean,
            "cv": law.cv,
            "cs": law.cs,
            "cs_over_cv": law.cs / law.cv,
            "zeros": fit.zeros,
            "mean_with_zeros": float(fit.sample.mean()),
            "lower": float(law.lower) if np.isfinite(law.lower) else None,
        },
        "consistency": {**vars(analysis.consistency), "doubtful": analysis.consistency.doubtful},
        "level": analysis.level if analysis.bands is not None else None,
        "quantiles": _quantiles(analysis),
        "sample": [
            {
                "rank": rank + 1,
                "year": int(years[rank]),
                "value": float(fit.sample[rank]),
                "exceedance": float(fit.position[rank]),
                "fitted": float(fit.quantile([fit.position[rank]])[0]),
            }
            for rank in range(fit.size)
        ],
        "typical_years": _typical(analysis),
        "notes": {language: notes(analysis, language) for language in ("zh", "en")},
    }


def render(analysis: Analysis, language: str, console: Console) -> None:
    """Print a frequency analysis.

    Parameters
    ----------
    analysis : Analysis
        What is told.
    language : str
        ``zh`` or ``en``.
    console : Console
        Where to print.
    """
    totals = analysis.totals
    console.print(word("title_frequency", language, name=totals.name), style="bold", highlight=False)
    tables = (
        make("title_parameters", PARAMETERS, [_parameters(analysis, language)], language),
        make("title_quantiles", _columns(analysis), _quantiles(analysis), language),
        make("title_typical", TYPICAL, _typical(analysis), language),
    )
    for table in tables:
        if table is not None:
            table.title = str(table.title).format(units=totals.units or "-")
            console.print()
            show(table, console)
    for note in notes(analysis, language):
        console.print(note, style="dim", highlight=False)


def notes(analysis: Analysis, language: str) -> list[str]:
    """Return the remarks below the tables."""
    totals, fit = analysis.totals, analysis.fit
    years = totals.years
    told = [
        word("note_sample", language, first=int(years[0]), last=int(years[-1]), count=fit.size,
             month=totals.first_month)
    ]  # fmt: skip
    if totals.left_out:
        told.append(word("note_left_out", language, years=", ".join(map(str, totals.left_out))))
    if totals.filled:
        told.append(filled_note(totals.name, totals.filled, language))
    if analysis.consistency.doubtful:
        told.append(_doubt(analysis.consistency, language))
    if analysis.bands is not None:
        told.append(word("note_bands", language, level=f"{analysis.level:.0%}", draws=analysis.draws))
    if fit.zeros:
        mean = number(float(fit.sample.mean()))
        told.append(word("note_zeros", language, share=f"{fit.zeros:.0%}", mean=mean))
    lower = fit.distribution.lower
    if lower < -1e-9 * fit.distribution.mean:
        told.append(word("note_negative", language, lower="-∞" if np.isinf(lower) else number(lower)))
    beyond = [p for p in analysis.probabilities if not fit.position[0] <= p <= fit.position[-1]]
    if beyond:
        values = ", ".join(percent(p) for p in beyond)
        told.append(word("note_beyond", language, values=values, count=fit.size))
    told.append(word("note_sum", language))
    if analysis.typical is not None:
        told.append(word("note_rule", language, near=f"{NEAR:g}"))
        told.append(word("note_storage", language))
    return told


def _doubt(found: Consistency, language: str) -> str:
    """Tell why a record may not be one population."""
    return word(
        "note_consistency",
        language,
        year=found.break_after,
        before=number(found.before),
        after=number(found.after),
        break_probability=f"{found.break_probability:.3f}",
        trend_probability=f"{found.trend_probability:.3f}",
    )


def filled_note(site: str, filled: Any, language: str) -> str:
    """Tell which gaps of a record were filled."""
    spans = [gap.first if gap.first == gap.last else f"{gap.first}..{gap.last}" for gap in filled]
    shown = ", ".join(spans[:6]) + (" …" if len(spans) > 6 else "")
    methods = joined(METHODS[method] for method in sorted({gap.method for gap in filled}))
    return word(
        "note_filled",
        language,
        site=site,
        count=len(spans),
        method=in_language(methods, language),
        spans=shown,
    )


def method_name(method: Method, language: str) -> str:
    """Name a way of fitting."""
    parts = [word(f"method_{method.kind}", language)]
    if method.kind == "curve":
        parts.append(word(f"criterion_{method.criterion}", language))
        if method.keep_mean:
            parts.append(word("kept_mean", language))
    parts.append(
        word("free_cs", language)
        if method.ratio is None
        else word("bound_cs", language, ratio=f"{method.ratio:g}")
    )
    return ("，" if language == "zh" else ", ").join(parts)


def percent(p: float) -> str:
    """Format a probability as per cent."""
    return f"{100.0 * p:.4g}%"


def number(value: float) -> str:
    """Format a number with four digits or more, thousands apart."""
    if not np.isfinite(value):
        return "–"
    size = abs(value)
    decimals = 0 if size >= 1000.0 else 1 if size >= 100.0 else 2 if size >= 10.0 else 3
    return f"{value:,.{decimals}f}"


def _parameters(analysis: Analysis, language: str) -> Line:
    law, method = analysis.fit.distribution, analysis.fit.method
    return {
        "count": analysis.fit.size,
        "mean": law.mean,
        "cv": law.cv,
        "cs": law.cs,
        "cs_cv": law.cs / law.cv,
        "method": method_name(method, language),
        "position_name": word(f"position_{method.position}", language),
    }


def _quantiles(analysis: Analysis) -> list[Line]:
    values = analysis.fit.quantile(list(analysis.probabilities))
    mean = float(analysis.fit.sample.mean())
    lines: list[Line] = []
    for i, p in enumerate(analysis.probabilities):
        line: Line = {"exceedance": p, "quantile": float(values[i]), "modulus": float(values[i]) / mean}
        if analysis.bands is not None:
            line |= {"band_low": float(analysis.bands[0, i]), "band_high": float(analysis.bands[1, i])}
        lines.append(line)
    return lines


def _typical(analysis: Analysis) -> list[Line]:
    if analysis.typical is None:
        return []
    # the choice is in canonical units, the analysis in those of the file: one factor between them
    factor = analysis.fit.distribution.mean / analysis.typical.fit.distribution.mean
    return [
        {
            "exceedance": year.probability,
            "typical_year": year.year,
            "typical_total": year.total * factor,
            "typical_exceedance": year.exceedance,
            "quantile": year.quantile * factor,
            "typical_factor": year.factors[analysis.totals.name],
        }
        for year in analysis.typical.years
    ]


def _number(key: str) -> Column:
    return key, lambda line, _: number(line[key])


def _share(key: str) -> Column:
    return key, lambda line, _: share(line, key)


def _columns(analysis: Analysis) -> tuple[Column, ...]:
    columns: tuple[Column, ...] = (
        ("exceedance", lambda line, _: percent(line["exceedance"])),
        _number("quantile"),
        _number("modulus"),
    )
    return columns if analysis.bands is None else (*columns, _number("band_low"), _number("band_high"))


PARAMETERS: tuple[Column, ...] = (
    ("years_number", lambda line, _: count(line, "count")),
    _number("mean"),
    _number("cv"),
    _number("cs"),
    _number("cs_cv"),
    ("method", lambda line, _: str(line["method"])),
    ("position_name", lambda line, _: str(line["position_name"])),
)
TYPICAL: tuple[Column, ...] = (
    ("exceedance", lambda line, _: percent(line["exceedance"])),
    ("typical_year", lambda line, _: str(line["typical_year"])),
    _number("typical_total"),
    _share("typical_exceedance"),
    _number("quantile"),
    _number("typical_factor"),
)


def analyse(
    totals: Totals,
    method: Method,
    probabilities: Sequence[float],
    level: float = 0.95,
    draws: int = 1000,
) -> Analysis:
    """Make a frequency analysis of the totals of years.

    Parameters
    ----------
    totals : Totals
        As ``hydrology.annual.totals`` reads them.
    method : Method
        How the curve is fitted.
    probabilities : sequence of float [-]
        Exceedances that are told, and for which a typical year is chosen.
    level : float [-]
        Share of drawn records inside the bands.
    draws : int
        Number of drawn records; 0 for no bands.

    Raises
    ------
    DataError
        If the curve cannot be fitted, or a probability or level is none.
    """
    issues = [
        Issue(
            Message(f"{100 * p:g} 不是超过概率", f"{100 * p:g} is no exceedance"),
            "--probability",
            expected=Message("百分数，大于 0 且小于 100", "per cent, above 0 and below 100"),
        )
        for p in probabilities
        if not 0.0 < p < 1.0
    ]
    if not 0.5 <= level < 1.0:
        message, expected = (
            Message(f"{100 * level:g} % 不能作为区间的水平", f"{100 * level:g} % is no level of a band"),
            Message("百分数，不小于 50 且小于 100", "per cent, 50 or more and below 100"),
        )
        issues.append(Issue(message, "--level", expected=expected))
    if draws < 0 or 0 < draws < 50:
        issues.append(
            Issue(
                Message(f"抽取 {draws} 个系列得不出区间", f"{draws} drawn records make no band"),
                "--draws",
                expected=Message("0 表示不算区间，或 50 及以上", "0 for none, or 50 or more"),
            )
        )
    if issues:
        raise DataError(issues)
    try:
        fit = frequency.fit(totals.values, method)
    except DataError as error:
        raise DataError(
            [replace(issue, where=issue.where or totals.name) for issue in error.issues]
        ) from None
    asked = tuple(probabilities)
    bands = frequency.bands(fit, asked, level, draws) if draws else None
    years = typical(totals, list(asked), method)
    return Analysis(totals, fit, asked, bands, level, draws, years, consistency(totals.years, totals.values))
