"""The files of a translated model: YAML with comments, and the series as CSV."""

from __future__ import annotations

import io
import shutil
import tempfile
from pathlib import Path
from typing import Any

import yaml

from waterbal.errors import Issue, Message, UsageError, in_language, reason_of
from waterbal.importing.listing import plain
from waterbal.importing.sections import Entry, Sections, Unit, label, number
from waterbal.importing.steps import Steps
from waterbal.importing.translation import SERIES_FILE, ZONE
from waterbal.importing.words import WORDS, say

MODEL_FILE = "model.yaml"
_WIDTH = 10_000


def model_text(
    sections: Sections, steps: Steps, unit: Unit, *, title: str, file: str, notes: list[str], language: str
) -> str:
    """Write the model file.

    Parameters
    ----------
    sections : Sections
        Elements.
    steps : Steps
        Steps of the run.
    unit : Unit
        Unit of the numbers.
    title, file : str
        Name of the model, and of the file it came from.
    notes : list of str
        Remarks for the head of the file.
    language : str
        ``zh`` or ``en``, of the comments.
    """
    lines = [
        f"# {say('head', language, file=plain(file))}",
        f"# {say('unit', language, unit=plain(unit.given))}",
    ]
    lines += [f"# {say('costs', language)}", f"# {say('types', language)}"]
    if notes:
        lines += [
            "#",
            f"# {say('remarks', language)}",
            *(f"# - {plain_line(in_language(note, language))}" for note in notes),
        ]
    lines += ["", "schema_version: 1", _dump({"name": label(title)})]
    lines.append(_dump({"provenance": {"source": f"imported from {plain(file)} (pywr)", "grade": "derived"}}))
    time = {"start": steps.time.start, "end": steps.time.end, "step": steps.time.step}
    lines += ["", _dump({"time": time}, block=True)]
    lines += ["", _dump({"zones": {ZONE: {"name": {"zh": WORDS["zone"]["zh"], "en": WORDS["zone"]["en"]}}}})]
    if sections.series:
        lines += ["", "series:"]
        for name in sections.series:
            spec = {
                "file": SERIES_FILE,
                "column": name,
                "units": unit.rate,
                "kind": "rate",
                "source": f"imported from {plain(file)} (pywr)",
                "grade": "derived",
            }
            lines.append(_entry(Entry(name, spec)))
    if sections.stores:
        lines += ["", f"# {say('no_losses', language)}", _dump({"climate": {"et0": "0 mm/d"}})]
    for name in ("sources", "stores", "works", "links", "demands", "quotas", "drought"):
        entries: list[Entry] = getattr(sections, name)
        if entries:
            lines += ["", f"{name}:", *(_entry(entry) for entry in entries)]
    lines += ["", f"# {say('priorities', language)}"]
    if sections.curve:
        lines.append(f"# {say('curve', language)}")
    lines.append("priorities:")
    lines += [f"  - {_flow(body)}  # {comment}" for body, comment in sections.priorities]
    lines += [
        "",
        f"# {say('no_reserve', language)}",
        _dump({"reserve": {"mode": "curve" if sections.curve else "none"}}),
    ]
    return "\n".join(lines) + "\n"


def series_text(sections: Sections, steps: Steps) -> str:
    """Write the series as CSV, one column each."""
    text = io.StringIO()
    text.write(",".join(["date", *sections.series]) + "\n")
    unit = "M" if steps.time.step == "month" else "D"
    dates = steps.axis.start.astype(f"datetime64[{unit}]").astype(str)
    for i, date in enumerate(dates):
        text.write(
            ",".join([date, *(number(float(values[i])) for values in sections.series.values())]) + "\n"
        )
    return text.getvalue()


def plain_line(text: str) -> str:
    """Show a text in one line of a comment."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


def _entry(entry: Entry) -> str:
    lines = [f"  # {plain_line(entry.comment)}"] if entry.comment else []
    if len(entry.body) <= 3:
        return "\n".join([*lines, f"  {entry.id}: {_flow(entry.body)}"])
    lines.append(f"  {entry.id}:")
    return "\n".join([*lines, *(f"    {key}: {_flow(value)}" for key, value in entry.body.items())])


def _flow(value: Any) -> str:
    """Write a value in one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=_WIDTH)
    return text.removesuffix("...\n").strip()


def _dump(value: dict[str, Any], block: bool = False) -> str:
    if block:
        name, body = next(iter(value.items()))
        return "\n".join([f"{name}:", *(f"  {key}: {_flow(part)}" for key, part in body.items())])
    name, body = next(iter(value.items()))
    return f"{name}: {_flow(body)}"


def check_folder(folder: Path) -> None:
    """Make sure that a folder can take a new model.

    Raises
    ------
    UsageError
        If something stands there already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            Issue(
                Message(f"{folder} 已存在且不是空文件夹", f"{folder} exists and is not an empty folder"),
                "--output",
                expected=Message("新文件夹的名称", "the name of a new folder"),
            )
        )


def write_folder(folder: Path, files: dict[str, str]) -> list[Path]:
    """Write a folder whole or not at all.

    Raises
    ------
    UsageError
        If it cannot be made.
    """
    check_folder(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    except (OSError, ValueError) as problem:
        raise UsageError(
            Issue(Message(f"无法建立 {folder}：{problem}", f"cannot make {folder}: {problem}"), "--output")
        ) from None
    try:
        for name, text in files.items():
            (part / name).write_text(text, encoding="utf-8")
        part.chmod(0o755)
        if folder.exists():
            folder.rmdir()
        part.rename(folder)
    except OSError as problem:
        raise UsageError(
            Issue(
                Message(
                    f"无法建立 {folder}：{in_language(reason_of(problem), 'zh')}",
                    f"cannot make {folder}: {problem.strerror}",
                ),
                "--output",
            )
        ) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return [folder / name for name in files]
