"""What results do not have, and the command that gives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from waterbal.report.page.blocks import Missing
from waterbal.report.page.subject import Subject

RUN = "waterbal run MODEL.yaml -o balance.nc"
CAPACITY = "waterbal capacity SCENARIOS.yaml -o capacity.nc"
COMMANDS: Mapping[str, str] = {
    "network": RUN,
    "fate": RUN,
    "supply": RUN,
    "shortage": RUN,
    "stocks": RUN,
    "carrying": CAPACITY,
    "limits": CAPACITY,
    "risk": f"{CAPACITY} --with risk --with sensitivity",
    "balances": f"{CAPACITY} --with balances",
    "states": RUN,
    "scenarios": "waterbal sweep SCENARIOS.yaml -o sweep",
    "weather": RUN,
    "admissions": "waterbal admit MODEL.yaml PROJECT.yaml -o admission.json",
}
"""Section -> what gives it."""
EXTRAS: Mapping[str, tuple[str, str]] = {
    "caption_frontier": ("frontier_point_carried", "frontier"),
    "caption_tornado": ("sensitivity_input_swing", "sensitivity"),
    "load_part": ("load_value", "load"),
    "bound_part": ("bound_scale", "bound"),
}
"""Part of a section on capacities -> its variable, and the word after ``--with`` that gives it."""


def lacking(subject: Subject, shown: Sequence[str]) -> list[Missing]:
    """List the sections, and parts of them, that are not shown."""
    found = [Missing(subject.say(id), command) for id, command in COMMANDS.items() if id not in shown]
    for key, (variable, word) in EXTRAS.items():
        capacities = subject.material.capacities
        if capacities and not any(variable in one for one in capacities):
            found.append(Missing(subject.say(key), f"{CAPACITY} --with {word}"))
    return found
