"""No figure that is printed is a zero below zero, whatever small amount it was rounded from."""

from __future__ import annotations

import re

import pytest

from waterbal.report import balance
from waterbal.report.sheets.sheet import NOTHING, Column

BELOW_ZERO = re.compile(r"-0(?:\.0*)?(?![\d.])")


@pytest.mark.parametrize("value", [-0.0, -1e-12, -4e-5])
def test_small_amounts_below_zero_are_printed_as_zero(value: float) -> None:
    told = [
        *(cell({"x": value}, "x") for cell in (balance.volume, balance.share, balance.metres, balance.count)),
        *(
            Column("x", NOTHING, kind=kind, decimals=decimals).shown(value, "zh")
            for kind in ("number", "share", "year")
            for decimals in (0, 1)
        ),
    ]
    assert all(not BELOW_ZERO.search(text) for text in told), told
    assert all(re.fullmatch(r"0(\.0+)?%?", text) for text in told), told


def test_amounts_that_are_not_zero_keep_their_sign() -> None:
    assert balance.volume({"x": -1234.4}, "x") == "-1,234"
    assert balance.volume({"x": -0.06}, "x") == "-0.1"
