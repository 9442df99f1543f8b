"""Units of the inputs: text such as ``20 万m3/d`` to a number in the one unit used inside.

A unit is a scale (``1e4``, ``万``), a base unit and denominators. Its dimension is worked out, so any
spelling of the right dimension is accepted and any other is refused by name: ``m3/亩`` is a depth,
``L/(person d)`` a use per head. A year is not a number of days here except for ``depth_rate`` (365.25 d),
and a month is never a unit of time, because months differ in length.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from waterbal.errors import Message, nearest

Powers = tuple[tuple[str, int], ...]


class UnitError(ValueError):
    """A number or unit that cannot be what the field needs.

    Parameters
    ----------
    message : str
        What is wrong.
    expected : str
        What the field needs, with an example.
    nearest : str
        Known unit closest to an unknown one.
    """

    def __init__(self, message: str, expected: str = "", nearest: str = "") -> None:
        super().__init__(message + (f"; expected {expected}" if expected else ""))
        self.message = message
        self.expected = expected
        self.nearest = nearest


@dataclass(frozen=True)
class Dimension:
    """A kind of quantity."""

    label: str
    """Name with its article, for messages."""
    unit: str
    """Canonical unit, the one of every number inside."""
    example: str
    """Text that parses."""
    also: tuple[str, ...] = ()
    """Units of another dimension that are accepted at face value, e.g. a yearly volume without ``/yr``."""


DIMENSIONS: Mapping[str, Dimension] = {
    "volume": Dimension("a volume", "1e4 m3", "120 万m3"),
    "rate": Dimension("a flow rate", "1e4 m3/d", "20 万m3/d"),
    "volume_per_year": Dimension("a volume per year", "1e4 m3/yr", "7165 万m3/yr", also=("1e4 m3",)),
    "area": Dimension("an area", "km2", "12.5 km2"),
    "depth": Dimension("a depth of water", "mm", "15 mm"),
    "depth_rate": Dimension("a depth per day", "mm/d", "0.5 mm/d"),
    "depth_per_year": Dimension("a depth per year", "mm/yr", "280 mm/yr"),
    "length": Dimension("a length", "m", "3.5 m"),
    "people": Dimension("a number of people", "1e4 person", "10 万人"),
    "per_person": Dimension("a use per person and day", "L/(person d)", "120 L/(person d)"),
    "value_added": Dimension("a value per year", "1e8 yuan", "210 亿元", also=("1e8 yuan/yr",)),
    "intensity": Dimension("a use per value", "m3/1e4 yuan", "9 m3/万元"),
    "money": Dimension("an amount of money", "1e4 yuan", "500 万元"),
    "money_per_year": Dimension("an amount of money per year", "1e4 yuan/yr", "500 万元/yr"),
    "price": Dimension("a price", "yuan/m3", "0.4 元/m3"),
    "energy": Dimension("an energy use", "kWh/m3", "0.35 kWh/m3"),
    "concentration": Dimension("a concentration", "kg/m3", "10 kg/m3"),
    "fraction": Dimension("a number without unit", "-", "0.12"),
    "amount": Dimension(
        "a bare number in the unit of its driver (1e4 person, 1e8 yuan, km2; 1e4 mu of farmland)", "-", "25"
    ),
}
"""Every dimension an input can have."""

_MU = Fraction(2000, 3)
_BASE: Mapping[str, tuple[Fraction, tuple[str, int]]] = {
    "L": (Fraction(1, 1000), ("length", 3)),
    "m3": (Fraction(1), ("length", 3)),
    "hm3": (Fraction(10**6), ("length", 3)),
    "km3": (Fraction(10**9), ("length", 3)),
    "m2": (Fraction(1), ("length", 2)),
    "ha": (Fraction(10**4), ("length", 2)),
    "hm2": (Fraction(10**4), ("length", 2)),
    "km2": (Fraction(10**6), ("length", 2)),
    "mu": (_MU, ("length", 2)),
    "mm": (Fraction(1, 1000), ("length", 1)),
    "cm": (Fraction(1, 100), ("length", 1)),
    "m": (Fraction(1), ("length", 1)),
    "km": (Fraction(1000), ("length", 1)),
    "s": (Fraction(1), ("time", 1)),
    "min": (Fraction(60), ("time", 1)),
    "h": (Fraction(3600), ("time", 1)),
    "d": (Fraction(86400), ("time", 1)),
    "yr": (Fraction(1), ("year", 1)),
    "person": (Fraction(1), ("person", 1)),
    "yuan": (Fraction(1), ("yuan", 1)),
    "Wh": (Fraction(1, 1000), ("energy", 1)),
    "kWh": (Fraction(1), ("energy", 1)),
    "MWh": (Fraction(1000), ("energy", 1)),
    "g": (Fraction(1, 1000), ("mass", 1)),
    "mg": (Fraction(1, 10**6), ("mass", 1)),
    "kg": (Fraction(1), ("mass", 1)),
}
_SPELLINGS: Mapping[str, str] = {
    "l": "L", "liter": "L", "litre": "L", "liters": "L", "litres": "L",
    "sec": "s", "second": "s", "minute": "min", "hr": "h", "hour": "h",
    "day": "d", "days": "d", "a": "yr", "year": "yr", "years": "yr",
    "p": "person", "persons": "person", "people": "person", "cap": "person", "capita": "person",
    "cny": "yuan", "CNY": "yuan", "RMB": "yuan", "kwh": "kWh",
    "hectare": "ha", "hectares": "ha", "million": "1e6", "thousand": "1e3",
}  # fmt: skip
_CHINESE: tuple[tuple[str, str], ...] = (
    ("立方米", "m3"), ("平方公里", "km2"), ("平方千米", "km2"), ("平方米", "m2"),
    ("公顷", "ha"), ("亩", "mu"), ("毫米", "mm"), ("厘米", "cm"), ("公里", "km"),
    ("千瓦时", "kWh"), ("千克", "kg"), ("公斤", "kg"), ("克", "g"),
    ("千万", " 1e7 "), ("百万", " 1e6 "), ("亿", " 1e8 "), ("万", " 1e4 "), ("千", " 1e3 "),
    ("吨", "m3"), ("方", "m3"), ("升", "L"), ("米", "m"),
    ("秒", "s"), ("分钟", "min"), ("小时", "h"), ("时", "h"), ("日", "d"), ("天", "d"), ("年", "yr"),
    ("人", "person"), ("元", "yuan"), ("度", "kWh"),
)  # fmt: skip
"""Chinese spellings, replaced in this order. A tonne (吨) of water is a cubic metre."""
_NO_MONTH = Message(
    "月不是时间单位，因为各月天数不同；请写每日或每年的量",
    "a month is no unit of time, because months differ in length; write a rate per day or per year",
)
_REFUSED: Mapping[str, str] = {
    "Mm3": Message(
        "不接受 'Mm3'，因为单位库把它读作兆米的立方；请写 '1e6 m3' 或 'hm3'",
        "'Mm3' is refused because unit libraries read it as (megametre)3; write '1e6 m3' or 'hm3'",
    ),
    "MCM": Message(
        "不接受 'MCM'，因为它有多种含义；请写 '1e6 m3' 或 'hm3'",
        "'MCM' is refused because it has several meanings; write '1e6 m3' or 'hm3'",
    ),
    "month": _NO_MONTH,
    "月": _NO_MONTH,
}
_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+(?:\.\d*)?|\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\d.])")
_PLAIN = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
"""A number that is read as it is; every other spelling is normalised first."""
_WITH_COMMAS = re.compile(r"[+-]?\d+(?:,\d+)+(?:\.\d+)?")
_SCALE = re.compile(r"1[eE]\+?(\d{1,2})")
_POWER_OF_TEN = re.compile(r"[x×*]?\s*10(?:\^|\*\*)?([⁰¹²³⁴-⁹]{1,2}|(?<=[\^*])\d{1,2})")
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_ALIKE = str.maketrans({"\u2212": "-", "\u2219": "·", "\u22c5": "·", "\u2022": "·", "\u30fb": "·"})
_YEAR_DAYS = Fraction(1461, 4)


def example(dimension: str) -> str:
    """Give a text that is valid for a dimension, e.g. ``20 万m3/d`` for ``rate``."""
    return DIMENSIONS[dimension].example


def expected(dimension: str) -> str:
    """Say what a dimension needs, for messages: ``a flow rate such as '20 万m3/d'``."""
    kind = DIMENSIONS[dimension]
    if dimension == "amount":
        told = "按其驱动指标的单位（万人、亿元、km2，耕地为万亩）写的数"
        return Message(f"{told}，不带单位，形如 {kind.example!r}", f"{kind.label} such as {kind.example!r}")
    return Message(f"形如 {kind.example!r} 的值", f"{kind.label} such as {kind.example!r}")


def parse(text: str | float, dimension: str) -> float:
    """Turn a number with its unit into the canonical unit of a dimension.

    Parameters
    ----------
    text : str or float
        ``7165 万m3/yr``, ``12 %``; a bare number only where the dimension has no unit.
    dimension : str
        A key of ``DIMENSIONS``.

    Returns
    -------
    float
        In ``DIMENSIONS[dimension].unit``.

    Raises
    ------
    UnitError
        If there is no number, no unit, an unknown unit or a unit of another dimension.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float | np.number):
        raise UnitError(
            Message(f"{_shown(text)} 不是数", f"{_shown(text)} is not a number"), expected(dimension)
        )
    if not isinstance(text, str):
        return _finite(float(text), text, dimension) * factor("", dimension)
    number, _, unit = text.partition(" ")
    if _PLAIN.fullmatch(number):
        return _finite(_finite(float(number), text, dimension) * factor(unit, dimension), text, dimension)
    plain = _normalise(text)
    match = _NUMBER.match(plain)
    if match is None:
        raise UnitError(
            Message(f"{text!r} 不以数开头", f"{text!r} does not begin with a number"), expected(dimension)
        )
    whole = _WITH_COMMAS.match(plain)
    if whole and whole.end() > match.end():  # the comma stands for no thousands
        raise UnitError(comma_hint(whole.group()), expected(dimension))
    value = _finite(float(match.group().replace(",", "")), text, dimension)
    return _finite(value * factor(plain[match.end() :], dimension), text, dimension)


def comma_hint(number: str) -> str:
    """Say how a number with commas is to be written; nothing if it is no such number."""
    plain = unicodedata.normalize("NFKC", number).strip()
    if not _WITH_COMMAS.fullmatch(plain):
        return ""
    one = plain.count(",") == 1 and "." not in plain
    meant = [plain.replace(",", ".")] if one else []
    if not (one and plain.lstrip("+-").startswith("0")):
        meant.append(plain.replace(",", ""))
    return Message(
        f"{number}：逗号不是小数点；请写 {' 或 '.join(meant)}",
        f"{number}: a comma is no decimal point; write {' or '.join(meant)}",
    )


def factor(unit: str, dimension: str) -> float:
    """Give what a number in ``unit`` is multiplied by to be in the canonical unit of ``dimension``.

    Raises
    ------
    UnitError
        If the unit is missing, unknown or of another dimension.
    """
    return _known_factor(unit, dimension)


def is_unit(text: str) -> bool:
    """Tell whether a text is a unit of any dimension, ``%`` and ``-`` included."""
    plain = _normalise(text)
    if plain in {"%", "-"}:
        return True
    try:
        return bool(plain) and bool(_measure(plain, "fraction")[1])
    except UnitError:
        return False


def rate_to_volume(rate: npt.ArrayLike, days: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Turn rates into volumes with the true length of each step.

    Parameters
    ----------
    rate : ndarray (time) or float [1e4 m3/d]
    days : ndarray (time) [d]

    Returns
    -------
    ndarray (time) [1e4 m3]
    """
    return np.asarray(rate, dtype=np.float64) * np.asarray(days, dtype=np.float64)


def volume_to_rate(volume: npt.ArrayLike, days: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Turn volumes per step [1e4 m3] into mean rates [1e4 m3/d]; the inverse of ``rate_to_volume``."""
    return np.asarray(volume, dtype=np.float64) / np.asarray(days, dtype=np.float64)


@lru_cache(maxsize=4096)
def _known_factor(unit: str, dimension: str) -> float:
    """Give a factor, worked out once for each spelling."""
    return float(_factor(_normalise(unit), dimension))


def _factor(unit: str, dimension: str) -> Fraction:
    """Work out a factor for a unit that is already normalised."""
    kind = DIMENSIONS[dimension]
    if unit.strip(" -") in {"", "1"}:
        if kind.unit == "-":
            return Fraction(1)
        raise UnitError(Message("缺少单位", "the unit is missing"), expected(dimension))
    if kind.unit == "-":
        if unit.strip() in {"%", "percent"}:
            return Fraction(1, 100)
        message = Message(
            f"{unit.strip()!r} 是单位，但此处不带单位", f"{unit.strip()!r} is a unit, but none belongs here"
        )
        raise UnitError(message, expected(dimension))
    scale, powers = _measure(unit, dimension)
    for accepted in (kind.unit, *kind.also):
        canonical_scale, canonical_powers = _measure(accepted, dimension)
        if powers == canonical_powers:
            return scale / canonical_scale
    if dimension == "depth_rate" and powers == (("length", 1), ("year", -1)):
        return scale * 1000 / _YEAR_DAYS
    message = Message(f"单位 {unit.strip()!r} 的量纲不符", f"{unit.strip()!r} is {_describe(powers)}")
    raise UnitError(message, expected(dimension))


@lru_cache(maxsize=4096)
def _measure(unit: str, dimension: str) -> tuple[Fraction, Powers]:
    """Split a normalised unit into its size in base units and its powers of base dimensions."""
    above, *below = re.split(r"/", _without_negative_powers(unit))
    scale = Fraction(1)
    powers: Counter[str] = Counter()
    for sign, part in ((1, above), (-1, " ".join(below))):
        for word in re.sub(r"[()·.*]", " ", part).split():
            ten = _SCALE.fullmatch(_SPELLINGS.get(word, word))
            if ten:
                scale *= Fraction(10) ** (sign * int(ten.group(1)))
                continue
            size, (name, power) = _base(word, unit, dimension)
            scale *= size**sign
            powers[name] += sign * power
    return scale, tuple(sorted((name, power) for name, power in powers.items() if power))


def _base(word: str, unit: str, dimension: str) -> tuple[Fraction, tuple[str, int]]:
    """Look up one base unit, or say which known one is nearest."""
    for refused, reason in _REFUSED.items():
        if word == refused or word == refused + "s":
            raise UnitError(reason, expected(dimension))
    known = _SPELLINGS.get(word, word)
    if known in _BASE:
        return _BASE[known]
    message = Message(
        f"{unit.strip()!r} 中的单位 {word!r} 未知", f"unknown unit {word!r} in {unit.strip()!r}"
    )
    raise UnitError(message, expected(dimension), nearest(word, _BASE))


def _without_negative_powers(unit: str) -> str:
    """Rewrite ``m3 s-1`` and ``m3 s^-1`` as ``m3 /s``."""
    return re.sub(r"\b([A-Za-z]+)(?:\^|\*\*)?-1\b", r"/\1", unit)


def _normalise(text: str) -> str:
    """Bring full-width, superscript and Chinese spellings to one ASCII form."""
    text = _POWER_OF_TEN.sub(lambda match: " 1e" + match.group(1).translate(_SUPERSCRIPTS) + " ", text)
    text = unicodedata.normalize("NFKC", text).translate(_ALIKE)
    for chinese, ascii_ in _CHINESE:
        text = text.replace(chinese, ascii_)
    text = re.sub(r"(?<=m)(?:\^|\*\*)(?=[23])", "", text)
    text = re.sub(r"\bper\b", "/", text)
    text = re.sub(r"(1[eE]\+?\d{1,2})(?=[A-Za-z])", r"\1 ", text)
    return text.strip()


def _finite(value: float, text: object, dimension: str) -> float:
    """Refuse NaN and infinity."""
    if not math.isfinite(value):
        raise UnitError(
            Message(f"{_shown(text)} 不是有限的数", f"{_shown(text)} is not a finite number"),
            expected(dimension),
        )
    return value


def _describe(powers: Powers) -> str:
    """Name the dimension a unit has, for messages."""
    kinds = [kind for kind in DIMENSIONS.values() if kind.unit != "-"]
    names = [kind.label for kind in kinds if _measure(kind.unit, "fraction")[1] == powers]
    return " or ".join(dict.fromkeys(names)) if names else "of a dimension that no input has"


def _shown(value: object) -> str:
    """Show a value briefly."""
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
