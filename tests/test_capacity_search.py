"""The search, on questions whose answers are known before it begins."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from waterbal.capacity.search import STATUS, Options, Search, ladder, run

OPTIONS = Options(1e-3, 20, 5)


def found(holds, low=0.0, high=np.inf, guess=1.0, step=1.0, options=OPTIONS):
    """Search one scale; ``holds`` tells of a scale whether everything holds."""
    counted = []

    def trial(searches, scales):
        counted.extend(scales)
        return [bool(holds(scale)) for scale in scales]

    (answer,) = run([Search("mix", -1, low, high, guess, step)], trial, options)
    return answer, counted


@pytest.mark.parametrize("limit", [0.0005, 0.3, 1.0, 1.1696, 7.77, 311.0])
def test_where_a_search_begins_does_not_change_a_digit(limit):
    """So a scenario has the same answer alone, among others, and in any order."""
    answers = {
        found(lambda scale: scale <= limit, guess=guess)[0].scale for guess in (0.01, 0.7, 1.0, 1.31, 5.0)
    }
    assert len(answers) == 1
    assert answers == {int(limit * 1000 + 1e-9) / 1000}


@pytest.mark.parametrize("limit", [0.0005, 0.3, 1.0, 1.1696, 7.77, 311.0])
@pytest.mark.parametrize("guess", [0.01, 1.0, 5.0])
def test_a_threshold_is_found_to_the_tolerance(limit, guess):
    answer, _ = found(lambda scale: scale <= limit, guess=guess)
    assert STATUS[answer.status] == "found"
    assert answer.scale <= limit < answer.fails
    assert answer.fails - answer.scale <= 1e-3 + 1e-9  # two multiples of it, but for rounding
    assert not answer.non_monotone


@given(limit=st.floats(0.01, 50.0), guess=st.floats(0.01, 50.0), step=st.floats(0.01, 2.0))
@settings(max_examples=200, deadline=None)
def test_where_the_search_begins_decides_nothing(limit, guess, step):
    answer, tried = found(lambda scale: scale <= limit, guess=guess, step=step)
    assert limit - 1e-3 <= answer.scale <= limit
    assert len(tried) < 80


def test_what_never_fails_is_unbounded_and_no_number():
    answer, _ = found(lambda scale: True)
    assert STATUS[answer.status] == "unbounded"
    assert np.isnan(answer.scale)


def test_a_limit_that_is_not_water_bounds_the_scale_exactly():
    answer, _ = found(lambda scale: True, high=1.7123)
    assert STATUS[answer.status] == "limited"
    assert answer.scale == 1.7123


def test_what_fails_without_growth_is_infeasible_and_no_number():
    answer, _ = found(lambda scale: False)
    assert STATUS[answer.status] == "infeasible_at_zero"
    assert np.isnan(answer.scale)
    assert answer.fails == 0.0


def test_a_floor_is_where_the_search_ends():
    answer, tried = found(lambda scale: scale < 0.4, low=0.5)
    assert STATUS[answer.status] == "infeasible_at_zero"
    assert min(tried) == 0.5


@pytest.mark.parametrize("guess", [0.1, 0.3, 0.52, 0.58, 0.7, 1.0])
def test_a_gap_is_reported_with_both_values(guess):
    """Holds to 0.500, fails to 0.570, holds to 0.602: the answer is 0.500 wherever the search begins."""
    answer, _ = found(lambda scale: scale <= 0.5 or 0.57 < scale <= 0.602, guess=guess)
    assert answer.scale == pytest.approx(0.5, abs=1e-3)
    assert answer.scale <= 0.5
    if answer.alternate == answer.alternate:
        assert answer.non_monotone
        assert 0.57 < answer.alternate <= 0.602
    else:
        assert guess < 0.57  # the part that holds beyond was not met by the grid


@pytest.mark.parametrize("guess", [0.3, 0.5, 0.6, 0.7, 1.0, 1.5])
def test_the_plan_is_tried_wherever_the_search_begins(guess):
    """A search from the capacity of a similar future ended before it, and a plan that holds was not seen."""
    answer, _ = found(lambda scale: scale <= 0.6 or 0.97 <= scale <= 1.02, guess=guess, step=0.1 * guess)
    assert answer.scale == pytest.approx(0.6, abs=1e-3)
    assert answer.tried[1.0]
    assert answer.non_monotone
    assert answer.alternate >= 1.0
    below, tried = found(lambda scale: scale <= 0.4, high=0.8)
    assert STATUS[below.status] == "found"
    assert 1.0 not in tried  # where the limits leave no plan it is not tried


def test_the_grid_above_meets_what_holds_beyond_a_failure():
    answer, _ = found(
        lambda scale: scale <= 0.5 or 0.57 < scale <= 0.602, guess=0.3, options=Options(1e-3, 20, 25)
    )
    assert answer.non_monotone
    assert answer.scale == pytest.approx(0.5, abs=1e-3)
    assert 0.57 < answer.alternate <= 0.602


def test_what_holds_only_in_the_middle_is_infeasible_with_an_alternate():
    """Reuse: nothing holds without people, because there is no reclaimed water then."""
    answer, _ = found(lambda scale: 0.3 <= scale <= 0.6)
    assert STATUS[answer.status] == "infeasible_at_zero"
    assert answer.non_monotone
    assert 0.3 <= answer.alternate <= 0.6


def test_without_the_audit_a_gap_is_missed():
    """The audit is what finds it: a search without one tells the far side."""
    holds = lambda scale: scale <= 0.5 or 0.52 < scale <= 0.9  # noqa: E731
    blind, _ = found(holds, guess=0.8, options=Options(1e-3, 0, 0))
    seeing, _ = found(holds, guess=0.8, options=Options(1e-3, 60, 5))
    assert blind.scale == pytest.approx(0.9, abs=1e-3)
    assert seeing.scale == pytest.approx(0.5, abs=1e-3)
    assert seeing.non_monotone
    assert seeing.alternate == pytest.approx(0.9, abs=1e-3)


def test_searches_together_find_what_each_finds_alone():
    limits = [0.1, 0.77, 3.3, np.inf, -1.0]

    def trial(searches, scales):
        return [scale <= limits[search.realization] for search, scale in zip(searches, scales, strict=True)]

    together = run([Search("mix", k, 0.0, np.inf) for k in range(5)], trial, OPTIONS)
    for k in range(5):
        (alone,) = run([Search("mix", k, 0.0, np.inf)], trial, OPTIONS)
        assert alone.tried == together[k].tried
        assert alone.status == together[k].status


def test_a_good_guess_saves_trials():
    _, far = found(lambda scale: scale <= 0.409, options=Options(1e-3, 0, 0))
    _, near = found(lambda scale: scale <= 0.409, guess=0.41, step=0.01, options=Options(1e-3, 0, 0))
    assert len(near) < len(far)


@pytest.mark.parametrize("end", [0.8, 3.0, np.inf])
def test_the_smallest_scale_is_tried_and_so_is_what_lies_around_the_plan(end):
    """Effluent that the growing use would take away: what is small fails, however far the large ones reach."""
    for fails_to in (0.0, 0.47):
        answer, _ = found(lambda scale, to=fails_to: to < scale <= end)
        assert STATUS[answer.status] == "infeasible_at_zero"
        assert answer.non_monotone
        assert answer.alternate >= min(end, 512.0) - 1e-3
    gap, _ = found(lambda scale: not 0.4 < scale < 0.6 and scale <= end)
    assert gap.scale == pytest.approx(0.4, abs=1e-3)
    assert gap.non_monotone


def test_where_nothing_holds_at_the_start_it_is_looked_far_above():
    """The mills live on the reclaimed water of twice the people of the plan."""
    answer, _ = found(lambda scale: 2.0 <= scale <= 10.0)
    assert STATUS[answer.status] == "infeasible_at_zero"
    assert answer.non_monotone
    assert 2.0 <= answer.alternate <= 10.0


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=150, deadline=None)
def test_no_answer_depends_on_who_else_is_searched(seed):
    """Whatever holds where: islands, holes, floors, limits."""
    random = np.random.default_rng(seed)
    count = int(random.integers(2, 6))
    ends = [np.sort(random.lognormal(0.0, 1.0, int(random.integers(1, 7)))) for _ in range(count)]
    first = random.random(count) < 0.8
    spans = [
        (float(random.choice([0.0, 0.0, 0.2, 1.3])), float(random.choice([np.inf, np.inf, 2.0])))
        for _ in ends
    ]
    options = Options(
        float(random.choice([1e-3, 5e-3])), int(random.choice([4, 20, 40])), int(random.choice([1, 5]))
    )

    def trial(searches, scales):
        return [
            bool(first[search.realization]) == (np.searchsorted(ends[search.realization], scale) % 2 == 0)
            for search, scale in zip(searches, scales, strict=True)
        ]

    def searched(numbers):
        return run([Search("mix", k, *spans[k]) for k in numbers], trial, options)

    alone = [searched([k])[0] for k in range(count)]
    order = random.permutation(count)
    for k, among in zip(order, searched(order), strict=True):
        assert among.tried == alone[k].tried
        assert (among.status, repr(among.scale), repr(among.alternate)) == (
            alone[k].status, repr(alone[k].scale), repr(alone[k].alternate),
        )  # fmt: skip
        held = [scale for scale, good in among.tried.items() if good and not scale > among.fails]
        if STATUS[among.status] == "found":
            assert among.scale == max(held)


def test_the_ladder_is_that_of_the_documents():
    """Ten steps to the plan, five to its double, then by a ratio of 1.5 to the largest scale tried."""
    rungs = list(ladder(0.0, np.inf, Options().rungs))
    assert rungs[:16] == pytest.approx([k / 10 for k in range(10)] + [1.0, 1.2, 1.4, 1.6, 1.8, 2.0])
    beyond = np.array(rungs[15:])
    assert beyond[1:-1] / beyond[:-2] == pytest.approx(1.5)
    assert beyond[-1] == 1024.0
    assert list(ladder(0.33, 1.25, 4)) == [0.33, 0.5, 0.75, 1.0, 1.25]
