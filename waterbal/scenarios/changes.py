"""What a scenario file changes in the model: where each change is written, and which undo each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from waterbal.errors import Message, in_language
from waterbal.model.base import Provenance
from waterbal.model.lookup import keys_of
from waterbal.model.marks import MarkNode, Marks, Path
from waterbal.model.overrides import Change
from waterbal.model.parameters import Parameters
from waterbal.model.problems import Problem

if TYPE_CHECKING:
    from waterbal.scenarios.axes import Axis


def changes_in(
    given: Mapping[str, Any],
    path: Path,
    marks: Marks,
    provenances: Sequence[Provenance | None],
    *,
    times: bool = False,
) -> tuple[Change, ...]:
    """Give the changes of a mapping of dotted places to values.

    Parameters
    ----------
    given : mapping
        Dotted place -> value.
    path : tuple
        Place of the mapping in the scenario file.
    marks : Marks
        Positions in the scenario file.
    provenances : sequence of Provenance
        Source and grade of bare numbers: the first that is given.
    times : bool
        Whether the values are factors.
    """
    known = next((provenance for provenance in provenances if provenance is not None), None)
    file = FilePath(marks.root.file).name
    source = known.source if known is not None and known.source else f"set in {file}"
    grade = known.grade if known is not None else "assumed"
    here = node_at(marks, path)
    changes = []
    for name, value in given.items():
        mark = here.children.get(name, here)
        changes.append(
            Change(name, value, mark.moved(*marks.place((*path, name), key=True)), source, grade, times)
        )
    return tuple(changes)


def node_at(marks: Marks, path: Path) -> MarkNode:
    """Give the marks at a path, as far as it goes."""
    node = marks.root
    for part in path:
        node = node.children.get(part, node)
    return node


def conflicts(owners: Iterable[tuple[str, Path, Change]], table: Parameters) -> list[Problem]:
    """Report changes that undo those of an earlier owner, which would then have no effect.

    Parameters
    ----------
    owners : iterable of (str, tuple, Change)
        Axis or factor, place of the change in the scenario file, and the change, in the order of application.
    table : dict
        Parameters of the model.
    """
    found = []
    setters: dict[str, str] = {}
    for owner, path, change in owners:
        places = _places(change, table)
        undone = [own for place in places for own in setters if own == place or own.startswith(place + ".")]
        other = next((setters[own] for own in undone if setters[own] != owner), "")
        if other and not change.times:
            message = Message(
                f"{in_language(other, 'zh')} 也改变 {change.path}", f"{change.path} is changed by {other} too"
            )
            expected = Message(
                "每处只由其中之一改变，且先整体后局部",
                "one of them for each place, the whole before its parts",
            )
            found.append(Problem(path, message, expected, at_key=True))
        setters |= dict.fromkeys(places, owner)
    return found


def changes_all(change: Change, earlier: Change, table: Parameters) -> bool:
    """Tell whether a change leaves nothing of an earlier one."""
    over = _places(change, table)
    return all(
        any(own == place or own.startswith(place + ".") for place in over) for own in _places(earlier, table)
    )


def _places(change: Change, table: Parameters) -> list[str]:
    """Give the places that a change has an effect on."""
    keys = list(keys_of([change.parameter], table)) if change.parameter else []
    return [f"parameters.{key}" for key in keys] or [change.path]


def owned(axes: Iterable[Axis]) -> Iterator[tuple[str, Path, Change]]:
    """Give the changes of axes with their owner and place, for ``conflicts``."""
    for axis in axes:
        for value in axis.values:
            for change in value.changes:
                part = "times" if change.times else "set"
                yield (
                    Message(f"维度 {axis.id!r}", f"axis {axis.id!r}"),
                    ("axes", axis.id, "values", value.key, part, change.path),
                    change,
                )
