"""Run models in pywr 1.x. A script of its own: pywr lives in another environment, without waterbal.

``python pywr_program.py FOLDER`` reads lines ``{"model": path, "out": path, "scenarios": {name: member}}`` from
stdin. For each it runs the model and writes flows [unit/d] and volumes [unit] of every step by the name of the node,
then prints one line: ``{"pywr": version, "problem": text or null}``.
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np


def run(path, out, members):
    """Run one model, with one member of each scenario."""
    from pywr._core import AbstractStorage
    from pywr.model import Model
    from pywr.recorders import NumpyArrayNodeRecorder, NumpyArrayStorageRecorder

    data = json.loads(Path(path).read_text(encoding="utf-8"))
    data.pop("recorders", None)
    data.pop("scenario_combinations", None)
    for scenario in data.get("scenarios", []):
        scenario.pop("slice", None)
    if data.get("scenarios"):
        data["scenario_combinations"] = [[members[scenario["name"]] for scenario in data["scenarios"]]]
    model = Model.load(data, path=str(Path(path).parent))
    flows, volumes = {}, {}
    for node in list(model.nodes):
        if isinstance(node, AbstractStorage):
            volumes[node.name] = NumpyArrayStorageRecorder(model, node, name=f"volume {node.name}")
        else:
            flows[node.name] = NumpyArrayNodeRecorder(model, node, name=f"flow {node.name}")
    model.run()
    arrays = {f"flow/{name}": np.asarray(recorder.data)[:, 0] for name, recorder in flows.items()}
    arrays |= {f"volume/{name}": np.asarray(recorder.data)[:, 0] for name, recorder in volumes.items()}
    np.savez(out, **arrays)


def main():
    """Answer every line."""
    warnings.filterwarnings("ignore")
    import pywr

    for line in sys.stdin:
        task = json.loads(line)
        problem = None
        try:
            run(task["model"], task["out"], task["scenarios"])
        except Exception as error:
            problem = f"{type(error).__name__}: {error}"
        print(json.dumps({"pywr": pywr.__version__, "problem": problem}), flush=True)


if __name__ == "__main__":
    main()
