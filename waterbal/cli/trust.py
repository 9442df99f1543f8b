"""What a command says of files that it takes on trust."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path


def tell(paths: Iterable[Path], language: str, quiet: bool) -> None:
    """Say in one line on stderr of which results it was not looked whether they are damaged.

    Parameters
    ----------
    paths : iterable of Path
        Results that a command opens.
    language : str
        ``zh`` or ``en``.
    quiet : bool
        Whether nothing is said.
    """
    from waterbal.results import integrity

    large = [] if quiet else [str(path) for path in paths if integrity.trusted(path)]
    if large:
        print(integrity.TRUSTED.said(language, files=", ".join(large)), file=sys.stderr)
