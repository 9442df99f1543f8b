"""How sure the capacity of all records together is: the records drawn again with replacement."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from waterbal.capacity.intervals import CONFIDENCE, Interval
from waterbal.capacity.question import Question
from waterbal.capacity.search import Found
from waterbal.capacity.trial import Ground, every
from waterbal.errors import Issue, Message, UsageError, nearest, one_of
from waterbal.model.rows import Ints
from waterbal.network.requirements import RATED, misses


@dataclass(frozen=True)
class Confidence:
    """How sure the capacity of all records together is, by drawing the records again with replacement."""

    scale: float
    """The capacity [-]."""
    interval: Interval
    """Percentile interval of Efron (1979) [-]; an end is -inf where nothing is carried in so many draws."""
    confidence: float
    """Of the interval [-]."""
    within: float
    """Distance that counts as right, as share of the capacity [-]."""
    share_within: float
    """Share of draws whose capacity is as near as that [-]."""
    more_needed: int
    """Further records that would bring both ends of the interval as near as that, which goes with 1/sqrt(n);
    -1 where an end of the interval is infinite."""
    draws: int
    seed: int
    resolution: float
    """Distance of the scales that were tried [-]."""


def known_direction(question: Question, direction: str) -> None:
    """Refuse a direction that does not exist."""
    if direction not in question.directions:
        names = list(question.directions)
        raise UsageError(
            Issue(
                Message(f"没有方向 {direction!r}", f"there is no direction {direction!r}"), "capacity.directions",
                expected=one_of(names), nearest=nearest(direction, names),
            )
        )  # fmt: skip


def resampled(
    ground: Ground,
    direction: str,
    ensemble: Found,
    *,
    draws: int = 1000,
    seed: int = 0,
    confidence: float = CONFIDENCE,
    within: float = 0.01,
    resolution: float = 0.005,
) -> Confidence:
    """Draw the records again with replacement and search the capacity of every draw (bootstrap, Efron 1979).

    All draws share the trials of the records: a draw only weights what each of them missed. They are searched on
    scales that lie a resolution apart, without an audit.

    Parameters
    ----------
    ground : Ground
        Scenario.
    direction : str
        Along which drivers grow.
    ensemble : Found
        Capacity of all records together.
    draws : int
        Number of draws.
    seed : int
        Of the draws; the same seed gives the same draws.
    confidence : float
        Of the interval [-].
    within : float
        Distance from the capacity that counts as right, as share of it [-].
    resolution : float
        Distance of the scales that are tried, as share of the capacity [-].

    Raises
    ------
    UsageError
        If all records together have no capacity, there is only one, or a number makes no sense.
    """
    known_direction(ground.question, direction)
    issues = []
    if not (np.isfinite(ensemble.scale) and ensemble.scale > 0.0):
        issues.append(
            Issue(
                Message("没有可供检验的承载能力", "there is no capacity to be sure of"),
                expected=Message("求得承载能力的一次搜索", "a search that found one"),
            )
        )
    if ground.realizations < 2:
        issues.append(
            Issue(
                Message("只有一个系列，无法重抽", "one record cannot be drawn in another way"),
                expected=Message("2 个水文样本或更多", "2 realizations or more"),
            )
        )
    if draws < 1 or not 0.0 < confidence < 1.0 or not within > 0.0 or not 0.0 < resolution < 1.0:
        expected = Message(
            "抽取 1 次或更多，置信度在 0 与 1 之间，距离大于 0",
            "1 draw or more, a confidence between 0 and 1, distances above 0",
        )
        issues.append(Issue(Message("抽样的设定得不出结论", "draws that tell nothing"), expected=expected))
    if issues:
        raise UsageError(issues)
    size = ground.realizations
    weights = np.random.default_rng(seed).multinomial(size, np.full(size, 1.0 / size), draws)
    step = resolution * ensemble.scale
    low, _, high, _ = ground.question.room(direction)
    first = -int(np.floor((ensemble.scale - low) / step + 1e-9))
    last = 10 * int(1.0 / resolution)
    if np.isfinite(high):
        last = min(last, int(np.floor((high - ensemble.scale) / step + 1e-9)))
    places = _Draws(ground, direction, weights, ensemble.scale, step).capacities(first, last)
    scales = np.where(places < first, -np.inf, ensemble.scale + step * places)
    tail = 0.5 * (1.0 - confidence)
    ends = np.quantile(scales, [tail, 1.0 - tail], method="inverted_cdf")
    span = Interval(float(ends[0]), float(ends[1]))
    near = np.abs(scales - ensemble.scale) <= within * ensemble.scale + 1e-12
    wanted = within * ensemble.scale
    reach = span.reach(ensemble.scale)
    finite = np.isfinite(reach)
    factor = max((reach / wanted) ** 2 - 1.0, 0.0) if finite else np.inf
    more = int(np.ceil(size * factor - 1e-9)) if finite else -1
    return Confidence(ensemble.scale, span, confidence, within, float(near.mean()), more, draws, seed, step)


class _Draws:
    """Capacities of draws of the records on scales that lie a step apart, place 0 being that of all records."""

    def __init__(self, ground: Ground, direction: str, weights: Ints, origin: float, step: float) -> None:
        self.ground, self.direction, self.weights = ground, direction, weights
        self.origin, self.step = origin, step
        items = ground.question.requirements
        rated = np.array([item.kind in RATED for item in items])
        self.allowed = np.where(rated, _allowed(ground, weights), ground.allowed_in_all)
        self.held: dict[int, np.ndarray] = {}
        """Place -> ndarray (draw) whether everything holds there."""

    def capacities(self, first: int, last: int) -> np.ndarray:
        """Return the largest place that holds of each draw, ndarray (draw); first - 1 where none does."""
        count = len(self.weights)
        good, bad = np.full(count, first - 1), np.full(count, last + 1)
        at = np.zeros(count, dtype=np.int64)
        reach = 1
        while True:
            open_ = bad - good > 1
            if not open_.any():
                return good
            self._try(np.unique(at[open_]))
            held = np.array([self.held[int(place)][k] if open_[k] else False for k, place in enumerate(at)])
            good = np.where(open_ & held, at, good)
            bad = np.where(open_ & ~held, at, bad)
            up, down = bad == last + 1, good == first - 1
            ahead = np.where(up, np.minimum(good + reach, last), np.maximum(bad - reach, first))
            at = np.where(up | down, ahead, (good + bad) // 2)
            reach *= 2

    def _try(self, places: np.ndarray) -> None:
        """Simulate all records at places that were not tried before."""
        new = [int(place) for place in places if int(place) not in self.held]
        if not new:
            return
        numbers = every(self.ground)
        scales = np.repeat(self.origin + self.step * np.array(new), numbers.size)
        rows, question = self.ground.case.rows(), self.ground.question
        needs, offers = question.scales(self.direction, scales, rows)
        judged = question.judged(self.direction)
        everything = np.zeros(
            judged.size, dtype=np.bool_
        )  # nothing ends a record, so that all misses are counted
        trial = self.ground.trial_of(needs, offers, np.tile(numbers, len(new)), everything)
        for k, place in enumerate(new):
            own = slice(k * numbers.size, (k + 1) * numbers.size)
            over = (self.weights @ trial.missed[own] > self.allowed) & judged
            gone = self.weights @ (trial.lost[own] < -1).astype(np.int64) > 0
            self.held[place] = ~over.any(axis=1) & ~gone


def _allowed(ground: Ground, weights: Ints) -> np.ndarray:
    """Return the misses that draws may have of what is required at a rate, ndarray (draw, item)."""
    rate = np.array([item.rate for item in ground.question.requirements])
    return misses(weights @ ground.asked, rate)
