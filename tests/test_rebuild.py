"""A result file alone repeats its run, bit for bit, for every teaching model."""

from __future__ import annotations

from pathlib import Path

import pytest

import waterbal
from tests.citykit import MODEL, write_city
from waterbal.api import rebuild
from waterbal.results import netcdf

LIBRARY = sorted((Path(__file__).parent.parent / "configs" / "library").glob("*.yaml"))


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_a_result_repeats_its_run(path, tmp_path):
    repeats(waterbal.load(path).run(), tmp_path)


HYDROLOGY = (
    "{kind: observed, sites: [rain, et0], delta: {rain: 0.7}}",
    "{kind: observed, sites: [rain, et0], rotate: true}",
    "{kind: resampled, sites: [rain, et0], seed: 4, method: nearest, delta: {rain: 0.9}}",
    "{kind: generated, sites: [rain, et0], seed: 4}",
    "{kind: typical_years, sites: [rain, et0], index: rain, probabilities: [0.5, 0.75, 0.9, 0.95], unscaled: [et0]}",
)


@pytest.mark.parametrize("hydrology", HYDROLOGY)
def test_a_realization_is_repeated_from_its_result(hydrology, tmp_path):
    path = write_city(tmp_path, MODEL + f"hydrology: {hydrology}\n")
    number = 0 if "delta: {rain: 0.7}" in hydrology else 3
    first = waterbal.load(path, realization=number).run()
    assert first["realization"].values.tolist() == [number]
    repeats(first, tmp_path)


def repeats(first, tmp_path):
    netcdf.write(first, tmp_path / "balance.nc")
    again = rebuild(tmp_path / "balance.nc").run()
    assert set(again.variables) == set(first.variables)
    for name in first.variables:
        assert again[name].values.tobytes() == first[name].values.tobytes(), name
