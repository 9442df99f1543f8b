"""Searches side by side give what they give one after the other, and end together when one fails."""

from __future__ import annotations

import threading
import time
from concurrent.futures import CancelledError
from contextvars import ContextVar
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.capacitykit import STUDY, town, write
from waterbal.capacity.assessment import assess
from waterbal.capacity.demand import Demand
from waterbal.capacity.search import Options
from waterbal.capacity.side_by_side import end_if_asked, share, side_by_side

seen: ContextVar[str] = ContextVar("seen", default="")


@given(st.integers(1, 128), st.integers(1, 2000), st.integers(0, 200))
def test_a_share_never_takes_more_threads_than_there_are(threads: int, records: int, searches: int) -> None:
    at_once, each = share(threads, records, searches)
    assert at_once >= 1
    assert each >= 1
    assert at_once * each <= threads
    assert at_once <= max(1, searches)
    if records >= 2 * threads:
        assert at_once == 1, "the records keep all threads busy; more grounds at once would only take memory"
    if records == 1:
        assert at_once == max(1, min(threads, searches))


@pytest.mark.parametrize("at_once", [1, 3])
def test_answers_keep_their_order_and_progress_counts_up(at_once: int) -> None:
    told: list[tuple[int, int]] = []
    tasks = [lambda k=k: (time.sleep(0.002 * (5 - k)), k)[1] for k in range(5)]
    assert side_by_side(tasks, at_once, lambda done, total: told.append((done, total))) == [0, 1, 2, 3, 4]
    assert told == [(k + 1, 5) for k in range(5)]


def test_tasks_run_at_the_same_time_and_see_what_the_caller_set() -> None:
    both = threading.Barrier(2, timeout=10.0)  # broken unless two tasks are inside at once
    seen.set("journal")
    assert side_by_side([lambda: (both.wait(), seen.get())[1]] * 2, 2) == ["journal", "journal"]


def test_the_first_failure_in_order_is_told_and_the_others_end() -> None:
    ended = []

    def fails() -> None:
        time.sleep(0.01)
        raise ValueError("first")

    def goes_on() -> None:
        try:
            for _ in range(5000):
                end_if_asked()
                time.sleep(0.002)
        except CancelledError:
            ended.append(True)
            raise

    with pytest.raises(ValueError, match="first"):
        side_by_side([fails, goes_on, goes_on, goes_on], 2)
    assert 1 <= len(ended) <= 2, "what has begun ends at its next trial, and nothing else begins"
    end_if_asked()  # what ended is over


def test_an_assessment_is_the_same_for_any_number_of_threads(tmp_path: Path) -> None:
    town(tmp_path)
    study = write(tmp_path, STUDY, "study.yaml")
    found = [
        assess(
            study,
            (),
            Demand(options=Options(1e-3, 3, 1), focus="people", budget=400.0, next_limits=2, threads=threads),
        )
        for threads in (1, 2, 5)
    ]
    assert found[0].sizes["measure"] > 2
    for other in found[1:]:
        assert other.identical(found[0])
