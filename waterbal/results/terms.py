"""Names of things that are not elements of a model, in Chinese and English, as data."""

from __future__ import annotations

from typing import NamedTuple


class Term(NamedTuple):
    """A name in both languages."""

    zh: str
    en: str

    def said(self, language: str, **values: object) -> str:
        """Return it in ``zh`` or ``en``, with the values that it names in braces."""
        text = self.zh if language == "zh" else self.en
        return text.format(**values) if values else text


SECTORS = {
    "residential": Term("居民生活", "Residential"),
    "public": Term("公共服务", "Public services"),
    "industry": Term("工业", "Industry"),
    "irrigation": Term("农田灌溉", "Irrigation"),
    "rural": Term("农村生活与畜禽", "Rural households and livestock"),
    "green": Term("绿化与道路", "Green space and roads"),
    "river_ecology": Term("河道内生态", "River ecology"),
    "lake_ecology": Term("湖泊湿地", "Lakes and wetlands"),
}
"""Element types of demands, which are the sectors of the metrics."""

LIMITS = {
    "legal": Term("取水许可", "Legal limit"),
    "plan": Term("用水计划", "Plan"),
    "hydrology": Term("来水", "Hydrology"),
    "conveyance": Term("工程能力", "Conveyance"),
    "return_flow": Term("上一时段回归水", "Returns of the step before"),
}
"""Kinds of limits on a withdrawal, in the order in which ties are named."""

BINDING = (
    "none",
    *LIMITS,
    "quota",
    "level_tier",
    "storage",
)
"""What held a withdrawal back; the position is the flag value."""

PARTS = {
    "permit": Term("取水许可", "permit"),
    "allotment": Term("分配水量", "allotment"),
}
"""Last part of the id of what an element brings with it."""

PLACES = {"outside": Term("系统外", "Outside")}
"""Places that every model has."""

DRIVER_UNITS = {
    "1e4 person": Term("万人", "1e4 people"),
    "1e8 yuan": Term("亿元", "1e8 yuan"),
    "km2": Term("km²", "km²"),
    "1e4 mu": Term("万亩", "1e4 mu"),
}
"""Units of what grows: people, value added, land, farmland."""


def in_units(value: str, unit: str, name: str = "") -> str:
    """Write an amount of what grows: ``farmland 11.9 × 10^4 mu``; what is its own unit is named once.

    Parameters
    ----------
    value : str
        Number.
    unit : str
        Unit as in ``DRIVER_UNITS``, in either language.
    name : str
        What is counted; nothing is put before the number if it is empty or the unit says it.
    """
    power, _, of = unit.partition(" ")
    told = f"{value} × 10^{power[2:]} {of}" if of and power.startswith("1e") else f"{value} {unit}"
    return told if not name or name.casefold() == (of or unit).casefold() else f"{name} {told}"


STATUS = {
    -1: "not_simulated",
    0: "optimal",
    1: "infeasible",
    2: "iteration_limit",
    3: "not_certified",
    4: "sharing_failed",
    9: "balance_not_closed",
}
"""Flag values of ``solver_status``."""

GUARANTEE = ("none_required", "met", "not_met", "record_too_short")
"""Flag meanings of ``guarantee_state``; the position is the flag value."""


def sector(kind: str) -> Term:
    """Return the name of a sector; a kind that is not listed names itself."""
    return SECTORS.get(kind, Term(kind, kind.replace("_", " ").capitalize()))


TYPICAL_YEARS = (
    Term(
        "注意：各水源同频率设计值之和不等于总量的同频率设计值，不能相加。",
        "The P of a sum is not the sum of the Ps: quantiles of several sources must not be added up.",
    ),
    Term(
        "典型年不含连枯，多年调节的工程应以长系列计算为准。",
        "A typical year has no dry years in a row: works that store over years are to be judged by the long series.",
    ),
)
"""What everyone must be told who reads results of typical years."""

UNCOUNTED = Term(
    "典型年没有自身频率：不能统计供水保证率，相应各项缺值。",
    "Typical years have no frequency of their own: guarantee rates cannot be counted in them and are missing.",
)
"""Why results of typical years have no guarantee rates."""
