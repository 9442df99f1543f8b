"""Who has no guarantee: what becomes of users that no rate protects, of promised projects, and of the project."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterbal.capacity.admission_candidate import Candidate
from waterbal.capacity.admission_model import CURTAILED
from waterbal.capacity.admission_runs import Run
from waterbal.capacity.admission_supply import sums, years_short
from waterbal.capacity.admission_terms import Evidence
from waterbal.model.base import Label
from waterbal.network.requirements import misses

USUAL = 0.5
"""Share of years in which who has no guarantee is taken to need its water [-]."""
UNCHANGED = 1e-4
"""[-] share of a need by which less may be supplied to users whose year fails always, and share by which a depth of
failure, a water table or a load that is missed already may grow, before it counts as harm."""


@dataclass(frozen=True)
class Unrated:
    """What became of those without a guarantee."""

    evidence: tuple[Evidence, ...]
    doubts: tuple[Label, ...]
    """Why nothing shows that their water is there."""


@dataclass(frozen=True)
class Years:
    """Years of some users in one run."""

    asked: int
    """Complete years of all records in which they need water."""
    missed: int
    """Those in which they get less than they need, by more than their tolerance."""
    share: float
    """Supply over need [-]."""

    @property
    def seldom(self) -> bool:
        """Whether less than half of the years are good ones."""
        return self.missed > int(misses(self.asked, USUAL))

    @property
    def rate(self) -> float:
        """Share of good years, m / (n + 1) [-]."""
        return (self.asked - self.missed) / (self.asked + 1.0)


def unrated(case: Candidate) -> Unrated:
    """Tell who has no guarantee and goes short in more than half of the years, because of a project or as the project.

    A project that was promised its water is harmed by that; of existing users, and of the project, it is a doubt:
    nothing says how often they need their water.

    Parameters
    ----------
    case : Candidate
    """
    future = case.future
    evidence, doubts = [], []
    own = [d for d, row in enumerate(future.rows.demands) if row.id in case.demands]
    may_be_cut = {one.project.id + CURTAILED for one in future.projects}  # it was let in on that
    for d, row in enumerate(future.rows.demands):
        if row.guarantee > 0.0 or d in own or row.id in may_be_cut:
            continue
        before, after = _years(case, case.without, [d]), _years(case, case.with_it, [d])
        always = before.missed == before.asked
        worse = after.missed > before.missed or (always and after.share < before.share - UNCHANGED)
        if not (after.seldom and worse):
            continue
        promised, name = row.id in future.own, future.demand_name(row.id)
        told = Label(
            zh=f"{name.zh}：未规定保证率，正常年份", en=f"{name.en}: has no guarantee; share of good years"
        )
        limit = USUAL if promised else None
        evidence.append(
            Evidence(
                told, after.rate, ">=" if promised else "", limit, "-", False if promised else None,
                before.rate, future.id,
            )
        )  # fmt: skip
        if not promised:
            doubts.append(
                Label(
                    zh=f"{future.name.zh}：{name.zh}未规定保证率，有该项目时半数以上年份缺水",
                    en=f"{future.name.en}: {name.en} has no guarantee and with the project goes short in more than "
                    "half of the years",
                )
            )
    if own and case.project.guarantee is None:
        gets = _years(case, case.with_it, own)
        if gets.seldom:
            doubts.append(
                Label(
                    zh=f"{future.name.zh}：项目未规定保证率，自身半数以上年份缺水",
                    en=f"{future.name.en}: the project states no guarantee and goes short itself in more than half of "
                    "the years",
                )
            )
    return Unrated(tuple(evidence), tuple(doubts))


def _years(case: Candidate, run: Run, demands: list[int]) -> Years:
    """Count good and bad years of some users together."""
    need, supply = sums(run, demands)
    asked, missed = years_short(case.future, need, supply, demands)
    whole = float(need.sum())
    return Years(
        int(np.count_nonzero(asked)), int(np.count_nonzero(missed)),
        float(supply.sum()) / whole if whole > 0.0 else 1.0,
    )  # fmt: skip
