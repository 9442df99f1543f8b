"""Translations against pywr itself: its published models, those of our tests, and models drawn at random.

Needs pywr, which is installed into the user's cache, and the source package of the same version, which has the
published models. They belong to pywr (GPL) and are read from there.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import pywrkit
from tests.peers import pywrpeer, pywrrandom
from waterbal.errors import ConfigError
from waterbal.importing.pywr import translate

pytestmark = pytest.mark.peers

TRANSLATED = (
    "agg_recorder_nesting", "bottleneck", "breaklink", "cost1", "csv_recorder", "demand_saving2",
    "demand_saving2_with_variables", "demand_saving_with_tables_recorder", "flow_interpolation", "loss_link",
    "loss_link_table", "multiindex_df", "parameter_recorder", "parameter_reference", "reservoir1", "reservoir1_pc",
    "reservoir2", "river1", "river_mrf1", "scenario_monthly_profile", "simple1", "simple1_monthly", "simple_df",
    "simple_df_shared", "simple_with_scenario", "simple_with_scenario_wrapper", "three_storage", "timeseries1",
    "timeseries1_xlsx", "timeseries2", "timeseries2_with_fdc", "timeseries3", "timeseries3_subsample",
    "timeseries4", "sub-model1", "sub-model1", "sub-model1", "sub-model2", "sub-model2", "version1",
    "virtual_storage1", "virtual_storage6", "virtual_storage7", "thames",
)  # fmt: skip
"""Published models that are translated; all others are refused."""
LEAST = 90
"""Published models there are at least."""
DRAWN = 300
"""Random models tried."""
WORST_SHARE = 0.2
"""Least share of random models that has to be translated, so that the comparison tells something."""


@pytest.fixture(scope="module")
def pywr(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pywrpeer.Pywr]:
    peer = pywrpeer.Pywr(pywrpeer.prepare(), tmp_path_factory.mktemp("pywr"))
    yield peer
    peer.close()


@pytest.fixture(scope="module")
def published() -> list[Path]:
    folder = pywrpeer.published(pywrpeer.prepare())
    found = sorted((folder / "tests" / "models").rglob("*.json")) + sorted(
        (folder / "examples").rglob("*.json")
    )
    assert len(found) >= LEAST
    return found


def compare(path: Path, pywr: pywrpeer.Pywr, members: dict[str, int], folder: Path) -> dict[str, float]:
    """Translate a model, run it in both, and give the differences; none may be larger than the tolerance."""
    translation = translate(path, pywrkit.UNIT, scenarios=members)
    theirs = pywr.run(path, members)
    assert isinstance(theirs, dict), f"{path.name} is translated, but pywr says: {theirs}"
    ours = pywrkit.results(translation, folder)
    document = json.loads(path.read_text(encoding="utf-8"))
    tied = [
        set(re.findall(r"'([^']*)'", note)) for note in translation.notes if "share what is short" in note
    ]
    apart = pywrkit.differences(ours, theirs, pywrkit.gauges_of(document), joined(tied))
    assert apart, path.name
    assert max(apart.values()) <= pywrkit.TOLERANCE, f"{path.name}: {apart}"
    return apart


def joined(pairs: list[set[str]]) -> list[set[str]]:
    """Join sets that overlap."""
    groups: list[set[str]] = []
    for pair in pairs:
        touching = [group for group in groups if group & pair]
        groups = [group for group in groups if not group & pair] + [set().union(pair, *touching)]
    return groups


def members_of(path: Path, last: bool) -> dict[str, int]:
    """Choose the first or the last member of every scenario, or a combination that the model lists."""
    document = json.loads(path.read_text(encoding="utf-8"))
    scenarios = document.get("scenarios", [])
    listed = document.get("scenario_combinations")
    if listed:
        return dict(zip((scenario["name"] for scenario in scenarios), listed[-1 if last else 0], strict=True))
    return {scenario["name"]: scenario["size"] - 1 if last else 0 for scenario in scenarios}


def test_every_published_model_is_refused_by_name_or_gives_the_same(
    published: list[Path], pywr: pywrpeer.Pywr, tmp_path: Path
) -> None:
    translated = []
    for path in published:
        try:
            members = [members_of(path, last) for last in (False, True)]
        except ValueError:
            members = [{}]
        try:
            for k, chosen in enumerate(members if members[0] != members[-1] else members[:1]):
                compare(path, pywr, chosen, tmp_path / f"{path.stem}-{path.parent.name}-{k}")
            translated.append(path.stem)
        except ConfigError as refused:
            for issue in refused.issues:
                assert issue.file == str(path) and issue.line, f"{path.name}: {issue}"
                assert len(issue.message) > 15
    assert sorted(translated) == sorted(TRANSLATED)


@pytest.mark.parametrize("name", pywrkit.MODELS)
def test_the_values_that_the_default_tests_expect_are_those_of_pywr(
    name: str, pywr: pywrpeer.Pywr, tmp_path: Path
) -> None:
    kept = json.loads(pywrkit.EXPECTED.read_text(encoding="utf-8"))[name]
    found = pywr.run(pywrkit.write(tmp_path, name), pywrkit.SCENARIOS.get(name, {}))
    assert isinstance(found, dict), found
    for key, values in kept.items():
        assert found[key] == pytest.approx(values, rel=1e-9, abs=1e-9), key


def test_random_models_are_refused_or_give_the_same(pywr: pywrpeer.Pywr, tmp_path: Path) -> None:
    translated = 0
    for seed in range(DRAWN):
        path = tmp_path / f"drawn{seed}.json"
        path.write_text(json.dumps(pywrrandom.draw(random.Random(seed)), indent=1), encoding="utf-8")
        try:
            compare(path, pywr, {}, tmp_path / f"ours{seed}")
            translated += 1
        except ConfigError as refused:
            assert all(issue.file == str(path) for issue in refused.issues), refused
    assert translated >= WORST_SHARE * DRAWN
