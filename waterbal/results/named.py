"""Dimensions of results indexed by what their elements are called, in place of their numbers."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

import xarray as xr

T = TypeVar("T", xr.Dataset, xr.DataArray)


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
                break
    return content.assign_coords(found)


def _kinds(language: str) -> tuple[str, ...]:
    """Give the ends of names of coordinates that say what elements are called, the best first."""
    if not language:
        return ("_id",)
    return (f"_name_{language}", *(("_name",) if language == "en" else ()), "_id")


def numbered(content: xr.Dataset) -> xr.Dataset:
    """Take away what ``named`` indexed dimensions by, so that a result is as it was read."""
    given = [dim for dim in content.dims if dim in content.coords and f"{dim}_id" in content.coords]
    return content.drop_vars(given)
