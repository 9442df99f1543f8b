"""Words and units of what is said of an admission."""

from __future__ import annotations

from waterbal.capacity.admission_change import BY_CURTAILING, BY_RECLAIMED, OFFSET, SIZE, START
from waterbal.capacity.admission_terms import CONDITIONAL, FAIL, NOT_APPLICABLE, PASS
from waterbal.results.terms import Term

WORDS = {
    "title": Term("水效准入：{name}（{id}）", "Admission: {name} ({id})"),
    "intake": Term(
        "最终年取水 {intake} 万m³（{grade}），{value}", "{intake} × 1e4 m³/yr when built out ({grade}), {value}"
    ),
    "value": Term("每立方米增加值 {value:.1f} 元", "{value:.1f} yuan of value added per m³"),
    "no_value": Term("无增加值", "no value added"),
    "number": Term("序", "No."),
    "test": Term("审查项", "Test"),
    "result": Term("结论", "Result"),
    "evidence": Term("依据", "Evidence"),
    PASS: Term("通过", "pass"),
    CONDITIONAL: Term("有条件", "conditional"),
    FAIL: Term("不通过", "fail"),
    NOT_APPLICABLE: Term("不适用", "not applicable"),
    "before": Term("无项目时 {value}", "{value} without"),
    "smallest": Term("能使全部审查项不出现“不通过”的最小改变：", "Smallest changes with which no test fails:"),
    "none": Term("未找到能使其通过的改变", "no change was found with which it passes"),
    "not_sought": Term(
        "没有寻找能使其通过的改变（--no-seek）", "no change was looked for with which it passes (--no-seek)"
    ),
    "fixed": Term(
        "按规则不允许，改变规模或水源均无济于事",
        "the rules do not allow it: no change of size or source helps",
    ),
    "unnamed": Term(
        "（申请文件未指明用户，未模拟：须写明 offset.demand）",
        " (the project names no user, so it is not simulated: state offset.demand)",
    ),
    "as_asked": Term("按申请，{gets}", "As it asks, {gets}"),
    "not_raised": Term("（项目未使其增加）", "(not raised by the project)"),
    "exact": Term("（精确）", "(exact)"),
    "within": Term("（误差不超过 {tolerance} 万m³）", "(within {tolerance} × 1e4 m³/yr)"),
    SIZE: Term(
        "规模减少 {amount} 万m³/年（降至原规模的 {size:.1%}）",
        "smaller by {amount} × 1e4 m³/yr ({size:.1%} of its size)",
    ),
    OFFSET: Term("在既有用户处另外节约置换 {amount} 万m³/年", "{amount} × 1e4 m³/yr more saved at existing users"),
    BY_RECLAIMED: Term(
        "其中 {amount} 万m³/年只用再生水", "{amount} × 1e4 m³/yr of it from reclaimed water alone"
    ),
    BY_CURTAILING: Term(
        "其中 {amount} 万m³/年列入较后的供水次序，干旱时可压减",
        "{amount} × 1e4 m³/yr of it in the later class, cut in a drought",
    ),
    START: Term("推迟 {amount} 年", "{amount} years later"),
    "gets": Term(
        "{year}项目多年平均得到需水的 {share:.1%}（{supplied}/{need} 万m³/年），{years} 年中 {short} 年缺水，"
        "每年平均 {cut:.3g}/{steps:.3g} 个时段被压减",
        "{year}the project gets {share:.1%} of its need in the mean ({supplied} of {need} × 1e4 m³/yr), is short in "
        "{short} of {years} years, and cut in {cut:.3g} of {steps:.3g} steps of a year in the mean",
    ),
    "part_gets": Term(
        "；该部分得到 {part:.1%}（{supplied}/{need} 万m³/年）",
        "; that part gets {part:.1%} ({supplied} of {need} × 1e4 m³/yr)",
    ),
    "idle": Term(
        "以下改变虽能通过审查，但该部分几乎得不到水（低于需水的 {least:.0%}），不作为可行办法：",
        "Not offered, because that part would get practically nothing (less than {least:.0%} of its need), though no "
        "test fails:",
    ),
    "condition": Term("准入条件：{condition}", "On condition: {condition}"),
    "open": Term("待补充：{reason}", "To be settled: {reason}"),
    "deltas": Term("对既有用户的影响", "What it changes for existing users"),
    "future": Term("情景", "Future"),
    "zone": Term("分区", "Zone"),
    "sector": Term("行业", "Sector"),
    "target": Term("要求", "Target"),
    "rate_before": Term("年保证率\n无项目", "Reliability\nwithout"),
    "rate_after": Term("年保证率\n有项目", "Reliability\nwith"),
    "supplied_before": Term("供水率\n无项目", "Supplied\nwithout"),
    "supplied_after": Term("供水率\n有项目", "Supplied\nwith"),
    "short_more": Term("年缺水增加\n（万m³）", "More short\n(1e4 m³/yr)"),
    "more": Term("另有 {count} 项未达（见 --json）", "{count} more are not met (see --json)"),
    "less": Term("另有 {count} 组受影响较小（见 --json）", "{count} more groups are changed less (see --json)"),
    "unchanged": Term(
        "其余 {count} 组既有用户不受影响", "Other groups of existing users, which are unchanged: {count}"
    ),
    "none_changed": Term(
        "{count} 组既有用户均不受影响", "Groups of existing users, of which none is changed: {count}"
    ),
    "order": Term("准入次序的影响（先到先得）", "What depends on who comes first"),
    "project": Term("项目", "Project"),
    "by_rank": Term("按每立方米增加值排序", "ranked by value added per m³"),
    "unvalued": Term(
        "无增加值的项目无法按每立方米增加值排序，列在最后：{projects}",
        "Without a value added, and so last in the rank by value added per m³: {projects}",
    ),
    "by_reverse": Term("次序颠倒", "reverse order"),
    "gap": Term(
        "{project}：{start} 年开始取水，至首个判定水平年 {first} 之间各年未判定",
        "{project}: begins in {start}, but is judged from the planning year {first} on",
    ),
    "assumed_limit": Term("（限值为假定）", "(limit assumed)"),
    "judged": Term(
        "判定情景：{futures}；各 {realizations} 个水文样本", "Judged in: {futures}; realizations: {realizations}"
    ),
    "tolerance": Term(
        "最小改变的查找精度：项目取水的 {tolerance:.2%}",
        "Smallest changes are found to {tolerance:.2%} of the project's intake and verified by the tests",
    ),
    "assumed": Term(
        "模型输入中有 {count} 个为假定值，结论以此为条件",
        "{count} inputs of the model are assumed: the verdict stands on them",
    ),
    "remaining": Term(
        "本次审查之前的台账余量（万m³）：{years}", "Left in the ledger before these projects (1e4 m³/yr): {years}"
    ),
    "recorded": Term("已写入台账 {path}：{projects}", "Recorded in {path}: {projects}"),
    "nothing_recorded": Term("没有可写入台账的项目", "No project to record"),
}  # fmt: skip
UNITS = {
    "1e4 m3/yr": "万m³/年",
    "m3/1e4 yuan": "m³/万元",
    "g/m3": "mg/L",
    "1e4 m3/d": "万m³/日",
    "t/d": "t/日",
}
"""Units in Chinese."""
