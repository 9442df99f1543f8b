"""What ``waterbal init`` starts from: a small city and scenarios of it, complete, commented, run by the tests."""

from __future__ import annotations

import shutil
from pathlib import Path

from waterbal.errors import Issue, Message, UsageError, reason_of

FOLDER = Path(__file__).parent
MODEL = FOLDER / "model.yaml"
SCENARIOS = FOLDER / "scenarios.yaml"
FILES = ("model.yaml", "climate.csv", "scenarios.yaml")


def copy(folder: Path) -> list[Path]:
    """Copy the starter model and its scenarios into a new folder.

    Parameters
    ----------
    folder : Path
        Folder to make; one that exists must be empty.

    Returns
    -------
    list of Path
        Files written.

    Raises
    ------
    UsageError
        If something stands there already, or the folder cannot be made.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            Issue(
                Message(f"{folder} 已存在且不是空文件夹", f"{folder} exists and is not an empty folder"),
                expected=Message("一个新文件夹的名字", "the name of a new folder"),
            )
        )
    made = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [Path(shutil.copyfile(FOLDER / name, folder / name)) for name in FILES]
    except OSError as error:
        if made:
            shutil.rmtree(folder, ignore_errors=True)
        raise UsageError(
            Issue(Message(f"无法建立 {folder}：", f"cannot make {folder}: ") + reason_of(error))
        ) from None
