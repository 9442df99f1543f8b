"""Words of translated models in Chinese and English, as data."""

from __future__ import annotations

WORDS: dict[str, dict[str, str]] = {
    "head": {
        "en": "Translated from a model of pywr, {file}.",
        "zh": "由 pywr 模型 {file} 转换而来。",
    },
    "unit": {
        "en": "Its numbers have no units; they were read as {unit}, as --unit said.",
        "zh": "原模型的数没有单位，按 --unit 读作 {unit}。",
    },
    "costs": {
        "en": "Its costs have no unit either; prices here only rank what the priorities leave open.",
        "zh": "原模型的费用也没有单位；这里的价格只用来排定优先序之外的先后。",
    },
    "types": {
        "en": "pywr does not say who uses water or what kind of source it is: change the types as you know them.",
        "zh": "pywr 不说明用户和水源的种类：请按实际修改各元素的 type。",
    },
    "from": {"en": "{type} {name}, {path}", "zh": "{type} {name},{path}"},
    "gauge": {"en": "{type} {name}, {path}: its minimum flow", "zh": "{type} {name}，{path}：其最小下泄流量"},
    "beside": {"en": "above gauge {name}", "zh": "测站 {name} 上游侧"},
    "below": {"en": "below gauge {name}", "zh": "测站 {name} 下游侧"},
    "part": {
        "en": "{type} {name}, {path}: part {number} of {count}, the months in which the same restrictions hold",
        "zh": "{type} {name}，{path}：第 {number} 部分，共 {count} 部分，为限制供水规则相同的月份",
    },
    "bound": {
        "en": "unlimited in pywr; no more than this can {way} in a step",
        "zh": "pywr 中无上限；一个时段内{way}不超过此数",
    },
    "used": {"en": "be used", "zh": "可用水量"},
    "come": {"en": "arrive", "zh": "可到水量"},
    "no_losses": {
        "en": "pywr has no area here, so nothing evaporates or seeps away",
        "zh": "pywr 此处没有水面面积，因而无蒸发、渗漏",
    },
    "drought": {
        "en": "control curves of storage {store}: the need of {name} falls with the storage at the start of the step",
        "zh": "水库 {store} 的调度线：时段初蓄水越少，{name} 的需水越低",
    },
    "priorities": {
        "en": "In the order of pywr's costs: the more negative, the earlier.",
        "zh": "按 pywr 的费用排序：越负越先。",
    },
    "cost": {"en": "worth {benefit}", "zh": "价值 {benefit}"},
    "no_reserve": {
        "en": "pywr keeps nothing back for later needs of others. Try 'planned'.",
        "zh": "pywr 不为以后的需要留水。可试用 planned。",
    },
    "curve": {
        "en": "Storages that cost less (are worth more) than some demands in pywr are filled before them.",
        "zh": "pywr 中价值高于某些需水的水库先蓄后供。",
    },
    "remarks": {"en": "Remarks:", "zh": "说明:"},
    "zone": {"en": "System", "zh": "系统"},
}
"""Key -> language -> text."""


def say(key: str, language: str, **parts: object) -> str:
    """Give a text in a language."""
    return WORDS[key][language].format(**parts)
