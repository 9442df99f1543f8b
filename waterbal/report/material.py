"""What a report is made of: results of every kind, opened and told apart."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from waterbal.errors import DataError, Issue, Message
from waterbal.results import accessor_text
from waterbal.results.netcdf import open_result

if TYPE_CHECKING:
    import xarray as xr

Kind = Literal["run", "sweep", "capacity"]


@dataclass(frozen=True)
class Material:
    """Results by kind, in the order in which they were given."""

    runs: tuple[xr.Dataset, ...] = ()
    """Every series of one scenario and realization, as ``waterbal run`` writes them."""
    sweeps: tuple[xr.Dataset, ...] = ()
    """Metrics, sums by year or series of many scenarios, as ``waterbal sweep`` merges them."""
    capacities: tuple[xr.Dataset, ...] = ()
    """As ``waterbal capacity`` writes them."""
    admissions: tuple[Mapping[str, Any], ...] = ()
    """As ``waterbal admit -o`` writes them."""


def kind(results: xr.Dataset) -> Kind:
    """Tell what wrote a result."""
    return accessor_text.kind(results) or "run"


@contextlib.contextmanager
def opened(paths: Sequence[Path]) -> Iterator[Material]:
    """Open results of any kind together.

    Parameters
    ----------
    paths : sequence of Path
        NetCDF files, and JSON files of admissions.

    Yields
    ------
    Material
        Its datasets are closed in the end.

    Raises
    ------
    DataError
        With every file that is no result.
    """
    found: dict[str, list[Any]] = {"run": [], "sweep": [], "capacity": [], "admission": []}
    problems: list[Issue] = []
    with contextlib.ExitStack() as files:
        for path in paths:
            try:
                if path.suffix.lower() == ".json":
                    found["admission"].append(_admission(path))
                else:
                    results = files.enter_context(open_result(path))
                    found[kind(results)].append(results)
            except DataError as error:
                problems += error.issues
        if problems:
            raise DataError(problems)
        yield Material(*(tuple(found[name]) for name in ("run", "sweep", "capacity", "admission")))


def _admission(path: Path) -> Mapping[str, Any]:
    expected = Message("`waterbal admit -o` 写出的文件", "a file that `waterbal admit -o` wrote")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(
            Issue(
                Message(f"无法读取 {path}：{error}", f"cannot read {path}: {error}"),
                file=str(path),
                expected=expected,
            )
        ) from error
    if not isinstance(content, dict) or "verdicts" not in content:
        raise DataError(
            Issue(
                Message(f"{path} 不是 waterbal 的准入成果", f"{path} is no admission of waterbal"),
                file=str(path),
                expected=expected,
            )
        )
    return content
