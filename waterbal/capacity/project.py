"""Projects that ask for water (建设项目水资源论证), as files describe them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from pydantic import Field, ValidationError, model_validator

from waterbal.errors import ConfigError, Issue, Message
from waterbal.model.base import Id, Label, Provenance, Strict, Year
from waterbal.model.draft import join_issues
from waterbal.model.load import readable
from waterbal.model.marks import MarkNode, Marks, dotted
from waterbal.model.marks import Path as Place
from waterbal.model.problems import Problem, place, problems
from waterbal.model.quantities import (
    FixedIntensity,
    FixedShare,
    PeakFactor,
    Profile,
    Rate,
)
from waterbal.model.schema import DIALECT
from waterbal.model.text_file import decode, read_bytes
from waterbal.model.values import Number, Quantity
from waterbal.model.version import version_problem
from waterbal.model.yaml_reader import scan_yaml

FixedAnnual = Annotated[Number, Quantity("volume_per_year", forms=("value",))]
"""[1e4 m3/yr], one number."""
FixedValueAdded = Annotated[Number, Quantity("value_added", forms=("value",))]
"""[1e8 yuan], one number."""
FixedLoss = Annotated[Number, Quantity("fraction", high=0.95, forms=("value",))]
"""[-] share that is lost, below 1."""
Concentration = Annotated[Number, Quantity("concentration", forms=("value",))]
"""[kg/m3]"""
BuildUp = Annotated[Number, Quantity("fraction", high=1.0, forms=("by_year",))]
"""[-] share of the final need by year."""

TIERS = ("leading", "advanced", "general")
"""Tiers of a norm (领跑、先进、通用), strictest first."""


class Feed(Strict):
    """Where the project takes water from."""

    from_: Id = Field(alias="from")
    """Source, store or works that exists; or a link, at whose end water is taken."""
    grade: Id | None = None
    """Water grade that is there, where the model has grades."""
    planned: bool = True
    """Whether the project means to take water there; false if it only could."""
    capacity: Rate | None = None
    """Largest flow of its pipe; unlimited if not given [1e4 m3/d]."""
    loss: FixedLoss | None = None
    """Share lost in its pipe, with ``basis: net`` and where the project's own ``loss`` does not have it in it [-]."""


class Returned(Strict):
    """What the project gives back."""

    share: FixedShare
    """Share of the water that reaches the project [-]."""
    to: Id
    """Works or reclaimed source that takes it; ``outside`` for a river or the sea."""
    quality: Annotated[dict[Id, Concentration], Field(min_length=1)] | None = None
    """Pollutant -> concentration of what is given back [kg/m3]."""


class Offset(Strict):
    """Water that the project saves at an existing user."""

    demand: Id
    """User at which it is saved."""
    annual: FixedAnnual | None = None
    """What is agreed already; nothing if not given [1e4 m3/yr]."""
    at_most: FixedAnnual | None = None
    """What could be saved there at most; the need of the project if not given [1e4 m3/yr]."""

    @model_validator(mode="after")
    def _within(self) -> Offset:
        if (
            self.annual is not None
            and self.at_most is not None
            and self.annual.scalar() > self.at_most.scalar()
        ):
            raise ValueError(
                Message(
                    "已商定的节水量 annual 大于可节水量 at_most",
                    "what is agreed, annual, is more than at_most",
                )
            )
        return self


class Tiers(Strict):
    """Norm of an industry (用水定额) in tiers."""

    general: FixedIntensity
    """General (通用值) [m3/1e4 yuan]."""
    advanced: FixedIntensity
    """Advanced (先进值) [m3/1e4 yuan]."""
    leading: FixedIntensity
    """Leading (领跑值) [m3/1e4 yuan]."""
    provenance: Provenance | None = None
    """Source and grade of the numbers."""

    @model_validator(mode="after")
    def _ordered(self) -> Tiers:
        values = [getattr(self, name).scalar() for name in TIERS]
        if values != sorted(values):
            raise ValueError(
                Message(
                    "三级定额次序不对：leading <= advanced <= general",
                    "the tiers are not in order: leading <= advanced <= general",
                )
            )
        return self


def contradictions(given: Mapping[Any, Any]) -> Iterator[Message]:
    """Tell what does not fit together in a project, as far as it is written, whatever else is wrong with it.

    Parameters
    ----------
    given : mapping
        Fields of a project file, checked or not.
    """
    if given.get("basis") == "gross" and given.get("loss") is not None:
        yield Message(
            "毛需水已含损失；loss 只与 basis: net 一起写",
            "a gross need has its losses in it; loss belongs to basis: net",
        )
    piped = any(_loses(feed.get("loss")) for feed in listed(given.get("feeds")) if isinstance(feed, dict))
    if piped and given.get("basis") == "gross":
        yield Message(
            "毛需水已含损失；feeds 的 loss 只与 basis: net 一起写",
            "a gross need has its losses in it; the loss of a feed belongs to basis: net",
        )
    elif piped and given.get("loss") is not None:
        yield Message(
            "损失写了两次：loss 已是取水到用户的全部损失，feeds 不再写 loss",
            "the loss is stated twice: 'loss' is all between intake and users, feeds have none besides",
        )
    if given.get("type") == "industry" and given.get("value_added") is None:
        yield Message(
            "缺少 value_added：工业用水按其增加值论证",
            "value_added is missing: the use of industry is judged by its value added",
        )
    feeds = [feed for feed in listed(given.get("feeds")) if isinstance(feed, dict)]
    places = [str(feed["from"]) for feed in feeds if "from" in feed]
    if len(set(places)) != len(places):
        yield Message("两条供水线路（feeds）起自同一处", "two feeds begin at the same place")
    if feeds and all(feed.get("planned") is False for feed in feeds):
        yield Message("没有一条供水线路（feeds）已规划", "none of the feeds is planned")


def _loses(loss: Any) -> bool:
    """Tell whether a loss, checked or as it is written, is stated and not zero."""
    return loss is not None and (loss.scalar() > 0.0 if isinstance(loss, Number) else loss not in (0, "0"))


def listed(value: Any) -> list[Any]:
    """Give a list as it is, and none for what is no list."""
    return value if isinstance(value, list) else []


class Project(Strict):
    """A project that asks for water."""

    schema_version: Literal[1]
    """Version of this format."""
    id: Id
    """ASCII name."""
    name: Label
    """Title."""
    note: str = ""
    """Remark for readers of the file."""
    provenance: Provenance
    """Source and grade of all numbers that state none."""
    zone: Id
    """Zone in which it lies."""
    start_year: Year
    """First year in which it takes water."""
    type: Literal["industry", "public", "residential"]
    """Kind of demand."""
    annual: FixedAnnual
    """Need of a year when it is built out [1e4 m3/yr]."""
    basis: Literal["net", "gross"]
    """``net``: at the users; ``gross``: at the intake, losses included."""
    loss: FixedLoss | None = None
    """Share of the intake that is lost before the users, with ``basis: net`` [-]."""
    profile: Profile | None = None
    """Twelve relative monthly rates, January first; an even rate if not given [-]."""
    peak_day_factor: PeakFactor | None = None
    """Largest day over mean day of the largest month; that of the works if not given [-]."""
    own_reuse: FixedShare | None = None
    """Share of the need that is met by reuse inside the project [-]."""
    accepts: list[Id] = []
    """Water grades it may be given; needed where the model has grades."""
    feeds: Annotated[list[Feed], Field(min_length=1)]
    """Where it takes water from."""
    returns: Returned | None = None
    """What it gives back; nothing if not given."""
    offset: Offset | None = None
    """What it saves at an existing user."""
    served_with: Id
    """Demand or type of demand in whose priority class it is served."""
    curtailable_with: Id | None = None
    """Demand or type of demand of a later class that it could be served with, if it may be cut in a drought."""
    guarantee: FixedShare | None = None
    """Share of years without failure that it needs itself (供水保证率) [-]."""
    tolerance: FixedShare | None = None
    """Share of a year's need that may be short before its year has failed [-]."""
    industry: str = ""
    """Code or category of the industry, by which rules name it."""
    value_added: FixedValueAdded | None = None
    """Value added when it is built out [1e8 yuan]."""
    norm: Tiers | None = None
    """Norm of its industry; that of the rules if not given."""
    build_up: BuildUp | None = None
    """Share of the final need by year, linear between; all from the first year if not given [-]."""

    @model_validator(mode="after")
    def _consistent(self) -> Project:
        given = {name: getattr(self, name) for name in ("basis", "loss", "type", "value_added")}
        feeds = [{"from": feed.from_, "planned": feed.planned, "loss": feed.loss} for feed in self.feeds]
        found = list(contradictions({**given, "feeds": feeds}))
        if self.build_up is not None:
            if self.build_up.by_year[0][0] < self.start_year:
                found.append(Message("build_up 早于 start_year 开始", "build_up begins before start_year"))
            if abs(self.build_up.by_year[-1][1] - 1.0) > 1e-9:
                found.append(
                    Message("build_up 最后不是 1，即最终需水", "build_up does not end at 1, the final need")
                )
        if found:
            raise ValueError(Message("；".join(one.zh for one in found), "; ".join(map(str, found))))
        return self

    @property
    def arriving(self) -> float:
        """Water that its pipes must bring in a year when built out: need (1 - own reuse) / (1 - loss) [1e4 m3/yr]."""
        reuse = 0.0 if self.own_reuse is None else self.own_reuse.scalar()
        loss = 0.0 if self.loss is None else self.loss.scalar()
        return self.annual.scalar() * (1.0 - reuse) / (1.0 - loss)

    @property
    def intake(self) -> float:
        """Water taken in a year when built out, by the pipe that loses least of those it means to use [1e4 m3/yr]."""
        lost = [0.0 if feed.loss is None else feed.loss.scalar() for feed in self.feeds if feed.planned]
        return self.arriving / (1.0 - min(lost))

    @property
    def reaching(self) -> float:
        """Share of what arrives that reaches the users [-]."""
        return 1.0 - (0.0 if self.loss is None else self.loss.scalar())

    @property
    def value_per_volume(self) -> float | None:
        """Value added per intake [yuan/m3]; None without value added or intake."""
        if self.value_added is None or self.intake <= 0.0:
            return None
        return self.value_added.scalar() * 1e4 / self.intake

    @property
    def built_out(self) -> int:
        """First year with the final need."""
        if self.build_up is None:
            return self.start_year
        return next(year for year, share in self.build_up.by_year if share >= 1.0 - 1e-9)

    @property
    def growing(self) -> tuple[int, ...]:
        """Years in which it begins or grows."""
        later = () if self.build_up is None else (year for year, _ in self.build_up.by_year)
        return tuple(sorted({self.start_year, *later}))

    def share(self, year: int, delay: int = 0) -> float:
        """Return the share of the final need in a year, if everything comes ``delay`` years later [-]."""
        if year < self.start_year + delay:
            return 0.0
        if self.build_up is None:
            return 1.0
        years, shares = zip(*self.build_up.by_year, strict=True)
        return float(np.interp(year - delay, years, shares))


@dataclass(frozen=True)
class ProjectFile:
    """A project and where it was written."""

    project: Project
    marks: Marks
    within: Place = ()
    """Path of the project in the file."""
    config: Any = None
    """What was validated, as plain values."""

    def mark(self, *path: str | int) -> MarkNode:
        """Give the node of a value for places of the model that take it over."""
        node = self.marks.root
        for part in (*self.within, *path):
            node = node.children.get(part, node)
        return node

    def issue(
        self, path: Place, message: str, expected: str = "", near: str = "", *, key: bool = False
    ) -> Issue:
        """Say what is wrong with the project, at its place."""
        whole = (*self.within, *path)
        return Issue(message, dotted(whole), *self.marks.place(whole, key), expected, near)


Format = TypeVar("Format", bound=Strict)


@dataclass(frozen=True)
class Scanned:
    """A project file as it is written, with all that is wrong with it by itself."""

    config: Mapping[Any, Any]
    marks: Marks
    project: Project | None
    """None if it is not valid."""
    issues: tuple[Issue, ...]

    @property
    def file(self) -> ProjectFile | None:
        """The project and where it was written, if it is valid."""
        return None if self.project is None else ProjectFile(self.project, self.marks, config=self.config)


def scan_project(path: str | Path) -> Scanned:
    """Read a project file as far as it can be read.

    Raises
    ------
    ConfigError
        If it is no project file at all, or of another version.
    """
    config, marks, project, issues = _scan(
        path, Project, Message("申请用水的项目", "a project that asks for water")
    )
    if project is None:
        issues += [place(Problem((), told, at_key=True), marks) for told in contradictions(config)]
    return Scanned(config, marks, None if issues else project, tuple(issues))


def read_project(path: str | Path) -> ProjectFile:
    """Read a project file.

    Raises
    ------
    ConfigError
        With every problem, each with its line.
    """
    scanned = scan_project(path)
    if scanned.file is None:
        raise ConfigError(readable(list(scanned.issues)))
    return scanned.file


def json_schema() -> dict[str, Any]:
    """Describe project files as JSON schema, for editors; ``read_project`` checks against the same."""
    return {"$schema": DIALECT, **Project.model_json_schema(by_alias=True)}


def read_form(path: str | Path, form: type[Format], wanted: str) -> tuple[Format, Marks, Any]:
    """Read a YAML file of some form; gives what was read, its marks and its plain values."""
    config, marks, read, issues = _scan(path, form, wanted)
    if read is None or issues:
        raise ConfigError(readable(issues))
    return read, marks, config


def _scan(
    path: str | Path, form: type[Format], wanted: str
) -> tuple[dict[Any, Any], Marks, Format | None, list[Issue]]:
    """Read a YAML file of some form as far as it can be read."""
    file = str(path)
    config, marks, issues = scan_yaml(decode(read_bytes(path), file), file, wanted)
    version = version_problem(config)
    if version is not None:
        raise ConfigError(readable(join_issues(issues, [place(version, marks)])))
    try:
        return config, marks, form.model_validate(config), issues
    except ValidationError as error:
        schema = form.model_json_schema(by_alias=True)
        found = [place(problem, marks) for problem in problems(error, config, schema)]
        return config, marks, None, join_issues(issues, found)
