"""Shares of records as percent, in one way wherever probabilities are told."""

from __future__ import annotations

LOW, HIGH = 10.0, 90.0
"""Between these no decimal is told [%]; beyond them whole numbers hide what was learnt."""


def chance(share: float) -> str:
    """Tell a share in percent, without the sign; what is above 0 is never told as 0, nor what is below 1 as 100.

    Parameters
    ----------
    share : float
        Share of records, or an end of its interval, in [0, 1] [-].
    """
    value = 100.0 * share
    if LOW <= value <= HIGH or value == round(value):
        return f"{value:.0f}"
    told = f"{value:.1f}"
    return {"0.0": "<0.1", "100.0": ">99.9"}.get(told, told)
