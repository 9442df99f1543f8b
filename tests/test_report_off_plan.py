"""What is told along a direction that does not keep the proportions of the plan, against a river worked out by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import capacitykit as kit
from waterbal.capacity.assessment import Demand, assess
from waterbal.capacity.search import Options
from waterbal.report.capacity import Verdict, as_dict
from waterbal.report.capacity_tables import directions_table, horizons_table, scenarios_table


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory):
    """People take 4 and half of production's 2 beside them: of 10 they are carried twice, production as planned."""
    folder: Path = tmp_path_factory.mktemp("off")
    more = kit.CAPACITY + "  directions: {two: {along: {people: 1, production: 0.5}}}\n"
    asked = Demand(directions=("two",), options=Options(1e-3, 3, 1), details=False)
    return assess(kit.town(folder, more), (), asked)


@pytest.mark.parametrize(
    ("language", "people", "production"), [("en", "people", "production"), ("zh", "人口", "产值")]
)
def test_the_verdict_tells_amounts_and_the_multiple_of_what_grows_fastest(
    found, language, people, production
):
    told = Verdict(found, language).lead()[0]
    for name, amount in (
        (people, 80.0),
        (production, 50.0),
    ):  # production is as planned there, and told all the same
        value = re.search(rf"{name} ([\d.]+)" if language == "zh" else r"([\d.]+) [^,]*people", told)
        if (language, name) == ("en", "production"):
            value = re.search(r"production ([\d.]+)", told)
        assert value is not None, told
        assert float(value[1]) == pytest.approx(amount, rel=2e-3)
    assert float(re.search(r"([\d.]+) %", told).group(1)) == pytest.approx(200.0, rel=2e-3)
    assert "of its own plan" in told or f"{people}为其规划的" in told
    assert "% of the plan" not in told
    assert "可承载规划的" not in told


def test_the_naive_formula_is_not_set_beside_it(found):
    verdict = Verdict(found, "en")
    for table in (horizons_table(verdict), scenarios_table(verdict)):
        at = next(k for k, column in enumerate(table.columns) if column.header == "Naive formula")
        assert list(table.columns[at].cells) == ["–"]
    assert re.fullmatch(r"[\d.]+ × people", next(iter(directions_table(verdict).columns[1].cells)))


def test_programs_are_told(found, tmp_path):
    assert [line["through_plan"] for line in as_dict(found)["capacities"]] == [False]
    plain = assess(
        kit.town(tmp_path), (), Demand(directions=("mix",), options=Options(1e-2, 0, 0), details=False)
    )
    assert [line["through_plan"] for line in as_dict(plain)["capacities"]] == [True]
    assert "of the plan (" in Verdict(plain, "en").lead()[0]
