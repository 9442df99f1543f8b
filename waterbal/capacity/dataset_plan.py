"""What is known of the plan itself, as variables of the dataset of capacities: limits it breaks, whether it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from waterbal.capacity.plan_limits import broken, names
from waterbal.capacity.survey import Answer


def put_plan(put: Any, answers: Sequence[Answer], directions: Sequence[str]) -> None:
    """Put what is known of the plan itself: limits that it breaks, whether it holds, and where scales begin.

    Parameters
    ----------
    put : callable
        Puts a variable: name, dimensions, values, label in English and Chinese, attributes.
    answers : sequence of Answer
        One per scenario.
    directions : sequence of str
        Directions.
    """
    over = [broken(answer.question) for answer in answers]
    put(
        "plan_limit_id",
        ("scenario",),
        [" ".join(limit.id for limit in limits) for limits in over],
        "limits that are not water and that the plan itself breaks; empty if none",
        "规划本身不满足的非水约束",
    )
    rooms = [[answer.question.room(d) for d in directions] for answer in answers]
    for language in ("zh", "en"):
        put(
            f"plan_limit_name_{language}",
            ("scenario",),
            [names(limits, language) for limits in over],
            "names of the limits that the plan itself breaks",
            "规划本身不满足的非水约束名称",
        )
        called = [{limit.id: getattr(limit.name, language) for limit in a.question.limits} for a in answers]
        put(
            f"lowest_limit_name_{language}",
            ("scenario", "direction"),
            [[own.get(room[1], "") for room in row] for own, row in zip(called, rooms, strict=True)],
            "limit that asks for the smallest scale; empty if none",
            "最小规模所受的非水约束",
        )
    put(
        "lowest_scale",
        ("scenario", "direction"),
        [[room[0] for room in row] for row in rooms],
        "smallest scale that the limits that are not water leave",
        "非水约束允许的最小规模",
    )
    put(
        "highest_scale",
        ("scenario", "direction"),
        [[room[2] for room in row] for row in rooms],
        "largest scale that limits not of water leave; infinite if none binds, below the smallest if none is left",
        "非水约束允许的最大规模",
    )
    question = answers[0].question
    put(
        "direction_factor",
        ("direction", "driver"),
        [
            [question.directions[d].along.get(driver, np.nan) for driver in question.drivers]
            for d in directions
        ],
        "share of the growth of the fastest driver along a direction; nan for a driver that stays at plan",
        "增长比例（以最快者为 1）",
    )
    put(
        "through_plan",
        ("direction",),
        np.array([question.directions[d].through_plan for d in directions], dtype=np.int8),
        "whether scale 1 of the direction is the plan, so that scales can be set against it",
        "规模 1 是否即规划",
        flag_values=np.array([0, 1], dtype=np.int8),
        flag_meanings="no yes",
    )
    put(
        "plan_state",
        ("scenario", "direction"),
        np.array([[_plan_state(a, d) for d in directions] for a in answers], dtype=np.int8),
        "whether everything holds at plan in all records together, as the search saw it",
        "规划本身是否成立",
        flag_values=np.array([-1, 0, 1], dtype=np.int8),
        flag_meanings="not_tried fails holds",
    )


def _plan_state(answer: Answer, direction: str) -> int:
    """Tell whether the plan holds along a direction: 1 or 0; -1 where the search did not come to it."""
    if broken(answer.question):
        return 0
    if not answer.question.directions[direction].through_plan:
        return -1
    return int(answer.found[direction].tried.get(1.0, -1))
