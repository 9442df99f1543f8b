"""How likely a plan is more than is carried, and how sure a capacity is, from the records that were drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterbal.capacity.intervals import (
    CONFIDENCE,
    TARGET,
    Claim,
    Interval,
    ReturnPeriod,
    claim,
    interval,
    more_needed,
    one_in,
    return_period,
)
from waterbal.capacity.judging import trials
from waterbal.capacity.nearby import first_step
from waterbal.capacity.plan_limits import SAID, broken
from waterbal.capacity.question import Limit, Question
from waterbal.capacity.resampling import Confidence, known_direction, resampled
from waterbal.capacity.search import INFEASIBLE, UNBOUNDED, Found, Options, Search, run
from waterbal.capacity.trial import Ground, every
from waterbal.errors import Message
from waterbal.model.rows import Floats
from waterbal.network.requirements import RATED


@dataclass(frozen=True)
class Distribution:
    """Capacity of every record alone."""

    direction: str
    question: Question
    found: tuple[Found, ...]
    """Answer for each record."""

    @property
    def scales(self) -> Floats:
        """ndarray (realization) [-]; -inf where nothing is carried, inf where nothing stops it."""
        status = np.array([answer.status for answer in self.found])
        scale = np.array([answer.scale for answer in self.found])
        return np.where(status == INFEASIBLE, -np.inf, np.where(status == UNBOUNDED, np.inf, scale))

    @property
    def non_monotone(self) -> int:
        """Number of records in which something larger holds than the first that fails."""
        return sum(answer.non_monotone for answer in self.found)

    def safe(self, share: float | None = None) -> Claim:
        """Return the scale that a share of records carries at least; that of the question if none is given.

        Parameters
        ----------
        share : float, optional
            Share of records [-].

        Returns
        -------
        Claim
            Refused where the sample is too small, with the size it would take.
        """
        return claim(
            self.scales,
            self.question.confidence if share is None else share,
            Message("可靠承载能力", "a capacity that holds"),
        )

    def one_in(self, period: float) -> Claim:
        """Return the scale that one record in ``period`` does not carry; refused beyond what the sample supports."""
        return one_in(self.scales, period)


@dataclass(frozen=True)
class Exceedance:
    """Probability that the plan is more than is carried: counted in records, or certain by a limit that is not water.

    Where ``limits`` names one, the probability is 1 and its intervals are of no width: no record tells anything of it.
    """

    failures: int
    """Records in which what counts does not hold at plan, by hydrology."""
    size: int
    """Records."""
    confidence: float
    """Of the intervals [-]."""
    exact: Interval
    """Clopper and Pearson (1934) [-]."""
    wilson: Interval
    """Wilson (1927) [-]."""
    target: float
    """Distance of the ends of the exact interval from the share that is aimed at [-]."""
    more_needed: int
    """Further records that would reach it, if the share stays what it is."""
    limits: tuple[Limit, ...]
    """Limits that are not water and that the plan itself breaks."""
    disagree: int | None
    """Records that hold at plan though something smaller fails, or fail though something larger holds; None where
    capacities of the records are not known, or their direction does not go through the plan."""
    below: int | None
    """Records whose capacity, the largest scale with all smaller ones holding, is below the plan; None likewise."""

    @property
    def share(self) -> float:
        """Share of records in which the plan is more than is carried: all where it breaks a limit [-]."""
        return SAID if self.limits else self.failures / self.size

    @property
    def non_monotone(self) -> bool:
        """Whether some record holds at plan but not below, or the other way round, so that both counts are told."""
        return bool(self.disagree)


@dataclass(frozen=True)
class Risk:
    """All of it for one scenario."""

    exceedance: Exceedance
    distribution: Distribution
    safe: Claim
    confidence: Confidence | None
    """None where all records together have no capacity."""


def distribution(
    ground: Ground, direction: str, ensemble: Found | None = None, options: Options | None = None
) -> Distribution:
    """Search the capacity of every record alone, all at once, from the capacity of all together.

    Parameters
    ----------
    ground : Ground
        Scenario.
    direction : str
        Along which drivers grow.
    ensemble : Found, optional
        Capacity of all records together, where searches begin.
    options : Options, optional
        How thoroughly is searched.

    Raises
    ------
    UsageError
        If there is no such direction.
    ConfigError
        If one record is too short for a rate that is required.
    """
    known_direction(ground.question, direction)
    ground.refuse_unsupported(alone=True, direction=direction)
    low, _, high, above = ground.question.room(direction)
    if low > high:
        nothing = tuple(Found(status=INFEASIBLE, limit=above) for _ in range(ground.realizations))
        return Distribution(direction, ground.question, nothing)
    start, step = 1.0, 1.0
    if ensemble is not None and np.isfinite(ensemble.scale):
        start, step = ensemble.scale, first_step(ensemble.scale)
    searches = [Search(direction, k, low, high, start, step) for k in range(ground.realizations)]
    found = run(searches, trials(ground), options or Options(audit_below=5, audit_above=2))
    for answer in found:
        if np.isfinite(high) and answer.scale >= high:
            answer.limit = above
    return Distribution(direction, ground.question, tuple(found))


def exceedance(
    ground: Ground,
    known: Distribution | None = None,
    confidence: float = CONFIDENCE,
    target: float = TARGET,
) -> Exceedance:
    """Count the records in which what counts does not hold at plan, by one trial of each.

    A plan that breaks a limit that is not water is more than is carried in every record, without an interval.

    Parameters
    ----------
    ground : Ground
        Scenario, with the plan of its horizon.
    known : Distribution, optional
        Capacities of the records, to tell where "fails at plan" and "capacity below the plan" are not the same;
        what counts along their direction counts here. Without them all requirements count.
    confidence : float
        Of the intervals [-].
    target : float
        Distance of the ends of the exact interval from the share that is aimed at [-].

    Raises
    ------
    ConfigError
        If one record is too short for a rate that is required.
    """
    direction = "" if known is None else known.direction
    ground.refuse_unsupported(alone=True, direction=direction)
    at_plan = ground.at_plan(direction) if direction else ground.plan()
    held = at_plan.holds[: ground.records]  # copies of a record are no sample
    failures, size = int((~held).sum()), int(held.size)
    disagree = below = None
    if known is not None and ground.question.directions[direction].through_plan:
        fails = np.array([answer.fails for answer in known.found])[: held.size]
        scales = known.scales[: held.size]
        disagree = int(((held & (fails < 1.0)) | (~held & (scales > 1.0))).sum())
        below = int((np.where(held, fails < 1.0, scales < 1.0)).sum())
    limits = broken(ground.question)
    if limits:
        certain = Interval(SAID, SAID)
        return Exceedance(failures, size, confidence, certain, certain, target, 0, limits, disagree, below)
    return Exceedance(
        failures, size, confidence, interval(failures, size, confidence),
        interval(failures, size, confidence, "wilson"), target, more_needed(failures, size, target, confidence),
        limits, disagree, below,
    )  # fmt: skip


def return_periods(ground: Ground, confidence: float = CONFIDENCE) -> dict[str, ReturnPeriod]:
    """Return how often each yearly requirement is missed at plan, over the years of all records.

    Parameters
    ----------
    ground : Ground
        Scenario.
    confidence : float
        Of the intervals, which take years as independent [-].

    Returns
    -------
    dict
        Path of the requirement -> return period; where it was not missed, no more than the longest that the sample
        supports.
    """
    question = ground.question
    ones = np.ones((ground.realizations, len(ground.case.rows().demands)))
    offers = np.ones((ground.realizations, len(ground.case.rows().sources)))
    nothing = np.zeros(len(question.requirements), dtype=np.bool_)
    missed = ground.trial_of(ones, offers, every(ground), nothing).missed[: ground.records].sum(axis=0)
    found = {}
    for i, item in enumerate(question.requirements):
        size = (
            int(ground.asked[: ground.records, i].sum())
            if item.kind in RATED
            else ground.years * ground.records
        )
        if item.kind not in ("step", "step_depth") and size:
            found[item.id] = return_period(int(missed[i]), size, confidence)
    return found


def risk(
    ground: Ground,
    direction: str,
    ensemble: Found,
    options: Options | None = None,
    *,
    draws: int = 1000,
    seed: int = 0,
) -> Risk:
    """Put together how likely the plan is too much and how sure its capacity is.

    Parameters
    ----------
    ground : Ground
        Scenario, with the plan of its horizon.
    direction : str
        Along which drivers grow.
    ensemble : Found
        Capacity of all records together.
    options : Options, optional
        How thoroughly the records are searched.
    draws, seed : int
        Of ``resampled``.
    """
    own = distribution(ground, direction, ensemble, options)
    sure = None
    if np.isfinite(ensemble.scale) and ensemble.scale > 0.0 and ground.records > 1:
        sure = resampled(ground, direction, ensemble, draws=draws, seed=seed)
    return Risk(exceedance(ground, own), own, own.safe(), sure)
