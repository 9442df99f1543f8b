"""What ``waterbal capacity --json`` gives is what the file holds, read by other code."""

from __future__ import annotations

import json
from typing import Any

import pytest
import xarray as xr

from tests import capacitykit as kit


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], xr.Dataset]:
    """JSON of a study and its file."""
    from typer.testing import CliRunner

    from waterbal.cli.main import app

    folder = tmp_path_factory.mktemp("json")
    kit.town(folder)
    study = kit.write(folder, kit.STUDY, "study.yaml")
    asked = ["capacity", str(study), "-o", str(folder / "c.nc"), "--with", "frontier", "--with", "risk", "--audit", "0",
             "--budget", "150", "--json", "-q"]  # fmt: skip
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    with xr.open_dataset(folder / "c.nc") as kept:
        return json.loads(done.stdout), kept.load()


def test_no_axis_can_have_a_name_of_the_capacities(given: tuple[dict[str, Any], xr.Dataset]) -> None:
    kept = given[1]
    assert kit.own_names(kept) == {"river"}


def texts(kept: xr.Dataset, name: str) -> list[str]:
    return [v.decode() if isinstance(v, bytes) else str(v) for v in kept[name].values]


def test_limits_and_measures_are_those_of_the_file(given: tuple[dict[str, Any], xr.Dataset]) -> None:
    told, kept = given
    assert [one["id"] for one in told["limits"]] == texts(kept, "limit_id")
    assert [one["name"]["zh"] for one in told["limits"]] == texts(kept, "limit_name_zh")
    assert [one["worth"] for one in told["limits"]] == kept["limit_worth"].values.tolist()
    reliefs = {one["id"]: one for one in told["relief"]}
    assert reliefs["saving"]["cost"] == 100.0 and reliefs["gate"]["cost"] == 300.0
    changes = dict(zip(texts(kept, "measure_id"), kept["relief_change"].values.tolist(), strict=True))
    assert {id: one["change"] for id, one in reliefs.items()} == changes
    assert told["portfolio"]["measures"] == ["saving"]  # the only one that helps for 150
    assert told["details_of"]["scenario"] == told["baseline"] == kept.attrs["baseline"]


def test_the_first_failure_is_where_the_river_ends(given: tuple[dict[str, Any], xr.Dataset]) -> None:
    failure = given[0]["first_failure"]
    assert failure["zone"] == "town"
    assert failure["requirement"] in ("demands.homes.guarantee", "demands.mill.guarantee")
    assert failure["sector"] in ("residential", "industry")
    assert failure["date"].startswith("200")


def test_parts_that_were_asked_for_have_every_variable_of_the_file(
    given: tuple[dict[str, Any], xr.Dataset],
) -> None:
    told, kept = given
    for part in ("frontier", "risk"):
        own = {str(n).removeprefix(f"{part}_") for n in kept.variables if str(n).startswith(f"{part}_")}
        assert set(told[part]["variables"]) == own
    carried = told["frontier"]["variables"]["point_carried"]
    assert carried["dims"] == ["point", "driver"]
    for told_row, row in zip(carried["values"], kept["frontier_point_carried"].values.tolist(), strict=True):
        assert told_row == [None if v != v else v for v in row]
    assert set(told["frontier"]["variables"]["point_status"]["values"]) == {"found"}
    scales = told["risk"]["variables"]["realization_scale"]["values"]
    assert scales == kept["risk_realization_scale"].values.tolist() and scales[0][0] > 0.0
    assert "load" not in told and told["not_told"] == {}
