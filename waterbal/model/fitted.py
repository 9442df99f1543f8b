"""Statistics of monthly series that a generator draws from, as ``waterbal hydrology fit`` writes them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from waterbal import units
from waterbal.errors import Message
from waterbal.model.base import Grade, Id, Strict
from waterbal.model.series_spec import KINDS
from waterbal.model.timeline import MonthText

ByMonth = Annotated[list[float], Field(min_length=12, max_length=12)]
"""Twelve values, January first."""
Positive = Annotated[list[Annotated[float, Field(ge=0)]], Field(min_length=12, max_length=12)]
"""Twelve values from 0, January first."""
Correlations = Annotated[list[Annotated[float, Field(ge=-1, le=1)]], Field(min_length=12, max_length=12)]
"""Twelve correlations [-], January first."""
Counts = Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=12, max_length=12)]
"""Twelve numbers of years, January first."""
Shares = Annotated[list[Annotated[float, Field(ge=0, lt=1)]], Field(min_length=12, max_length=12)]
"""Twelve shares [-], January first."""


class Period(Strict):
    """Months from the first to the last."""

    first: MonthText
    """First month, e.g. ``1999-01``."""
    last: MonthText
    """Last month."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.first > self.last:
            raise ValueError(
                Message(
                    f"时期止于 {self.last}，早于起始的 {self.first}",
                    f"the period ends in {self.last}, before it starts in {self.first}",
                )
            )
        return self


class Monthly(Strict):
    """Sample statistics of the values of each calendar month."""

    years: Counts
    """Number of values."""
    mean: Positive
    """Mean [units of the site]."""
    cv: Positive
    """Coefficient of variation [-]."""
    cs: ByMonth
    """Coefficient of skew [-], without bias correction beyond that of the moments."""
    lag1: Correlations
    """Correlation of normal scores with the month before [-]."""
    lag1_years: Counts
    """Number of pairs behind ``lag1``."""


class Pearson3(Strict):
    """Pearson III of each month."""

    type: Literal["pearson3"]
    """``pearson3``."""
    mean: Positive
    """Mean of values above 0 [units of the site]."""
    cv: Positive
    """Coefficient of variation [-]."""
    cs: ByMonth
    """Coefficient of skew [-]; at least 2 Cv where a smaller one would give values below 0."""
    zero: Shares
    """Share of months without any [-]."""


class Lognormal(Strict):
    """Lognormal of each month, shifted or not."""

    type: Literal["lognormal"]
    """``lognormal``."""
    mu: ByMonth
    """Mean of ln(value - shift) [ln(units of the site)]."""
    sd: Positive
    """Standard deviation of ln(value - shift) [-]."""
    shift: ByMonth
    """Shift [units of the site]."""
    zero: Shares
    """Share of months without any [-]."""


class Annual(Strict):
    """Sample statistics of the totals (means for rates) of whole calendar years."""

    years: int = Field(ge=0)
    """Number of whole years."""
    mean: float = Field(ge=0)
    """Mean; mean rate for rates [units of the site]."""
    cv: float = Field(ge=0)
    """Coefficient of variation [-]."""
    cs: float
    """Coefficient of skew [-]."""
    lag1: float | None = Field(default=None, ge=-1, le=1)
    """Correlation of a year with the year before [-]."""
    lag2: float | None = Field(default=None, ge=-1, le=1)
    """Correlation of a year with the one two years before [-]."""


class Persistence(Strict):
    """Slow part of the normal scores, which carries wet and dry years over."""

    weight: float = Field(ge=0, lt=1)
    """Share of the variance that is slow [-]."""
    memory: float = Field(ge=0, lt=1)
    """Correlation of the slow part with itself twelve months later [-]."""


class FittedSite(Strict):
    """Statistics of one site."""

    kind: Literal["volume", "rate", "depth", "factor", "concentration"]
    """What the numbers are, as for series."""
    units: str
    """Units of all statistics of the site; volumes and depths are those of a month."""
    record: Period
    """Months that the statistics are of."""
    monthly: Monthly
    """Sample statistics by month."""
    annual: Annual
    """Sample statistics of years."""
    margin: Annotated[Pearson3 | Lognormal, Field(discriminator="type")]
    """Distribution that is drawn from."""
    persistence: Persistence
    """Slow part."""
    source: str
    """Where the series comes from."""
    grade: Grade
    """How firm the statistics are."""

    @model_validator(mode="after")
    def _units(self) -> Self:
        units.factor(self.units, KINDS[self.kind])
        return self


class CrossCorrelation(Strict):
    """Correlation of two sites in the same month."""

    sites: Annotated[list[Id], Field(min_length=2, max_length=2)]
    """The two sites."""
    values: Correlations
    """Correlation of normal scores [-]."""
    years: Counts
    """Number of common years behind each."""


class Fitted(Strict):
    """Statistics of all sites."""

    format: Literal["waterbal-hydrology-1"]
    """Version of this format."""
    sites: dict[Id, FittedSite] = Field(min_length=1)
    """Sites by name."""
    correlation: list[CrossCorrelation] = []
    """Correlations between sites; pairs that are not listed are independent."""
    notes: list[str] = []
    """What had to be changed or could not be kept in fitting."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        seen: set[frozenset[str]] = set()
        for pair in self.correlation:
            names = frozenset(pair.sites)
            unknown = [name for name in pair.sites if name not in self.sites]
            if unknown:
                raise ValueError(
                    Message(
                        f"相关系数中的 {unknown[0]!r} 不是站点",
                        f"the correlation names {unknown[0]!r}, which is no site",
                    )
                )
            if len(names) < 2 or names in seen:
                raise ValueError(
                    Message(
                        f"{'与'.join(pair.sites)}的相关系数出现两次",
                        f"the correlation of {' and '.join(pair.sites)} is given twice",
                    )
                )
            seen.add(names)
        return self
