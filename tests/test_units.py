"""Units: every accepted spelling, every refusal, and the conversions between them."""

from __future__ import annotations

import calendar
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from waterbal import units
from waterbal.units import DIMENSIONS, UnitError, parse

ACCEPTED = [
    ("7165 万m3/yr", "volume_per_year", 7165.0),
    ("7165 万m3", "volume_per_year", 7165.0),
    ("0.7165 亿m³/年", "volume_per_year", 7165.0),
    ("7,165 1e4 m3/a", "volume_per_year", 7165.0),
    ("71.65 hm3/year", "volume_per_year", 7165.0),
    ("20 万m3/d", "rate", 20.0),
    ("20万m3/日", "rate", 20.0),
    ("20 万吨/天", "rate", 20.0),
    ("20万立方米/d", "rate", 20.0),
    ("20 1e4 m3/day", "rate", 20.0),
    ("20 ×10⁴ m³/d", "rate", 20.0),
    ("20 x10^4 m3/d", "rate", 20.0),
    ("２０　万ｍ３／ｄ", "rate", 20.0),
    ("8 m3/s", "rate", 69.12),
    ("8 m³ s⁻¹", "rate", 69.12),
    ("8 m3 s-1", "rate", 69.12),
    ("8 m^3/s", "rate", 69.12),
    ("8 m3 per s", "rate", 69.12),
    ("8000 L/s", "rate", 69.12),
    ("480 m3/min", "rate", 69.12),
    ("28800 m3/h", "rate", 69.12),
    ("1.18亿立方米", "volume", 11800.0),
    ("5百万m3", "volume", 500.0),
    ("2千万方", "volume", 2000.0),
    ("1 km3", "volume", 100000.0),
    ("3 million m3", "volume", 300.0),
    ("1e4 m3", "volume", 1.0),
    ("1.5e3 m3", "volume", 0.15),
    ("120 L/(person d)", "per_person", 120.0),
    ("120 L/(p d)", "per_person", 120.0),
    ("120 L/(人·d)", "per_person", 120.0),
    ("120 L/(人・日)", "per_person", 120.0),
    ("120升/人/日", "per_person", 120.0),
    ("0.12 m3/person/d", "per_person", 120.0),
    ("43.8 m3/(d person)", "per_person", 43800.0),
    ("9 m3/万元", "intensity", 9.0),
    ("9 m3 per 1e4 yuan", "intensity", 9.0),
    ("210 亿元", "value_added", 210.0),
    ("210 1e8 yuan/yr", "value_added", 210.0),
    ("500 万元", "money", 500.0),
    ("0.05 亿元/年", "money_per_year", 500.0),
    ("0.4 元/m3", "price", 0.4),
    ("0.4 CNY/m³", "price", 0.4),
    ("0.35 度/方", "energy", 0.35),
    ("350 Wh/m3", "energy", 0.35),
    ("10 g/L", "concentration", 10.0),
    ("10 mg/L", "concentration", 0.01),
    ("10 万人", "people", 10.0),
    ("1e5 persons", "people", 10.0),
    ("12.5 平方公里", "area", 12.5),
    ("1250 ha", "area", 12.5),
    ("1250 公顷", "area", 12.5),
    ("1.875 万亩", "area", 12.5),
    ("18750 mu", "area", 12.5),
    ("200 m3/亩", "depth", 300.0),
    ("30 cm", "depth", 300.0),
    ("10 1e4 m3/(km2 yr)", "depth_per_year", 100.0),
    ("0.28 m/yr", "depth_per_year", 280.0),
    ("365.25 mm/yr", "depth_rate", 1.0),
    ("5 m3/(hm2 d)", "depth_rate", 0.5),
    ("350 cm", "length", 3.5),
    ("12 %", "fraction", 0.12),
    ("12％", "fraction", 0.12),
    ("0.12", "fraction", 0.12),
    ("0.12 -", "fraction", 0.12),
    ("-3 mm", "depth", -3.0),
    (0.12, "fraction", 0.12),
    (3, "fraction", 3.0),
]


@pytest.mark.parametrize(("text", "dimension", "value"), ACCEPTED)
def test_accepted(text, dimension, value):
    assert parse(text, dimension) == pytest.approx(value, rel=1e-14)


REFUSED = [
    ("20", "rate", "the unit is missing", "20 万m3/d"),
    (20, "rate", "the unit is missing", "20 万m3/d"),
    ("20 mm", "rate", "'mm' is a depth of water or a length", "a flow rate"),
    ("20 万m3", "rate", "is a volume", "a flow rate"),
    ("20 m3/yr", "rate", "is a volume per year", "a flow rate"),
    ("20 m3/s", "volume_per_year", "is a flow rate", "a volume per year"),
    ("20 m3/月", "rate", "a month is no unit of time", "a flow rate"),
    ("20 m3/month", "rate", "a month is no unit of time", "a flow rate"),
    ("20 Mm3", "volume", "megametre", "a volume"),
    ("20 Mm^3", "volume", "megametre", "a volume"),
    ("20 MCM", "volume", "several meanings", "a volume"),
    ("20 M3", "volume", "unknown unit 'M3'", "a volume"),
    ("20 furlong", "length", "unknown unit 'furlong'", "a length"),
    ("1,5 m", "length", "1,5: a comma is no decimal point; write 1.5 or 15", "a length"),
    ("1.2.3 m", "length", "does not begin with a number", "a length"),
    ("about 3 m", "length", "does not begin with a number", "a length"),
    ("", "length", "does not begin with a number", "a length"),
    ("m", "length", "does not begin with a number", "a length"),
    ("nan m", "length", "does not begin with a number", "a length"),
    ("1e999 m", "length", "is not a finite number", "a length"),
    (math.nan, "fraction", "is not a finite number", "0.12"),
    (math.inf, "fraction", "is not a finite number", "0.12"),
    (True, "fraction", "True is not a number", "0.12"),
    (None, "fraction", "None is not a number", "0.12"),
    ([1], "fraction", "[1] is not a number", "0.12"),
    ("0.5 m", "fraction", "'m' is a unit, but none belongs here", "0.12"),
    ("50 %", "rate", "unknown unit '%'", "a flow rate"),
    ("3 m·m", "length", "is an area", "a length"),
    ("3 kg", "length", "of a dimension that no input has", "a length"),
]


@pytest.mark.parametrize(("text", "dimension", "message", "expected"), REFUSED)
def test_refused(text, dimension, message, expected):
    with pytest.raises(UnitError) as caught:
        parse(text, dimension)
    assert message in caught.value.message
    assert expected in caught.value.expected


@pytest.mark.parametrize(
    ("number", "meant"),
    [
        ("20,5", "20.5 or 205"),
        ("0,5", "0.5"),
        ("6,0945", "6.0945 or 60945"),
        ("12,34,567", "1234567"),
        ("1,23.5", "123.5"),
    ],
)
def test_a_comma_that_stands_for_no_thousands_is_told(number, meant):
    with pytest.raises(UnitError, match=f"^{number}: a comma is no decimal point; write {meant};"):
        parse(f"{number} 万m3/d", "rate")


def test_unknown_unit_names_the_nearest():
    with pytest.raises(UnitError) as caught:
        parse("20 yuann/m3", "price")
    assert caught.value.nearest == "yuan"


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_example_and_canonical_unit_parses(dimension):
    kind = DIMENSIONS[dimension]
    assert units.factor(kind.unit, dimension) == 1.0
    assert parse(units.example(dimension), dimension) > 0
    assert kind.example in units.expected(dimension)


@pytest.mark.parametrize(
    ("text", "known"), [("m3/s", True), ("%", True), ("-", True), ("of area", False), ("", False)]
)
def test_is_unit(text, known):
    assert units.is_unit(text) is known


RATES = ["m3/s", "L/s", "万m3/d", "1e4 m3/day", "亿m3/d", "m3/h", "hm3/d", "吨/日"]
AREAS = ["km2", "ha", "m2", "亩", "万亩", "hm2"]


@given(st.floats(1e-9, 1e9), st.sampled_from([(RATES, "rate"), (AREAS, "area")]), st.data())
def test_units_of_one_dimension_convert_back_and_forth(value, family, data):
    spellings, dimension = family
    there, back = data.draw(st.sampled_from(spellings)), data.draw(st.sampled_from(spellings))
    inside = parse(f"{value!r} {there}", dimension)
    other = inside / units.factor(back, dimension)
    assert parse(f"{other!r} {back}", dimension) == pytest.approx(inside, rel=1e-12)
    assert inside / units.factor(there, dimension) == pytest.approx(value, rel=1e-12)


@given(st.text(max_size=20), st.sampled_from(sorted(DIMENSIONS)))
def test_any_text_parses_or_is_refused_as_a_unit_error(text, dimension):
    try:
        value = parse(text, dimension)
    except UnitError as error:
        assert error.expected
    else:
        assert math.isfinite(value)


@given(st.integers(1900, 2100), st.integers(1, 12), st.floats(0, 1e6))
def test_a_rate_becomes_a_volume_with_the_true_length_of_the_month(year, month, rate):
    assume(rate == 0 or rate > 1e-6)
    days = calendar.monthrange(year, month)[1]
    volume = units.rate_to_volume([rate], [days])
    seconds = days * 86400
    assert volume[0] == pytest.approx(rate * 1e4 / 86400 * seconds / 1e4, rel=1e-12)
    assert units.volume_to_rate(volume, [days])[0] == pytest.approx(rate, rel=1e-12)


@pytest.mark.parametrize(("year", "days"), [(2023, 365), (2024, 366), (1900, 365), (2000, 366)])
def test_a_constant_rate_gives_the_same_year_by_months_dekads_and_days(year, days):
    months = np.array([calendar.monthrange(year, month)[1] for month in range(1, 13)])
    dekads = np.concatenate([[10, 10, length - 20] for length in months])
    rate = parse("1 m3/s", "rate")
    for steps in (months, dekads, np.ones(days)):
        assert units.rate_to_volume(rate, steps).sum() == pytest.approx(days * 8.64, rel=1e-13)
    assert units.rate_to_volume(rate, months)[1] == pytest.approx(8.64 * (29 if days == 366 else 28))
