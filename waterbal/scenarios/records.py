"""How many records of the hydrology are judged."""

from __future__ import annotations

from waterbal.errors import Issue, Message, UsageError


def record_count(asked: int | None, usual: int, available: int | None) -> int:
    """Return the number of records to be judged.

    Parameters
    ----------
    asked : int, optional
        How many were asked for; as many as usual if that was left open.
    usual : int
        How many are judged then, if there are so many.
    available : int, optional
        How many the hydrology has; None if it has no end.

    Raises
    ------
    UsageError
        If none are asked for, or more than there are.
    """
    if asked is None:
        return usual if available is None else min(usual, available)
    if asked < 1:
        raise UsageError(
            Issue(
                Message(f"水文样本数 {asked} 太少", f"{asked} realizations are none"),
                "--realizations",
                expected=Message("1 或更多", "1 or more"),
            )
        )
    if available is not None and asked > available:
        message = Message(
            f"要求 {asked} 个水文样本，而模型的水文只有 {available} 个",
            f"{asked} realizations are asked for, but the hydrology of the model has {available}",
        )
        expected = Message(
            f"1 至 {available}，或改用可抽样的水文", f"1 to {available}, or a hydrology that is drawn"
        )
        raise UsageError(Issue(message, "--realizations", expected=expected))
    return asked
