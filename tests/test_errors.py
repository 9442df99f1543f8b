"""Errors carry their issues, their exit code and survive a process boundary."""

from __future__ import annotations

import pickle

import pytest

from waterbal.errors import (
    BalanceError,
    ConfigError,
    DataError,
    InfeasibleError,
    Issue,
    UsageError,
    WaterbalError,
    nearest,
)


def test_issue_reads_as_one_line():
    issue = Issue("unknown key 'capcity'", "works.plant", "m.yaml", 7, 3, "capacity, cost", "capacity")
    assert str(issue) == (
        "m.yaml:7:3: works.plant: unknown key 'capcity'; expected capacity, cost; did you mean 'capacity'?"
    )


@pytest.mark.parametrize(
    ("issue", "text"),
    [
        (Issue("bad"), "bad"),
        (Issue("bad", file="a.csv"), "a.csv: bad"),
        (Issue("bad", file="a.csv", line=3), "a.csv:3: bad"),
        (Issue("bad", where="links.a"), "links.a: bad"),
    ],
)
def test_parts_without_content_are_left_out(issue, text):
    assert str(issue) == text


def test_exit_codes():
    codes = {
        kind: kind.exit_code for kind in (UsageError, ConfigError, DataError, InfeasibleError, BalanceError)
    }
    assert list(codes.values()) == [2, 3, 4, 5, 6]
    assert WaterbalError.exit_code == 70


def test_an_error_survives_pickling():
    error = DataError([Issue("one", line=1), Issue("two", file="x")])
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is DataError
    assert copy.issues == error.issues
    assert str(copy) == "one\nx: two"


@pytest.mark.parametrize(
    ("name", "found"), [("capcity", "capacity"), ("CAPACITY", "capacity"), ("zzz", ""), (2025, "2025")]
)
def test_nearest(name, found):
    assert nearest(name, ["capacity", "cost", 2025]) == found


@pytest.mark.parametrize(
    "error",
    [DataError("a"), DataError(Issue("a")), DataError([Issue("a")]), DataError((Issue("a"),))],
)
def test_an_error_takes_text_one_issue_or_several(error):
    assert error.issues == (Issue("a"),)
    assert DataError(*error.issues, Issue("b")).issues == (Issue("a"), Issue("b"))
