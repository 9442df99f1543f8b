"""The example notebook runs from its first cell to its last, and is kept without outputs."""

from __future__ import annotations

import json

import pytest

from tests.conftest import ROOT

NOTEBOOK = ROOT / "configs" / "examples" / "results.ipynb"
SECONDS = 300
"""For a cell, on however busy a machine."""


def test_the_notebook_is_kept_without_outputs():
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None


@pytest.mark.filterwarnings("default")
def test_the_notebook_runs(tmp_path, monkeypatch):
    import nbformat
    from nbclient import NotebookClient

    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    book = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(
        book, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    shown = [
        output["data"]
        for cell in book.cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "data" in output
    ]
    texts = [data.get("text/plain", "") for data in shown]
    figures = [
        data["application/vnd.plotly.v1+json"] for data in shown if "application/vnd.plotly.v1+json" in data
    ]
    assert [figure["data"][0]["type"] for figure in figures] == ["sankey", "heatmap", "heatmap", "bar"]
    kinds = [text.split("kind")[1].split()[0] for text in texts if text.startswith("<waterbal>")]
    assert kinds == ["run", "capacities"]
    tables = [data["text/html"] for data in shown if "text/html" in data]
    assert any("居民生活" in table for table in tables)
    assert any("2035" in table and "new_permit" in table for table in tables)
    assert list(tmp_path.iterdir()) == []  # what the notebook makes is made elsewhere
