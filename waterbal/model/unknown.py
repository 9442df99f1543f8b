"""Names that are none of the valid ones, and what they would name."""

from __future__ import annotations

from collections.abc import Iterable

from waterbal.errors import Message, nearest, one_of

ZONE = Message("分区", "a zone")
TAIL = Message("水源、水库或工程", "a source, store or works")
HEAD = Message("工程、水库或用户", "works, a store or a demand")
AQUIFER = Message("地下含水层", "an aquifer")
RETURNS = Message(
    "能接纳退水的对象（污水处理厂、再生水水源、有出口的节点、水库、含水层）",
    "a place that takes returns (wastewater works, reclaimed source, junction with outlet, store, aquifer)",
)
MEMBER = Message("水源、连接或指标", "a source, link or quota")
QUOTA = Message("用水指标", "a quota")
STORE = Message("水库", "a store")
DEMAND = Message("用户或用户类型", "a demand or type of demand")
GRADE = Message("“grades” 下的水质等级", "a water grade under 'grades'")
GROWS = Message("用户、用户类型或集雨水源", "a demand, a type of demand, or a source that collects rain")
DRIVER = Message("驱动因素", "a driver")
DISCHARGES = Message("有排放的工程或再生水水源", "works or a reclaimed source that discharge")
SERIES = Message("系列", "a series")
SITE = Message("站点", "a site")
REGIME = Message("时期", "a regime")
SHOWN = 12
"""Most valid names that are listed."""


def unknown(name: object, what: Message, valid: Iterable[object], most: int = SHOWN) -> tuple[str, str, str]:
    """Say that a name is none of the valid ones: message, what was expected, nearest valid name.

    Parameters
    ----------
    name : object
        Name as given.
    what : Message
        What it should name.
    valid : iterable
        Valid names.
    most : int
        Most of them that are listed.
    """
    names = list(valid)
    message = Message(f"没有名为 {name!r} 的{what.zh}", f"{name!r} is not {what}")
    listed = [*names[:most], *(["..."] if len(names) > most else [])]
    none = Message(f"{what.zh}，但模型中没有", f"{what}, but the model has none")
    return message, one_of(listed) if names else none, nearest(name, names)
