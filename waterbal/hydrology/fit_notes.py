"""What is said of fitted statistics: what was changed, what could not be kept, how firm they are."""

from __future__ import annotations

from collections.abc import Sequence

from waterbal.errors import Message, joined
from waterbal.hydrology.gaps import METHODS, Filled


def short(name: str, fewest: int, most: int, error: float) -> Message:
    """Say that months are known from few years.

    Parameters
    ----------
    name : str
        Site.
    fewest, most : int
        Years of a month.
    error : float [-]
        Largest standard error of a mean, as a share of it.
    """
    years = f"{fewest}" if fewest == most else f"{fewest} to {most}"
    chinese = f"{fewest}" if fewest == most else f"{fewest} 至 {most}"
    size = f"{100 * error:.0f} %"
    return Message(
        f"{name}：各月只有 {chinese} 年资料，均值的标准误最大为 {size}",
        f"{name}: months are from {years} years, the standard error of a mean is up to {size}",
    )


def often_dry(name: str, months: Sequence[int]) -> Message:
    """Say that a site often has nothing in some months (1 to 12)."""
    listed = _listed(months)
    return Message(
        f"{name}：{listed.zh} 月常为零，相关系数因此偏小",
        f"{name}: month {listed} is often without any, correlations with it are too weak",
    )


def filled(name: str, gaps: Sequence[Filled]) -> Message:
    """Say which gaps were filled in the months that are used.

    Parameters
    ----------
    name : str
        Site.
    gaps : sequence of Filled
        At least one, in order.
    """
    count, longest = sum(gap.size for gap in gaps), max(gap.size for gap in gaps)
    methods = joined((METHODS[one] for one in dict.fromkeys(gap.method for gap in gaps)), "、", " and ")
    first, last = gaps[0].first, gaps[-1].last
    return Message(
        f"{name}：{first} 至 {last} 有 {len(gaps)} 处缺测共 {count} 个值系插补（{methods.zh}），"
        f"最多连续 {longest} 个",
        f"{name}: {count} values in {len(gaps)} gaps from {first} to {last} are filled ({methods}), "
        f"{longest} at most in a row",
    )


def doubled_cv(site: str, month: int, cv: float, cs: float) -> Message:
    """Say that Cs was raised to 2 Cv so that values stay above 0."""
    return _of_month(
        site,
        month,
        Message(
            f"分布的 Cs 取 2 Cv = {2 * cv:.2f} 而非 {cs:.2f}，以使其不小于零",
            f"Cs of the distribution is 2 Cv = {2 * cv:.2f}, not {cs:.2f}, to stay above 0",
        ),
    )


def other_skew(site: str, month: int, skew: float, cs: float) -> Message:
    """Say that Cs was raised so that values stay above 0."""
    return _of_month(
        site,
        month,
        Message(
            f"分布的 Cs 取 {skew:.2f} 而非 {cs:.2f}，以使其不小于零",
            f"Cs of the distribution is {skew:.2f}, not {cs:.2f}, to stay above 0",
        ),
    )


def other_moments(site: str, month: int, mean: float, cv: float, own_mean: float, own_cv: float) -> Message:
    """Say that a distribution has another mean and Cv than the record (``own_mean``, ``own_cv``)."""
    return _of_month(
        site,
        month,
        Message(
            f"分布的均值为 {mean:.4g}、Cv 为 {cv:.2f}，与系列的 {own_mean:.4g} 和 {own_cv:.2f} 不同",
            f"the distribution has mean {mean:.4g} and Cv {cv:.2f}, not {own_mean:.4g} and {own_cv:.2f} as the record",
        ),
    )


def no_annual_pairs(name: str) -> Message:
    """Say that too few years follow each other for an annual correlation."""
    return Message(
        f"{name}：相邻两年的资料对太少，年际持续性由各月的推得",
        f"{name}: too few pairs of years, annual persistence is that of the months",
    )


def annual_lag(name: str, found: float, wanted: float) -> Message:
    """Say that annual persistence is not that of the record."""
    return Message(
        f"{name}：年一阶自相关，生成模型为 {found:.2f}，系列为 {wanted:.2f}",
        f"{name}: annual lag-1 of the model is {found:.2f}, of the record {wanted:.2f}",
    )


def annual_cv(name: str, found: float, wanted: float) -> Message:
    """Say that the variation of years is not that of the record."""
    return Message(
        f"{name}：年 Cv，生成模型为 {found:.3f}，系列为 {wanted:.3f}",
        f"{name}: annual Cv of the model is {found:.3f}, of the record {wanted:.3f}",
    )


def independent(first: str, second: str, months: Sequence[int], fewest: int) -> Message:
    """Say that two sites have too few common years in some months (1 to 12)."""
    listed = _listed(months)
    return Message(
        f"{first} 与 {second}：{listed.zh} 月的共同年份不足 {fewest} 年，按相互独立处理",
        f"{first} and {second}: independent in month {listed}, fewer than {fewest} common years",
    )


Off = Sequence[tuple[int, float, float]]
"""Month (1 to 12), what the generator gives, and what is wanted [-]."""


def month_lags(name: str, months: Off) -> Message:
    """Say in which months the generator gives another correlation with the month before."""
    told = _instead(months)
    return Message(f"{name}：一阶自相关：{told.zh}", f"{name}: lag-1 of {told}")


def month_correlations(first: str, second: str, months: Off) -> Message:
    """Say in which months the generator gives another correlation between two sites."""
    told = _instead(months)
    return Message(f"{first} 与 {second}：互相关：{told.zh}", f"{first} and {second}: correlation of {told}")


def _instead(months: Off) -> Message:
    """List months with what is given and what is wanted."""
    return joined(
        [
            Message(
                f"{month} 月为 {given:.2f} 而非 {wanted:.2f}",
                f"month {month} is {given:.2f}, not {wanted:.2f}",
            )
            for month, given, wanted in months
        ],
        "、",
        "; ",
    )


def _of_month(site: str, month: int, said: Message) -> Message:
    return Message(f"{site}，{month} 月：{said.zh}", f"{site}, month {month}: {said}")


def _listed(months: Sequence[int]) -> Message:
    return joined(map(str, months))
