"""How figures read results: one member of a run or a sweep, and who is what in the model."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from waterbal.errors import Issue, Message, UsageError, nearest
from waterbal.report.charts.style import CYCLE, GREY, SECTORS
from waterbal.report.charts.words import TYPES, say
from waterbal.report.material import kind
from waterbal.report.summary import Record
from waterbal.results.terms import Term, sector

if TYPE_CHECKING:
    import xarray as xr

MOST_ORIGINS = 10
"""Sources, aquifers and reclaimed waters told apart; above, those of the type that has most are told together."""
WHAT = {
    "run": Term("`waterbal run`", "`waterbal run`"),
    "series": Term(
        "`waterbal run` 或 `keep: full` 的批量计算", "`waterbal run`, or a sweep with `keep: full`"
    ),
    "years": Term(
        "`waterbal run` 或 `keep: yearly`、`keep: full` 的批量计算",
        "`waterbal run`, or a sweep with `keep: yearly` or `keep: full`",
    ),
    "sweep": Term("`waterbal sweep`", "`waterbal sweep`"),
    "capacity": Term("`waterbal capacity`", "`waterbal capacity`"),
}
"""What makes results of a kind, as users type it."""
ELEMENT_NAMES = {"reservoir": "水库", "aquifer": "含水层", "quota": "用水指标"}
ELEMENTS = {"storages": "reservoir", "groundwater": "aquifer", "quotas": "quota"}
"""What a model must have for a figure."""


def refuse(figure: str, results: xr.Dataset, needed: str, more: str = "") -> UsageError:
    """Return the error of a figure that a result cannot give.

    Parameters
    ----------
    figure : str
        Name of the figure.
    results : Dataset
        The result at hand.
    needed : str
        Key of ``WHAT``.
    more : str
        Option that makes it, where there is one.
    """
    element = ELEMENTS.get(figure)
    if element and "water_supply" in results and "time" in results.dims:
        message = Message(f"模型中没有{ELEMENT_NAMES[element]}", f"the model has no {element}s")
        return UsageError(
            Issue(
                message,
                figure,
                expected=Message(
                    f"模型中有{ELEMENT_NAMES[element]}的成果", f"a result of a model with {element}s"
                ),
            )
        )
    is_now = {
        "run": Message("单次模拟", "a run"),
        "sweep": Message("批量计算", "a sweep"),
        "capacity": Message("承载能力", "capacities"),
    }[kind(results)]
    message = Message(
        f"该成果（{is_now.zh}）没有可供绘制 {figure} 的内容",
        f"this result ({is_now}) has nothing to draw {figure} from",
    )
    return UsageError(Issue(message, figure, expected=_made_by(WHAT[needed], more)))


def _made_by(command: Term, more: str) -> Message:
    return Message(f"{command.zh}{more} 的成果", f"a result of {command.en}{more}")


def decoded(results: xr.Dataset) -> xr.Dataset:
    """Return a result with ids as text, however it was opened."""
    texts = {str(name): c for name, c in results.coords.items() if c.dtype.kind == "S"}
    if not texts:
        return results
    return results.assign_coords(
        {name: (c.dims, np.char.decode(c.values, "utf-8"), c.attrs) for name, c in texts.items()}
    )


def position(results: xr.Dataset, scenario: int | str) -> int:
    """Return the position of a scenario that is given by position or id.

    Raises
    ------
    UsageError
        If there is no such scenario.
    """
    ids = [str(name) for name in results["scenario_id"].values.ravel()]
    if isinstance(scenario, str) and scenario in ids:
        return ids.index(scenario)
    if not isinstance(scenario, str) and -len(ids) <= scenario < len(ids):
        return int(scenario) % len(ids)
    expected = Message(
        f"0 至 {len(ids) - 1}，或 id，例如 {ids[0]}", f"0 to {len(ids) - 1}, or an id such as {ids[0]}"
    )
    message = Message(f"没有方案 {scenario!r}", f"there is no scenario {scenario!r}")
    raise UsageError(Issue(message, "scenario", expected=expected, nearest=nearest(str(scenario), ids)))


class Member(Record):
    """One scenario and realization of a run or of a sweep that keeps series."""

    def __init__(
        self,
        results: xr.Dataset,
        scenario: int | str = 0,
        realization: int = 0,
        *,
        figure: str,
        needs: Sequence[str] = (),
        needed: str = "series",
    ) -> None:
        """Choose a member.

        Raises
        ------
        UsageError
            If the result has no such member, or lacks what the figure needs.
        """
        if kind(results) == "capacity" or any(name not in results for name in ("time", *needs)):
            raise refuse(figure, results, needed)
        results = decoded(results)
        results = results.expand_dims(
            [name for name in ("scenario", "realization") if name not in results.dims]
        )
        place = position(results, scenario)
        if not 0 <= realization < results.sizes["realization"]:
            last = results.sizes["realization"] - 1
            expected = Message(f"0 至 {last}", f"0 to {last}")
            message = Message(f"没有第 {realization} 个水文样本", f"there is no realization {realization}")
            raise UsageError(Issue(message, "realization", expected=expected))
        super().__init__(results, place, realization)

    def labels(self, dimension: str, language: str) -> list[str]:
        """Return the names of the elements of a dimension, as they are."""
        return [name[language] for name in self.names(dimension)]


class Origin:
    """Where water comes from: a source, an aquifer, reclaimed water, or several of a type together."""

    def __init__(self, members: Sequence[Mapping[str, str]], type_: str, colour: str) -> None:
        """Take over names and colour."""
        self.ids = [member["id"] for member in members]
        self.members, self.type, self.colour = members, type_, colour

    def name(self, language: str) -> str:
        """Return the name of the one, or of the type and how many there are."""
        if len(self.members) == 1:
            return self.members[0][language]
        kind_name = str(getattr(TYPES[self.type], language)) if self.type in TYPES else self.type
        return say("several", language, name=kind_name, count=len(self.members))


def types(results: xr.Dataset) -> dict[str, str]:
    """Return the type of every source, store and work of the model by id."""
    config = json.loads(str(results.attrs.get("waterbal_config", "{}")))
    return {
        name: str(spec.get("type", ""))
        for group in ("sources", "stores", "works")
        for name, spec in config.get(group, {}).items()
    }


def origins(results: xr.Dataset) -> list[Origin]:
    """List where water comes from, the same way and in the same colours for every result of a model."""
    known = types(results)
    named: list[tuple[str, dict[str, str]]] = []
    for dimension in ("source", "aquifer", "node"):
        for place, id in enumerate(_texts(results, f"{dimension}_id")):
            told = {"id": id} | {
                language: _texts(results, f"{dimension}_name_{language}")[place] for language in ("zh", "en")
            }
            type_ = known.get(id, dimension)
            if dimension != "node" or type_ == "reclaimed":
                named.append((type_, told))
    together: list[str] = []
    while True:
        count = {t: sum(own == t for own, _ in named) for t, _ in named if t not in together}
        size = len(together) + sum(count.values())
        largest = max(count.values(), default=1)
        if size <= MOST_ORIGINS or largest < 2:
            break
        together.append(next(t for t, n in count.items() if n == largest))
    found: list[Origin] = []
    for type_, told in named:
        if type_ in together and any(o.type == type_ for o in found):
            continue
        members = [t for own, t in named if own == type_] if type_ in together else [told]
        found.append(Origin(members, type_, CYCLE[len(found) % len(CYCLE)]))
    return found


def _texts(results: xr.Dataset, name: str) -> list[str]:
    if name not in results.coords:
        return []
    return [v.decode() if isinstance(v, bytes) else str(v) for v in results[name].values.ravel()]


def sector_name(kind_: str, language: str) -> str:
    """Return the name of a sector."""
    return str(getattr(sector(kind_), language))


def sector_colour(kind_: str) -> str:
    """Return the colour of a sector."""
    return SECTORS.get(kind_, GREY)
