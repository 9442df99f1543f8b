"""The ledger of commitments (准入台账) and the rules that projects are judged by, as files describe them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import Field, model_validator

from waterbal.capacity.project import Concentration, FixedAnnual, Project, ProjectFile, Tiers, read_form
from waterbal.errors import Message
from waterbal.model.base import Id, Label, Provenance, Strict, Year
from waterbal.model.marks import Marks
from waterbal.model.quantities import AnnualVolume, FixedShare
from waterbal.model.schema import DIALECT
from waterbal.model.values import Number


def volume_in(number: Number, year: int) -> float:
    """Return a volume of a year; beyond the years that are given the nearest one holds."""
    if number.by_year:
        years, values = zip(*number.by_year, strict=True)
        value = float(np.interp(year, years, values))
        for factor in number.factors:
            value *= factor.scalar()
        return value
    return number.scalar()


class Banned(Strict):
    """Entry of the negative list (负面清单)."""

    name: Label
    """What is not allowed."""
    provenance: Provenance
    """Where the list says so."""


class EffluentLimit(Strict):
    """Largest concentration of what is given back."""

    pollutant: Id
    """Pollutant, as projects name it."""
    to: list[Id] = []
    """Works or ``outside`` for which it holds; all if not given."""
    at_most: Concentration
    """Limit [kg/m3]."""
    provenance: Provenance | None = None
    """Source and grade of the limit."""


class Rules(Strict):
    """What admission is judged by besides the model."""

    name: Label
    """Title."""
    provenance: Provenance
    """Source and grade of all numbers that state none."""
    negative_list: dict[str, Banned] | None = None
    """Code of an industry that is not allowed -> entry; an empty mapping if there is no list."""
    norms: dict[str, Tiers] = {}
    """Code of an industry -> its norm."""
    effluent: list[EffluentLimit] = []
    """Limits on what is given back."""
    quota_headroom: FixedShare | None = None
    """Share of every quota that is not given to projects; none if not given [-]."""
    offset_at_most: FixedShare | None = None
    """Largest share of a project's need that may be saved elsewhere instead; all if not given [-]."""
    supplied_at_least: FixedShare | None = None
    """Share of a part that is fed with reclaimed water alone, or served in a later class, that must be supplied for
    that to be a way to pass; 0.1 if not given [-]."""
    dry_years: int = Field(default=3, ge=2, le=10)
    """Years in a row of the dry period; 3 as in California Water Code 10910 (SB 610, 2001)."""


class CommittedTerms(Strict):
    """Terms on which a project was admitted."""

    offset: FixedAnnual | None = None
    """Water saved elsewhere besides what its project says [1e4 m3/yr]."""
    reclaimed: FixedShare | None = None
    """Share of its need that is fed with reclaimed water alone [-]."""
    curtailed: FixedShare | None = None
    """Share of its need that is served in the later class [-]."""
    delay: int = Field(default=0, ge=0)
    """Years by which it begins later."""
    provenance: Provenance | None = None
    """Source and grade of the numbers."""


class Commitment(Strict):
    """Water that is promised or in use."""

    id: Id
    """ASCII name."""
    name: Label | None = None
    """Label in tables."""
    note: str = ""
    """Remark for readers of the file."""
    status: Literal["in_use", "approved", "built", "lapsed"]
    """``in_use``: present use as a whole; ``approved``: not yet built; ``built``: part of the present use by now;
    ``lapsed``: given up. The first two count."""
    annual: AnnualVolume
    """Volume [1e4 m3/yr]."""
    from_: Year | None = Field(default=None, alias="from")
    """First year; from the beginning if not given."""
    quotas: list[Id] | None = None
    """Quotas that an approved volume without a project counts in; all that projects draw on if not given."""
    project: Project | None = None
    """Its project, which is then simulated with the others."""
    terms: CommittedTerms | None = None
    """Terms on which that was admitted."""
    condition: str = ""
    """On what it was admitted."""
    provenance: Provenance | None = None
    """Source and grade of the volume."""

    @model_validator(mode="after")
    def _counted(self) -> Commitment:
        if self.quotas is not None and (self.project is not None or self.status != "approved"):
            raise ValueError(
                Message(
                    "quotas 只用于没有 project 的已批（approved）水量：其余由模拟得出计入哪些指标",
                    "quotas belongs to an approved volume without a project: what others count in is simulated",
                )
            )
        return self


class Ledger(Strict):
    """Ledger of commitments (准入台账)."""

    name: Label
    """Title."""
    provenance: Provenance
    """Source and grade of all numbers that state none."""
    capacity: AnnualVolume
    """Water that can be given away [1e4 m3/yr]."""
    headroom: FixedShare
    """Share of it that is kept against doubt [-]."""
    growth_reserved: AnnualVolume | None = None
    """Kept for growth that needs no admission, such as people who move in; nothing if not given [1e4 m3/yr]."""
    counts_reclaimed: bool = True
    """Whether reclaimed water is part of the capacity and of what is taken from it."""
    committed: list[Commitment] = []
    """Commitments in the order in which they were made."""

    @model_validator(mode="after")
    def _once(self) -> Ledger:
        names = [entry.id for entry in self.committed]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise ValueError(
                Message(
                    f"承诺 {twice!r} 出现两次",
                    f"commitment {twice!r} is there twice",
                )
            )
        return self

    def committed_in(self, year: int) -> float:
        """Return what is committed in a year [1e4 m3/yr]."""
        return sum(
            volume_in(entry.annual, year)
            for entry in self.committed
            if entry.status in ("in_use", "approved") and (entry.from_ is None or entry.from_ <= year)
        )

    def remaining(self, year: int) -> float:
        """Return what is left to give in a year [1e4 m3/yr].

        capacity x (1 - headroom) - committed - growth reserved.
        """
        growth = 0.0 if self.growth_reserved is None else volume_in(self.growth_reserved, year)
        usable = volume_in(self.capacity, year) * (1.0 - self.headroom.scalar())
        return usable - self.committed_in(year) - growth

    def smallest_offset(self, volume: float, year: int) -> float:
        """Return what must be saved elsewhere so that a volume fits into a year [1e4 m3/yr]."""
        return max(0.0, volume - self.remaining(year))


class Office(Strict):
    """File with the ledger, the rules, or both."""

    schema_version: Literal[1]
    """Version of this format."""
    ledger: Ledger | None = None
    """Ledger of commitments."""
    rules: Rules | None = None
    """What is judged by."""


@dataclass(frozen=True)
class OfficeFile:
    """Ledger and rules, and where they were written."""

    office: Office
    marks: Marks
    path: Path
    config: Any

    def projects(self) -> list[ProjectFile]:
        """Give the projects that are approved and not yet built."""
        if self.office.ledger is None:
            return []
        return [
            ProjectFile(
                entry.project,
                self.marks,
                ("ledger", "committed", index, "project"),
                self.config["ledger"]["committed"][index]["project"],
            )
            for index, entry in enumerate(self.office.ledger.committed)
            if entry.project is not None and entry.status == "approved"
        ]


def read_office(path: str | Path) -> OfficeFile:
    """Read a file with a ledger, rules, or both; see ``waterbal.capacity.project.read_project``."""
    office, marks, config = read_form(
        path, Office, Message("承诺台账或规则", "a ledger of commitments or rules")
    )
    return OfficeFile(office, marks, Path(path), config)


def json_schema() -> dict[str, Any]:
    """Describe ledgers and rules as JSON schema, for editors; ``read_office`` checks against the same."""
    return {"$schema": DIALECT, **Office.model_json_schema(by_alias=True)}
