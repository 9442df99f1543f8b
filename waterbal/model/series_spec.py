"""Series that a model names: columns of files, or river flow drawn from monthly statistics."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from waterbal.errors import Message, nearest
from waterbal.model.base import Grade, Strict, inherited_provenance

SUMMED = {"volume": "volume", "depth": "depth"}
"""Kinds whose values are totals of their period -> dimension in ``waterbal.units``."""
KINDS = SUMMED | {"rate": "rate", "factor": "fraction", "concentration": "concentration"}
"""Every kind -> dimension; those that are no totals are means."""


class GapFill(Strict):
    """How values that are missing are made up."""

    fill: Literal["interpolate", "month_mean", "month_median", "previous"]
    """Straight line between the neighbours, mean or median of the other years in the same calendar month (or
    dekad, or day of the year within 7 days), or the value before."""
    longest: int = Field(ge=1)
    """Longest gap between two values that is filled, in rows of the file; longer ones stay gaps."""
    ends: int = Field(default=0, ge=0, le=15)
    """Most rows that are missing at the start of the first month or at the end of the last one and are given the
    nearest value, so that the month is whole."""


def _gaps(raw: Any) -> Any:
    """Refuse a word other than ``refuse``, which may be a method that lacks its longest gap."""
    if not isinstance(raw, str) or raw == "refuse":
        return raw
    method = nearest(raw, get_args(GapFill.model_fields["fill"].annotation))
    told = {
        "message": Message(f"{raw!r} 在此处无效", f"{raw!r} is not valid here"),
        "expected": f"'refuse', or e.g. {{fill: {method or 'interpolate'}, longest: 3}}",
        "nearest": nearest(raw, ["refuse"]),
    }
    raise PydanticCustomError("gaps", "{message}", told)


Gaps = Annotated[
    Annotated[Literal["refuse"], Tag("refuse")] | Annotated[GapFill, Tag("fill")],
    Discriminator(lambda raw: "fill" if isinstance(raw, dict | GapFill) else "refuse"),
    BeforeValidator(_gaps),
]
"""``refuse``, or how gaps are filled."""


class Sourced(Strict):
    """What has the source and grade that the model states for all numbers, unless it states a source of its own."""

    @model_validator(mode="before")
    @classmethod
    def _inherit(cls, raw: Any) -> Any:
        if not isinstance(raw, dict) or "source" in raw:
            return raw
        source, grade = inherited_provenance()
        known = {"grade": grade} if grade in get_args(Grade) else {}  # another is told where it is written
        return {"source": source, **known, **raw}


class FileSeries(Sourced):
    """Column of a CSV, Excel, NetCDF or Parquet file."""

    file: str
    """File, relative to the model."""
    column: str
    """Column, or variable of a NetCDF file."""
    kind: Literal["volume", "rate", "depth", "factor", "concentration"]
    """What the numbers are: volume or depth per step, rate, factor or concentration."""
    units: str | None = None
    """Units of the column; not needed where the file states them."""
    sheet: str | None = None
    """Sheet of an Excel file; the first if not given."""
    gaps: Gaps = "refuse"
    """What to do with missing values: refuse them, or fill them by a named method."""
    source: str = ""
    """Where the series comes from; as the model says of all numbers if not given."""
    grade: Grade = "found"
    """How firm it is; if not given as the model says of all numbers, or ``found`` with a source of its own."""


class LognormalSeries(Sourced):
    """River flow drawn by month: an AR(1) in the logarithms (Thomas and Fiering 1962)."""

    kind: Literal["seasonal_lognormal"]
    """``seasonal_lognormal``."""
    mu: Annotated[list[float], Field(min_length=12, max_length=12)]
    """Mean of ln(flow in ``units``) of each month, January first."""
    sd: Annotated[list[Annotated[float, Field(ge=0)]], Field(min_length=12, max_length=12)]
    """Standard deviation of ln(flow) of each month."""
    r: Annotated[list[Annotated[float, Field(gt=-1, lt=1)]], Field(min_length=12, max_length=12)]
    """Correlation of ln(flow) with the month before."""
    units: str
    """Units of the flow, e.g. ``m3/s``."""
    seed: int = Field(ge=0)
    """Seed of the random numbers."""
    source: str = ""
    """Where the statistics come from; as the model says of all numbers if not given."""
    grade: Grade = "derived"
    """How firm they are; if not given as the model says of all numbers, or ``derived`` with a source of their own."""


def _form(raw: Any) -> str:
    kind = raw.get("kind") if isinstance(raw, dict) else getattr(raw, "kind", "")
    return "drawn" if kind == "seasonal_lognormal" else "from_file"


SeriesSpec = Annotated[
    Annotated[FileSeries, Tag("from_file")] | Annotated[LognormalSeries, Tag("drawn")], Discriminator(_form)
]
"""A series."""


def kind_of(spec: FileSeries | LognormalSeries) -> str:
    """Kind of the values of a series: ``volume``, ``rate``, ``depth``, ``factor`` or ``concentration``."""
    return "rate" if isinstance(spec, LognormalSeries) else spec.kind
