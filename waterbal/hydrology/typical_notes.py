"""What typical years do to the series of a model: which are left as they were, and by what factor others are scaled."""

from __future__ import annotations

from collections.abc import Sequence

from waterbal.errors import Message, joined
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
