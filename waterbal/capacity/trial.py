"""Trials: whether the requirements hold at given scales, for members of one scenario."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from waterbal.api import INFEASIBLE_STATUS, Case
from waterbal.capacity.journal import current, key
from waterbal.capacity.question import Question, question
from waterbal.capacity.side_by_side import end_if_asked
from waterbal.capacity.support import RECORD, complete_years, too_few, without_year
from waterbal.errors import BalanceError, ConfigError, Issue, Message
from waterbal.model.rows import Floats, Ints, Rows, realization, samples
from waterbal.model.setting import context_of
from waterbal.network.build import Network
from waterbal.network.requirements import (
    RATED,
    UNLIMITED,
    asked,
    misses,
    requirement_tables,
)
from waterbal.network.simulate import simulate
from waterbal.results.dataset import versions
from waterbal.results.metrics import Bools

MINIMUM_FLOW = -2
"""Stands for an item where no allocation meets a minimum flow."""
AT_ONCE = 128
"""Realizations whose tables are held in one piece."""

building = threading.RLock()
"""Held while a ground is built: models keep what they have worked out, and that work is not parallel anyway."""


@dataclass(frozen=True)
class Trial:
    """What members did."""

    missed: Ints
    """ndarray (member, item) years or steps; of a member that ended early up to then."""
    first: Ints
    """ndarray (member, item) first step in which it was missed, -1 if none"""
    worst: Floats
    """ndarray (member, item) largest share short, depth [m], or load of a day"""
    lost: Ints
    """ndarray (member) item that was lost first, -1 if none, ``MINIMUM_FLOW``."""
    lost_step: Ints
    """ndarray (member) its step"""

    @property
    def holds(self) -> np.ndarray:
        """ndarray (member) whether every requirement holds in the member's own record."""
        return np.asarray(self.lost == -1)

    def of(self, members: slice) -> Trial:
        """Return what some of the members did."""
        return Trial(
            self.missed[members], self.first[members], self.worst[members], self.lost[members],
            self.lost_step[members],
        )  # fmt: skip


@dataclass
class Count:
    """How much has been simulated."""

    runs: int = 0
    """Members begun."""
    steps: int = 0
    """Steps simulated."""
    _one: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def add(self, runs: int, steps: int) -> None:
        """Add what a trial has simulated; trials of several threads may do so."""
        with self._one:
            self.runs += runs
            self.steps += steps


@dataclass
class Ground:
    """One scenario with its realizations, ready for trials along any direction."""

    case: Case
    realizations: int
    threads: int | None = None
    count: Count = field(default_factory=Count)
    stop: bool = True
    """Whether members end once they have lost a requirement; without, only the work is more."""

    def ready(self) -> Ground:
        """Build what trials need, one ground at a time; return the ground."""
        with building:
            _ = self.allowed_in_all, self.place
            if current() is not None:
                _ = self.content
        return self

    @cached_property
    def question(self) -> Question:
        """What is asked."""
        model = self.case.model
        context = context_of(model, self.case.series, self.case.reference)
        return question(model, context, self.case.rows())

    def asking(self, other: Question) -> Ground:
        """Return the same records under another question."""
        made = Ground(self.case, self.realizations, self.threads, stop=self.stop)
        made.__dict__ |= {"question": other, "pieces": self.pieces, "place": self.place}
        return made

    def sparing(self) -> Ground:
        """Return the same records, each by itself, where one that is too short for a rate may miss nothing at all."""
        made = self.asking(self.question)
        made.__dict__ |= {"allowed": np.maximum(self.allowed, 0)}
        if current() is not None:
            made.__dict__ |= {"content": key(self.content, made.allowed)}
        return made

    @cached_property
    def pieces(self) -> list[tuple[Rows, Network, int]]:
        """Rows and tables of all realizations, with the number of the first one of each piece."""
        found: list[tuple[Rows, Network, int]] = []
        number = 0
        for rows, network in pieces(self.case, self.realizations):
            found.append((rows, network, number))
            number += samples(rows)
        return found

    @cached_property
    def content(self) -> bytes:
        """Hash of every number that decides a trial, and of what computes it: two scenarios may differ in name only."""
        axis = self.case.rows().axis
        tables = [
            value
            for _, network, _ in self.pieces
            for table in (
                network.problem,
                network.layout,
                network.coefficients,
                network.forcing,
                network.reduction,
            )
            for value in table
        ]
        span = (axis.warm_up, axis.step, str(axis.start[0]), axis.size)
        units = [network.scale for _, network, _ in self.pieces]  # tables are in these, what must hold is not
        return key(versions(), self.question, self.realizations, span, units, *tables)

    @cached_property
    def place(self) -> Ints:
        """ndarray (realization, 2) piece and position in it."""
        found = [(p, k) for p, (rows, _, _) in enumerate(self.pieces) for k in range(samples(rows))]
        if len(found) == 1:  # one record, or one that stands for all
            found *= self.realizations
        return np.array(found).reshape(-1, 2)

    @cached_property
    def records(self) -> int:
        """Records that differ: one where nothing of the model depends on the sample, as copies add no evidence."""
        return len(np.unique(self.place, axis=0))

    def rows_of(self, number: int) -> Rows:
        """Return the rows of one record."""
        piece, position = self.place[number]
        return realization(self.pieces[piece][0], int(position))

    @cached_property
    def asked(self) -> Ints:
        """ndarray (realization, item) years or steps in which there is something to judge, at plan."""
        items = self.question.requirements
        of_piece = [np.broadcast_to(asked(r, items), (samples(r), len(items))) for r, _, _ in self.pieces]
        return np.array([of_piece[p][k] for p, k in self.place]).reshape(-1, len(items))

    @cached_property
    def allowed(self) -> Ints:
        """ndarray (realization, item) misses that a record may have; -1 where it is too short."""
        rate = np.array([item.rate for item in self.question.requirements])
        rated = np.array([item.kind in RATED for item in self.question.requirements])
        return np.where(rated, misses(self.asked, rate), 0)

    @cached_property
    def allowed_in_all(self) -> Ints:
        """ndarray (item) misses that all records together may have.

        What may not happen in a record of n years may happen once in n + 1 years: m / (N + 1) >= n / (n + 1) over
        the N years of all records, so that a larger sample neither loosens nor tightens what is asked.
        """
        found = []
        for i, item in enumerate(self.question.requirements):
            total = int(self.asked[: self.records, i].sum())
            single = int(self.asked[:, i].max(initial=0))
            if item.kind not in RATED and item.kind in (
                "annual_depth",
                "aquifer_depth",
                "load",
                "step_depth",
            ):
                single = self.years
                total = single * self.records
            rate = item.rate if item.kind in RATED else single / (single + 1.0)
            found.append(int(misses(total, rate)))
        return np.array(found, dtype=np.int64)

    @cached_property
    def years(self) -> int:
        """Complete years of a record."""
        return complete_years(self.case.rows().axis)

    def refuse_unsupported(self, *, alone: bool, direction: str = "") -> None:
        """Refuse rates that the sample is too small to support.

        Parameters
        ----------
        alone : bool
            Whether every realization is judged alone, not all together.
        direction : str
            Only rates that count along this direction; all if empty.

        Raises
        ------
        ConfigError
            Naming each with the years or steps it would take.
        """
        issues = unsupported(self, alone=alone)
        if direction:
            judged = self.question.judged(direction)
            kept = {item.id for item, own in zip(self.question.requirements, judged, strict=True) if own}
            issues = [issue for issue in issues if issue.where in kept or issue.where == RECORD]
        if issues:
            raise ConfigError(issues)

    def plan(self) -> Trial:
        """Simulate every record at plan to its end, so that any of the requirements can be judged."""
        needs = np.ones((self.realizations, len(self.case.rows().demands)))
        offers = np.ones((self.realizations, len(self.case.rows().sources)))
        judged = np.ones(len(self.question.requirements), dtype=np.bool_)
        return self.trial_of(needs, offers, every(self), judged, stop=False)

    def at_plan(self, direction: str) -> Trial:
        """Simulate every record at plan until what counts along a direction is lost, wherever the direction leads."""
        needs = np.ones((self.realizations, len(self.case.rows().demands)))
        offers = np.ones((self.realizations, len(self.case.rows().sources)))
        return self.trial_of(needs, offers, every(self), self.question.judged(direction))

    def trial(
        self,
        direction: str,
        scale: Floats,
        realization: Ints,
        *,
        pooled: bool = False,
        threads: int | None = None,
    ) -> Trial:
        """Simulate members.

        Parameters
        ----------
        direction : str
            Along which drivers grow.
        scale : ndarray (member) [-]
            1 is the plan.
        realization : ndarray (member)
            Hydrology of each member.
        pooled : bool
            Whether a member may miss what all records together may miss.
        threads : int, optional
            Threads to share members among; those of the ground if not given.
        """
        needs, offers = self.question.scales(direction, scale, self.case.rows())
        judged = self.question.judged(direction)
        return self.trial_of(needs, offers, realization, judged, pooled=pooled, threads=threads)

    def trial_of(
        self,
        needs: Floats,
        offers: Floats,
        realization: Ints,
        judged: Bools,
        *,
        pooled: bool = False,
        stop: bool | None = None,
        threads: int | None = None,
    ) -> Trial:
        """Simulate members with any factors; see ``trial``.

        Parameters
        ----------
        needs : ndarray (member, demand) [-]
            Factors on needs.
        offers : ndarray (member, source) [-]
            Factors on what sources offer.
        realization : ndarray (member)
            Hydrology of each member.
        judged : ndarray (item)
            Requirements that count.
        pooled : bool
            Whether a member may miss what all records together may miss.
        stop : bool, optional
            Whether members end once they have lost; as the ground says if not given.
        threads : int, optional
            Threads to share members among; those of the ground if not given. No answer depends on them.

        Raises
        ------
        BalanceError
            If a step is not solved or does not close: a defect, never a capacity.
        CancelledError
            If nobody waits for the answer any more.
        """
        end_if_asked()
        stop = self.stop if stop is None else stop
        threads = self.threads if threads is None else threads
        journal = current()
        if journal is None:
            trial = self._simulated(needs, offers, realization, judged, threads, pooled=pooled, stop=stop)
        else:
            asked = key(self.content, needs, offers, realization, judged, pooled, stop)
            arrays = journal.find(asked)
            if arrays is None:
                trial = self._simulated(needs, offers, realization, judged, threads, pooled=pooled, stop=stop)
                journal.keep(asked, vars(trial))
            else:
                trial = Trial(**arrays)
        axis = self.case.rows().axis
        ended = (trial.lost_step >= 0) & (stop | (trial.lost == MINIMUM_FLOW))
        done = np.where(ended, trial.lost_step + 1, axis.size)
        self.count.add(realization.size, int((done + axis.warm_up).sum()))
        return trial

    def _simulated(
        self,
        needs: Floats,
        offers: Floats,
        realization: Ints,
        judged: Bools,
        threads: int | None,
        *,
        pooled: bool,
        stop: bool,
    ) -> Trial:
        items = self.question.requirements
        shape = (realization.size, len(items))
        missed, worst = np.zeros(shape, dtype=np.int64), np.zeros(shape)
        first = np.full(shape, -1, dtype=np.int64)
        none = np.full(realization.size, -1, dtype=np.int64)
        trial = Trial(missed, first, worst, none.copy(), none)
        place = self.place[realization]
        for p, (rows, network, begin) in enumerate(self.pieces):
            mine = np.flatnonzero(place[:, 0] == p)
            if mine.size == 0:
                continue
            allowed = self.allowed[begin : begin + samples(rows)]
            if pooled:
                allowed = np.broadcast_to(self.allowed_in_all, allowed.shape)
            allowed = np.where(judged, allowed, UNLIMITED)
            table = requirement_tables(network, items, allowed, stop=stop)
            run = simulate(
                network, place[mine, 1], needs[mine], source_scale=offers[mine], requirements=table,
                keep=False, threads=threads,
            )  # fmt: skip
            self._take(trial, mine, run, rows)
        return trial

    def _take(self, trial: Trial, mine: Ints, run: object, rows: Rows) -> None:
        """Take over what a run told."""
        outcome, totals = run.outcome, run.totals  # type: ignore[attr-defined]
        bad = (totals.status != 0) & (totals.status != INFEASIBLE_STATUS)
        if bad.any():
            first = int(np.flatnonzero(bad)[0])
            date = str(rows.axis.start[int(totals.step[first])].astype("datetime64[D]"))
            message = Message(
                f"承载能力的一次试算中，{date} 的时段以状态 {int(totals.status[first])} 结束",
                f"the step of {date} ended with status {int(totals.status[first])} in a trial of a capacity",
            )
            raise BalanceError(Issue(message))
        infeasible = totals.status == INFEASIBLE_STATUS
        trial.missed[mine] = outcome.missed
        trial.first[mine] = outcome.first
        trial.worst[mine] = outcome.worst
        trial.lost[mine] = np.where(infeasible, MINIMUM_FLOW, outcome.lost)
        trial.lost_step[mine] = np.where(infeasible, totals.step, outcome.lost_step)


def pieces(case: Case, realizations: int, at_once: int = AT_ONCE) -> Iterator[tuple[Rows, Network]]:
    """Give rows and tables of all realizations, some at a time; of one where nothing depends on the sample."""
    if case.ensemble is None:
        yield case.rows(), case.network()
        return
    for first in range(0, realizations, at_once):
        last, given = min(first + at_once, realizations), 0
        for rows, network in case.realizations(first, last):
            yield rows, network
            given += samples(rows)
        if given < last - first:
            return


def unsupported(ground: Ground, *, alone: bool) -> list[Issue]:
    """Name what the sample is too small for: rates, with the years or steps it would take, or judging years at all."""
    items = ground.question.requirements
    short = without_year(ground.case, items)
    if short:
        return short
    counts = _fewest(ground.asked) if alone else ground.asked[: ground.records].sum(axis=0)
    more = not alone or ground.realizations == 1
    issues = (
        too_few(ground.case, item, int(n), more_records=more) for item, n in zip(items, counts, strict=True)
    )
    return [issue for issue in issues if issue is not None]


def _fewest(asked: Ints) -> Ints:
    """Return the smallest count of each item over the records that have any."""
    some = np.where(asked > 0, asked, np.iinfo(np.int64).max).min(axis=0)
    return np.where(asked.max(axis=0) > 0, some, 0)


def every(ground: Ground) -> Ints:
    """Return the numbers of all realizations."""
    return np.arange(ground.realizations, dtype=np.int64)
