"""The format of scenario files."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from waterbal.model.base import Id, Label, Provenance, Strict
from waterbal.model.quantities import AnnualMoney
from waterbal.model.schema import DIALECT

ChangePath = Annotated[str, StringConstraints(pattern=r"^[^.\s]+(\.[^.\s]+)*$")]
"""Dotted place in the model, e.g. ``links.main.capacity``, or ``parameters.`` and a key of its tables."""
Changes = dict[ChangePath, Any]
"""Dotted place in the model -> new value, as a model file would have it."""
Factors = dict[ChangePath, Annotated[float, Field(ge=0)]]
"""Dotted place in the model -> factor on the number that stands there."""
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
    """What it changes in the model; nothing if not given. ``{year}`` in the key of a parameter stands for all
    years that the tables have."""
    times: Factors = {}
    """Factors on numbers of the model, after ``set`` and after the axes before this one."""


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


class MeasureSpec(ValueSpec):
    """Something that can be done: saving, reuse, works, a larger quota, a transfer."""

    cost: AnnualMoney | None = None
    """Cost of a year, with interest and running cost [1e4 yuan/yr]."""
    lead_years: float | None = Field(default=None, ge=0)
    """Years from the decision to the first water [yr]."""
    requires: list[Id] = []
    """Measures without which this one does nothing."""


class BalanceSpec(Strict):
    """One of the balances of demand and supply (一次、二次、三次平衡): what is done in it besides the ones before."""

    name: Label | None = None
    """Label in tables and figures; the id where it is missing."""
    measures: list[Id] = []
    """Measures that this balance adds to those before it."""


class FactorSpec(Strict):
    """One uncertain number: its range and how likely the values in it are."""

    name: Label | None = None
    """Label in tables and figures; the id where it is missing."""
    note: str = ""
    """Remark for readers of the file."""
    provenance: Provenance | None = None
    """Source and grade of the range; where it is missing the source is that of the parameter table and the grade
    ``assumed``."""
    set: ChangePath | Annotated[list[ChangePath], Field(min_length=1)] | None = None
    """Place or places that get the sampled value; this or ``times``. Several parameters that have ranges of their
    own move together: each has the same quantile of its range."""
    times: ChangePath | Annotated[list[ChangePath], Field(min_length=1)] | None = None
    """Place or places whose numbers are multiplied by the sampled value."""
    unit: str = ""
    """Unit of the values, where a place in the model needs one; parameters have that of their table."""
    distribution: Literal["uniform", "triangular", "normal", "lognormal", "discrete"] = "uniform"
    """``normal`` and ``lognormal`` are cut off at the range."""
    low: float | None = None
    """Lowest value; that of the parameter table if not given."""
    high: float | None = None
    """Highest value; that of the parameter table if not given."""
    mode: float | None = None
    """Likeliest value of ``triangular``; the value of the parameter table if not given."""
    mean: float | None = None
    """Mean of ``normal`` and ``lognormal`` before they are cut; the value of the parameter table if not given."""
    sd: Annotated[float, Field(gt=0)] | None = None
    """Standard deviation of ``normal`` and ``lognormal`` before they are cut."""
    values: Annotated[list[float], Field(min_length=1)] | None = None
    """Values of ``discrete``."""
    weights: list[Annotated[float, Field(ge=0)]] | None = None
    """Weight of each value of ``discrete``; all alike if not given."""


class CorrelationSpec(Strict):
    """Two uncertain numbers that go together."""

    of: Annotated[list[Id], Field(min_length=2, max_length=2)]
    """The two factors."""
    correlation: float = Field(gt=-1, lt=1)
    """Rank correlation [-]."""


class SamplingSpec(Strict):
    """Sampled uncertainty: every scenario is run with every sample."""

    method: Literal["latin_hypercube", "sobol"] = "latin_hypercube"
    """How the samples fill the space; the number of ``sobol`` samples is a power of 2."""
    size: int = Field(ge=0, le=100_000)
    """Number of samples; 0 with ``nominal`` where only the ranges are used, by ``waterbal capacity --with
    sensitivity``."""
    seed: int = Field(ge=0)
    """Seed of the random numbers."""
    nominal: bool = False
    """Whether every scenario is also run as it is, as sample 0."""
    factors: Annotated[dict[Id, FactorSpec], Field(min_length=1)]
    """Uncertain numbers by id."""
    correlations: list[CorrelationSpec] = []
    """Rank correlations; all others are 0."""


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
    realizations: int | None = Field(default=None, ge=1, le=1_000_000)
    """Hydrological samples that every scenario is run with. If not given: all that there are, such as one for each
    typical year, or one where any number can be drawn."""
    keep: Keep = "metrics"
    """What is kept of every run: ``metrics`` alone, ``yearly`` sums as well, or the ``full`` series."""
    axes: dict[Id, AxisSpec] = {}
    """Axes by id; their product is the set of scenarios, the last axis runs fastest."""
    scenarios: Annotated[list[ListedScenario], Field(min_length=1)] | None = None
    """Explicit list instead of the product."""
    sampling: SamplingSpec | None = None
    """Uncertain numbers, drawn by a plan of samples."""
    exclude: list[Choices] = []
    """Scenarios left out of the product: all that have these values."""
    baseline: dict[Id, Choice] | None = None
    """Scenario that others are compared with: one value of every axis that has several."""
    measures: dict[Id, MeasureSpec] = {}
    """What relief is sought among, on top of any scenario."""
    balances: dict[Id, BalanceSpec] = {}
    """Balances from first to last, each with the measures it adds; the first is the scenario as it is, or what its own
    measures take back."""


def json_schema() -> dict[str, Any]:
    """Describe the format as JSON schema, for editors."""
    return {"$schema": DIALECT, **StudySpec.model_json_schema(by_alias=True)}
