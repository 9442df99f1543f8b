"""Writing projects that were let in into the ledger, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from waterbal import outputs
from waterbal.capacity.admission import ON_CONDITION, REFUSED, Admission, Verdict
from waterbal.capacity.admission_ledger import read_office
from waterbal.capacity.admission_terms import CONDITIONAL, Terms
from waterbal.errors import ConfigError, Issue, Message
from waterbal.model.yaml_reader import parse_yaml


def record(admission: Admission, path: str | Path) -> list[str]:
    """Write projects that were let in into a ledger file.

    The file is read again just before it is written, and what it holds besides is kept, remarks too where the list of
    commitments is written as a block. A project that is let in on a condition is written with it, and with what it
    then takes.

    Parameters
    ----------
    admission : Admission
    path : str or Path
        File with a section ``ledger``.

    Returns
    -------
    list of str
        Ids of the projects that were written.

    Raises
    ------
    ConfigError
        If the file has no ledger, or has one of the projects by now.
    """
    office = read_office(path)
    if office.office.ledger is None:
        raise ConfigError(
            Issue(Message("文件没有 'ledger' 一节", "the file has no section 'ledger'"), file=str(path))
        )
    kept = [verdict for verdict in admission.verdicts if verdict.verdict != REFUSED]
    known = {entry.id for entry in office.office.ledger.committed if entry.status != "lapsed"}
    issues = [
        Issue(
            Message(f"项目 {v.project!r} 此时已在台账中", f"project {v.project!r} is in the ledger by now"),
            "ledger.committed",
            str(path),
        )
        for v in kept
        if v.project in known
    ]
    if issues:
        raise ConfigError(issues)
    if not kept:
        return []
    entries = [_entry(admission, verdict) for verdict in kept]
    text = Path(path).read_text(encoding="utf-8-sig")
    wanted = _with(office.config, entries)
    outputs.write_text(_written(text, office.config, wanted, entries, str(path)), Path(path))
    return [verdict.project for verdict in kept]


def _entry(admission: Admission, verdict: Verdict) -> dict[str, Any]:
    """Give the entry of a project, with the terms on which it was let in."""
    file = admission.files[verdict.project]
    terms = Terms() if verdict.condition is None else verdict.condition.terms
    grade = {"source": "waterbal admit", "grade": "derived"}
    entry: dict[str, Any] = {
        "id": verdict.project,
        "name": verdict.name.model_dump(),
        "status": "approved",
        "annual": _annual(verdict.takes),
        "from": file.project.start_year + terms.delay,
        "provenance": grade,
    }
    if verdict.verdict == ON_CONDITION:
        entry["condition"] = _condition(verdict)
    on = {"offset": f"{terms.offset!r} 万m3/yr", "reclaimed": terms.reclaimed, "curtailed": terms.curtailed,
          "delay": terms.delay}  # fmt: skip
    changed = {name: value for name, value in on.items() if getattr(terms, name)}
    if changed:
        entry["terms"] = {**changed, "provenance": grade}
    entry["project"] = file.config
    return entry


def _annual(takes: Mapping[int, float]) -> Any:
    """Write what a project takes from the ledger: one volume, or that of each year in which it changes."""
    written = {year: f"{max(volume, 0.0)!r} 万m3/yr" for year, volume in takes.items()}
    different = set(written.values())
    return different.pop() if len(different) == 1 else {"by_year": written}


def _condition(verdict: Verdict) -> str:
    remedy = verdict.condition
    if remedy is not None:
        return f"{remedy.kind}: {remedy.amount:.6g} {remedy.unit}"
    reasons = [t.reason.en for t in verdict.tests if t.status == CONDITIONAL and t.reason is not None]
    return "; ".join(reasons)


def _with(config: Any, entries: list[dict[str, Any]]) -> dict[str, Any]:
    ledger = config["ledger"]
    return {**config, "ledger": {**ledger, "committed": [*(ledger.get("committed") or []), *entries]}}


def _written(text: str, config: Any, wanted: dict[str, Any], entries: list[dict[str, Any]], file: str) -> str:
    """Put entries at the end of the list as text, if that says what is wanted; else write the file anew."""
    appended = _appended(text, entries)
    if appended is not None:
        try:
            value, _ = parse_yaml(appended, file)
        except ConfigError:
            value = {}
        if value == wanted:
            return appended
    return str(yaml.safe_dump(wanted, allow_unicode=True, sort_keys=False))


def _appended(text: str, entries: list[dict[str, Any]]) -> str | None:
    lines = text.splitlines()
    start = next(
        (n for n, line in enumerate(lines) if line.strip().split("#")[0].strip() == "committed:"), None
    )
    if start is None:
        return None
    own = len(lines[start]) - len(lines[start].lstrip())
    end, dash = start, own + 2
    for n in range(start + 1, len(lines)):
        line = lines[n]
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        indent = len(line) - len(line.lstrip())
        if indent < own or (indent == own and not line.lstrip().startswith("- ")):
            break
        if end == start:
            dash = indent
        end = n
    block = yaml.safe_dump(entries, allow_unicode=True, sort_keys=False, width=100).splitlines()
    added = [" " * dash + line for line in block]
    return "\n".join([*lines[: end + 1], *added, *lines[end + 1 :]]) + "\n"
