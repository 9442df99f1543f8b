"""Run the shared case in pywr 1.x. A script of its own: pywr lives in another environment, without waterbal.

``python pywr_runner.py inputs.npz totals.npz`` builds the model from the inputs, prints one JSON line and waits.
For every line ``run`` on stdin it runs the model once and prints the CPU seconds of the run as JSON; at the
end of the input it writes the totals of the last run per scenario.

Flows are Mm3/day and volumes Mm3. Every month and scenario is one linear program; the costs below order the
demands strictly, so that its optimum is unique.
"""

import json
import sys
import time
import warnings

import numpy as np

SECTOR_COST = {"res": -1000.0, "ind": -800.0, "eco": -600.0, "ag": -400.0}
DISTRICT_STEP = 7.0
QUOTAS = {"river": 250.0, "transfer": 150.0, "groundwater": 180.0}
REUSE = 0.35


def build(inputs, solver):
    """Return the pywr model of the case with a recorder of the total of every flow reported."""
    from pywr.core import Scenario
    from pywr.model import Model
    from pywr.nodes import AnnualVirtualStorage, Catchment, Input, Link, Output, Storage
    from pywr.parameters import ArrayIndexedParameter, ArrayIndexedScenarioParameter
    from pywr.recorders import TotalFlowNodeRecorder

    steps, scenarios = inputs["river"].shape
    first = int(inputs["first_year"])
    model = Model(solver=solver, start=f"{first}-01-01", end=f"{first + steps // 12 - 1}-12-31", timestep="M")
    climate = Scenario(model, "climate", size=scenarios)
    flow = {
        name: ArrayIndexedScenarioParameter(model, climate, np.ascontiguousarray(inputs[name]))
        for name in ("river", "inflow")
    }

    river = Input(model, "river", max_flow=flow["river"], cost=4.0)
    transfer = Input(model, "transfer", max_flow=0.60, cost=8.0)
    groundwater = Input(model, "groundwater", max_flow=0.80, cost=12.0)
    reclaimed = Input(model, "reclaimed", cost=1.0)
    inflow = Catchment(model, "inflow", flow=flow["inflow"])
    main = Storage(model, "main", max_volume=120.0, initial_volume=60.0, cost=-3.0)
    side = Storage(model, "side", max_volume=60.0, initial_volume=20.0, cost=-20.0)
    spill = Output(model, "spill")
    fill = Link(model, "fill", max_flow=0.50, cost=0.01)
    release = Link(model, "release", max_flow=0.40)
    treatment = Link(model, "treatment", max_flow=1.60)
    trunk = Link(model, "trunk", max_flow=1.10)
    potable, raw = Link(model, "potable"), Link(model, "raw")
    arcs = [
        (inflow, main), (main, spill), (main, treatment), (main, trunk), (river, treatment), (river, trunk),
        (river, fill), (fill, side), (side, release), (release, treatment), (transfer, treatment),
        (groundwater, potable), (groundwater, raw), (reclaimed, raw), (treatment, potable), (trunk, raw),
    ]  # fmt: skip
    for tail, head in arcs:
        tail.connect(head)
    for node in (river, transfer, groundwater):
        volume = QUOTAS[node.name]
        AnnualVirtualStorage(
            model, f"{node.name}_quota", nodes=[node], max_volume=volume, initial_volume=volume
        )

    demands = []
    for k, name in enumerate(str(name) for name in inputs["names"]):
        sector, district = name.split("_")
        need = ArrayIndexedParameter(model, np.ascontiguousarray(inputs["demand"][:, k]))
        cost = SECTOR_COST[sector] + DISTRICT_STEP * (int(district) - 1)
        demand = Output(model, name, max_flow=need, cost=cost)
        if sector in ("res", "ind"):
            potable.connect(demand)
        if sector != "res":
            raw.connect(demand)
        demands.append(demand)
    reclaimed.max_flow = reuse(model, [node for node in demands if node.name[:3] in ("res", "ind")])
    reported = [*demands, river, transfer, groundwater, reclaimed, spill]
    recorders = {
        node.name: TotalFlowNodeRecorder(model, node, name=f"total {node.name}") for node in reported
    }
    model.setup()
    return model, recorders


def reuse(model, suppliers):
    """Return a share of last month's supply, within the capacity of the works; 0 in the first month."""
    from pywr.parameters import AggregatedParameter, ConstantParameter, FlowParameter

    supply = AggregatedParameter(model, [FlowParameter(model, node) for node in suppliers], agg_func="sum")
    share = AggregatedParameter(model, [supply, ConstantParameter(model, REUSE)], agg_func="product")
    return AggregatedParameter(model, [share, ConstantParameter(model, 0.35)], agg_func="min")


def main():
    """Build, then run once for every line read."""
    warnings.filterwarnings("ignore")
    inputs_file, totals_file, solver = sys.argv[1:4]
    import pywr

    with np.load(inputs_file) as inputs:
        begin = time.process_time()
        model, recorders = build(inputs, solver)
        built = time.process_time() - begin
    print(json.dumps({"pywr": pywr.__version__, "solver": solver, "build_cpu_s": built}), flush=True)
    for _line in sys.stdin:
        begin = time.process_time()
        model.run()
        print(json.dumps({"cpu_s": time.process_time() - begin}), flush=True)
    np.savez(totals_file, **{name: np.asarray(recorder.values()) for name, recorder in recorders.items()})


if __name__ == "__main__":
    main()
