"""Estimating the statistics that series are drawn from.

Every site is estimated on all of its own months, correlations between sites on their common ones. Correlations
are those of normal scores by rank (Blom 1958), so that they do not hang on the distribution that is chosen.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from waterbal import units
from waterbal.errors import DataError, Issue, Message
from waterbal.hydrology import fit_notes
from waterbal.hydrology.columns import KINDS, SUMMED
from waterbal.hydrology.frequency import sample_skewness
from waterbal.hydrology.generator import Generator, generator_of
from waterbal.hydrology.persistence import MONTH_SHARE, persistence_of
from waterbal.hydrology.record import Record, month_text
from waterbal.model.fitted import Fitted, FittedSite
from waterbal.model.rows import Floats, Ints
from waterbal.model.series_spec import FileSeries, LognormalSeries

FEWEST = 8
"""Fewest values of a calendar month that its statistics are estimated from."""
FEWEST_PAIRS = 5
"""Fewest pairs that a correlation is estimated from; with fewer there is none."""
NEGATIVE = 1e-4
"""Largest probability of a value below 0 that a distribution may have; such values are drawn as 0."""
SHORT = 30
"""Years below which a record is told to be short."""
MANY_ZEROS = 0.2
"""Share of months without any from which equal ranks weaken correlations by much."""
DIGITS = 6
"""Significant digits that are kept, so that what is written to a file is what was fitted."""
FAR = 0.1
"""Relative difference of a distribution's mean or Cv from the record's that is worth a note."""
KEPT = 0.02
"""Differences of correlations up to this are not worth a note."""


@dataclass(frozen=True)
class _Site:
    """The months of a site by year, in the units of its statistics."""

    name: str
    kind: str
    years: Ints
    table: Floats
    """ndarray (year, month)."""
    scores: Floats
    """ndarray (year, month), normal scores by rank; nan where there is no value."""


def fit(
    record: Record,
    series: Mapping[str, FileSeries | LognormalSeries],
    margin: str | Mapping[str, str] = "pearson3",
) -> Fitted:
    """Estimate the statistics of a record.

    Parameters
    ----------
    record : Record
        Months of the sites, nan where there is none; sites may cover different years.
    series : mapping
        Series of the model: units and sources of the sites.
    margin : str or mapping of site to str
        ``pearson3``: mean, Cv and Cs by moments, Cs at least 2 Cv where values below 0 would come otherwise.
        ``lognormal``: mean and standard deviation of the logarithms. ``shifted_lognormal``: mean, Cv and Cs by
        moments, as far as values stay above 0.

    Returns
    -------
    Fitted
        With the number of years behind each value, and what could not be kept in ``notes``.

    Raises
    ------
    DataError
        If a calendar month of a site has too few values, or all the same.
    """
    factors = [_factor(series[site], kind) for site, kind in zip(record.sites, record.kinds, strict=True)]
    sites = [_site(record, index, factor) for index, (_, factor) in enumerate(factors)]
    issues = [issue for site in sites for issue in _too_short(site)]
    if issues:
        raise DataError(issues)
    notes: list[Message] = []
    fitted: dict[str, Any] = {}
    for index, site in enumerate(sites):
        kind = margin if isinstance(margin, str) else margin.get(site.name, "pearson3")
        spec = series[site.name]
        rows = np.flatnonzero(~np.isnan(record.values[:, index])) + record.first
        fitted[site.name] = {
            "kind": site.kind,
            "units": factors[index][0],
            "record": {"first": month_text(int(rows[0])), "last": month_text(int(rows[-1]))},
            "monthly": _monthly(site),
            "annual": _annual(site),
            "margin": _margin(site, kind, notes),
            "source": spec.source or getattr(spec, "file", ""),
            "grade": "derived",
        }
        notes += _filled(site.name, record, fitted[site.name]["record"])
        notes += _uncertain(site.name, fitted[site.name])
        fitted[site.name]["persistence"] = _persistence(fitted[site.name], site.name, notes)
    pairs = [_pair(a, b, notes) for index, a in enumerate(sites) for b in sites[index + 1 :]]
    result = Fitted.model_validate(
        {"format": "waterbal-hydrology-1", "sites": fitted, "correlation": pairs, "notes": notes}
    )
    return result.model_copy(update={"notes": notes + not_kept(result, generator_of(result, record.sites))})


def _uncertain(name: str, site: dict[str, Any]) -> list[Message]:
    """Tell how firm the statistics of a short record are, and where months without any blur correlations."""
    years, zero = site["monthly"]["years"], site["margin"]["zero"]
    notes = []
    if min(years) < SHORT:
        error = max(cv / np.sqrt(count) for cv, count in zip(site["monthly"]["cv"], years, strict=True))
        notes.append(fit_notes.short(name, min(years), max(years), error))
    dry = [month + 1 for month in range(12) if zero[month] > MANY_ZEROS]
    if dry:
        notes.append(fit_notes.often_dry(name, dry))
    return notes


def _filled(name: str, record: Record, used: dict[str, str]) -> list[Message]:
    """Tell what was filled in the months that are used."""
    gaps = [
        gap
        for gap in record.filled.get(name, ())
        if gap.last[:7] >= used["first"] and gap.first[:7] <= used["last"]
    ]
    return [fit_notes.filled(name, gaps)] if gaps else []


def _factor(spec: FileSeries | LognormalSeries, kind: str) -> tuple[str, float]:
    """Give the units of a site's statistics, and the factor from them to the canonical ones."""
    text = spec.units if spec.units is not None else units.DIMENSIONS[KINDS[kind]].unit
    return text, units.factor(text, KINDS[kind])


def _site(record: Record, index: int, factor: float) -> _Site:
    """Arrange a site by years."""
    years, table = record.table(record.sites[index])
    table = table / factor
    scores = np.stack([normal_scores(table[:, month]) for month in range(12)], axis=1)
    return _Site(record.sites[index], record.kinds[index], years, table, scores)


def normal_scores(values: Floats) -> Floats:
    """Give the normal scores of values by rank (Blom 1958); equal values share the mean of their ranks.

    Parameters
    ----------
    values : ndarray (n)
        nan where there is none.

    Returns
    -------
    ndarray (n) [-]
    """
    from scipy.special import ndtri
    from scipy.stats import rankdata

    known = ~np.isnan(values)
    result = np.full(values.shape, np.nan)
    result[known] = ndtri((rankdata(values[known]) - 0.375) / (known.sum() + 0.25))
    return result


def _too_short(site: _Site) -> list[Issue]:
    """Report calendar months with too few values, or the same value throughout."""
    issues = []
    where = f"series.{site.name}"
    for month in range(12):
        values = site.table[:, month][~np.isnan(site.table[:, month])]
        wet = values[values > 0.0]
        if values.size < FEWEST:
            message = Message(
                f"{site.name!r} 的 {month + 1} 月只有 {values.size} 个值",
                f"month {month + 1} of {site.name!r} has {values.size} values",
            )
            issues.append(
                Issue(message, where, expected=Message(f"至少 {FEWEST} 年", f"at least {FEWEST} years"))
            )
        elif wet.size < FEWEST // 2 or np.ptp(wet) == 0.0:
            message = Message(
                f"{site.name!r} 的 {month + 1} 月没有可供率定的变化",
                f"month {month + 1} of {site.name!r} has no variation to fit",
            )
            issues.append(
                Issue(
                    message,
                    where,
                    expected=Message(
                        "互不相同的值，且大多大于 0", "values that differ, most of them above 0"
                    ),
                )
            )
    return issues


def _monthly(site: _Site) -> dict[str, Any]:
    """Sample statistics by calendar month."""
    columns = [site.table[:, month][~np.isnan(site.table[:, month])] for month in range(12)]
    lag1 = [_correlation(*_with_before(site.scores, month)) for month in range(12)]
    return {
        "years": [int(values.size) for values in columns],
        "mean": [_round(values.mean()) for values in columns],
        "cv": [_round(values.std(ddof=1) / values.mean()) for values in columns],
        "cs": [_round(sample_skewness(values)) for values in columns],
        "lag1": [_round(value) for value, _ in lag1],
        "lag1_years": [count for _, count in lag1],
    }


def _with_before(table: Floats, month: int) -> tuple[Floats, Floats]:
    """Give the values of a calendar month and those of the month before, (year)."""
    if month:
        return table[:, month], table[:, month - 1]
    return table[1:, 0], table[:-1, 11]


def _correlation(first: Floats, second: Floats) -> tuple[float, int]:
    """Give a correlation and the number of pairs behind it; 0 where there are too few."""
    both = ~np.isnan(first) & ~np.isnan(second)
    count = int(both.sum())
    x, y = first[both], second[both]
    if count < FEWEST_PAIRS or np.ptp(x) == 0.0 or np.ptp(y) == 0.0:
        return 0.0, count
    return float(np.corrcoef(x, y)[0, 1]), count


def annual_values(table: Floats, kind: str) -> Floats:
    """Give the total of each calendar year, or its mean for rates; nan where it is not complete.

    Parameters
    ----------
    table : ndarray (year, month)
    kind : str
        Kind of the series.

    Returns
    -------
    ndarray (year)
        Means are weighted by the mean lengths of the months.
    """
    totals: Floats = table.sum(axis=1) if kind in SUMMED else table @ MONTH_SHARE
    return totals


def _annual(site: _Site) -> dict[str, Any]:
    """Sample statistics of calendar years."""
    totals = annual_values(site.table, site.kind)
    known = totals[~np.isnan(totals)]
    if known.size < 3 or np.ptp(known) == 0.0:
        mean = float(known.mean()) if known.size else 0.0
        return {"years": int(known.size), "mean": _round(mean), "cv": 0.0, "cs": 0.0}
    lags: dict[str, Any] = {}
    for lag in (1, 2):
        value, count = _correlation(totals[lag:], totals[:-lag])
        lags[f"lag{lag}"] = _round(value) if count >= FEWEST else None
    return {
        "years": int(known.size), "mean": _round(known.mean()), "cv": _round(known.std(ddof=1) / known.mean()),
        "cs": _round(sample_skewness(known)),
    } | lags  # fmt: skip


def _margin(site: _Site, kind: str, notes: list[Message]) -> dict[str, Any]:
    """Fit the distribution of each calendar month."""
    parts = []
    for month in range(12):
        values = site.table[:, month][~np.isnan(site.table[:, month])]
        wet = values[values > 0.0]
        one = _LAWS[kind](wet, site.name, month + 1, notes)
        parts.append(one | {"zero": _round(1.0 - wet.size / values.size)})
    type_ = "pearson3" if kind == "pearson3" else "lognormal"
    return {"type": type_} | {name: [part[name] for part in parts] for name in parts[0]}


def _pearson3(values: Floats, site: str, month: int, notes: list[Message]) -> dict[str, float]:
    """Fit Pearson III by moments."""
    from waterbal.hydrology.pearson import Pearson3

    mean, cv, cs = float(values.mean()), float(values.std(ddof=1) / values.mean()), sample_skewness(values)
    below = 1.0 - float(Pearson3(mean, cv, cs).exceedance(0.0))
    if below > NEGATIVE:
        notes.append(fit_notes.doubled_cv(site, month, cv, cs))
        cs = 2.0 * cv
    return {"mean": _round(mean), "cv": _round(cv), "cs": _round(cs)}


def _lognormal(values: Floats, site: str, month: int, notes: list[Message]) -> dict[str, float]:
    """Fit a lognormal distribution by the moments of the logarithms."""
    logarithms = np.log(values)
    mu, sd = logarithms.mean(), logarithms.std(ddof=1)
    mean, cv = np.exp(mu + sd**2 / 2.0), np.sqrt(np.expm1(sd**2))
    ours, theirs = float(values.mean()), float(values.std(ddof=1) / values.mean())
    if abs(mean / ours - 1.0) > FAR or abs(cv / theirs - 1.0) > FAR:
        notes.append(fit_notes.other_moments(site, month, mean, cv, ours, theirs))
    return {"mu": _round(logarithms.mean()), "sd": _round(logarithms.std(ddof=1)), "shift": 0.0}


def _shifted(values: Floats, site: str, month: int, notes: list[Message]) -> dict[str, float]:
    """Fit a shifted lognormal distribution by moments, with the skew nearest to the sample's that stays above 0."""
    mean, sd, cs = float(values.mean()), float(values.std(ddof=1)), sample_skewness(values)
    cv = sd / mean
    unshifted = cv**3 + 3.0 * cv
    trials = [cs] if cs >= unshifted else np.linspace(max(cs, 1e-3), unshifted, 400).tolist()
    for skew in trials:
        mu, spread, shift = _shifted_law(mean, sd, skew)
        if shift >= 0.0 or shift + np.exp(mu - 3.719 * spread) >= 0.0:  # a chance of 1e-4
            break
    if skew > cs + 0.005:
        notes.append(fit_notes.other_skew(site, month, skew, cs))
    return {"mu": _round(mu), "sd": _round(spread), "shift": _round(shift)}


def _shifted_law(mean: float, sd: float, skew: float) -> tuple[float, float, float]:
    """Give mu, sd and shift of the lognormal distribution with a mean, standard deviation and skew."""
    root = np.cbrt((skew + np.sqrt(skew**2 + 4.0)) / 2.0)
    ratio = root - 1.0 / root  # sqrt(w - 1) of (w + 2) sqrt(w - 1) = skew
    spread = np.sqrt(np.log1p(ratio**2))
    return float(np.log(sd / ratio) - spread**2 / 2.0), float(spread), float(mean - sd / ratio)


_LAWS = {"pearson3": _pearson3, "lognormal": _lognormal, "shifted_lognormal": _shifted}


def _persistence(site: dict[str, Any], name: str, notes: list[Message]) -> dict[str, Any]:
    """Find the slow part that gives the annual totals of the record."""
    draft = FittedSite.model_validate(site | {"persistence": {"weight": 0.0, "memory": 0.0}})
    found = persistence_of(draft)
    if draft.annual.lag1 is None:
        notes.append(fit_notes.no_annual_pairs(name))
    elif abs(found.lag1 - draft.annual.lag1) > KEPT:
        notes.append(fit_notes.annual_lag(name, found.lag1, draft.annual.lag1))
    if abs(found.cv / draft.annual.cv - 1.0) > 0.05 if draft.annual.cv else False:
        notes.append(fit_notes.annual_cv(name, found.cv, draft.annual.cv))
    return {"weight": _round(found.weight), "memory": _round(found.memory)}


def _pair(a: _Site, b: _Site, notes: list[Message]) -> dict[str, Any]:
    """Correlate two sites month by month over their common years."""
    common = np.intersect1d(a.years, b.years)
    first, second = (site.scores[np.searchsorted(site.years, common)] for site in (a, b))
    found = [_correlation(first[:, month], second[:, month]) for month in range(12)]
    short = [month + 1 for month, (_, count) in enumerate(found) if count < FEWEST_PAIRS]
    if short:
        notes.append(fit_notes.independent(a.name, b.name, short, FEWEST_PAIRS))
    return {
        "sites": [a.name, b.name],
        "values": [_round(value) for value, _ in found],
        "years": [count for _, count in found],
    }


def not_kept(fitted: Fitted, made: Generator) -> list[Message]:
    """Name the correlations that a generator cannot give, one note for each site and each pair.

    Parameters
    ----------
    fitted : Fitted
        Statistics.
    made : Generator
        Prepared from them, for some of their sites.
    """
    names = list(made.sites)
    lag1, correlation = made.lag1(), made.correlation()
    notes = []
    for index, name in enumerate(names):
        wanted = np.array(fitted.sites[name].monthly.lag1)
        off = np.flatnonzero(np.abs(lag1[:, index] - wanted) > KEPT)
        if off.size:
            notes.append(fit_notes.month_lags(name, [(int(m) + 1, lag1[m, index], wanted[m]) for m in off]))
    for pair in fitted.correlation:
        if not set(pair.sites) <= set(names):
            continue
        i, j = (names.index(name) for name in pair.sites)
        off = np.flatnonzero(np.abs(correlation[:, i, j] - np.array(pair.values)) > KEPT)
        if off.size:
            found = [(int(m) + 1, correlation[m, i, j], pair.values[m]) for m in off]
            notes.append(fit_notes.month_correlations(names[i], names[j], found))
    return notes


def _round(value: float) -> float:
    """Keep the digits that a file keeps."""
    return float(f"{float(value):.{DIGITS}g}")
