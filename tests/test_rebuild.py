"""A result file alone repeats its run, bit for bit, for every teaching model."""

from __future__ import annotations

from pathlib import Path

import pytest

import waterbal
from waterbal.api import rebuild
from waterbal.results import netcdf

LIBRARY = sorted((Path(__file__).parent.parent / "configs" / "library").glob("*.yaml"))


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_a_result_repeats_its_run(path, tmp_path):
    first = waterbal.load(path).run()
    netcdf.write(first, tmp_path / "balance.nc")
    again = rebuild(tmp_path / "balance.nc").run()
    assert set(again.variables) == set(first.variables)
    for name in first.variables:
        assert again[name].values.tobytes() == first[name].values.tobytes(), name
