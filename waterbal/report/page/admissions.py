"""Projects that were judged: their verdicts, tests with evidence, changes and who is affected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from waterbal.capacity.admission_verdict import VERDICTS, Verdict
from waterbal.errors import DataError, Issue, Message
from waterbal.model.base import Label
from waterbal.report import admission as words
from waterbal.report.page.blocks import Block, Folded, Points, Section, State, States, Text
from waterbal.report.page.subject import Subject
from waterbal.report.page.tables import grid

COLOURS = {"admitted": "green", "conditional": "yellow", "refused": "red"}
"""Colour of each verdict; its word stands beside it."""


NUMBERS = ("before", "after", "short_before", "short_after")
"""Fields of a comparison that are numbers."""


class Judged(NamedTuple):
    """An admission read from its file."""

    verdicts: tuple[Verdict, ...]
    futures: Mapping[str, Label]
    """Names by id."""
    realizations: int
    assumed: int


def read(content: Mapping[str, Any]) -> Judged:
    """Read an admission.

    Parameters
    ----------
    content : mapping
        As ``waterbal admit -o`` writes it.

    Raises
    ------
    DataError
        If it is not what an admission holds.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        plain = [
            {**one, "deltas": [_numbers(delta) for delta in one["deltas"]]} for one in content["verdicts"]
        ]
        verdicts = TypeAdapter(tuple[Verdict, ...]).validate_python(plain)
        futures = words.names_of(
            (str(f["id"]), Label.model_validate(f["name"]), int(f["year"])) for f in content["futures"]
        )
        return Judged(verdicts, futures, int(content["realizations"]), int(content["assumed_inputs"]))
    except (ValidationError, KeyError, TypeError, ValueError, AttributeError) as error:
        first = str(error).splitlines()[0]
        raise DataError(
            Issue(
                Message(f"准入成果不完整：{first}", f"an admission that is not whole: {first}"),
                expected=Message("`waterbal admit -o` 写出的文件", "a file that `waterbal admit -o` wrote"),
            )
        ) from error


def _numbers(delta: Mapping[str, Any]) -> dict[str, Any]:
    """Give back the numbers that are not finite, which JSON has not."""
    return {k: float("nan") if v is None and k in NUMBERS else v for k, v in delta.items()}


def section(subject: Subject) -> Section | None:
    """Make the section."""
    if not subject.material.admissions:
        return None
    blocks: list[Block] = []
    for content in subject.material.admissions:
        judged = read(content)
        blocks.append(States([_state(subject, one) for one in judged.verdicts]))
        for one in judged.verdicts:
            blocks += _project(subject, one, judged.futures)
        futures = words.listed(judged.futures.values(), subject.language)
        lines = [words.say("judged", subject.language, futures=futures, realizations=judged.realizations)]
        if judged.assumed:
            lines.append(words.say("assumed", subject.language, count=judged.assumed))
        blocks.append(Text(lines, "note"))
    return Section("admissions", subject.say("admissions"), blocks)


def _state(subject: Subject, verdict: Verdict) -> State:
    lang = subject.language
    value = verdict.value_per_volume
    told = words.say("no_value", lang) if value is None else words.say("value", lang, value=value)
    intake = words.say(
        "intake",
        lang,
        intake=f"{verdict.intake:z,.1f}",
        grade=subject.say(f"grade_{verdict.grade}"),
        value=told,
    )
    word = getattr(VERDICTS[verdict.verdict], lang)
    return State(getattr(verdict.name, lang), word, COLOURS[verdict.verdict], [intake])


def _project(subject: Subject, verdict: Verdict, futures: Mapping[str, Label]) -> list[Block]:
    lang = subject.language
    title = words.say("title", lang, name=getattr(verdict.name, lang), id=verdict.project)
    blocks: list[Block] = [grid(words.tests_table(verdict, lang, futures))]
    changes = words.change_lines(verdict, lang)
    if changes:
        blocks.append(Points([line.removeprefix("  - ") for line in changes]))
    changed = [
        d for d in verdict.deltas if d.before != d.after or abs(d.short_after - d.short_before) >= 0.005
    ]
    if changed:
        blocks.append(grid(words.delta_table(changed, lang, futures)))
    return [Folded(title, blocks)]
