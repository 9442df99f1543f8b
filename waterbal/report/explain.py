"""An explanation of a shortage in words: a few sentences and two tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from waterbal.report.explain_words import CLASSES, KINDS, PARTS, WORDS
from waterbal.report.titled import print_titled
from waterbal.results.names import Labels, name_of
from waterbal.results.terms import SECTORS

if TYPE_CHECKING:
    from rich.console import Console

    from waterbal.capacity.explain import Explanation
    from waterbal.capacity.explain_relief import Relief
    from waterbal.results.explain_cut import Held
    from waterbal.results.explain_state import Use

SHOWN = 3
"""Most names in a list of a sentence."""
LISTED = 6
"""Most limits that are named as being as effective as the cause."""
RULES = ("reserve", "restrictions")
"""Limits that are lifted, not raised by a share."""
NEAR = 0.01
"""What all before the user lack is told of beside what the user lacks where it removes so much more [-]."""
SOME = 1e-3
"""What a relief removes of a shortage is nothing below this share [-]."""


@dataclass(frozen=True)
class Speaker:
    """Says things in one language."""

    labels: Labels
    language: str
    ends: Mapping[str, tuple[str, str]]
    """Link -> where it begins and ends, by which a link without a name is called."""
    dead: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Store -> volume at the end of the step and dead storage [1e4 m3], where some of it is dead."""

    def word(self, key: str, **given: Any) -> str:
        """Give words of this module."""
        return WORDS[key].said(self.language, **given)

    def name(self, id: str) -> str:
        """Name an element, or a sector."""
        if id in SECTORS:
            return str(getattr(SECTORS[id], self.language))
        found = str(getattr(name_of(id, self.labels.elements), self.language))
        if found == id and id in self.ends:
            return " → ".join(self.name(end) for end in self.ends[id])
        return found

    def limit(self, held: Held) -> str:
        """Name a limit."""
        part = getattr(PARTS[held.part], self.language) if held.part in PARTS else held.part
        own = self.name(held.id)
        return f"{own}{part}" if self.language == "zh" else f"{own}: {part}"

    def kind(self, held: Held) -> str:
        """Say what kind of limit it is."""
        if self.at_dead(held):
            return self.word("at_dead")
        return str(getattr(KINDS[held.kind], self.language)) if held.kind in KINDS else held.kind

    def at_dead(self, held: Held) -> bool:
        """Tell whether it is a store that holds nothing but what cannot be drawn."""
        return held.section == "stores" and held.part == "storage" and held.id in self.dead

    def told(self, held: Held) -> str:
        """Name a limit with its kind; a store at its dead storage with both volumes."""
        if self.at_dead(held):
            return self.word("dead_of", **self.volumes(held))
        return self.limit(held) + self.aside(self.kind(held))

    def aside(self, text: str) -> str:
        """Put a text in brackets after another."""
        return f"（{text}）" if self.language == "zh" else f" ({text})"

    def volumes(self, held: Held) -> dict[str, str]:
        """Give name, volume and dead storage of a store."""
        stored, dead = self.dead[held.id]
        return {"name": self.name(held.id), "stored": volume(stored), "dead": volume(dead)}

    def join(self, parts: Sequence[str], shown: int = SHOWN) -> str:
        """List a few."""
        between = "、" if self.language == "zh" else ", "
        more = (
            [self.word("and_more", count=len(parts) - (0 if self.language == "zh" else shown))]
            if len(parts) > shown
            else []
        )
        return between.join([*parts[:shown], *more])

    def users(self, use: Mapping[str, float]) -> str:
        """Say who used how much of a volume."""
        total = sum(use.values())
        if total <= 0.0:
            return self.word("nobody")
        return self.join([f"{self.name(user)} {percent(volume / total)}" for user, volume in use.items()])


def volume(value: float) -> str:
    """Write a volume with as many places as it needs; nought has no sign."""
    places = 0 if abs(value) >= 1000.0 else 1 if abs(value) >= 10.0 else 2
    return f"{value:z,.{places}f}"


def percent(share: float) -> str:
    """Write a share."""
    return f"{100.0 * share:z.0f} %" if abs(share) >= 0.0995 else f"{100.0 * share:z.1f} %"


def _speaker(told: Explanation, labels: Labels, language: str) -> Speaker:
    """Make what says an explanation."""
    dead = {
        line["id"]: (float(line["end"] or 0.0), float(line["dead"]))
        for line in told.state
        if line["section"] == "stores" and line.get("dead")
    }
    return Speaker(labels, language, told.ends, dead)


def sentences(told: Explanation, labels: Labels, language: str) -> list[str]:
    """Explain in a few sentences.

    Parameters
    ----------
    told : Explanation
        What was found.
    labels : Labels
        Names of elements.
    language : str
        ``zh`` or ``en``.
    """
    say = _speaker(told, labels, language)
    given = {
        "date": told.date,
        "demand": say.name(told.demand),
        "need": volume(told.need),
        "supply": volume(told.supply),
    }
    if not told.held and told.shortage > 0.0 and not told.others:
        share = percent(told.shortage / told.need)
        return [say.word("short", shortage=volume(told.shortage), share=share, **given), say.word("no_way")]
    if not told.held:
        listed = say.join(
            [f"{date}{say.aside(volume(short))}" for date, short in told.others], len(told.others)
        )
        last = say.word("nearest", list=listed) if told.others else say.word("never")
        return [say.word("not_short", **given), last]
    lines = [
        say.word("short", shortage=volume(told.shortage), share=percent(told.shortage / told.need), **given)
    ]
    first, held_of = told.held[0], {held.path: held for held in told.held}
    key = "cause" if first.bound > 0.0 and first.part not in ("storage", "volume") else "cause_empty"
    if told.tied:
        tied = [say.told(held_of[path]) for path in told.tied]
        lines.append(say.word("cause_tied", count=len(tied), list=say.join(tied, len(tied))))
    elif say.at_dead(first):
        lines.append(say.word("cause_dead", **say.volumes(first)))
    else:
        lines.append(say.word(key, limit=say.limit(first), kind=say.kind(first), bound=volume(first.bound)))
    lines += _as_much(say, told)
    rest = [held for held in told.held[1:] if held.path not in (*told.tied, *told.as_much)]
    if rest:
        lines.append(say.word("also", list=say.join([say.told(held) for held in rest])))
    lines += [_history(say, held_of[path], told.history[path]) for path in list(told.history)[:SHOWN]]
    for held in told.held:
        if held.path in told.kept_for:
            use = told.kept_for[held.path]
            lines.append(
                say.word(
                    "kept_for",
                    name=say.name(held.id),
                    bound=volume(held.bound),
                    last=use.last,
                    users=say.users(use.by_sector),
                )
            )
    passing = told.competitors.get(first.path, ())
    if passing:
        served = [
            f"{say.name(line['sector'])} {volume(line['volume'])}"
            + say.aside(getattr(CLASSES[line["class"]], language))
            for line in passing
        ]
        lines.append(say.word("others", limit=say.limit(first), list=say.join(served)))
    return lines + _reliefs(say, told)


def _as_much(say: Speaker, told: Explanation) -> list[str]:
    """Name what would have removed as much as the cause."""
    if not told.as_much:
        return []
    held_of = {held.path: held for held in told.held}
    rises = {
        relief.paths[0]: percent(relief.change)
        for relief in told.reliefs
        if relief.change is not None and held_of[relief.paths[0]].section not in RULES
    }
    names = [
        say.limit(held_of[path]) + say.aside(rises[path]) if path in rises else say.told(held_of[path])
        for path in told.as_much
    ]
    first, listed = told.held[0], say.join(names, LISTED)
    if first.path not in rises:
        return [say.word("as_much", list=listed)]
    wide = any(one.paths[0] == first.path and _serves_all(one, told.shortage) for one in told.reliefs)
    scope = say.word("scope_all") if wide else ""
    return [say.word("least", limit=say.limit(first), rise=rises[first.path], scope=scope, list=listed)]


def _serves_all(relief: Relief, shortage: float) -> bool:
    """Tell whether more is removed where all of the same and of earlier classes get what they lack."""
    if relief.everyone is None:
        return False
    return relief.here is None or relief.here - relief.everyone > NEAR * shortage


def _history(say: Speaker, held: Held, use: Use) -> str:
    total = sum(use.by_sector.values())
    if total <= 0.0 and use.section == "quotas":
        key = "quota_used" if held.bound > 0.0 else "quota_none"
        return say.word(key, name=say.name(use.id), first=use.first, emptied=use.emptied or use.last)
    if total <= 0.0:
        return say.word("unfilled", name=say.name(use.id), first=use.first)
    given = {
        "name": say.name(use.id),
        "first": use.first,
        "volume": volume(total),
        "users": say.users(use.by_sector),
    }
    key = "emptied_dead" if use.section == "stores" and use.id in say.dead else "emptied"
    return say.word(key, emptied=use.emptied or use.last, **given)


def _reliefs(say: Speaker, told: Explanation) -> list[str]:
    """Say what would have helped."""
    lines: list[str] = []
    wide_told = False
    names = {held.path: held for held in told.held}

    def removed(left: float) -> dict[str, str]:
        gone = told.shortage - left
        return {"removed": volume(gone), "share": percent(gone / told.shortage)}

    def some(left: float | None) -> bool:
        return left is not None and told.shortage - left > SOME * told.shortage

    for relief in told.reliefs:
        held = names[relief.paths[0]]
        if held.section in RULES and relief.always is not None:
            limit = say.word("reserves") if held.section == "reserve" else say.limit(held)
            if some(relief.always):
                lines.append(say.word("without", limit=limit, **removed(relief.always)))
            elif relief.always > told.shortage * (1.0 + SOME):
                lines.append(say.word("worse", limit=limit, added=volume(relief.always - told.shortage)))
        elif relief.here is not None and some(relief.here) and not _serves_all(relief, told.shortage):
            lines.append(
                say.word(
                    "helped", limit=say.limit(held), volume=volume(relief.volume), **removed(relief.here)
                )
            )
        elif relief.everyone is not None and relief.volume_everyone is not None and some(relief.everyone):
            given = removed(relief.everyone) | {"volume": volume(relief.volume_everyone)}
            key = "helped" if wide_told else "helped_everyone"
            wide_told = True
            lines.append(say.word(key, limit=say.limit(held), **given))
        elif relief.always is not None and some(relief.always) and relief.share is not None:
            lines.append(
                say.word(
                    "always", limit=say.limit(held), rise=percent(relief.share), **removed(relief.always)
                )
            )
    lines = list(dict.fromkeys(lines))[:SHOWN] or [say.word("none_alone")]
    if told.together is not None and some(told.together):
        lines.append(say.word("together", **removed(told.together)))
    if told.behind:
        lines.append(say.word("behind", list=say.join([say.told(h) for h in told.behind])))
    return lines


def render(told: Explanation, labels: Labels, language: str, console: Console) -> None:
    """Print an explanation.

    Parameters
    ----------
    told : Explanation
        What was found.
    labels : Labels
        Names of elements.
    language : str
        ``zh`` or ``en``.
    console : Console
        Where it is printed.
    """
    for line in sentences(told, labels, language):
        console.print(line, highlight=False, soft_wrap=True)
    if not told.held:
        return
    say = _speaker(told, labels, language)
    names = {held.path: held for held in told.held}

    def gone(left: float | None) -> str:
        return "" if left is None else volume(told.shortage - left)

    cells: list[tuple[str, Callable[[Relief], str]]] = [
        ("limit", lambda r: say.limit(names[r.paths[0]])),
        ("kind", lambda r: say.kind(names[r.paths[0]])),
        ("bound", lambda r: volume(names[r.paths[0]].bound)),
        ("volume", lambda r: volume(r.volume) if r.here is not None else ""),
        ("here", lambda r: gone(r.here)),
        ("everyone", lambda r: gone(r.everyone)),
        ("rise", lambda r: percent(r.share) if r.share is not None and r.always is not None else ""),
        ("removed_always", lambda r: gone(r.always)),
    ]
    _print(
        console,
        say,
        "title_limits",
        [key for key, _ in cells],
        [[cell(r) for _, cell in cells] for r in told.reliefs],
        2,
    )
    _print(
        console,
        say,
        "title_state",
        ["element", "start", "end", "of", "note"],
        [_state(say, line) for line in told.state],
        1,
    )


def _state(say: Speaker, line: Mapping[str, Any]) -> list[str]:
    notes = []
    if line.get("depth") is not None:
        notes.append(say.word("depth", depth=f"{line['depth']:z.2f}"))
    if line.get("dead"):
        notes.append(say.word("dead", dead=volume(line["dead"])))
    if line.get("tier"):
        notes.append(say.word("tier", tier=line["tier"]))
    if line.get("reset_month"):
        notes.append(say.word("reset", month=line["reset_month"]))
    of = line.get("capacity", line.get("volume"))
    numbers = ["" if value is None else volume(value) for value in (line.get("start"), line.get("end"), of)]
    return [say.name(line["id"]), *numbers, ", ".join(notes)]


def _print(
    console: Console,
    say: Speaker,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    text: int,
) -> None:
    """Print a table whose first columns are text."""
    from rich.table import Table

    if not rows:
        return
    table = Table(title=say.word(title), title_justify="left")
    for number, key in enumerate(columns):
        right = number >= text and key != "note"
        table.add_column(say.word(key), justify="right" if right else "left", no_wrap=right)
    for row in rows:
        table.add_row(*row)
    console.print()
    print_titled(table, console)
