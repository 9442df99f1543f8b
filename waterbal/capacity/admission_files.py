"""The files of an admission: ledger, rules and projects, with all that is wrong with any of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from waterbal.capacity.admission_futures import Request, first_model
from waterbal.capacity.admission_ledger import OfficeFile, Rules, read_office
from waterbal.capacity.admission_model import CURTAILED, RECLAIMED
from waterbal.capacity.project import ProjectFile, Scanned, scan_project
from waterbal.capacity.project_names import project_issues, reference_issues
from waterbal.errors import ConfigError, Issue, Message, WaterbalError, nearest, one_of
from waterbal.model.load import readable
from waterbal.model.problems import Problem, place


def read_files(
    commitments: str | Path | None, rules: str | Path | None, projects: Sequence[str | Path], request: Request
) -> tuple[OfficeFile | None, Rules | None, list[ProjectFile]]:
    """Read all files; where one is wrong, tell too what is wrong with the others and with the model.

    Raises
    ------
    ConfigError
        With every problem that can be told before anything is simulated.
    """
    office, judged_by, issues = _offices(commitments, rules)
    scanned, of_projects = _scanned(projects, office)
    issues += of_projects
    if issues:
        try:
            named = first_model(request)
        except WaterbalError as error:
            issues += error.issues
        else:
            promised = office.projects() if office is not None else []
            issues += [issue for file in promised for issue in project_issues(file, named)]
            issues += [issue for one in scanned for issue in reference_issues(one, named)]
        raise ConfigError(readable(list(dict.fromkeys(issues))))
    return office, judged_by, [one.file for one in scanned if one.file is not None]


def _offices(
    commitments: str | Path | None, rules: str | Path | None
) -> tuple[OfficeFile | None, Rules | None, list[Issue]]:
    issues: list[Issue] = []
    read: list[OfficeFile | None] = []
    for path, part, option in ((commitments, "ledger", "--commitments"), (rules, "rules", "--rules")):
        file = None
        try:
            file = None if path is None else read_office(path)
        except ConfigError as error:
            issues += error.issues
        if file is not None and getattr(file.office, part) is None:
            issues.append(
                Issue(
                    Message(
                        f"文件没有 {option} 所要求的 {part!r} 一节",
                        f"the file has no section {part!r}, which {option} asks for",
                    ),
                    file=str(path),
                )
            )
        read.append(file)
    office, other = read
    judged_by = other.office.rules if other is not None else office.office.rules if office else None
    return office, judged_by, issues


def quota_issues(office: OfficeFile | None, names: Sequence[str]) -> list[Issue]:
    """List the quotas in a ledger that are none of the model.

    Parameters
    ----------
    office : OfficeFile, optional
    names : sequence of str
        Quotas and allotments of the model.
    """
    if office is None or office.office.ledger is None:
        return []
    found = []
    for k, entry in enumerate(office.office.ledger.committed):
        for j, name in enumerate(entry.quotas or ()):
            if name not in names:
                message = Message(f"没有名为 {name!r} 的用水指标", f"{name!r} is not a quota of the model")
                path = ("ledger", "committed", k, "quotas", j)
                expected = one_of(names) if names else Message("模型没有用水指标", "the model has no quotas")
                found.append(place(Problem(path, message, expected, nearest(name, names)), office.marks))
    return found


def _scanned(paths: Sequence[str | Path], office: OfficeFile | None) -> tuple[list[Scanned], list[Issue]]:
    """Read all project files; collect all problems."""
    issues: list[Issue] = []
    files: list[Scanned] = []
    ledger = None if office is None else office.office.ledger
    taken = (
        {}
        if ledger is None
        else {e.id: Message("已在台账中", "in the ledger") for e in ledger.committed if e.status != "lapsed"}
    )
    for path in paths:
        try:
            one = scan_project(path)
        except ConfigError as error:
            issues += error.issues
            continue
        issues += one.issues
        files.append(one)
        id = one.config.get("id")
        if not isinstance(id, str):
            continue
        # it may bring parts with it that are called so
        own = [
            id,
            id + RECLAIMED,
            *([id + CURTAILED] if one.config.get("curtailable_with") is not None else []),
        ]
        name = next((name for name in own if name in taken), None)
        if name is not None:
            message = Message(f"已有 {name!r}（{taken[name].zh}）", f"{name!r} is already {taken[name]}")
            issues.append(place(Problem(("id",), message, Message("另一个 id", "another id")), one.marks))
        taken |= dict.fromkeys(own, Message(f"见 {path}", f"given by {path}"))
    return files, issues
