"""Files of a report: checked before the work, then written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from waterbal import outputs
from waterbal.errors import DataError, Issue, Message, UsageError, WaterbalError, either
from waterbal.report import workbook
from waterbal.report.material import opened
from waterbal.report.page import soundness
from waterbal.report.page.page import page_of
from waterbal.report.page.subject import Subject


def check(results: Sequence[Path], output: Path | None, xlsx: Path | None) -> None:
    """Make sure that a report can be written before the work for it begins.

    Parameters
    ----------
    results : sequence of Path
        Results that it is made of.
    output, xlsx : Path, optional
        HTML file and workbook to be written.

    Raises
    ------
    UsageError
        With everything that is wrong: nothing to write, files that are something else, names given twice.
    """
    problems: list[Issue] = []
    if output is None and xlsx is None:
        problems.append(
            Issue(
                Message("没有要写的文件", "there is nothing to write"),
                expected=Message(
                    "-o REPORT.html、--xlsx TABLES.xlsx，或两者", "-o REPORT.html, --xlsx TABLES.xlsx or both"
                ),
            )
        )
    targets = (
        ("--output", output, outputs.REPORT, (".html", ".htm")),
        ("--xlsx", xlsx, outputs.WORKBOOK, (".xlsx",)),
    )
    for where, path, kind, endings in targets:
        if path is None:
            continue
        if path.suffix.lower() not in endings:
            problems.append(
                Issue(
                    Message(f"{path} 的扩展名不对", f"{path} has another ending"),
                    where,
                    expected=either(endings),
                )
            )
        try:
            outputs.check(path, kind)
        except UsageError as error:
            problems += [Issue(issue.message, where, expected=issue.expected) for issue in error.issues]
    if output is not None and xlsx is not None and _same(output, xlsx):
        problems.append(
            Issue(
                Message(f"{xlsx} 同时是报告的文件", f"{xlsx} is the file of the report as well"),
                "--xlsx",
                expected=Message("另一个名字", "another name"),
            )
        )
    problems += [
        Issue(
            Message(f"{path} 给了两次", f"{path} is given twice"),
            expected=Message("每个成果只给一次", "each result once"),
        )
        for k, path in enumerate(results)
        if any(_same(path, other) for other in results[:k])
    ]
    if problems:
        raise UsageError(problems)


def write(
    results: Sequence[Path],
    output: Path | None,
    xlsx: Path | None,
    language: str,
    progress: Callable[[str], object] = lambda stage: None,
) -> dict[str, Any]:
    """Write a report of results.

    Parameters
    ----------
    results : sequence of Path
        Files of results of any kind.
    output, xlsx : Path, optional
        HTML file and workbook to be written.
    language : str
        ``zh`` or ``en``.
    progress : callable
        Takes the name of what is done now.

    Returns
    -------
    dict
        JSON-able: files written, sections and figures, and what the results do not have.

    Raises
    ------
    DataError
        If a file is no result, or holds nothing that a report can show.
    """
    progress(Message("读取结果", "reading the results"))
    with opened(results) as material:
        soundness.check(material)
        subject = Subject(material, language, tuple(path.name for path in results))
        try:
            return _written(subject, output, xlsx, progress)
        except WaterbalError:
            raise
        except Exception as error:
            damage = soundness.unreadable(material)
            if damage:
                raise DataError(damage) from error
            raise


def _written(
    subject: Subject, output: Path | None, xlsx: Path | None, progress: Callable[[str], object]
) -> dict[str, Any]:
    """Make everything first, then write it: no file stands alone where the other fails."""
    told: dict[str, Any] = {"output": output and str(output), "xlsx": xlsx and str(xlsx)}
    html = ""
    if output is not None:
        progress(Message("制作报告", "making the report"))
        page = page_of(subject)
        html = page.html()
        told |= page.as_dict()
    if xlsx is not None:
        progress(Message(f"写入 {xlsx}", f"writing {xlsx}"))
        xlsx.parent.mkdir(parents=True, exist_ok=True)
        workbook.write(subject.sheets, xlsx, subject.language)
        told["tables"] = [sheet.id for sheet in subject.sheets if sheet.rows]
    if output is not None:
        progress(Message(f"写入 {output}", f"writing {output}"))
        outputs.write_text(html, output)
    return told


def _same(one: Path, other: Path) -> bool:
    return one.absolute().resolve() == other.absolute().resolve()
