"""The format of scenario files."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from waterbal.model.base import Id, Label, Provenance, Strict
from waterbal.model.schema import DIALECT

ChangePath = Annotated[str, StringConstraints(pattern=r"^[^.\s]+(\.[^.\s]+)*$")]
"""Dotted place in the model, e.g. ``links.main.capacity``, or ``parameters.`` and a key of its tables."""
Changes = dict[ChangePath, Any]
"""Dotted place in the model -> new value, as a model file would have it."""
Choice = int | float | str
"""Value of an axis: a number, or an ASCII name."""
Choices = dict[Id, Choice | Annotated[list[Choice], Field(min_length=1)]]
"""Axis -> one of its values, or several."""
Keep = Literal["metrics", "yearly", "full"]
"""What a sweep keeps of every run."""


class ValueSpec(Strict):
    """One value of an axis."""

    name: Label | None = None
    """Label in tables and figures; the value itself where it is missing."""
    note: str = ""
    """Remark for readers of the file."""
    provenance: Provenance | None = None
    """Source and grade of the numbers of ``set`` that state none."""
    set: Changes = {}
    """What it changes in the model; nothing if not given."""


class AxisSpec(Strict):
    """One question that scenarios answer differently: which year, which works, how much saved."""

    name: Label | None = None
    """Label in tables and figures; the id where it is missing."""
    note: str = ""
    """Remark for readers of the file."""
    provenance: Provenance | None = None
    """Source and grade of the numbers below that state none."""
    values: Annotated[dict[int | str, ValueSpec | None], Field(min_length=1)]
    """Values by name: numbers, or ASCII names of lower-case letters, digits and '_'; not both in one axis."""


class ListedScenario(Strict):
    """Entry of an explicit list: one scenario, or the product of the values it lists."""

    id: Id | None = None
    """ASCII name; made from the values if not given."""
    name: Label | None = None
    """Label in tables and figures."""
    values: Choices = {}
    """Axis -> value or values; an axis that is not named has the value of the baseline."""


class StudySpec(Strict):
    """A set of scenarios of one model."""

    schema_version: Literal[1]
    """Version of this format."""
    model: str
    """Model file, relative to this file."""
    name: Label
    """Title."""
    description: str = ""
    """What the scenarios are to show."""
    provenance: Provenance | None = None
    """Source and grade of all numbers below that state none."""
    base: Changes = {}
    """Changes that all scenarios share, made before those of the axes."""
    realizations: int = Field(default=1, ge=1, le=1_000_000)
    """Hydrological samples that every scenario is run with."""
    keep: Keep = "metrics"
    """What is kept of every run: ``metrics`` alone, ``yearly`` sums as well, or the ``full`` series."""
    axes: Annotated[dict[Id, AxisSpec], Field(min_length=1)]
    """Axes by id; their product is the set of scenarios, the last axis runs fastest."""
    scenarios: Annotated[list[ListedScenario], Field(min_length=1)] | None = None
    """Explicit list instead of the product."""
    exclude: list[Choices] = []
    """Scenarios left out of the product: all that have these values."""
    baseline: dict[Id, Choice] | None = None
    """Scenario that others are compared with: one value of every axis that has several."""


def json_schema() -> dict[str, Any]:
    """Describe the format as JSON schema, for editors."""
    return {"$schema": DIALECT, **StudySpec.model_json_schema(by_alias=True)}
