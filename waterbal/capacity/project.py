"""Projects that ask for water (建设项目水资源论证), as files describe them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from pydantic import Field, ValidationError, model_validator

from waterbal.errors import ConfigError, Issue, Message, nearest, one_of
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
from waterbal.model.root import Model
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
    """Share lost in its pipe [-]."""


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
        if self.basis == "gross" and self.loss is not None:
            raise ValueError(
                Message(
                    "毛需水已含损失；loss 只与 basis: net 一起写",
                    "a gross need has its losses in it; loss belongs to basis: net",
                )
            )
        if self.build_up is not None:
            if self.build_up.by_year[0][0] < self.start_year:
                raise ValueError(
                    Message("build_up 早于 start_year 开始", "build_up begins before start_year")
                )
            if abs(self.build_up.by_year[-1][1] - 1.0) > 1e-9:
                raise ValueError(
                    Message("build_up 最后不是 1，即最终需水", "build_up does not end at 1, the final need")
                )
        if self.type == "industry" and self.value_added is None:
            raise ValueError(
                Message(
                    "缺少 value_added：工业用水按其增加值论证",
                    "value_added is missing: the use of industry is judged by its value added",
                )
            )
        places = [feed.from_ for feed in self.feeds]
        if len(set(places)) != len(places):
            raise ValueError(Message("两条供水线路（feeds）起自同一处", "two feeds begin at the same place"))
        if not any(feed.planned for feed in self.feeds):
            raise ValueError(Message("没有一条供水线路（feeds）已规划", "none of the feeds is planned"))
        return self

    @property
    def intake(self) -> float:
        """Water taken in a year when built out: need (1 - own reuse) / (1 - loss) [1e4 m3/yr]."""
        reuse = 0.0 if self.own_reuse is None else self.own_reuse.scalar()
        loss = 0.0 if self.loss is None else self.loss.scalar()
        return self.annual.scalar() * (1.0 - reuse) / (1.0 - loss)

    @property
    def reaching(self) -> float:
        """Share of the intake that reaches the users [-]."""
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


def read_project(path: str | Path) -> ProjectFile:
    """Read a project file.

    Raises
    ------
    ConfigError
        With every problem, each with its line.
    """
    project, marks, config = read_form(
        path, Project, Message("申请用水的项目", "a project that asks for water")
    )
    return ProjectFile(project, marks, config=config)


def json_schema() -> dict[str, Any]:
    """Describe project files as JSON schema, for editors; ``read_project`` checks against the same."""
    return {"$schema": DIALECT, **Project.model_json_schema(by_alias=True)}


def read_form(path: str | Path, form: type[Format], wanted: str) -> tuple[Format, Marks, Any]:
    """Read a YAML file of some form; gives what was read, its marks and its plain values."""
    file = str(path)
    config, marks, issues = scan_yaml(decode(read_bytes(path), file), file, wanted)
    version = version_problem(config)
    if version is not None:
        raise ConfigError(readable(join_issues(issues, [place(version, marks)])))
    try:
        read = form.model_validate(config)
    except ValidationError as error:
        schema = form.model_json_schema(by_alias=True)
        found = [place(problem, marks) for problem in problems(error, config, schema)]
        raise ConfigError(readable(join_issues(issues, found))) from None
    if issues:
        raise ConfigError(readable(issues))
    return read, marks, config


def project_issues(file: ProjectFile, model: Model) -> list[Issue]:
    """List what does not fit between a project and a model."""
    return [
        file.issue(problem.path, problem.message, problem.expected, problem.nearest, key=problem.at_key)
        for problem in _problems(file.project, model)
    ]


def _problems(project: Project, model: Model) -> Iterator[Problem]:
    users = [*model.demands, *dict.fromkeys(str(getattr(d, "type", "")) for d in model.demands.values())]
    places = [*model.sources, *model.stores, *model.works, *model.links]
    known = [*places, *model.demands, *model.quotas, *model.drought, *users]
    if project.id in known:
        message = Message(
            f"{project.id!r} 已是模型中某个对象的名称",
            f"{project.id!r} is already the name of a part of the model",
        )
        yield Problem(("id",), message, Message("另一个 id", "another id"))
    yield from _unknown(("zone",), project.zone, Message("模型中的分区", "a zone of the model"), model.zones)
    yield from _unknown(
        ("served_with",), project.served_with, Message("用户或用户类型", "a demand or type of demand"), users
    )
    if project.curtailable_with is not None:
        yield from _unknown(
            ("curtailable_with",),
            project.curtailable_with,
            Message("用户或用户类型", "a demand or type"),
            users,
        )
    if project.offset is not None:
        yield from _unknown(
            ("offset", "demand"), project.offset.demand, Message("用户", "a demand"), model.demands
        )
    for index, feed in enumerate(project.feeds):
        yield from _unknown(
            ("feeds", index, "from"), feed.from_, Message("有水的地点", "a place that has water"), places
        )
        if feed.grade is not None and feed.grade not in project.accepts:
            message = Message(
                f"水质等级 {feed.grade!r} 不在项目可接受的等级之中",
                f"grade {feed.grade!r} is none that the project accepts",
            )
            yield Problem(("feeds", index, "grade"), message, one_of(project.accepts))
    for index, grade in enumerate(project.accepts):
        yield from _unknown(
            ("accepts", index), grade, Message("模型中的水质等级", "a water grade of the model"), model.grades
        )
    if model.grades and not project.accepts:
        yield Problem(
            (),
            Message("缺少 'accepts' 一项", "key 'accepts' is missing"),
            Message("项目可使用的水质等级", "the water grades it may be given"),
            at_key=True,
        )
    yield from _return_problems(project, model)


def _return_problems(project: Project, model: Model) -> Iterator[Problem]:
    back = project.returns
    if back is None:
        return
    yield from _unknown(
        ("returns", "to"), back.to, Message("工程、再生水水源或 'outside'", "works, a reclaimed source or 'outside'"),
        [*model.works, *model.sources, *model.stores, "outside"],
    )  # fmt: skip
    waters = model.capacity.receiving_waters if model.capacity is not None else {}
    if back.share.scalar() > 0.0 and waters and back.quality is None:
        message = Message(
            "缺少退水水质：模型中有受纳水体",
            "the quality of what is given back is missing: the model has receiving waters",
        )
        yield Problem(("returns",), message, "quality: {cod: 50 g/m3}", at_key=True)


def _unknown(path: Place, name: str, what: Message, valid: Any) -> Iterator[Problem]:
    names = list(valid)
    if name not in names:
        shown = one_of([*names[:12], *(["..."] if len(names) > 12 else [])])
        yield Problem(
            path,
            Message(f"没有名为 {name!r} 的{what.zh}", f"{name!r} is not {what}"),
            shown if names else what,
            nearest(name, names),
        )
