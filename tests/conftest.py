"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs data from beside the repository where they are not there."""
    if not SHARED.is_dir():
        skip = pytest.mark.skip(reason="needs the folder `shared` beside the repository")
        for item in items:
            if item.get_closest_marker("needs_shared"):
                item.add_marker(skip)
