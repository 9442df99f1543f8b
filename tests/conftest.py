"""What all tests share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from waterbal.cli.main import main

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs data from beside the repository where they are not there."""
    if not SHARED.is_dir():
        skip = pytest.mark.skip(reason="needs the folder `shared` beside the repository")
        for item in items:
            if item.get_closest_marker("needs_shared"):
                item.add_marker(skip)


@pytest.fixture
def cli(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """Call the command line in this process; gives (exit status, stdout, stderr)."""
    monkeypatch.setenv("WATERBAL_LANG", "en")
    monkeypatch.setattr("waterbal.cli.progress.PATIENCE", 600.0)  # whatever the load of the machine

    def call(*arguments: object) -> tuple[int, str, str]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return call
