"""Admission of projects (水效准入): whether they fit in what is left, in which years, and what would make them fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from waterbal.capacity.admission_candidate import Candidate
from waterbal.capacity.admission_change import KINDS, SIZE, Remedy, Seeker
from waterbal.capacity.admission_files import quota_issues, read_files
from waterbal.capacity.admission_futures import Outlook, Request, outlook
from waterbal.capacity.admission_ledger import Ledger, Rules
from waterbal.capacity.admission_left import takes
from waterbal.capacity.admission_model import Placed
from waterbal.capacity.admission_runs import Future
from waterbal.capacity.admission_static import (
    CAPS,
    HORIZON,
    HYDROLOGY,
    INDUSTRY,
    LEDGER,
    NORM,
    ORDER,
    PEAK,
    QUALITY,
    effluent,
    industry,
    limits_on,
    norm,
)
from waterbal.capacity.admission_supply import supply_of
from waterbal.capacity.admission_terms import (
    CONDITIONAL,
    FAIL,
    NOT_APPLICABLE,
    PASS,
    Admitted,
    Terms,
    Test,
    joined,
    oversaved,
    terms_of,
    worst,
)
from waterbal.capacity.admission_tests import in_future, quality
from waterbal.capacity.admission_verdict import (
    ADMITTED,
    ON_CONDITION,
    REFUSED,
    VERDICTS,
    Admission,
    Delta,
    Verdict,
    deltas_of,
)
from waterbal.capacity.command import of_admission
from waterbal.capacity.project import ProjectFile
from waterbal.errors import ConfigError, Issue, Message, UsageError
from waterbal.model.base import Label
from waterbal.model.load import readable

UNTRIED = Label(
    zh="未判断：有该项目时无法模拟", en="not judged: the future cannot be simulated with the project"
)
TOLERANCE = 0.005
"""Share of a project's need to which the smallest changes are found [-]."""


def admit(
    model: str | Path,
    projects: Sequence[str | Path],
    *,
    commitments: str | Path | None = None,
    rules: str | Path | None = None,
    overrides: Sequence[str] = (),
    only: Sequence[str] = (),
    years: Sequence[int] = (),
    realizations: int | None = None,
    tolerance: float = TOLERANCE,
    seek: bool = True,
    threads: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> Admission:
    """Judge whether projects can be let in.

    Projects are ranked by value added per water; those without a value added, such as homes, come last. Each is judged
    with those before it that were let in; then in the reverse order.

    Parameters
    ----------
    model : str or Path
        Model file, or scenario file; of a study the scenarios that are the baseline but for the planning year.
    projects : sequence of str or Path
        Project files.
    commitments : str or Path, optional
        File with the ledger; approved projects in it are simulated too.
    rules : str or Path, optional
        File with the rules; those beside the ledger if not given.
    overrides : sequence of str
        ``path=value`` texts that change the model.
    only : sequence of str
        ``axis=value``: scenarios of a study that count, instead of the baseline's.
    years : sequence of int
        Planning years of a model; if not given its own, and those in which projects begin or grow.
    realizations : int, optional
        Hydrological samples; those of the study, or all there are, if not given.
    tolerance : float
        Share of a project's need to which the smallest changes are found [-].
    seek : bool
        Whether changes are looked for with which a project that fails would pass.
    threads : int, optional
        Threads; all cores if not given.
    progress : callable, optional
        Called with what is being done.

    Raises
    ------
    ConfigError
        With every problem of the files; also where a guarantee is beyond what the record supports.
    """
    if not projects:
        raise UsageError(Message("没有给出项目", "no project is given"))
    if not 0.0 < tolerance < 0.5:
        raise UsageError(
            Issue(
                Message(f"允许误差 {tolerance:g} 没有意义", f"a tolerance of {tolerance:g} is of no use"),
                "--tolerance",
                expected=Message("0.0001 至 0.49", "0.0001 to 0.49"),
            )
        )
    request = Request(
        Path(model), tuple(overrides), tuple(only), tuple(dict.fromkeys(years)), realizations, threads
    )
    office, judged_by, files = read_files(commitments, rules, projects, request)
    promised = office.projects() if office is not None else []
    say = progress or (lambda _: None)
    say(Message("读取模型", "reading the model"))
    found = outlook(request, [*promised, *files], files)
    unknown = quota_issues(office, [row.id for row in found.futures[0].rows.quotas])
    if unknown:
        raise ConfigError(readable(unknown))
    desk = Desk(found, office.office.ledger if office else None, judged_by, tolerance, seek, say)
    known = {file.project.id for file in promised}
    desk.prepare([one for one in found.projects if one.project.id not in known])
    decided = desk.decide([file.project.id for file in promised], {file.project.id: file for file in files})
    given = {
        "--commitments": commitments and Path(commitments), "--rules": rules and Path(rules), "--set": overrides,
        "--only": only, "--year": years, "--realizations": realizations, "--tolerance": tolerance, "--seek": seek,
    }  # fmt: skip
    return replace(decided, command=of_admission(model, projects, given))


@dataclass
class Desk:
    """Where projects are judged one after the other."""

    outlook: Outlook
    ledger: Ledger | None
    rules: Rules | None
    tolerance: float
    seek: bool
    say: Callable[[str], None]

    def prepare(self, candidates: Sequence[Placed]) -> None:
        """Refuse projects that can be judged in no year, and guarantees that the record is too short to support."""
        issues: list[Issue] = []
        for one in candidates:
            last = self.outlook.futures[-1].year
            if one.project.share(last) <= 0.0:
                message = Message(
                    f"项目于 {one.project.start_year} 年开始，晚于最后的水平年 {last}",
                    f"the project begins in {one.project.start_year}, after the last planning year {last}",
                )
                issues.append(
                    one.file.issue(
                        ("start_year",),
                        message,
                        Message(f"在 {last} 年或之前开始", f"a start in {last} or before"),
                    )
                )
            issues += self._unstated(one)
        if issues:
            raise ConfigError(readable(list(dict.fromkeys(issues))))
        promised = [
            Admitted(one, self._terms(one.project.id))
            for one in self.outlook.projects
            if one not in candidates
        ]
        for future in self.outlook.futures:
            self.say(
                Message(f"模拟无项目情形：{future.name.zh}", f"simulating {future.name.en} without projects")
            )
            issues += future.unsupported()
            for together in ([Admitted(one)] for one in candidates):
                issues += _oversaved(together, future)
            issues += _oversaved(promised, future)
        if issues:
            raise ConfigError(readable(list(dict.fromkeys(issues))))

    def _unstated(self, one: Placed) -> list[Issue]:
        """Refuse what is given back without its quality where the rules limit it."""
        back = one.project.returns
        if back is None or back.quality is not None or back.share.scalar() <= 0.0:
            return []
        asked = [limit.pollutant for limit in limits_on(back.to, self.rules)]
        if not asked:
            return []
        named = ", ".join(asked)
        message = Message(
            f"缺少退水水质：规则限制其 {named}",
            f"the quality of what is given back is missing: the rules limit its {named}",
        )
        return [one.file.issue(("returns",), message, "quality: {cod: 50 g/m3}", key=True)]

    def decide(self, promised: Sequence[str], files: dict[str, ProjectFile]) -> Admission:
        """Judge all projects in the order of their rank, and in the reverse order."""
        placed = {one.project.id: one for one in self.outlook.projects}
        values = {id: placed[id].project.value_per_volume for id in files}
        ranked = sorted(
            files, key=lambda id: (values[id] is None, -(values[id] or 0.0))
        )  # stable: projects without value keep their order
        before = tuple(Admitted(placed[id], self._terms(id)) for id in promised)
        forward = self._in_order([Admitted(placed[id]) for id in ranked], before, KINDS)
        backward: tuple[Verdict, ...] = ()
        if len(ranked) > 1:
            kinds = tuple(kind for kind in KINDS if kind != SIZE)
            backward = self._in_order([Admitted(placed[id]) for id in reversed(ranked)], before, kinds)
        futures = tuple((f.id, f.name, f.year) for f in self.outlook.futures)
        model = self.outlook.futures[-1].case.model
        assumed = sum(entry.grade == "assumed" for entry in model.assumptions())
        return Admission(
            forward, backward, futures, self.outlook.futures[0].realizations, self.outlook.unjudged,
            self.tolerance, self.ledger, assumed, files,
        )  # fmt: skip

    def _terms(self, id: str) -> Terms:
        """Give the terms on which a committed project was let in."""
        entries = [] if self.ledger is None else self.ledger.committed
        return terms_of(next((entry.terms for entry in entries if entry.id == id), None))

    def _in_order(
        self, ones: Sequence[Admitted], before: tuple[Admitted, ...], kinds: Sequence[str]
    ) -> tuple[Verdict, ...]:
        verdicts = []
        for one in ones:
            verdict = self.judge(one, before, kinds)
            verdicts.append(verdict)
            if verdict.verdict != REFUSED:
                terms = verdict.condition.terms if verdict.condition is not None else one.terms
                before = (*before, replace(one, terms=terms))
        return tuple(verdicts)

    def judge(self, one: Admitted, before: tuple[Admitted, ...], kinds: Sequence[str] = KINDS) -> Verdict:
        """Judge one project among those before it, and look for the smallest changes with which it passes."""
        project = one.placed.project
        self.say(Message(f"论证 {project.id}", f"judging {project.id}"))
        tests, failed = self.tests(one, before)
        remedies: list[Remedy] = []
        idle: tuple[Remedy, ...] = ()
        fixed = {test.id for test in (industry(project, self.rules), norm(project, self.rules),
                                      effluent(project, self.rules)) if test.status == FAIL}  # fmt: skip
        if failed and not fixed and self.seek:
            self.say(
                Message(f"求使 {project.id} 可行的最小改动", f"looking for what would make {project.id} fit")
            )
            seeker = Seeker(
                one, before, self.outlook.futures, self.ledger, self.rules, self.tolerance, frozenset(failed)
            )
            found = seeker.seek(kinds)
            idle = tuple(remedy for remedy in found if remedy.idle)
            remedies = [remedy for remedy in found if not remedy.idle]
        condition = next((remedy for remedy in remedies if remedy.kind != SIZE), None)
        taken_up = one if condition is None else replace(one, terms=condition.terms)
        statuses = [test.status for test in tests]
        if FAIL in statuses:
            verdict = ON_CONDITION if condition is not None else REFUSED
        else:
            verdict = ON_CONDITION if CONDITIONAL in statuses else ADMITTED
        cases = [
            Candidate(one, before, future) for future in self.outlook.futures if one.share(future.year) > 0.0
        ]
        deltas = tuple(delta for case in cases if case.possible for delta in deltas_of(case))
        return Verdict(
            project.id, project.name, verdict, project.intake, project.value_per_volume, tests,
            tuple(remedies), condition, deltas, project.annual.grade, project.start_year,
            min(case.future.year for case in cases),
            takes(taken_up, self.outlook.futures[-1].case.model, self.ledger),
            tuple(supply_of(case) for case in cases if case.possible), idle, self.seek,
        )  # fmt: skip

    def tests(self, one: Admitted, before: tuple[Admitted, ...]) -> tuple[tuple[Test, ...], set[str]]:
        """Give all tests in their order, and the ids of those that fail in any future."""
        project = one.placed.project
        futures = [future for future in self.outlook.futures if one.share(future.year) > 0.0]
        first = min(future.year for future in futures)
        judged = {
            future.id: in_future(Candidate(one, before, future), self.ledger, self.rules)
            for future in futures
        }
        now = [judged[future.id] for future in futures if future.year == first]
        simulated = [test[QUALITY] for test in now if QUALITY in test]
        found = {
            id: joined(id, [tests.get(id, Test(id, NOT_APPLICABLE, reason=UNTRIED)) for tests in now])
            for id in (CAPS, HYDROLOGY, PEAK, LEDGER)
        }
        found |= {INDUSTRY: industry(project, self.rules), NORM: norm(project, self.rules)}
        found[QUALITY] = quality(effluent(project, self.rules), simulated)
        found[HORIZON] = self._horizon(one, [f for f in futures if f.year > first], judged, first)
        failed = {id for tests in judged.values() for id, test in tests.items() if test.status == FAIL}
        failed |= {id for id in (INDUSTRY, NORM, QUALITY) if found[id].status == FAIL}
        return tuple(found[id] for id in ORDER), failed

    def _horizon(
        self, one: Admitted, later: Sequence[Future], judged: dict[str, dict[str, Test]], first: int
    ) -> Test:
        """Test 8: the tests of all later planning years; nothing is said of years that none of them covers."""
        project = one.placed.project
        built_out = project.built_out + one.terms.delay
        last = max([first, *(future.year for future in later)])
        evidence = tuple(
            e
            for future in later
            for test in judged[future.id].values()
            for e in test.evidence
            if e.met is not None
        )
        statuses = [test.status for future in later for test in judged[future.id].values()]
        missing = [one.year for one in self.outlook.unjudged if one.beyond]
        between = [one.year for one in self.outlook.unjudged if not one.beyond]
        reason = None
        if built_out > last:
            reason = Label(
                zh=f"{built_out} 年才达到最终规模，晚于最后一个水平年 {last}，其后无法判断",
                en=f"built out in {built_out}, after the last planning year {last}: cannot be judged",
            )
        elif missing:
            years = ", ".join(map(str, missing))
            reason = Label(
                zh=f"模型没有 {years} 年的数据，无法判断", en=f"the model does not reach {years}: not judged"
            )
        elif between:
            years = ", ".join(map(str, between))
            reason = Label(
                zh=f"{years} 年前后的水平年不只年份不同，其间无法内插判断",
                en=f"the planning years around {years} differ in more than the year: not judged between them",
            )
        status = worst([s for s in statuses if s != NOT_APPLICABLE])
        if status == NOT_APPLICABLE:
            status = PASS
            reason = reason or Label(
                zh=f"{built_out} 年达到最终规模；{first} 年为最后一个水平年",
                en=f"built out in {built_out}; {first} is the last planning year",
            )
            if built_out <= last and not missing and not between:
                return Test(HORIZON, PASS, evidence, reason)
        if reason is not None and status != FAIL:
            status = CONDITIONAL
        return Test(HORIZON, status, evidence, reason)


def _oversaved(projects: Sequence[Admitted], future: Future) -> list[Issue]:
    """Say at which projects more is to be saved than is needed there, by all of these together."""
    return [
        one.placed.file.issue(
            ("offset",),
            Message(
                f"{future.year} 年应节约 {saved:g}，而需水只有 {need:g} [万m³/a]",
                f"{saved:g} is to be saved where {need:g} is needed in {future.year} [1e4 m3/yr]",
            ),
            Message("不超过需水", "at most the need"),
            key=True,
        )
        for user, saved, need in oversaved(projects, future)
        for one in projects
        if one.placed.project.offset is not None and one.placed.project.offset.demand == user
    ]


__all__ = ["ADMITTED", "ON_CONDITION", "REFUSED", "VERDICTS", "Admission", "Delta", "Verdict", "admit"]
