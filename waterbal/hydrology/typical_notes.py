"""What typical years do to the series of a model: which are left as they were, and by what factor others are scaled."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from waterbal.errors import ConfigError, Issue, Message, joined
from waterbal.hydrology.typical import Choice, TypicalYear
from waterbal.model.assumptions import numbers
from waterbal.model.hydrology import TypicalYears
from waterbal.model.marks import Path
from waterbal.model.root import Model

SAME = 1e-9
"""[-] factors that differ by less from 1 change nothing."""


def demands_of_the_air(model: Model) -> tuple[str, ...]:
    """Name the series that a model uses as evapotranspiration and as nothing else, in the order of its file."""
    used = [(number.series, _is_et0(path)) for path, number in numbers(model) if number.series]
    others = {name for name, et0 in used if not et0}
    wanted = {name for name, et0 in used if et0} - others
    return tuple(name for name in model.series if name in wanted)


def left_as_they_were(model: Model, spec: TypicalYears) -> tuple[str, ...]:
    """Name the sites that keep what the chosen year had.

    Parameters
    ----------
    model : Model
        For what its series are used as.
    spec : TypicalYears
        Its ``unscaled`` if given; else the sites that are evapotranspiration, unless that is the index.
    """
    if spec.unscaled is not None:
        return tuple(spec.unscaled)
    return tuple(name for name in demands_of_the_air(model) if name in spec.sites and name != spec.index)


def note(choice: Choice, index: str, sites: Sequence[str]) -> Message:
    """Tell the year of each probability and the factor of each site, or that it has nothing to be scaled.

    Parameters
    ----------
    choice : Choice
        The typical years.
    index : str
        Site whose total has the probability.
    sites : sequence of str
        Sites in their order.
    """
    kept = [
        site
        for site in sites
        if all(abs(year.factors[site] - 1.0) <= SAME and site not in year.absent for year in choice.years)
    ]
    scaled = [site for site in sites if site not in kept]
    years = joined([_year(year, scaled) for year in choice.years], "；", "; ")
    zh, en = f"典型年以 {index} 的年总量选定：{years.zh}", f"typical years by the total of {index}: {years}"
    if kept:
        one = len(kept) == 1
        zh += f"；{'、'.join(kept)} 不缩放，取该年实测值"
        en += f"; {', '.join(kept)} {'is' if one else 'are'} not scaled, as in the year itself"
    return Message(zh, en)


def refuse_nothing(choice: Choice, spec: TypicalYears) -> None:
    """Refuse typical years of which the index would have no water.

    Parameters
    ----------
    choice : Choice
        The typical years.
    spec : TypicalYears
        For its index and scale.

    Raises
    ------
    ConfigError
        Naming each probability whose quantile is not above zero, if the index is scaled to it.
    """
    without = [year for year in choice.years if not year.quantile > 0.0]
    if spec.scale == "none" or not without:
        return
    told = joined([f"P = {100.0 * year.probability:g}%" for year in without])
    if choice.fit.zeros:
        share = f"{100.0 * choice.fit.zeros:.0f}%"
        why = Message(f"系列中 {share} 的年份为零", f"{share} of the years of the record are zero")
    else:
        depths = choice.fit.distribution.quantile(np.array([year.probability for year in without]))
        mean = choice.fit.distribution.mean
        shares = ", ".join(f"{100.0 * depth / mean:z.1f}%" for depth in depths)
        why = Message(
            f"P-III 曲线在该处为均值的 {shares}", f"there the Pearson III curve is {shares} of the mean"
        )
    message = Message(
        f"{spec.index} 在 {told.zh} 的设计值不大于零（{why.zh}）：典型年将无水可用",
        f"the quantile of {spec.index} at {told} is not above zero ({why}): a year without any of it",
    )
    expected = Message(
        "'skew_ratio: 2'（Cs ≥ 2Cv）、另一种 'fit'（moments、curve）、较长的系列，或较小的频率",
        "'skew_ratio: 2' (Cs of at least 2 Cv), another 'fit' (moments, curve), a longer record, or smaller "
        "probabilities",
    )
    raise ConfigError(Issue(message, "hydrology.probabilities", expected=expected))


def doubts(model: Model, choice: Choice, spec: TypicalYears) -> tuple[Message, ...]:
    """Tell what makes quantiles doubtful: a curve below zero, extrapolation, an index that is no water.

    Parameters
    ----------
    model : Model
        For what its series are used as.
    choice : Choice
        The typical years.
    spec : TypicalYears
        For its index and scale.
    """
    fit, found = choice.fit, []
    if fit.distribution.lower < -1e-9 * fit.distribution.mean:
        found.append(
            Message(
                f"{spec.index} 的 P-III 曲线下限小于零，枯水年设计值可能偏小；可取 'skew_ratio: 2'（Cs ≥ 2Cv）",
                f"the Pearson III curve of {spec.index} reaches below zero, its dry quantiles may be too low; "
                "'skew_ratio: 2' (Cs of at least 2 Cv) avoids this",
            )
        )
    beyond = [p for p in spec.probabilities if not fit.position[0] <= p <= fit.position[-1]]
    if beyond:
        told = joined([f"{100.0 * p:g}%" for p in beyond])
        found.append(
            Message(
                f"P = {told.zh} 超出 {spec.index} {fit.size} 年系列的经验范围，属外延",
                f"P = {told} is beyond what {fit.size} years of {spec.index} have seen: extrapolated",
            )
        )
    if spec.index in demands_of_the_air(model):
        found.append(_of_the_air(spec))
    return tuple(found)


def _of_the_air(spec: TypicalYears) -> Message:
    """Say that evapotranspiration is exceeded in dry years, not in wet ones."""
    zh = f"指标站 {spec.index} 是蒸散发，干旱年份偏大：P 大者并非枯水年"
    en = (
        f"the index {spec.index} is evapotranspiration, which is large in dry years: a large P is no dry year"
    )
    others = [site for site in spec.sites if site != spec.index and site not in (spec.unscaled or ())]
    if spec.scale == "index" and others:
        zh += f"；{'、'.join(others)} 按它的倍比缩放，方向相反（可用 scale: each 或以降水、径流为指标站）"
        en += (
            f"; {', '.join(others)} {'is' if len(others) == 1 else 'are'} scaled by its factor, which goes the other "
            "way (scale: each, or rain or runoff as the index)"
        )
    return Message(zh, en)


def one_draw(names: Sequence[str]) -> Message:
    """Say that series which are drawn by month are one draw for all typical years."""
    one = len(names) == 1
    english = "is no site: one draw of it" if one else "are no sites: one draw of each"
    return Message(
        f"{'、'.join(names)} 不是站点，按月随机抽取：各典型年用同一个抽样系列，结果随所抽系列而变",
        f"{', '.join(names)} {english} meets all typical years, and results depend on that draw",
    )


def _year(year: TypicalYear, scaled: Sequence[str]) -> Message:
    """Tell one year and its factors."""
    named = Message(
        f"P = {100.0 * year.probability:g}% 为 {year.year} 年",
        f"P = {100.0 * year.probability:g}% {year.year}",
    )
    if not scaled:
        return named
    factors = joined([_factor(year, site) for site in scaled])
    return Message(f"{named.zh}（{factors.zh}）", f"{named} ({factors})")


def _factor(year: TypicalYear, site: str) -> Message:
    """Tell the factor of one site, and the probability it is scaled to where that is its own."""
    factor = f"{site} ×{year.factors[site]:.3f}"
    own = year.probabilities.get(site)
    if own is None:
        return Message(factor, factor)
    told = f"P = {100.0 * own:g}%"
    if site in year.absent:
        there = f"{year.absent[site]:.4g}"
        return Message(
            f"{site} 取 0：该年为零，无从缩放，而其自身 {told} 的年值为 {there}（按系列单位）",
            f"{site} stays 0: it has nothing in that year to scale, though {there} a year, in its units, "
            f"at its own {told}",
        )
    return Message(f"{factor}，自身 {told}", f"{factor} to its own {told}")


def _is_et0(path: Path) -> bool:
    """Tell whether a number is the evapotranspiration of the model or of a zone."""
    return path[:2] == ("climate", "et0") or (path[:1] == ("zones",) and path[2:4] == ("climate", "et0"))
