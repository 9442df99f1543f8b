"""Shares of records in percent, against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import pytest

from waterbal.report.chances import chance


@pytest.mark.parametrize("records", [1, 3, 7, 200, 999, 5000])
def test_what_is_not_none_or_all_is_never_told_so_and_is_within_what_is_printed(records: int) -> None:
    for failures in range(records + 1):
        told = chance(failures / records)
        exact = Fraction(100 * failures, records)
        assert (told == "0") == (failures == 0)
        assert (told == "100") == (failures == records)
        assert told not in ("0.0", "100.0")
        if told.startswith("<"):
            assert 0 < exact < Fraction(told[1:])
        elif told.startswith(">"):
            assert Fraction(told[1:]) < exact < 100
        else:
            assert abs(exact - Fraction(told)) <= (
                Fraction(1, 20) if "." in told else Fraction(1, 2)
            ) + Fraction(1, 10**9)
