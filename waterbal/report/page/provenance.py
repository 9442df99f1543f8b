"""Assumptions and provenance: how firm the inputs are, which of them are assumed, and where they come from."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from waterbal.model.assumptions import Assumption
from waterbal.report.page.blocks import Block, Folded, Grid, Heading, Section, Text
from waterbal.report.page.subject import Subject

if TYPE_CHECKING:
    import xarray as xr

GRADES = ("found", "derived", "assumed")
"""Grades, the firmest first."""


def section(subject: Subject) -> Section | None:
    """Make the section; results of the same model are told once."""
    blocks: list[Block] = []
    seen: set[str] = set()
    for results in subject.datasets:
        text = str(results.attrs.get("waterbal_config", ""))
        name = _model(text)
        if text and name not in seen:
            seen.add(name)
            blocks += _inputs(subject, assumptions(results))
    return Section("assumptions", subject.say("assumptions"), blocks) if blocks else None


def assumptions(results: xr.Dataset) -> list[Assumption]:
    """List the numbers of the model that a result holds, with source and grade."""
    from waterbal.model.load import load_config

    return load_config(json.loads(str(results.attrs["waterbal_config"]))).model.assumptions()


def _model(text: str) -> str:
    """Tell models apart by their name and the places of their numbers, not by a planning year."""
    config = json.loads(text) if text else {}
    return json.dumps([config.get("name"), config.get("description")], ensure_ascii=False)


def _inputs(subject: Subject, inputs: Sequence[Assumption]) -> list[Block]:
    say = subject.say
    counts = Counter(entry.grade for entry in inputs)
    assumed = [entry for entry in inputs if entry.grade == "assumed"]
    grades = Grid(
        say("inputs_by_grade"),
        [Heading(say("grade")), Heading(say("count"), True)],
        [[say(f"grade_{grade}"), f"{counts.get(grade, 0):,}"] for grade in GRADES],
    )
    blocks: list[Block] = [Text([say("assumed_lead", count=f"{len(assumed):,}")], "caution"), grades]
    if assumed:
        heads = [say(key) for key in ("where", "value", "range", "source")]
        rows = [
            [entry.path, _value(entry.value, entry.unit), _range(entry), entry.source or say("no_source")]
            for entry in assumed
        ]
        listed = Grid("", [Heading(head) for head in heads], rows, searched=True)
        blocks.append(Folded(say("assumed_list", count=f"{len(assumed):,}"), [listed]))
    sources = Counter((entry.source, entry.grade) for entry in inputs)
    heads = [say("source"), say("grade")]
    rows = [
        [source or say("no_source"), say(f"grade_{grade}"), f"{count:,}"]
        for (source, grade), count in sources.most_common()
    ]
    listed = Grid("", [*(Heading(head) for head in heads), Heading(say("inputs_of_source"), True)], rows)
    blocks.append(Folded(say("sources_list", count=f"{len(rows):,}"), [listed]))
    return blocks


def _value(value: Any, unit: str) -> str:
    told = _plain(value)
    return f"{told} {unit}".strip() if unit not in ("", "1", "-") else told


def _plain(value: Any) -> str:
    """Give a number, a series by year or by month."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return "; ".join(f"{year}: {_plain(item)}" for year, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(item) for item in value)
    return f"{value:,.6g}" if isinstance(value, (int, float)) else str(value)


def _range(entry: Assumption) -> str:
    if entry.low is None and entry.high is None:
        return ""
    return f"{_plain(entry.low)} – {_plain(entry.high)}"
