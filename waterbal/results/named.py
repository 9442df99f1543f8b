"""Dimensions of results indexed by what their elements are called, in place of their numbers."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

import xarray as xr

T = TypeVar("T", xr.Dataset, xr.DataArray)
KEPT = "index_before_names"
"""Attribute that marks what a dimension was indexed by before it was named."""


def named(content: T, language: str = "") -> T:
    """Index every dimension by the ids of its elements, or by their names.

    Parameters
    ----------
    content : Dataset or DataArray
        A result, or a variable of one.
    language : str
        ``zh`` or ``en`` for names, where elements have some; ids if empty.
    """
    found: dict[Hashable, xr.Variable] = {}
    for dim in content.dims:
        for kind in _kinds(language):
            name = f"{dim}{kind}"
            if name in content.coords and content[name].dims == (dim,):
                found[dim] = content[name].variable
                if dim in content.coords and f"{dim}_id" not in content.coords:
                    found[f"{dim}_id"] = _kept(content[dim].variable)
                break
    return content.assign_coords(found)


def _kept(index: xr.Variable) -> xr.Variable:
    """Keep what a dimension was indexed by before, marked as such."""
    kept = index.to_base_variable().copy(deep=False)
    kept.attrs = {**kept.attrs, KEPT: 1}
    return kept


def _kinds(language: str) -> tuple[str, ...]:
    """Give the ends of names of coordinates that say what elements are called, the best first."""
    if not language:
        return ("_id",)
    return (f"_name_{language}", *(("_name",) if language == "en" else ()), "_id")


def numbered(content: xr.Dataset) -> xr.Dataset:
    """Take away what ``named`` indexed dimensions by, so that a result is as it was read."""
    indexed = [dim for dim in content.dims if dim in content.coords and f"{dim}_id" in content.coords]
    before = {}
    for dim in indexed:
        kept = content[f"{dim}_id"].variable
        if KEPT in kept.attrs:
            before[dim] = kept.copy(deep=False)
            before[dim].attrs = {name: value for name, value in kept.attrs.items() if name != KEPT}
    plain = content.drop_vars([*indexed, *(f"{dim}_id" for dim in before)])
    return plain.assign_coords(before)
