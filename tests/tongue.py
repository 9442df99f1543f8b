"""What every error and every text for users must have: its Chinese, naming what its English names."""

from __future__ import annotations

import re

from waterbal.errors import Issue, Message, WaterbalError

CHINESE = re.compile(r"[\u3400-\u9fff]")
NAMED = re.compile(r"'[^']*'|\d+(?:\.\d+)?")
"""Names in quotes, and numbers."""
TYPED = re.compile(r"`[^`]*`|'[^']*'|--[\w-]+|[\w./-]*\.(?:yaml|nc|csv|json|png)\b|\bwaterbal \w+")
"""What is typed as it stands: values in quotes, options, files, commands."""
WORD = re.compile(r"[A-Za-z][A-Za-z_]+")
SAME = set(
    re.findall(r"\w+", "mm ms MiB GiB CPU Cv Cs Kp SPI Pettitt Mann Kendall Pearson III Weibull waterbal")
)
"""Units, letters of formulas and names of people and tests, which are the same in both languages."""


def english(text: str, *ids: str) -> list[str]:
    """Give the English words of a Chinese text, but for ids, units and what is typed."""
    return [word for word in WORD.findall(TYPED.sub(" ", text)) if word not in SAME and word not in ids]


def has_its_chinese(told: Issue | WaterbalError) -> None:
    """The Chinese of every problem names what its English names, at the same place."""
    for issue in told.issues if isinstance(told, WaterbalError) else (told,):
        assert isinstance(issue.message, Message), f"not told in Chinese: {issue}"
        said = issue.said("zh")
        assert CHINESE.search(issue.message.zh) and "; expected" not in said and "did you mean" not in said
        names = [name.strip("'") for name in NAMED.findall(str(issue.message))]
        assert sum(name in issue.message.zh for name in names) >= 0.5 * len(names), said
        assert said.startswith(f"{issue.file}:{issue.line}:") or not issue.line
