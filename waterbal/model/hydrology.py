"""What the weather and the rivers of a run are taken from: records, typical years, or drawn series."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator
from pydantic_core import PydanticCustomError

from waterbal.errors import Message
from waterbal.model.base import Id, Month, Provenance, Strict, Year
from waterbal.model.fitted import Fitted, Period
from waterbal.model.values import Number, Quantity

MonthFactor = Annotated[Number, Quantity("fraction", forms=("value", "by_month"))]
"""[-] from 0, constant or twelve by month."""


def _share(raw: Any) -> Any:
    """Refuse per cent where a share is meant."""
    text = str(raw).strip().removesuffix("%").strip()
    try:
        value = float(text)
    except ValueError:
        return raw
    if value < 1.0 and text == str(raw).strip():
        return raw
    example = value if 0.0 < value < 100.0 else 50.0
    raise PydanticCustomError(
        "share",
        "{message}",
        {
            "message": f"{raw} is no share" if isinstance(raw, str) else f"{raw} is too large",
            "expected": f"a share below 1, e.g. {example / 100.0:g} for P = {example:g} %",
        },
    )


Probability = Annotated[float, Field(gt=0, lt=1), BeforeValidator(_share)]
"""Exceedance probability [-]; 0.95 is a dry year."""


FittedOrFile = Annotated[
    Fitted | None, BeforeValidator(lambda raw: raw, json_schema_input_type=Fitted | str | None)
]
"""Statistics; the loader puts those of a file in the place of its name."""


class DryYears(Strict):
    """Dry years in a row that are put into every realization, from the record or from the generator."""

    index: Id
    """Site whose total over the years says how dry they are."""
    years: int = Field(ge=1, le=30)
    """How many years."""
    from_: Year = Field(alias="from")
    """Calendar year of the run in which the first of them begins; years begin in the first month of the run."""
    probability: Probability | None = None
    """Exceedance probability of their total among all runs of as many years, of the record or of 1000 years that
    are drawn; the driest of the record if not given."""


class HydrologyBase(Strict):
    """What every kind of hydrology has."""

    sites: list[Id] = Field(min_length=1)
    """Series that share a sampled year; the others stay as they are given."""
    record: Period | None = None
    """Part of the files that is used; all of them if not given."""
    records: dict[Id, Period] = {}
    """Part of the file of a single site that is used, where not all of it is."""
    regimes: dict[Id, Period] = {}
    """Parts of the record that are not one population, e.g. before and after unified regulation (1999)."""
    regime: Id | None = None
    """The part to use; needed where the record reaches into more than one."""
    incomplete_years: Literal["refuse", "leave_out"] = "refuse"
    """What to do with years of the record in which a site has no value, gaps at its ends apart."""
    delta: dict[Id, MonthFactor] = {}
    """Climate change: factors on the series of a site, constant or by month [-]."""
    dry_years: DryYears | None = None
    """Dry years in a row at a stated place of the run."""
    provenance: Provenance | None = None
    """Source and grade of the factors that state none."""
    note: str = ""
    """Remark for readers of the file."""

    @model_validator(mode="after")
    def _names(self) -> Self:
        if len(set(self.sites)) < len(self.sites):
            raise ValueError(
                Message(
                    "站点重复",
                    "a site is listed twice",
                )
            )
        return self


class Observed(HydrologyBase):
    """The record as it is (long-series method, 长系列法)."""

    kind: Literal["observed"]
    """``observed``."""
    rotate: bool = False
    """Index-sequential method: realization k begins with year k of the record, which wraps round."""


class TypicalYears(HydrologyBase):
    """Typical years (典型年): a year of the record for each probability, scaled, repeated through the run."""

    kind: Literal["typical_years"]
    """``typical_years``."""
    index: Id
    """Site whose annual total has the probability."""
    probabilities: list[Probability] = Field(min_length=1)
    """Exceedance probabilities, one realization each. Series that are no sites and are drawn by month are the same
    draw in all of them, so that typical years differ by their year alone."""
    plotting_position: Literal[
        "weibull", "chegodayev", "median", "blom", "cunnane", "gringorten", "hazen"
    ] = "weibull"
    """Plotting position of the record's years, through which ``fit: curve`` goes; Weibull is m / (n + 1). Other fits
    do not use it, nor does the choice of the year, which is by its total."""
    fit: Literal["l_moments", "moments", "curve"] = "l_moments"
    """How the Pearson III curve of the totals is fitted."""
    skew_ratio: float | None = Field(default=None, gt=0)
    """Cs / Cv that is held in the fit; free if not given."""
    first_month: Month = 1
    """Month in which the year begins."""
    scale: Literal["index", "each", "none"] = "index"
    """Scale all sites by the index's quantile over its total, each site to its own quantile, or not at all."""
    unscaled: list[Id] | None = None
    """Sites that keep what the chosen year had; those used as evapotranspiration if not given, [] for none."""


Law = Literal["pearson3", "lognormal", "shifted_lognormal"]
"""A distribution: Pearson III, lognormal of two parameters, or of three."""
Laws = Annotated[
    Annotated[Law, Tag("one")] | Annotated[dict[Id, Law], Tag("many")],
    Discriminator(lambda raw: "many" if isinstance(raw, dict) else "one"),
]
"""A distribution of all sites, or by site."""


class Generated(HydrologyBase):
    """Series from a seasonal autoregressive model of all sites with monthly margins and annual persistence."""

    kind: Literal["generated"]
    """``generated``."""
    seed: int = Field(ge=0)
    """Seed of the random numbers."""
    fitted: FittedOrFile = None
    """Statistics, or the YAML file with them that ``waterbal hydrology fit`` writes; fitted on the record of
    the sites if not given."""
    margin: Laws = "pearson3"
    """Distribution of the months where the statistics are fitted on the record, of all sites or by site (Pearson
    III for those that are not named)."""


class Resampled(HydrologyBase):
    """Years or months of the record in another order, the same for all sites."""

    kind: Literal["resampled"]
    """``resampled``."""
    seed: int = Field(ge=0)
    """Seed of the random numbers."""
    method: Literal["block", "nearest"] = "block"
    """``block``: blocks of whole years of the record closed to a circle, so that every year is drawn equally often
    (circular block bootstrap, Politis and Romano 1992). ``nearest``: nearest neighbours (Lall and Sharma 1996)."""
    block: int = Field(default=3, ge=1)
    """Length of a block [years]."""
    neighbours: int | None = Field(default=None, ge=1)
    """Number of neighbours; the root of the number of years if not given."""
    unit: Literal["month", "year"] = "month"
    """What ``nearest`` draws: the next month, or the next year as a whole."""


AnyHydrology = Annotated[Observed | TypicalYears | Generated | Resampled, Field(discriminator="kind")]
"""Hydrology of a model."""
