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
from waterbal import api, starter
from waterbal.errors import ConfigError, DataError
from waterbal.model.load import load_model
from waterbal.scenarios.names import is_result_name
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


def test_problems_of_the_file_and_of_its_models_are_told_together(tmp_path):
    axes = AXES.replace("works.plant.capacity: 15 万m3/d", "works.plant.capacty: 15 万m3/d")
    found = problems(
        tmp_path, "baseline: {horizon: 2026, works: old, lawn: 1}\nbase: {demands.park: 3}", axes
    )
    assert [one.split(": ")[1] for one in found] == [
        "works.plant.capacty",
        "baseline.horizon",
        "demands.park",
    ]


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
        "'lawn' too; expected one of them for each place, the whole before its parts"
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


def test_scenarios_share_their_elements_and_steps(tmp_path):
    axes = """
    axes:
      a:
        values:
          x:
          y: {set: {links.more: {from: wells, to: parks}, time.end: 2009-12}}
    """
    more, steps = problems(tmp_path, axes=textwrap.dedent(axes))
    assert more.startswith(
        "scenarios.yaml: other links than in the first scenario: more (in scenario: a=y at"
    )
    assert steps.startswith(
        "scenarios.yaml: other steps than in the first scenario: month from 2001-01 to 2009-12"
    )


@pytest.mark.parametrize(
    ("axes", "message"),
    [
        ("axes: {}", "there are neither axes nor sampling"),
        ("axes: {a: {values: {}}}", "an empty mapping is too short"),
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
        ("", "there are neither axes nor sampling"),
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


# ---------------------------------------------------------------- factors on numbers


def test_an_axis_may_multiply_numbers_in_whatever_form_they_stand(tmp_path):
    axes = """
    axes:
      growth:
        values:
          plan:
          more:
            times:
              demands.households.people: 1.2
              demands.parks.area: 0.5
              demands.parks.depth: 1.1
      dry:
        values:
          no:
          yes: {times: {demands.parks.depth: 2, works.plant.own_use: 1.5}}
    """
    made = study(tmp_path, axes=textwrap.dedent(axes))
    base, changed = made.case(0).rows(), made.case(3).rows()
    net = {row.id: row.net for row in base.demands}
    for row in changed.demands:
        factor = {"households": 1.2, "parks": 0.5 * 1.1 * 2}.get(row.id, 1.0)
        np.testing.assert_allclose(row.net, factor * net[row.id], rtol=1e-12)
    plant = next(row for row in changed.nodes if row.id == "plant")
    np.testing.assert_allclose(plant.recovery, 1.0 - 0.04 * 1.5, rtol=1e-12)
    assert made.scenarios[3].edits[-1].text == "works.plant.own_use*=1.5"


def test_the_command_line_multiplies_too(tmp_path):
    write(tmp_path, "")
    base = api.load(tmp_path / "model.yaml").rows()
    more = api.load(
        tmp_path / "model.yaml", ["demands.households.people*=1.25", "demands.parks.depth *= 0.5"]
    )
    net = {row.id: row.net for row in base.demands}
    for row in more.rows().demands:
        factor = {"households": 1.25, "parks": 0.5}.get(row.id, 1.0)
        np.testing.assert_allclose(row.net, factor * net[row.id], rtol=1e-12)
    number = more.model.demands["households"].people.factors[0]
    assert (number.value, number.grade, number.source) == (1.25, "assumed", "set on the command line")
    for wrong in ("demands.households.people*=many", "demands.households.people*=-1"):
        with pytest.raises(ConfigError, match="is no factor; expected a number of at least 0"):
            api.load(tmp_path / "model.yaml", [wrong])


def test_factors_on_what_is_no_number_are_refused(tmp_path):
    axes = "axes: {a: {values: {x: {times: {demands.parks.names: 2, demands: 1.5}}}}}\n"
    found = problems(tmp_path, axes=axes)
    assert found[0].startswith(
        "scenarios.yaml:4:33: demands.parks.names: nothing stands at demands.parks.names"
    )
    assert found[1].startswith("scenarios.yaml:4:57: demands: no number stands at demands")
    axes = "axes: {a: {values: {x: {times: {demands.parks.type: 2}}}}}\n"
    assert problems(tmp_path, axes=axes)[0].startswith("scenarios.yaml:4:33: demands.parks.type:")


# ---------------------------------------------------------------- parameters and samples

TABLE = """key,value,low,high,unit,grade,source,note
own_use,0.04,0.02,0.08,-,assumed,,
lawn.2025,8,6,9,km2,assumed,,
lawn.2035,12,8,20,km2,assumed,,
plant.year,2020,,,year,assumed,,
norm,120,,,L/(person d),assumed,,
"""


def sampled(tmp_path, sampling: str, axes: str = "", **options):
    """A study of the starter model with a parameter table."""
    write(tmp_path, "")
    (tmp_path / "parameters.csv").write_text(TABLE, encoding="utf-8")
    path = tmp_path / "model.yaml"
    model = starter.MODEL.read_text(encoding="utf-8")
    for old, new in (
        ("own_use: 0.04", 'own_use: "@own_use"'),
        ("area: 10 km2", 'area: "@lawn.{year}"'),
        ("norm: 125 L/(person d)", 'norm: "@norm"'),
        ("zones:", "parameters: parameters.csv\nzones:"),
    ):
        model = model.replace(old, new, 1)
    path.write_text(model, encoding="utf-8")
    return load(
        write(tmp_path, HEAD + axes + "sampling:\n" + textwrap.indent(textwrap.dedent(sampling), "  ")),
        **options,
    )


BASIC = """
size: 16
seed: 3
factors:
  own_use: {set: parameters.own_use}
  lawn: {set: "parameters.lawn.{year}", distribution: triangular}
  people: {times: demands.households.people, low: 0.8, high: 1.2}
  depth: {set: demands.parks.depth, unit: mm/yr, low: 300, high: 500}
"""


def test_every_scenario_is_run_with_every_sample(tmp_path):
    made = sampled(
        tmp_path, BASIC, "axes: {horizon: {values: {2030: , 2035: {set: {time.planning_year: 2035}}}}}\n"
    )
    assert len(made.scenarios) == 32
    assert [s.id for s in made.scenarios[:2]] == ["2030-s1", "2030-s2"]
    assert made.scenarios[17].id == "2035-s2"
    found = made.coordinates()
    assert list(found) == ["horizon", "sample", "own_use", "lawn", "people", "depth"]
    assert found["sample"].tolist() == [*range(1, 17)] * 2
    for name in ("own_use", "lawn", "people", "depth"):
        assert np.array_equal(found[name][:16], found[name][16:])
    # a Latin hypercube has one sample in each sixteenth of each range
    for name, low, high in (
        ("own_use", 0.02, 0.08),
        ("lawn", 0, 1),
        ("people", 0.8, 1.2),
        ("depth", 300, 500),
    ):
        cells = np.floor((found[name][:16] - low) / (high - low) * 16)
        assert sorted(cells) == list(range(16)), name


def test_sampled_values_are_in_the_models(tmp_path):
    made = sampled(tmp_path, BASIC)
    found = made.coordinates()
    base = api.load(tmp_path / "model.yaml")
    for number in (0, 7, 15):
        model = made.case(number).model
        plant = model.works["plant"]
        assert plant.own_use.value == found["own_use"][number]
        assert (plant.own_use.grade, plant.own_use.source) == ("assumed", "sampled (latin_hypercube, seed 3)")
        assert model.demands["parks"].depth.value == found["depth"][number]
        people = made.case(number).rows().demands[0].net / base.rows().demands[0].net
        np.testing.assert_allclose(people, found["people"][number], rtol=1e-12)
        # the quantile of the one range is that of the other: triangular, mode at the value of the table
        for year, low, mode, high in ((2025, 6, 8, 9), (2035, 8, 12, 20)):
            x = model.demands["parks"].area.value[year]
            share = (mode - low) / (high - low)
            q = found["lawn"][number]
            rising = low + np.sqrt(q * share) * (high - low)
            falling = high - np.sqrt((1 - q) * (1 - share)) * (high - low)
            expected = rising if q < share else falling
            assert x == pytest.approx(expected, rel=1e-12)


def test_samples_are_chosen_like_values_of_axes(tmp_path):
    from waterbal.errors import UsageError
    from waterbal.scenarios.study_work import choose

    made = sampled(tmp_path, BASIC + "nominal: true\n", "axes: {a: {values: {x: , y: }}}\n")
    assert [made.scenarios[n].id for n in choose(made, ["a=y,sample=0,3", "a=x"])] == [
        "x-s0",
        "x-s3",
        "y-s0",
        "y-s3",
    ]
    with pytest.raises(UsageError, match=r"axis 'sample' has no value '17'"):
        choose(made, ["sample=17"])


def test_samples_depend_on_the_seed_alone(tmp_path):
    one, two = sampled(tmp_path, BASIC), sampled(tmp_path, BASIC)
    assert one.fingerprint() == two.fingerprint()
    other = sampled(tmp_path, BASIC.replace("seed: 3", "seed: 4"))
    assert not np.array_equal(one.coordinates()["people"], other.coordinates()["people"])
    assert one.fingerprint() != other.fingerprint()


def test_sample_0_is_the_model_as_it_is(tmp_path):
    made = sampled(tmp_path, BASIC + "nominal: true\n", "axes: {a: {values: {x: , y: }}}\nbaseline: {a: y}\n")
    assert len(made.scenarios) == 34
    assert made.scenarios[0].id == "x-s0"
    assert made.baseline == 17
    assert made.case(17).model == api.load(tmp_path / "model.yaml").model
    found = made.coordinates()
    assert found["people"][0] == 1.0
    assert np.isnan(found["depth"][0])


@pytest.mark.parametrize(
    ("text", "moments"),
    [
        ("distribution: normal, mean: 400, sd: 40, low: 100, high: 700", (400, 40)),
        ("distribution: lognormal, mean: 400, sd: 100", (400, 100)),
        (
            "distribution: triangular, low: 100, mode: 200, high: 600",
            (300, np.sqrt((500**2 - 100 * 400) / 18)),
        ),
        ("low: 100, high: 700", (400, 600 / np.sqrt(12))),
        ("distribution: discrete, values: [100, 300], weights: [1, 3]", (250, np.sqrt(3 / 16) * 200)),
    ],
)
@pytest.mark.parametrize("method", ["latin_hypercube", "sobol"])
def test_distributions_have_their_mean_and_spread(tmp_path, text, moments, method):
    depth = f"{{set: demands.parks.depth, unit: mm/yr, {text}}}"
    sampling = f"method: {method}\nsize: 4096\nseed: 1\nfactors: {{depth: {depth}}}\n"
    values = sampled(tmp_path, sampling, check=False).coordinates()["depth"]
    assert values.mean() == pytest.approx(moments[0], rel=2e-3)
    assert values.std() == pytest.approx(moments[1], rel=1e-2)


def test_a_cut_distribution_stays_inside(tmp_path):
    text = (
        "size: 256\nseed: 1\nfactors: {own_use: {set: parameters.own_use, distribution: normal, sd: 0.05}}\n"
    )
    values = sampled(tmp_path, text).coordinates()["own_use"]
    assert 0.02 <= values.min() < 0.022
    assert 0.078 < values.max() <= 0.08


def test_rank_correlations_are_met_and_margins_kept(tmp_path):
    from scipy.stats import spearmanr

    more = "correlations: [{of: [own_use, people], correlation: 0.7}, {of: [people, depth], correlation: -0.4}]\n"
    free = sampled(tmp_path, BASIC.replace("size: 16", "size: 1024"), check=False).coordinates()
    tied = sampled(tmp_path, BASIC.replace("size: 16", "size: 1024") + more, check=False).coordinates()
    for name in ("own_use", "lawn", "people", "depth"):
        assert np.array_equal(np.sort(free[name]), np.sort(tied[name]))
    assert spearmanr(tied["own_use"], tied["people"]).statistic == pytest.approx(0.7, abs=0.03)
    assert spearmanr(tied["people"], tied["depth"]).statistic == pytest.approx(-0.4, abs=0.05)
    assert spearmanr(tied["own_use"], tied["lawn"]).statistic == pytest.approx(0.0, abs=0.05)


WRONG = [
    (
        "size: 16", "size: 100\nmethod: sobol",
        "sampling.size: 100 samples of a Sobol sequence do not fill the space evenly; "
        "expected a power of 2 such as 128",
    ),
    ("size: 16", "size: 0", "sampling.size: no samples and no scenario as it is; expected 1 or more"),
    ("size: 16", "size: -1", "sampling.size: -1 is too small; expected at least 0"),
    (
        "{set: parameters.own_use}", "{set: parameters.norm}",
        "sampling.factors.own_use.set: the factor has no low and high and parameter 'norm' has no range; "
        "expected low and high of the factor",
    ),
    (
        "parameters.own_use}", "parameters.own_uze, low: 0, high: 1}",
        "parameters.own_uze: parameter 'own_uze' is unknown; did you mean 'parameters.own_use'?",
    ),
    ("low: 0.8", "low: 1.8", "factors.people.times: the range is from 1.8 to 1.2; expected low below high"),
    ("low: 0.8", "low: -0.5", "demands.households.people: -0."),
    ("low: 300,", "", "factors.depth.set: the factor has no low; expected low and high of the factor"),
    ("{set: parameters.own_use}", "{}", "own_use: a factor has either set or times; expected one of them"),
    ("parameters.own_use}", "parameters.own_use, sd: 3}", "own_use.sd: uniform has no sd; expected low, high"),
    ("parameters.own_use}", "parameters.own_use, distribution: normal}", "normal needs sd"),
    ("own_use: {set", "link: {set", "'link' is the name of a dimension or variable of results"),
    (
        "seed: 3", "seed: 3\ncorrelations: [{of: [own_use, peple], correlation: 0.2}]",
        "there is no factor 'peple'; expected one of own_use, lawn, people, depth; did you mean 'people'?",
    ),
    (
        "seed: 3",
        "seed: 3\ncorrelations:\n- {of: [own_use, people], correlation: 0.9}\n"
        "- {of: [own_use, lawn], correlation: 0.9}\n- {of: [people, lawn], correlation: -0.9}",
        "no numbers can have these correlations together",
    ),
    ("demands.parks.depth", "works.plant.own_use", "works.plant.own_use: "),
]  # fmt: skip


@pytest.mark.parametrize("mistake", WRONG, ids=lambda mistake: mistake[1][:20])
def test_mistakes_of_samples(tmp_path, mistake):
    old, new, message = mistake
    assert old in BASIC
    with pytest.raises(ConfigError) as caught:
        sampled(tmp_path, BASIC.replace(old, new))
    found = [str(issue) for issue in caught.value.issues]
    assert any(message in one for one in found), found
    assert all("scenarios.yaml:" in one.split(": ")[0] for one in found), found
    assert len(found) <= 2, found


def test_an_axis_and_a_factor_must_not_set_one_place(tmp_path):
    with pytest.raises(ConfigError, match=r"parameters.own_use is changed by axis 'a' too"):
        sampled(tmp_path, BASIC, "axes: {a: {values: {x: , y: {set: {parameters.own_use: 0.05}}}}}\n")
    made = sampled(
        tmp_path, BASIC, "axes: {a: {values: {x: , y: {set: {demands.households.people: 10 万人}}}}}\n"
    )
    people = made.case(16).rows().demands[0].net / made.case(0).rows().demands[0].net
    np.testing.assert_allclose(people, 10 / 30, rtol=1e-12)


# ---------------------------------------------------------------- waterbal check


def test_check_takes_scenario_files_too(tmp_path, capsys):
    from waterbal.cli.main import main

    path = write(tmp_path, HEAD + AXES + "baseline: {horizon: 2030, works: old, lawn: 1.0}\n")
    with pytest.raises(SystemExit) as ended:
        main(["check", str(path), "--json"])
    assert ended.value.code == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["scenarios"], told["baseline"], told["realizations"]) == (12, "2030-old-1.0", 1)
    assert told["axes"] == {"horizon": [2025, 2030, 2035], "works": ["old", "new"], "lawn": [0.5, 1.0]}
    path = write(tmp_path, HEAD + AXES + "realizations: 0\n")
    with pytest.raises(SystemExit) as ended:
        main(["check", str(path)])
    assert ended.value.code == 3
    assert "scenarios.yaml:23:15: realizations: 0 is too small" in capsys.readouterr().err


# ---------------------------------------------------------------- names and sizes that cannot be


@pytest.mark.parametrize(
    "name",
    ["member_status", "mean_annual_supply", "largest_groundwater_depth", "demand_id", "demand_name_zh", "store_name_en",
     "hydrology_year", "scenario_id", "guarantee_state", "demand_zone", "length_12"],
)  # fmt: skip
def test_an_axis_cannot_have_the_name_of_a_result(tmp_path, name):
    with pytest.raises(ConfigError, match=f"'{name}' is the name of a dimension or variable of results"):
        study(tmp_path, axes=f"axes: {{{name}: {{values: {{1: , 2: }}}}}}\n")


@pytest.mark.parametrize("name", ["hydrology", "policy_id", "stringency", "supply_target"])
def test_an_axis_may_have_other_names(name):
    assert not is_result_name(name)


def test_too_many_scenarios_with_samples_are_refused_at_once(tmp_path):
    values = ", ".join(f"{k}: " for k in range(10))
    axes = ", ".join(f"a{i}: {{values: {{{values}}}}}" for i in range(3))
    sampling = (
        "sampling: {method: latin_hypercube, size: 2000, seed: 1, "
        "factors: {people: {times: demands.households.people, low: 0.8, high: 1.2}}}"
    )
    with pytest.raises(
        ConfigError, match="1,000 combinations of values with 2,000 samples each are too many"
    ):
        study(tmp_path, sampling, axes=f"axes: {{{axes}}}\n")


def test_a_model_is_no_scenario_file_and_the_other_way_round(tmp_path):
    made = study(tmp_path)
    with pytest.raises(ConfigError) as told:
        load(made.model_path)
    assert [issue.message for issue in told.value.issues] == ["this is a model file, not a scenario file"]
    with pytest.raises(ConfigError) as told:
        load_model(made.path)
    assert [issue.message for issue in told.value.issues] == ["this is a scenario file, not a model"]


def test_what_is_wrong_with_the_model_or_its_series_is_told_with_the_rest(tmp_path):
    broken = (HEAD + AXES).replace("name: {zh: 试验, en: Trial}", "name: Trial")
    path = write(tmp_path, broken.replace("model: model.yaml", "model: city.yaml"))
    with pytest.raises(ConfigError) as told:
        load(path)
    assert {issue.where for issue in told.value.issues} == {"name", "model"}
    path = write(tmp_path, broken)
    model = (tmp_path / "model.yaml").read_text(encoding="utf-8")
    (tmp_path / "model.yaml").write_text(model + "\nname: {zh: 又, en: again}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as told:
        load(path)
    assert {issue.file.rpartition("/")[2] for issue in told.value.issues} == {"scenarios.yaml", "model.yaml"}
    (tmp_path / "model.yaml").write_text(model, encoding="utf-8")
    (tmp_path / "climate.csv").unlink()
    with pytest.raises(ConfigError) as told:
        load(write(tmp_path, HEAD + AXES + "baseline: {horizon: 2031, works: old, lawn: 1.0}\n"))
    assert any("2031" in issue.message for issue in told.value.issues)
    assert any("climate.csv" in str(issue) for issue in told.value.issues)
