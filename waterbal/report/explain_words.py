"""Words of explanations in Chinese and English, as data."""

from __future__ import annotations

from waterbal.results.terms import LIMITS, Term

KINDS = {
    **LIMITS,
    "return_flow": Term("受退水量限制", "bounded by returns"),
    "pumping": Term("开采能力", "pumping capacity"),
    "quota": Term("用水指标用尽", "quota used up"),
    "level_tier": Term("地下水限采水位", "pumping limit by depth"),
    "storage": Term("无蓄水", "nothing in store"),
    "closed": Term("该时段停用", "closed in this step"),
    "restriction": Term("旱情限水", "drought restriction"),
    "reserve": Term("为以后预留", "kept for later"),
}
"""What a limit is."""

PARTS = {
    "capacity": Term("能力", "capacity"),
    "output": Term("出水能力", "output"),
    "volume": Term("指标", "quota"),
    "storage": Term("蓄水", "storage"),
    "tier": Term("限采水位", "depth tier"),
    "returns": Term("退水量", "returned water"),
    "factor": Term("限水规则", "drought rule"),
    "kept": Term("预留", "reserve"),
    "hydrology": Term("来水", "river and weather"),
    "conveyance": Term("取水能力", "intake capacity"),
    "plan": Term("用水计划", "plan"),
    "legal": Term("许可", "permit"),
}
"""What of an element limits."""

CLASSES = {
    "earlier": Term("优先级更高", "earlier class"),
    "same": Term("同级", "same class"),
    "later": Term("优先级更低", "later class"),
    "store": Term("蓄入水库", "into store"),
}

WORDS = {
    "short": Term(
        "{date}，{demand}需水 {need} 万m³，供水 {supply} 万m³，缺水 {shortage} 万m³（{share}）。",
        "{date}: {demand} needed {need} and got {supply}: short {shortage} (1e4 m³, {share}).",
    ),
    "not_short": Term(
        "{date}，{demand}需水 {need} 万m³，全部满足，不缺水。",
        "{date}: {demand} needed {need} and got all of it (1e4 m³); nothing was short.",
    ),
    "nearest": Term("相邻的缺水时段：{list}。", "The nearest shortages: {list}."),
    "no_way": Term("没有水源与该用户相连。", "No water can reach this user."),
    "never": Term("该用户全系列不缺水。", "This user is never short."),
    "cause": Term(
        "起约束作用的是{limit}（{kind}，{bound} 万m³）。", "What held it was {limit} ({kind}, {bound})."
    ),
    "cause_empty": Term("起约束作用的是{limit}（{kind}）。", "What held it was {limit} ({kind})."),
    "cause_tied": Term(
        "起约束作用的是以下 {count} 项，放宽效果和所需提高的幅度相同（相差不超过 1 %）：{list}。",
        "What held it were these {count}, which help as much with as small a change (within 1 %): {list}.",
    ),
    "least": Term(
        "{limit}所需提高的幅度最小（{rise}{scope}）；放宽后同样有效、但需提高更多的有：{list}。",
        "{limit} needs the smallest rise ({rise}{scope}); as effective with a larger one: {list}.",
    ),
    "scope_all": Term("，连同同级及以上用户所缺一并补足", ", for all of the same and earlier classes"),
    "as_much": Term("放宽后同样有效的还有：{list}。", "As effective: {list}."),
    "cause_dead": Term(
        "起约束作用的是{name}已处于死库容：时段末蓄水 {stored} 万m³，死库容 {dead} 万m³，没有可用的蓄水。",
        "What held it was {name} at its dead storage: {stored} stored at the end of the step, and nothing can be drawn "
        "below {dead}.",
    ),
    "dead_of": Term(
        "{name}处于死库容（蓄水 {stored}，死库容 {dead} 万m³）",
        "{name} at its dead storage ({stored} stored, dead {dead})",
    ),
    "at_dead": Term("处于死库容", "at dead storage"),
    "also": Term("同时起约束作用的还有：{list}。", "Also in force: {list}."),
    "and_more": Term("等共 {count} 项", "and {count} more"),
    "emptied": Term(
        "{name}自 {first} 起共用 {volume} 万m³（{users}），{emptied}用尽。",
        "{name}: {volume} used since {first} ({users}); nothing left since {emptied}.",
    ),
    "emptied_dead": Term(
        "{name}自 {first} 起共用 {volume} 万m³（{users}），{emptied}降到死库容。",
        "{name}: {volume} used since {first} ({users}); at its dead storage since {emptied}.",
    ),
    "unfilled": Term(
        "{name}自 {first} 起没有可用蓄水。", "{name}: there has been nothing to use since {first}."
    ),
    "quota_used": Term(
        "{name}的指标已用完：自 {first} 起的年度内，{emptied}用尽。",
        "{name}: the quota is used up; of the year since {first}, nothing is left since {emptied}.",
    ),
    "quota_none": Term("{name}自 {first} 起的指标为零。", "{name}: the quota since {first} is nought."),
    "kept_for": Term(
        "{name}当时留有 {bound} 万m³；此后至 {last} 由{users}使用。",
        "{name}: {bound} was kept back; until {last} it went to {users}.",
    ),
    "others": Term("该时段经{limit}供给其他用户：{list}。", "In this step {limit} also served: {list}."),
    "helped": Term(
        "若{limit}在该时段多 {volume} 万m³，缺水减少 {removed} 万m³（{share}）。",
        "{volume} more at {limit} in this step would have removed {removed} ({share}).",
    ),
    "helped_everyone": Term(
        "只补足该用户所缺时，水先归优先级更高或同级的缺水用户；"
        "{limit}在该时段多 {volume} 万m³，缺水才减少 {removed} 万m³（{share}）。",
        "What only this user lacks would have gone to users of the same or an earlier class first; {volume} more at "
        "{limit} would have removed {removed} ({share}).",
    ),
    "always": Term(
        "若{limit}全系列提高 {rise}，该缺水减少 {removed} 万m³（{share}）。",
        "{rise} more of {limit} in the whole record would have removed {removed} ({share}).",
    ),
    "without": Term(
        "若不设{limit}，该缺水减少 {removed} 万m³（{share}）。",
        "Without {limit} this shortage would have been smaller by {removed} ({share}).",
    ),
    "worse": Term(
        "若不设{limit}，该缺水反而增加 {added} 万m³：此前用水更多。",
        "Without {limit} this shortage would have been larger by {added}: more would have been used before.",
    ),
    "together": Term(
        "所有约束同时放宽，缺水减少 {removed} 万m³（{share}）。",
        "All limits relaxed together would have removed {removed} ({share}).",
    ),
    "none_alone": Term(
        "任何一项约束单独放宽都不能减少该缺水。", "No limit alone would have removed any of it."
    ),
    "behind": Term("其后的下一个约束：{list}。", "What would have held next: {list}."),
    "title_limits": Term(
        "约束与放宽后的效果（重新模拟，万m³）",
        "Limits, and what is removed when they are relaxed (simulated, 1e4 m³)",
    ),
    "title_state": Term("时段初状态（万m³）", "State at the start of the step (1e4 m³)"),
    "limit": Term("约束", "Limit"),
    "kind": Term("类型", "Kind"),
    "bound": Term("限值", "Bound"),
    "volume": Term("放宽水量", "More by"),
    "here": Term("减少缺水\n(该时段放宽)", "Removed,\nin this step"),
    "everyone": Term("减少缺水\n(补足同级及以上)", "Removed, for\nall before it"),
    "rise": Term("提高比例", "Raised by"),
    "removed_always": Term("减少缺水\n(全系列放宽)", "Removed,\nin all years"),
    "element": Term("对象", "Element"),
    "start": Term("时段初", "Start"),
    "end": Term("时段末", "End"),
    "of": Term("上限", "Of"),
    "note": Term("说明", "Note"),
    "dead": Term("死库容 {dead} 万m³", "dead storage {dead}"),
    "depth": Term("埋深 {depth} m", "depth {depth} m"),
    "tier": Term("第 {tier} 级", "tier {tier}"),
    "reset": Term("{month} 月更新", "renewed in month {month}"),
    "reserves": Term("预留", "reserves"),
    "nobody": Term("无", "nobody"),
}
