"""How a search begins that is near a capacity which is known already."""

SHARE = 0.1
"""First step from a capacity that is near, as share of it [-]."""
LEAST = 0.01
"""Smallest first step [-]."""


def first_step(near: float) -> float:
    """Return the first step of a search from a capacity that is near.

    Parameters
    ----------
    near : float
        Scale where the search begins [-].

    Returns
    -------
    float
        Distance to the scale that is tried next [-].
    """
    return max(SHARE * near, LEAST)
