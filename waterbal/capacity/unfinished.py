"""Extras that could not be told: what was searched is kept, and the reason stands beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from waterbal.capacity.extras import CALLED, EXTRAS, Baseline, prefixed
from waterbal.errors import Issue, Message, WaterbalError

if TYPE_CHECKING:
    import xarray as xr

Failures = dict[str, WaterbalError]
"""Extra -> why it could not be told."""


class UnfinishedError(WaterbalError):
    """Some of what was asked for besides capacities could not be told; all else was, and is ``found``."""

    def __init__(
        self,
        issues: str | Issue | Sequence[Issue],
        *more: Issue,
        found: xr.Dataset | None = None,
        code: int = 3,
    ) -> None:
        super().__init__(issues, *more)
        self.found, self.exit_code = found, code


def told(
    base: Baseline, names: Sequence[str], begin: Callable[[str], None]
) -> tuple[list[xr.Dataset], Failures]:
    """Tell extras one after the other; one that fails does not keep the others, nor what was searched, from being told.

    Parameters
    ----------
    base : Baseline
        What they are told of.
    names : sequence of str
        Which.
    begin : callable
        Called with the name of each before it is told.

    Returns
    -------
    list of Dataset, dict
        Those that were told, and the failures of the others by name.
    """
    made, failed = [], {}
    for name in names:
        begin(name)
        try:
            made.append(prefixed(EXTRAS[name](base), name))
        except WaterbalError as error:
            failed[name] = error
    return made, failed


def recorded(failed: Failures) -> dict[str, str]:
    """Say in attributes of a result what could not be told, and why."""
    issues = {
        name: [{"zh": issue.said("zh"), "en": issue.said("en")} for issue in error.issues]
        for name, error in failed.items()
    }
    codes = {name: error.exit_code for name, error in failed.items()}
    return {
        "not_told": json.dumps(issues, ensure_ascii=False), "not_told_status": json.dumps(codes, ensure_ascii=False)
    }  # fmt: skip


def whole(found: xr.Dataset) -> xr.Dataset:
    """Give a result back if all that was asked for is told.

    Raises
    ------
    UnfinishedError
        With the result and why the rest could not be told.
    """
    if "not_told" not in found.attrs:
        return found
    codes = json.loads(found.attrs["not_told_status"])
    issues = [
        Issue(
            Message(f"无法给出“{CALLED[name]}”：{one['zh']}", f"{name} could not be told: {one['en']}"),
            "--with",
        )
        for name, own in json.loads(found.attrs["not_told"]).items()
        for one in own
    ]
    raise UnfinishedError(issues, found=found, code=min(codes.values()))
