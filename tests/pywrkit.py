"""Models in pywr's format, written for these tests, and the comparison of a translation with what pywr gave.

``python -m tests.pywrkit`` writes ``pywr_expected.json`` anew; ``make test-peers`` checks it against pywr.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from waterbal import api
from waterbal.importing.pywr import Translation, translate

EXPECTED = Path(__file__).with_name("pywr_expected.json")
UNIT = "m3/d"
TOLERANCE = 1e-6
SMALLEST = 1.0
"""Values below are compared by their difference."""


def timestepper(start: str, end: str, step: int | str = "M") -> dict[str, Any]:
    return {"start": start, "end": end, "timestep": step}


def wave(size: int, mean: float, swing: float, shift: float = 0.0, period: float = 12.0) -> list[float]:
    """A season that no two years share."""
    values = [
        mean + swing * math.sin(2 * math.pi * (k - shift) / period) + 0.13 * swing * math.sin(1.7 * k)
        for k in range(size)
    ]
    return [round(max(value, 0.0), 3) for value in values]


def node(name: str, type: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type, **more}


def model(
    title: str, time: dict[str, Any], nodes: list[Any], edges: list[Any], **more: Any
) -> dict[str, Any]:
    return {"metadata": {"title": title}, "timestepper": time, "nodes": nodes, "edges": edges, **more}


def river() -> dict[str, Any]:
    """A minimum flow by month before a pumped storage before two towns, one of which takes from the river, too."""
    return model(
        "Storage beside a river",
        timestepper("2001-01-01", "2003-12-31"),
        [
            node("Upper catchment", "Catchment", flow={"type": "arrayindexed", "values": wave(36, 20, 19)}),
            node("Reach", "River"),
            node("Gauge", "RiverGauge", mrf="residual flow", mrf_cost=-900),
            node("Pumps", "Link", max_flow=9, cost=0.5),
            node("Bank storage", "Storage", max_volume=900, min_volume=90, initial_volume=400, cost=-8),
            node("Town", "Output", max_flow="town", cost=-300),
            node("Works", "Output", max_flow=5, cost=-40),
            node("Sea", "Output"),
        ],
        [
            ["Upper catchment", "Reach"], ["Reach", "Gauge"], ["Gauge", "Sea"], ["Reach", "Pumps"],
            ["Pumps", "Bank storage"], ["Bank storage", "Town"], ["Bank storage", "Works"], ["Reach", "Works"],
        ],
        parameters={
            "residual flow": {"type": "monthlyprofile", "values": [3, 3, 4, 5, 6, 6, 6, 5, 4, 3, 3, 3]},
            "town": {
                "type": "aggregated", "agg_func": "product",
                "parameters": [6.5, {"type": "monthlyprofile", "values": [0.9] * 4 + [1.25] * 4 + [0.9] * 4}],
            },
        },
        recorders={"deficit": {"type": "TotalDeficitNode", "node": "Town"}},
    )  # fmt: skip


def licences() -> dict[str, Any]:
    """Two bore fields under one yearly licence, one of them also under its own, renewed at other times."""
    return model(
        "Licences",
        timestepper("2001-01-01", "2003-12-31"),
        [
            node("Old wells", "Input", max_flow=6, cost=1),
            node("New wells", "Input", max_flow=9, cost=3),
            node("Import", "Input", max_flow=2, cost=7),
            node("Main", "Link"),
            node("City", "Output", max_flow={"type": "arrayindexed", "values": wave(36, 9, 3, 3)}, cost=-100),
            node("Farms", "Output", max_flow=3, cost=-30),
            node(
                "Aquifer licence", "AnnualVirtualStorage", nodes=["Old wells", "New wells"], max_volume=2900,
                initial_volume=700, reset_day=1, reset_month=4,
            ),
            node(
                "Old licence", "AnnualVirtualStorage", nodes=["Old wells"], factors=[2.0], max_volume=2600,
                min_volume=200, initial_volume_pc=0.5, reset_month=7,
            ),
        ],
        [["Old wells", "Main"], ["New wells", "Main"], ["Import", "Main"], ["Main", "City"], ["Main", "Farms"]],
    )  # fmt: skip


def savings() -> dict[str, Any]:
    """Demand saving by control curves that change by month, with factors that do, too; daily."""
    return model(
        "Demand saving",
        timestepper("2001-05-01", "2001-09-30", 1),
        [
            node("Inflow", "catchment", flow={"type": "arrayindexed", "values": wave(153, 8, 7, 20, 90)}),
            node("Lake", "reservoir", max_volume=800, min_volume=50, initial_volume=760),
            node("People", "output", max_flow="need", cost=-500),
            node("Gardens", "output", max_flow="gardens", cost=-50),
            node("Spill", "output", cost=10),
        ],
        [["Inflow", "Lake"], ["Lake", "People"], ["Lake", "Gardens"], ["Lake", "Spill"]],
        parameters={
            "level": {
                "type": "controlcurveindex", "storage_node": "Lake",
                "control_curves": [{"type": "monthlyprofile", "values": [0.8, 0.75, 0.7] * 4}, 0.4137],
            },
            "factor": {
                "type": "indexedarray", "index_parameter": "level",
                "params": [1.0, {"type": "monthlyprofile", "values": [0.95, 0.9] * 6}, 0.6],
            },
            "need": {"type": "aggregated", "agg_func": "product", "parameters": [12.5, "factor"]},
            "gardens": {
                "type": "controlcurve", "storage_node": "Lake", "control_curve": 0.6173, "values": [4.0, 1.5],
            },
        },
    )  # fmt: skip


def guarded() -> dict[str, Any]:
    """A storage worth more than the farms and less than the town: it fills before the farms get anything."""
    return model(
        "A storage between two demands",
        timestepper("2001-01-01", "2002-12-31"),
        [
            node("Stream", "Catchment", flow={"type": "arrayindexed", "values": wave(24, 7, 7)}),
            node("Weir", "Link"),
            node("Tank", "Storage", max_volume=700, initial_volume_pc=0.25, cost=-60),
            node("Town", "Output", max_flow=4, cost=-200),
            node("Farms", "Output", max_flow=6, cost=-20),
            node("Valley", "Output", cost=1),
        ],
        [
            ["Stream", "Weir"], ["Weir", "Tank"], ["Weir", "Farms"], ["Weir", "Valley"], ["Weir", "Town"],
            ["Tank", "Town"], ["Tank", "Farms"],
        ],
    )  # fmt: skip


def losses() -> dict[str, Any]:
    """Mains that leak, net and gross."""
    return model(
        "Losses",
        timestepper("2001-01-01", "2001-12-31"),
        [
            node("Spring", "Input", cost=0.2),
            node("Long main", "LossLink", loss_factor=0.25, max_flow=10, cost=0.1),
            node("Plant", "Link", max_flow=12),
            node("Short main", "LossLink", loss_factor=0.1, loss_factor_type="gross"),
            node("Town", "Output", max_flow={"type": "monthlyprofile", "values": list(range(3, 15))}, cost=-50),
            node("Well", "Input", max_flow=2.5, cost=4),
            node("Well main", "LossLink", loss_factor=0.25),
        ],
        [
            ["Spring", "Long main"], ["Long main", "Plant"], ["Plant", "Short main"], ["Short main", "Town"],
            ["Well", "Well main"], ["Well main", "Plant"],
        ],
    )  # fmt: skip


def cascade() -> dict[str, Any]:
    """Two reservoirs in a row, worth differently, a gauge between them whose water is used again below."""
    return model(
        "Cascade",
        timestepper("2001-01-01", "2003-12-31"),
        [
            node("Head", "Catchment", flow={"type": "arrayindexed", "values": wave(36, 14, 13)}),
            node("Upper", "Storage", max_volume=1500, initial_volume_pc=0.6, cost=-6),
            node("Upper town", "Output", max_flow=4, cost=-700),
            node("Gauge", "RiverGauge", mrf=3, mrf_cost=-3000),
            node("Side stream", "Catchment", flow={"type": "arrayindexed", "values": wave(36, 3, 3, 5)}),
            node("Lower", "Storage", max_volume=600, initial_volume_pc=1.0, cost=-2),
            node("Lower town", "Output", max_flow={"type": "arrayindexed", "values": wave(36, 19, 5, 4)}, cost=-150),
            node("Boreholes", "Input", max_flow=3, cost=9),
            node("Outfall", "Output", cost=0.5),
        ],
        [
            ["Head", "Upper"], ["Upper", "Upper town"], ["Upper", "Gauge"], ["Gauge", "Lower"],
            ["Side stream", "Lower"], ["Lower", "Lower town"], ["Boreholes", "Lower town"], ["Lower", "Outfall"],
        ],
    )  # fmt: skip


def parameters() -> dict[str, Any]:
    """Every kind of parameter that is worked out, as needs that an ample source meets."""
    monthly = {"type": "monthlyprofile", "values": [1, 2, 3, 4, 5, 6, 5.5, 4.5, 3.5, 2.5, 1.5, 0.5]}
    kinds: dict[str, Any] = {
        "first of month": {**monthly, "interp_day": "first"},
        "last of month": {**monthly, "interp_day": "last"},
        "daily": {"type": "dailyprofile", "values": wave(366, 5, 4, 0, 366)},
        "least": {"type": "aggregated", "agg_func": "min", "parameters": ["daily", monthly, 4]},
        "mean": {"type": "aggregated", "agg_func": "mean", "parameters": ["daily", monthly, 4]},
        "middle": {"type": "aggregated", "agg_func": "median", "parameters": ["daily", monthly, 4]},
        "largest": {"type": "max", "parameter": "daily", "threshold": 6},
        "capped": {"type": "min", "parameter": "daily", "threshold": 3},
        "shifted": {"type": "offset", "parameter": monthly, "offset": 0.25},
        "mirrored": {
            "type": "aggregated", "agg_func": "sum", "parameters": [12, {"type": "negative", "parameter": "daily"}],
        },
        "ratio": {"type": "division", "numerator": monthly, "denominator": {"type": "constant", "value": 4}},
        "discounted": {"type": "discountfactor", "rate": 0.035, "base_year": 1995},
        "scaled": {"type": "constant", "value": 2, "scale": 1.5, "offset": 0.5},
        "member": {"type": "constantscenario", "scenario": "growth", "values": [1, 2, 3]},
        "wrapped": {"type": "scenariowrapper", "scenario": "growth", "parameters": ["scaled", "daily", "least"]},
        "from file": {
            "type": "dataframe", "url": "weather.csv", "column": "daily", "index_col": "date", "parse_dates": True,
        },
        "from rows": {"type": "constant", "table": "needs", "column": "need", "index": "mill"},
    }  # fmt: skip
    nodes = [node("Ample", "Input", max_flow=1000), node("Main", "Link")]
    edges = [["Ample", "Main"]]
    for i, name in enumerate(kinds):
        nodes.append(node(f"use of {name}", "Output", max_flow=name, cost=-1 - i))
        edges.append(["Main", f"use of {name}"])
    return model(
        "Parameters",
        timestepper("2003-12-01", "2004-03-31", 1),
        nodes,
        edges,
        parameters=kinds,
        tables={"needs": {"url": "needs.csv", "index_col": 0}},
        scenarios=[{"name": "growth", "size": 3}],
    )


def months() -> dict[str, Any]:
    """Daily values in monthly steps, monthly values in a table of the model."""
    return model(
        "Monthly means",
        timestepper("2003-12-01", "2004-03-31"),
        [
            node("Ample", "Input", max_flow=1000),
            node(
                "Mean", "Output", cost=-5,
                max_flow={
                    "type": "dataframe", "url": "weather.csv", "column": "daily", "index_col": "date",
                    "parse_dates": True,
                },
            ),
            node("Profile", "Output", cost=-4, max_flow={"type": "dailyprofile", "values": wave(366, 5, 4, 0, 366)}),
        ],
        [["Ample", "Mean"], ["Ample", "Profile"]],
    )  # fmt: skip


def weather() -> str:
    """A daily table from December 2003 to March 2004."""
    days = np.arange(np.datetime64("2003-12-01"), np.datetime64("2004-04-01"))
    rows = zip(days.astype(str), wave(days.size, 6, 5, 0, 40), strict=True)
    return "date,daily\n" + "".join(f"{day},{value}\n" for day, value in rows)


FILES = {"weather.csv": weather(), "needs.csv": "user,need\nmill,2.75\nfarm,1\n"}
MODELS = {
    made.__name__: made for made in (river, licences, savings, guarded, losses, cascade, parameters, months)
}
SCENARIOS = {"parameters": {"growth": 1}}


def write(folder: Path, name: str, document: dict[str, Any] | None = None) -> Path:
    """Write a model with its tables and give its file."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in FILES.items():
        (folder / file).write_text(text, encoding="utf-8")
    path = folder / f"{name}.json"
    document = MODELS[name]() if document is None else document
    path.write_text(json.dumps(document, indent=1, ensure_ascii=False), encoding="utf-8")
    return path


def translated(path: Path, scenarios: dict[str, int] | None = None) -> Translation:
    """Translate a model whose flows are m3/d."""
    return translate(path, UNIT, scenarios=scenarios)


def results(translation: Translation, folder: Path) -> dict[str, np.ndarray]:
    """Run a translation; give flows of demands and minimum flows [m3/d] and volumes [m3] by pywr's names."""
    translation.write(folder)
    found = api.load(folder / "model.yaml").run()
    days, steps = found.step_days.values.astype(float), translation.steps
    series: dict[str, np.ndarray] = {}
    for name, ids in translation.elements.items():
        for variable, element, unit in (("water_supply", "demand", days), ("storage_volume", "store", 1.0)):
            known = [] if element not in found.sizes else found[f"{element}_id"].values.astype(str).tolist()
            if ids[0] in known:
                values = found[variable].values.reshape(-1, len(known), found.sizes["time"])[0]
                total = sum(values[known.index(id)] for id in ids) * 1e4 / unit
                series[f"{'flow' if element == 'demand' else 'volume'}/{name}"] = np.asarray(total)[:steps]
            if ids[0] in known and element == "demand":
                need = found["water_demand"].values.reshape(-1, len(known), found.sizes["time"])[0]
                series[f"need/{name}"] = np.asarray(sum(need[known.index(id)] for id in ids) * 1e4 / unit)[
                    :steps
                ]
    return series


def differences(
    ours: dict[str, np.ndarray], theirs: dict[str, Any], gauges: set[str], shared: list[set[str]] = ()
) -> dict[str, float]:
    """Give the largest difference of each series, relative where values are above ``SMALLEST``.

    Of a gauge pywr tells all that flows through: of this the minimum flow counts. Demands of which pywr leaves open
    how they share (``shared``) are compared by their sum.
    """
    found = {}
    loose = set().union(*shared) if shared else set()
    for name, values in ours.items():
        kind, _, plain = name.partition("/")
        if kind == "need" or name not in theirs or plain in loose:
            continue
        other = np.asarray(theirs[name], dtype=float)
        if plain in gauges:
            other = np.minimum(other, ours[f"need/{plain}"])
        found[name] = _apart(values, other)
    for group in shared:
        ours_, theirs_ = (sum(np.asarray(side[f"flow/{name}"]) for name in group) for side in (ours, theirs))
        found[" + ".join(sorted(group))] = _apart(ours_, theirs_)
    return found


def _apart(ours: Any, theirs: Any) -> float:
    return float(np.max(np.abs(ours - theirs) / np.maximum(np.abs(theirs), SMALLEST)))


def gauges_of(document: dict[str, Any]) -> set[str]:
    """Name the gauges of a model."""
    return {raw["name"] for raw in document["nodes"] if raw["type"].lower() == "rivergauge"}


def main() -> None:
    """Ask pywr for the results of all models and keep them."""
    import tempfile

    from tests.peers.pywrpeer import Pywr, prepare

    kept: dict[str, dict[str, list[float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        pywr = Pywr(prepare(), Path(folder))
        for name in MODELS:
            path = write(Path(folder), name)
            found = pywr.run(path, SCENARIOS.get(name, {}))
            assert isinstance(found, dict), f"{name}: {found}"
            wanted = {
                f"{kind}/{raw['name']}" for raw in MODELS[name]()["nodes"] for kind in ("flow", "volume")
            }
            uses = {
                f"flow/{raw['name']}"
                for raw in MODELS[name]()["nodes"]
                if raw["type"] not in ("Input", "Link")
            }
            series = {key: values for key, values in found.items() if key in wanted}
            kept[name] = {
                key: [float(f"{value:.12g}") for value in values]
                for key, values in series.items()
                if key in uses or key.startswith("volume/")
            }
        pywr.close()
    lines = (f"  {json.dumps(name)}: {json.dumps(series)}" for name, series in kept.items())
    EXPECTED.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
