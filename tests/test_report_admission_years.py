"""Conditions of an admission by planning year: each sentence once, with all its years."""

from __future__ import annotations

import re

from waterbal.capacity.admission_change import Remedy
from waterbal.capacity.admission_supply import Supply
from waterbal.capacity.admission_terms import Terms
from waterbal.capacity.admission_terms import Test as Judged
from waterbal.capacity.admission_verdict import Verdict
from waterbal.model.base import Label
from waterbal.report.admission import change_lines, gets_words


def gets(year: int, share: float) -> Supply:
    return Supply(str(year), year, 100.0, 100.0 * share, share, 0 if share == 1.0 else 3, 20, 0.0, 12.0)


def test_years_that_are_alike_are_told_once() -> None:
    told = [gets(2025, 1.0), gets(2030, 1.0), gets(2032, 0.9), gets(2035, 1.0)]
    english = gets_words(told, "en").split("; ")
    assert [re.findall(r"20[23]\d", part) for part in english] == [["2025", "2030", "2035"], ["2032"]]
    chinese = gets_words(told, "zh").split("；")
    assert [re.findall(r"20[23]\d", part) for part in chinese] == [["2025", "2030", "2035"], ["2032"]]
    assert "90.0%" in chinese[1]
    assert not re.findall(r"20[23]\d", gets_words(told[:1], "en"))


def test_what_a_condition_gives_is_told_once() -> None:
    one = Remedy(
        "reclaimed", 20.0, "1e4 m3/yr", 0.5, Terms(reclaimed=0.2), (gets(2025, 1.0), gets(2030, 0.9))
    )
    other = Remedy("offset", 30.0, "1e4 m3/yr", 0.5, Terms(offset=30.0), (gets(2025, 0.8), gets(2030, 0.8)))
    failed = Judged("caps", "fail")
    verdict = Verdict(
        "p", Label(zh="项目", en="project"), "conditional", 100.0, None, (failed,), (one, other), one, (),
        "assumed", 2025, 2025, {}, (),
    )  # fmt: skip
    for language in ("en", "zh"):
        told = "\n".join(change_lines(verdict, language))
        assert [told.count(share) for share in ("100.0%", "90.0%", "80.0%")] == [1, 1, 1]
