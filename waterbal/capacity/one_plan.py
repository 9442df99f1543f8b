"""Capacities of cases with different plans in one measure: multiples of one and the same plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from waterbal.capacity.question import Question

SAME = 1e-9
"""Plans that differ by no more than this share are the same [-]."""


def in_plan(question: Question, direction: str, amounts: Mapping[str, float]) -> Question:
    """Return a question whose scales along a direction are multiples of another plan.

    Where an input changes the plan of some of the drivers that grow together, a scale of its own plan says nothing of
    another: neither the size nor the mix is the same. In the proportions of one plan it is the same growth that all
    inputs are asked to carry.

    Parameters
    ----------
    question : Question
        Of a case with a plan of its own.
    direction : str
        Along which drivers grow.
    amounts : mapping
        Driver -> what grows of it at the other plan, in its unit.

    Returns
    -------
    Question
        The same object where the plan of what grows is no other.
    """
    own = question.directions[direction]
    along = {id: factor * amounts[id] / question.drivers[id].amount for id, factor in own.along.items()}
    if np.allclose(list(along.values()), list(own.along.values()), rtol=SAME, atol=0.0):
        return question
    return replace(question, directions={**question.directions, direction: replace(own, along=along)})
