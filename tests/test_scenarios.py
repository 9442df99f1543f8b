"""Scenario files: what axes make, and every mistake told at its place."""

from __future__ import annotations

import itertools
import json
import textwrap

import hypothesis.strategies as st
import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from tests.studykit import AXES, HEAD, study, write
from waterbal import api
from waterbal.errors import ConfigError, DataError
from waterbal.scenarios.study import load

# ---------------------------------------------------------------- what axes make


def test_the_product_has_the_last_axis_fastest(tmp_path):
    made = study(tmp_path)
    values = [tuple(scenario.values.values()) for scenario in made.scenarios]
    assert values == list(itertools.product([2025, 2030, 2035], ["old", "new"], [0.5, 1.0]))
    assert [scenario.number for scenario in made.scenarios] == list(range(12))
    assert made.scenarios[0].id == "2025-old-0.5"
    assert made.scenarios[11].id == "2035-new-1.0"
    assert made.scenarios[2].name.zh == "2025、扩建、0.5"
    assert made.scenarios[2].name.en == "2025, enlarged, 0.5"
    assert made.baseline is None
    assert made.realizations == 1
    assert made.keep == "metrics"


def test_coordinates_are_arrays_on_the_scenarios(tmp_path):
    found = study(tmp_path).coordinates()
    assert list(found) == ["horizon", "works", "lawn"]
    assert found["horizon"].dtype.kind == "i"
    assert found["lawn"].dtype.kind == "f"
    assert found["works"].tolist() == ["old", "old", "new", "new"] * 3


def test_a_case_is_the_model_with_the_changes_of_its_scenario(tmp_path):
    made = study(tmp_path, "base: {demands.parks.depth: 300 mm/yr}")
    case = made.case(11)
    direct = api.load(
        tmp_path / "model.yaml",
        [
            "demands.parks.depth=300 mm/yr",
            "time.planning_year=2035",
            "works.plant.capacity=15 万m3/d",
            "links.lake_plant.capacity=15 万m3/d",
        ],
    )
    assert case.model == direct.model
    assert case.loaded.config == direct.loaded.config
    for name, values in direct.series.items():
        assert np.array_equal(values, case.series[name])
    assert case.loaded.overrides == (
        "demands.parks.depth=300 mm/yr",
        "time.planning_year=2035",
        "works.plant.capacity=15 万m3/d",
        "links.lake_plant.capacity=15 万m3/d",
    )


def test_scenarios_do_not_touch_each_other(tmp_path):
    made = study(tmp_path)
    first = json.dumps(made.case(0).loaded.config)
    for scenario in made.scenarios:
        made.case(scenario.number)
    assert json.dumps(made.case(0).loaded.config) == first
    assert made.case(0).model == study(tmp_path).case(0).model


def test_excluded_scenarios_are_left_out(tmp_path):
    made = study(tmp_path, "exclude: [{horizon: 2025, works: new}, {lawn: [0.5, 1.0], horizon: 2035}]")
    assert [scenario.id for scenario in made.scenarios] == [
        "2025-old-0.5", "2025-old-1.0", "2030-old-0.5", "2030-old-1.0", "2030-new-0.5", "2030-new-1.0",
    ]  # fmt: skip


def test_an_explicit_list_stands_for_itself(tmp_path):
    made = study(
        tmp_path,
        """
        baseline: {horizon: 2030, works: old, lawn: 1.0}
        scenarios:
          - {values: {horizon: [2025, 2030, 2035]}}
          - {id: dry_town, name: {zh: 少绿, en: Little green}, values: {lawn: 0.5}}
          - {values: {horizon: [2030, 2035], works: [old, new]}}
        """,
    )
    assert [scenario.id for scenario in made.scenarios] == [
        "2025-old-1.0", "2030-old-1.0", "2035-old-1.0", "dry_town", "2030-new-1.0", "2035-new-1.0",
    ]  # fmt: skip
    assert made.baseline == 1
    assert made.scenarios[3].name.en == "Little green"
    assert made.scenarios[3].values == {"horizon": 2030, "works": "old", "lawn": 0.5}


def test_an_axis_may_have_one_value(tmp_path):
    made = study(tmp_path, axes="axes: {horizon: {values: {2030: }}}\nbaseline: {}\n")
    assert [scenario.id for scenario in made.scenarios] == ["2030"]
    assert made.baseline == 0
    assert made.case(0).model == api.load(tmp_path / "model.yaml").model


def test_an_axis_may_replace_a_whole_section_and_items_of_lists(tmp_path):
    axes = """
    axes:
      rules:
        values:
          as_is:
          farms_last:
            set: {reserve: {mode: none}, priorities.0.sharing: equal_volume}
    """
    made = study(tmp_path, axes=textwrap.dedent(axes))
    assert made.case(0).model.reserve.mode == "planned"
    changed = made.case(1).model
    assert (changed.reserve.mode, changed.priorities[0].sharing) == ("none", "equal_volume")


def test_numbers_have_the_provenance_that_is_stated_nearest(tmp_path):
    axes = """
    provenance: {source: of the file, grade: derived}
    axes:
      a:
        values:
          one: {set: {works.plant.own_use: {value: 0.05, source: own, grade: found}}}
          two: {set: {works.plant.own_use: {value: 0.05}}}
      b:
        provenance: {source: of the axis, grade: assumed}
        values:
          one: {set: {demands.parks.area: {value: 9 km2}}}
          two: {provenance: {source: of the value, grade: found}, set: {demands.parks.area: 9 km2}}
    """
    text = (tmp_path / "model.yaml", "own_use: 0.04", "own_use: {value: 0.04, source: x, grade: found}")
    write(tmp_path, "")
    model = text[0].read_text(encoding="utf-8").replace(text[1], text[2])
    text[0].write_text(model.replace("area: 10 km2", "area: {value: 10 km2}"), encoding="utf-8")
    made = study(tmp_path, axes=textwrap.dedent(axes))
    found = [made.case(n).model for n in range(4)]
    own_use = found[0].works["plant"].own_use
    assert (own_use.source, own_use.grade) == ("own", "found")
    area = found[1].demands["parks"].area
    assert (area.value, area.source, area.grade) == (9.0, "of the value", "found")


def test_the_fingerprint_tells_what_decides_results(tmp_path):
    base = study(tmp_path)
    before = base.ingredients()
    assert base.fingerprint() == study(tmp_path).fingerprint()
    assert base.fingerprint() == study(tmp_path, check=False).fingerprint()
    other = study(tmp_path, "base: {demands.parks.depth: 300 mm/yr}").ingredients()
    assert {key for key, value in other.items() if value != before[key]} == {"scenarios"}
    climate = tmp_path / "climate.csv"
    climate.write_bytes(climate.read_bytes() + b"\n")
    changed = study(tmp_path).ingredients()
    assert {key for key, value in changed.items() if value != before[key]} == {"data"}


# ---------------------------------------------------------------- properties of the space

SIZES = st.lists(st.integers(1, 4), min_size=1, max_size=4)


def _axes(sizes: list[int]) -> dict:
    return {f"a{i}": {"values": {f"v{k}": None for k in range(size)}} for i, size in enumerate(sizes)}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sizes=SIZES, data=st.data())
def test_size_order_and_ids_of_a_product(tmp_path, sizes, data):
    axes = _axes(sizes)
    matches = data.draw(
        st.lists(
            st.dictionaries(
                st.sampled_from(sorted(axes)), st.integers(0, 3).map(lambda k: f"v{k}"), min_size=1
            ).filter(lambda match: all(value in axes[axis]["values"] for axis, value in match.items())),
            max_size=3,
        )
    )
    everything = list(itertools.product(*(spec["values"] for spec in axes.values())))
    names = list(axes)
    left = [
        values
        for values in everything
        if not any(all(values[names.index(axis)] == v for axis, v in match.items()) for match in matches)
    ]
    content = {"axes": axes} | ({"exclude": matches} if matches else {})
    path = write(tmp_path, HEAD + yaml.safe_dump(content, sort_keys=False))
    if not left:
        with pytest.raises(ConfigError, match=r"excluded"):
            load(path, check=False)
        return
    made = load(path, check=False)
    assert [tuple(scenario.values.values()) for scenario in made.scenarios] == left
    assert len({scenario.id for scenario in made.scenarios}) == len(left)
    # excluding something leaves the ids of all others as they are
    whole = load(write(tmp_path, HEAD + yaml.safe_dump({"axes": axes}, sort_keys=False)), check=False)
    assert [s.id for s in made.scenarios] == [
        s.id for s in whole.scenarios if tuple(s.values.values()) in set(left)
    ]


# ---------------------------------------------------------------- mistakes


def problems(
    tmp_path, more: str = "", axes: str = AXES, *overrides: str, kind: type = ConfigError
) -> list[str]:
    with pytest.raises(kind) as caught:
        study(tmp_path, more, axes, *overrides)
    return [str(issue).removeprefix(str(tmp_path) + "/") for issue in caught.value.issues]


MISTAKES = [
    ("realizations: 0", "23:15: realizations: 0 is too small; expected at least 1"),
    ("realisations: 3", "23:1: realisations: unknown key 'realisations'; did you mean 'realizations'?"),
    ("keep: all", "23:7: keep: 'all' is not valid here; expected 'metrics', 'yearly' or 'full'"),
    (
        "exclude: [{horizon: 2026, work: old}]",
        "23:21: exclude.0.horizon: axis 'horizon' has no value 2026; expected one of 2025, 2030, 2035; "
        "did you mean '2025'?",
        "23:27: exclude.0.work: there is no axis 'work'; expected one of horizon, works, lawn; "
        "did you mean 'works'?",
    ),
    ("exclude: [{works: [old, new]}]", "23:1: exclude: all 12 scenarios are excluded; expected some left"),
    (
        "exclude: [{}]",
        "23:11: exclude.0: nothing is named, which excludes everything; expected values of axes",
    ),
    (
        "baseline: {horizon: 2025, works: older}",
        "23:1: baseline: the baseline has no value of 'lawn'; "
        "expected one value of every axis that has several",
        "23:34: baseline.works: axis 'works' has no value 'older'; expected one of old, new; "
        "did you mean 'old'?",
    ),
    (
        "baseline: {horizon: 2025, works: new, lawn: 1}\nexclude: [{horizon: 2025}]",
        "23:1: baseline: the baseline is excluded; expected one of the scenarios",
    ),
    (
        "scenarios: [{values: {horizon: 2025}}]",
        "23:13: scenarios.0: the scenario has no value of 'works', 'lawn'; "
        "expected a value of every axis, or a baseline",
    ),
    (
        "scenarios: [{values: &a {horizon: 2025, works: old, lawn: 1.0}}, {values: *a}]",
        "23:66: scenarios.1: the scenario is listed twice, first as number 1 of the list; "
        "expected each scenario once",
    ),
    (
        "scenarios: [{id: a, values: {horizon: 2025, works: old, lawn: 1}}, "
        "{id: a, values: {horizon: 2030, works: old, lawn: 1}}]",
        "23:73: scenarios.1.id: two scenarios have the id 'a'; expected ids of their own",
    ),
    (
        "base: {demands.parks.areas: 3 km2, demand.parks.area: 3 km2}",
        "23:8: demands.parks.areas: unknown key 'areas'; did you mean 'area'?",
        "23:36: demand.parks.area: there is no 'demand' at the top; did you mean 'demands'?",
    ),
    ("base: {parameters.cap: 3}", "23:8: parameters.cap: parameter 'cap' is unknown"),
    (
        "base: {demands.parks.depth: 3 km2, sources.river.capacity: -1 m3/s}",
        "23:8: demands.parks.depth: 'km2' is an area; expected a depth per year such as '280 mm/yr'",
        "23:36: sources.river.capacity: -8.64 is too small; expected at least 0 1e4 m3/d",
    ),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake[0][:20])
def test_mistakes(tmp_path, mistake):
    assert problems(tmp_path, mistake[0]) == [f"scenarios.yaml:{text}" for text in mistake[1:]]


def test_a_problem_of_some_scenarios_says_what_they_share(tmp_path):
    axes = AXES.replace("2035: {set: {time.planning_year: 2035}}", "2045: {set: {time.planning_year: 2045}}")
    (found,) = problems(tmp_path, axes=axes)
    assert found.startswith("model.yaml:")
    assert "values for 2025 to 2035, but the planning years of the run are 2045" in found
    assert found.count("(in 4 of 12 scenarios: horizon=2045 at") == 1
    assert "scenarios.yaml:10)" in found


def test_a_change_that_only_one_scenario_cannot_bear_names_its_values(tmp_path):
    axes = AXES.replace("works.plant.capacity: 15 万m3/d", "works.plant.capacty: 15 万m3/d")
    (found,) = problems(tmp_path, axes=axes)
    assert found.startswith(
        "scenarios.yaml:17:11: works.plant.capacty: unknown key 'capacty' (in 6 of 12 scenarios"
    )
    assert "did you mean 'capacity'?" in found


def test_problems_of_the_model_itself_are_told_once(tmp_path):
    write(tmp_path, "")
    model = tmp_path / "model.yaml"
    text = model.read_text(encoding="utf-8")
    model.write_text(text.replace("own_use: 0.04", "own_uze: 0.04"), encoding="utf-8")
    (found,) = problems(tmp_path)
    assert found.endswith("works.plant.own_uze: unknown key 'own_uze'; did you mean 'own_use'?")


def test_unreadable_series_are_told_once_as_data(tmp_path):
    write(tmp_path, "")
    (tmp_path / "climate.csv").unlink()
    (found,) = problems(tmp_path, kind=DataError)
    assert "there is no such file" in found


def test_two_axes_must_not_change_one_place(tmp_path):
    axes = AXES + "  more: {values: {a: , b: {set: {demands.parks.area: 3 km2}}}}\n"
    (found,) = problems(tmp_path, axes=axes)
    assert found == (
        "scenarios.yaml:23:34: axes.more.values.b.set.demands.parks.area: demands.parks.area is changed by axis "
        "'lawn' too; expected one axis for each place, the whole before its parts"
    )
    axes = AXES + "  more: {values: {a: , b: {set: {demands.parks: {}}}}}\n"
    assert "is changed by axis 'lawn' too" in problems(tmp_path, axes=axes)[0]


def test_a_command_line_change_that_an_axis_undoes_is_refused(tmp_path):
    (found,) = problems(tmp_path, "", AXES, "time.planning_year=2031")
    assert found == (
        "--set time.planning_year=2031: axis 'horizon' sets time.planning_year in its scenarios; "
        "expected a place that no axis changes"
    )
    made = study(tmp_path, "", AXES, "demands.parks.depth=1 mm/yr")
    assert made.case(0).model.demands["parks"].depth.value == 1.0


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ("axes: {}", "a list of 0 is too short"),
        ("axes: {a: {values: {}}}", "a list of 0 is too short"),
        ("axes: {a: {values: {旧: , 新: }}}", "'旧' is no name of a value"),
        ("axes: {a: {values: {1: , b: }}}", "'b' is a name, others of the axis are not"),
        ("axes: {a: {values: {1: , 1.0: }}}", "'1.0' is the same number as 1"),
        ("axes: {a: {values: {1: , 1: }}}", "key 1 is given twice"),
        (
            "axes: {demand: {values: {1: , 2: }}}",
            "'demand' is the name of a dimension or variable of results",
        ),
        ("axes: {a: {value: {1: }}}", "unknown key 'value'"),
        ("axes: {a: {values: {1: {set: {time.: 3}}}}}", "is not valid here"),
        ("", "key 'axes' is missing"),
    ],
)
def test_mistakes_of_axes(tmp_path, axes, message):
    found = problems(tmp_path, axes=axes + "\n")
    assert any(message in one for one in found), found
    assert all(one.startswith("scenarios.yaml:") for one in found)


def test_files_that_are_not_there(tmp_path):
    with pytest.raises(ConfigError, match="there is no such file"):
        load(tmp_path / "none.yaml")
    path = write(tmp_path, (HEAD + AXES).replace("model: model.yaml", "model: city.yaml"))
    with pytest.raises(ConfigError, match=r"scenarios.yaml:2:8: model: city.yaml: there is no such file"):
        load(path)
    with pytest.raises(ConfigError, match=r"the file is empty; expected scenarios of a model"):
        load(write(tmp_path, ""))
    with pytest.raises(ConfigError, match=r"schema_version 2 is newer"):
        load(write(tmp_path, (HEAD + AXES).replace("schema_version: 1", "schema_version: 2")))
