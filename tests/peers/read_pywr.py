"""Run a pywr model whose inflow is a column of a CSV file: ``FILE.csv COLUMN CAPACITY FIRST LAST OUT.npz``."""

import sys

import numpy as np
from pywr.model import Model

path, column, capacity, first, last, out = sys.argv[1:]
inflow = {"type": "dataframe", "url": path, "column": column, "index_col": "step_start", "parse_dates": True}
model = Model.load(
    {
        "metadata": {"title": "reader", "minimum_version": "1.0"},
        "timestepper": {"start": first, "end": last, "timestep": 1},
        "nodes": [
            {"name": "river", "type": "catchment", "flow": inflow},
            {"name": "town", "type": "output", "max_flow": float(capacity), "cost": -10},
            {"name": "sea", "type": "output", "cost": 0},
        ],
        "edges": [["river", "town"], ["river", "sea"]],
        "recorders": {
            "town": {"type": "NumpyArrayNodeRecorder", "node": "town"},
            "river": {"type": "NumpyArrayNodeRecorder", "node": "river"},
        },
    }
)
model.run()
np.savez(out, town=model.recorders["town"].data[:, 0], river=model.recorders["river"].data[:, 0])
