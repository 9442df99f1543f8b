"""From arrays of a run to a labelled dataset that describes itself and from which the run can be rebuilt."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from waterbal._version import __version__
from waterbal.errors import BalanceError
from waterbal.model.rows import Floats, Ints, Rows
from waterbal.results import closure, input_series, settling
from waterbal.results.coordinates import element_coordinates, named, realization_coordinate, time_coordinates
from waterbal.results.facts import Facts
from waterbal.results.names import Labels
from waterbal.results.output import RunOutput
from waterbal.results.performance import Conventions
from waterbal.results.probe import FORMAT, FORMAT_NAME
from waterbal.results.terms import TYPICAL_YEARS, UNCOUNTED
from waterbal.results.variables import REGISTRY, Variable
from waterbal.results.view import view

if TYPE_CHECKING:
    import xarray as xr

CONVENTIONS = "CF-1.11, ACDD-1.3"
VOCABULARY = "CF Standard Name Table v93"


class CaseLike(Protocol):
    """What a result needs to know of a case."""

    series: Mapping[str, Floats]
    planning: Mapping[str, Floats] | None
    reference: Mapping[str, Floats] | None
    realization: int
    loaded: Any

    def rows(self) -> Rows:
        """Return the lowered model."""


@dataclass(frozen=True)
class Provenance:
    """Where a result comes from; with it, the file alone rebuilds the run."""

    config: Mapping[Any, Any] = field(default_factory=dict)
    """Resolved configuration, plain JSON-able values."""
    series: Mapping[str, Floats] = field(default_factory=dict)
    """Input series on the model's steps, ndarray (time), by name."""
    planning: Mapping[str, Floats] | None = None
    """Series that planned reserves took their statistics from, ndarray (sample, time) or (time), by name."""
    reference: Mapping[str, Floats] | None = None
    """Series that means of the record refer to, likewise."""
    overrides: Sequence[str] = ()
    """``path=value`` texts, in the order in which they were applied."""
    assumed: Sequence[str] = ()
    """Paths of the inputs that are assumed."""
    created: str | None = None
    """Time of writing (ISO 8601); None leaves it out, so that equal runs give equal files."""


def build(case: CaseLike, run: RunOutput, *, created: bool = True, check: bool = True) -> xr.Dataset:
    """Describe a run of a case.

    Parameters
    ----------
    case : Case
        Model, series and rows.
    run : RunOutput
        Arrays of the engine.
    created : bool
        Whether the result carries the time at which it was made.
    check : bool
        Whether a balance that does not close is refused; its residual is told either way.

    Returns
    -------
    Dataset (scenario, realization, element, time)
        Variables of ``waterbal.results.variables``.

    Raises
    ------
    BalanceError
        If a balance does not close.
    """
    config = case.loaded.config
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if created else None
    assumed = assumed_inputs(case)
    provenance = Provenance(
        config, case.series, case.planning, case.reference, tuple(case.loaded.overrides), assumed, now
    )
    network = getattr(case, "network", None)
    levels = list(getattr(network(), "reserve_levels", ())) if network else []
    labels = Labels.from_config(config)
    typical = _typical_year(config, case.realization)
    result = assemble(
        run, case.rows(), labels, provenance, levels=levels, conventions=Conventions(counted=not typical),
        check=check, realization=case.realization,
    )  # fmt: skip
    unsettled = settling.told(view(run, case.rows(), None))
    if unsettled:
        result.attrs["waterbal_unsettled"] = json.dumps(unsettled, ensure_ascii=False)
    outages = getattr(getattr(case, "model", None), "outages", {})
    if outages:
        told = [outage.told(id, case.rows().axis) for id, outage in outages.items()]
        result.attrs["waterbal_outages"] = json.dumps(told, ensure_ascii=False)
    filled = getattr(case, "filled", {})
    if filled:
        result.attrs["waterbal_filled_gaps"] = json.dumps(dict(filled), ensure_ascii=False)
    if typical:
        result.attrs["waterbal_typical_year"] = json.dumps(typical)
        result.attrs["comment"] = " ".join(term.en for term in (UNCOUNTED, *TYPICAL_YEARS))
    return result


def _typical_year(config: Mapping[Any, Any], realization: int) -> dict[str, Any]:
    """Tell which typical year a run is of; empty if it is of none."""
    hydrology = config.get("hydrology")
    if not isinstance(hydrology, dict) or hydrology.get("kind") != "typical_years":
        return {}
    return {"index": hydrology["index"], "probability": hydrology["probabilities"][realization]}


def assumed_inputs(case: CaseLike) -> list[str]:
    """List the paths of the inputs that are assumed."""
    return [path for path, grade in _assumptions(case) if grade == "assumed"]


def _assumptions(case: CaseLike) -> Iterable[tuple[str, str]]:
    """List the numbers of the model with their grade."""
    listing = getattr(getattr(case, "model", None), "assumptions", None)
    return ((str(entry.path), str(entry.grade)) for entry in (listing() if listing else ()))


def assemble(
    run: RunOutput,
    rows: Rows | Sequence[Rows],
    labels: Labels | None = None,
    provenance: Provenance | None = None,
    *,
    variant: Ints | None = None,
    scenarios: Sequence[str] = ("base",),
    levels: Sequence[str] = (),
    conventions: Conventions | None = None,
    check: bool = True,
    realization: int = 0,
) -> xr.Dataset:
    """Build the dataset of a run.

    Parameters
    ----------
    run : RunOutput
        Arrays of the engine; members are the realizations of the first scenario, then of the second, ...
    rows : Rows or sequence of Rows
        Lowered model or its variants.
    labels : Labels, optional
        Names of elements; ids where missing.
    provenance : Provenance, optional
        Configuration, series and overrides to store.
    variant : ndarray (member), optional
        Variant of each member.
    scenarios : sequence of str
        Ids of the scenarios.
    levels : sequence of str
        Names of the look-ahead levels.
    conventions : Conventions, optional
        How metrics are counted.
    check : bool
        Whether a balance that does not close is refused.
    realization : int
        Number of the first realization.

    Raises
    ------
    BalanceError
        If a balance does not close.
    """
    import xarray as xr

    import waterbal.results.accessor  # noqa: F401 -- registers ds.waterbal

    labels, provenance = labels or Labels(), provenance or Provenance()
    seen = view(run, rows, variant)
    residual, issues = closure.measure(seen)
    if issues and check:
        raise BalanceError(issues)
    facts = Facts(seen, residual, conventions or Conventions())
    shape = (len(scenarios), run.members // len(scenarios))
    names = _level_names(run, levels)
    coordinates = _coordinates(
        facts, labels, scenarios, range(realization, realization + shape[1]), names, provenance
    )
    sizes = {name: size for array in coordinates.values() for name, size in array.sizes.items()}
    content = {
        variable.name: _array(variable, facts, shape)
        for variable in REGISTRY.values()
        if all(sizes.get(name, 0) for name in variable.dims)
    }
    stored = (
        ("", provenance.series),
        ("planning_", provenance.planning),
        ("reference_", provenance.reference),
    )
    for use, series in stored:
        content |= input_series.variables(series, provenance.config, use)
    result = xr.Dataset(content, coordinates, _attributes(facts, labels, provenance))
    labels_of = ("time_bnds", "series_id", "series_units")
    return result.set_coords([name for name in labels_of if name in result.variables])


def _level_names(run: RunOutput, levels: Sequence[str]) -> list[str]:
    count = run.reserve_need.shape[2]
    return list(levels) if len(levels) == count else [f"level_{i + 1}" for i in range(count)]


def _array(variable: Variable, facts: Facts, shape: tuple[int, int]) -> xr.Variable:
    """Compute a variable: scenario and realization first, time last."""
    import xarray as xr

    values = array(variable, facts)
    if not variable.fixed:
        values = values.reshape(*shape, *values.shape[1:])
    return xr.Variable(variable.shape, values, describe(variable))


def array(variable: Variable, facts: Facts) -> Any:
    """Compute a variable, ndarray (member, ..., time), without the first axis where it is fixed."""
    values = np.asarray(variable.values(facts))
    if not variable.fixed:
        simulated = facts.view.simulated
        if "time" in variable.dims:
            if not variable.flags and not simulated.all():
                values = np.where(
                    simulated.reshape(*simulated.shape, *[1] * (values.ndim - 2)), values, np.nan
                )
            values = np.moveaxis(values, 1, -1)
    return values.astype(np.int8 if variable.flags else np.float64)


def describe(variable: Variable) -> dict[str, Any]:
    """Collect the attributes of a variable."""
    told: dict[str, Any] = {"long_name": variable.en, "long_name_zh": variable.zh}
    if variable.standard_name:
        told["standard_name"] = variable.standard_name
    if variable.flags:
        told["flag_values"] = np.array(list(variable.flags), dtype=np.int8)
        told["flag_meanings"] = " ".join(variable.flags.values())
    else:
        told["units"] = variable.units
    if variable.cell_methods:
        told["cell_methods"] = variable.cell_methods
    return told | dict(variable.attributes)


def _coordinates(
    facts: Facts, labels: Labels, scenarios: Sequence[str], realizations: range, levels: Sequence[str],
    provenance: Provenance,
) -> dict[str, xr.Variable]:  # fmt: skip
    """Name everything: time and its bounds, ids and labels of every element."""
    found = time_coordinates(facts.view.rows)
    found["realization"] = realization_coordinate(realizations)
    found |= named("scenario", list(scenarios), {}, labels=False)
    found |= element_coordinates(facts.view.rows, labels, levels)
    return {name: variable for name, variable in found.items() if 0 not in variable.shape}


def _attributes(facts: Facts, labels: Labels, provenance: Provenance) -> dict[str, Any]:
    """Collect the global attributes."""
    axis = facts.view.rows.axis
    told = {
        "Conventions": CONVENTIONS,
        "standard_name_vocabulary": VOCABULARY,
        "title": labels.title.en,
        "title_zh": labels.title.zh,
        "summary": "Water balance by step: need, supply and shortage of every demand, withdrawal of every source, "
        "flows, storage, quotas, losses, and how reliably needs are met. Volumes in 1e4 m3 per step.",
        "keywords": "water resources, water allocation, water balance, simulation",
        "source": f"waterbal {__version__}",
        "history": " ".join(filter(None, [provenance.created, f"made by waterbal {__version__}"])),
        "time_coverage_start": str(axis.start[0].astype("datetime64[D]")),
        "time_coverage_end": str(axis.end[-1].astype("datetime64[D]")),
        "time_step": axis.step,
        "warm_up_steps": np.int32(axis.warm_up),
        "reliability_conventions": facts.conventions.text(),
        "resilience_convention": facts.conventions.resilience,
        "waterbal_overrides": json.dumps(list(provenance.overrides), ensure_ascii=False),
    }
    told |= inputs(provenance.config, provenance.assumed) | versions()
    if provenance.created:
        told["date_created"] = provenance.created
    return told


def inputs(config: Mapping[Any, Any], assumed: Sequence[str]) -> dict[str, str]:
    """Tell what a result was made from: the resolved configuration, its hash, seeds, assumed inputs."""
    text = json.dumps(config, ensure_ascii=False, allow_nan=False)
    return {
        "waterbal_config": text,
        "waterbal_config_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "waterbal_seeds": json.dumps(dict(_seeds(config)), ensure_ascii=False),
        "waterbal_assumed_inputs": json.dumps(list(assumed), ensure_ascii=False),
    }


def versions() -> dict[str, Any]:
    """Tell what a result was made with."""
    return {
        FORMAT_NAME: np.int32(FORMAT),
        "waterbal_version": __version__,
        "waterbal_kernel": kernel_tag(),
        "numba_version": _installed("numba"),
        "numpy_version": np.__version__,
    }


def _seeds(config: Any, path: str = "") -> Iterable[tuple[str, Any]]:
    """Find every seed of a configuration, with its dotted path."""
    if not isinstance(config, Mapping):
        return
    for key, value in config.items():
        here = f"{path}.{key}" if path else str(key)
        if key == "seed" and not isinstance(value, Mapping):
            yield here, value
        yield from _seeds(value, here)


def kernel_tag() -> str:
    """Return a hash of the sources of the kernel: it changes with every change of the engine."""
    digest = hashlib.sha256()
    for path in sorted((Path(__file__).parent.parent / "kernel").glob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return f"sha256:{digest.hexdigest()}"


def _installed(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "missing"
