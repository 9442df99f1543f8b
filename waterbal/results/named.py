"""Dimensions of results indexed by what their elements are called, in place of their numbers."""

from __future__ import annotations

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
    found = {}
    for dim in content.dims:
        names = [f"{dim}_id"]
        if language:
            names.insert(0, f"{dim}_name_{language}")
        for name in names:
            if name in content.coords and content[name].dims == (dim,):
                found[dim] = content[name].variable
                break
    return content.assign_coords(found)
