"""What every error must have: its Chinese, naming what its English names."""

from __future__ import annotations

import re

from waterbal.errors import Issue, Message, WaterbalError

CHINESE = re.compile(r"[\u3400-\u9fff]")
NAMED = re.compile(r"'[^']*'|\d+(?:\.\d+)?")
"""Names in quotes, and numbers."""


def has_its_chinese(told: Issue | WaterbalError) -> None:
    """The Chinese of every problem names what its English names, at the same place."""
    for issue in told.issues if isinstance(told, WaterbalError) else (told,):
        assert isinstance(issue.message, Message), f"not told in Chinese: {issue}"
        said = issue.said("zh")
        assert CHINESE.search(issue.message.zh) and "; expected" not in said and "did you mean" not in said
        names = [name.strip("'") for name in NAMED.findall(str(issue.message))]
        assert sum(name in issue.message.zh for name in names) >= 0.5 * len(names), said
        assert said.startswith(f"{issue.file}:{issue.line}:") or not issue.line
