"""Words of what commands sum up in Chinese and English, as data; the English is the key that programs read."""

from __future__ import annotations

from collections.abc import Mapping

from waterbal.errors import Message, in_language

Place = tuple[str, ...]
"""Names of the groups that a line stands in, and its own."""


def _said(words: Mapping[str, str], *place: str) -> dict[Place, Message]:
    return {(*place, name): Message(chinese, name) for name, chinese in words.items()}


LABELS: Mapping[Place, Message] = (
    _said(
        {
            "model": "模型",
            "name": "名称",
            "step": "时段",
            "first": "起始日",
            "last": "结束日",
            "steps": "时段数",
            "elements": "元素个数",
            "program": "配水线性规划",
            "numbers": "输入数值等级",
            "hydrology": "来水",
            "filled gaps": "插补的缺测",
            "warnings": "提醒",
            "study": "情景",
            "scenarios": "方案数",
            "baseline": "基准方案",
            "realizations": "水文样本数",
            "keep": "保留成果",
            "axes": "维度",
            "samples": "参数样本数",
            "sampled": "抽样参数",
            "notes": "注意",
        }
    )
    | _said(
        {
            "sources": "水源",
            "aquifers": "含水层",
            "nodes": "节点",
            "stores": "调蓄水库",
            "links": "输水连接",
            "demands": "用户",
            "quotas": "用水指标",
        },
        "elements",
    )
    | _said({"columns": "变量", "rows": "约束", "levels": "优先级数"}, "program")
    | _said({"found": "有出处", "derived": "推算", "assumed": "假定"}, "numbers")
    | _said(
        {
            "kind": "方式",
            "sites": "站点",
            "realizations": "水文样本数",
            "notes": "注意",
            "left out": "缺测不用",
            "not kept": "未能保持",
        },
        "hydrology",
    )
)
"""Names of lines and of groups of lines; other names are ids."""

VALUES: Mapping[Place, Message] = (
    _said({"month": "月", "dekad": "旬", "day": "日"}, "step")
    | _said({"metrics": "指标", "yearly": "逐年合计", "full": "全部系列"}, "keep")
    | _said({"None": "无"}, "baseline")
    | _said({"any number": "任意多个"}, "hydrology", "realizations")
    | _said(
        {
            "observed": "实测系列",
            "typical_years": "典型年",
            "generated": "随机生成",
            "resampled": "重抽样",
        },
        "hydrology",
        "kind",
    )
)
"""Values that are words of ours, behind the place of their line; other values are ids, numbers and texts."""

NAMES = (("name",), ("study",))
"""Lines with a name that the user gave in both languages."""

FACTS: Mapping[str, Message] = {
    "waterbal": Message("waterbal 版本", "waterbal"),
    "python": Message("Python 版本", "python"),
    "platform": Message("操作系统", "platform"),
    "numba_threading_layers": Message("numba 线程层", "numba_threading_layers"),
    "numba_threads": Message("numba 线程数", "numba_threads"),
    "cores": Message("处理器核数", "cores"),
    "cores_allowed": Message("可用核数", "cores_allowed"),
    "memory_gib": Message("内存（GiB）", "memory_gib"),
    "cache_directory": Message("编译缓存文件夹", "cache_directory"),
    "cache_writable": Message("编译缓存可写", "cache_writable"),
    "cache_mib": Message("编译缓存（MiB）", "cache_mib"),
    "encoding": Message("输出编码", "encoding"),
}
"""Facts about the machine; other names are those of packages."""

FACT_VALUES: Mapping[str, Message] = {
    "True": Message("是", "True"),
    "False": Message("否", "False"),
    "None": Message("未知", "None"),
    "none": Message("无", "none"),
    "unknown": Message("未知", "unknown"),
    "missing": Message("未安装", "missing"),
    "none: kernels are compiled in every process": Message(
        "无：每个进程各自编译计算核心", "none: kernels are compiled in every process"
    ),
}
"""Values of facts that are words of ours."""

NO_CACHE = Message("无", "None")
NOTHING_RUN = Message("未作模拟。", "Nothing was run.")
READY = Message(
    "计算核心已就绪，用时 {seconds} s；缓存：{cache}", "Kernels ready after {seconds} s; cache: {cache}"
)
NOTE = Message("注意：{note}", "note: {note}")
WRITTEN = Message("已写入 {output}", "Written to {output}")
DRAWN = Message("{output}：{count} 个水文样本，系列 {series}", "{output}: {count} realizations of {series}")
EXPORTED = Message(
    "  {variables} 个变量，{elements} 个元素，{scenarios} 个方案，{realizations} 个水文样本",
    "  {variables} variables, {elements} elements, {scenarios} scenarios, {realizations} realizations",
)
STEPS = Message("，{steps} 个时段，{first} 至 {last}", ", {steps} steps {first} to {last}")
TIME_LABELS = {
    "start": Message("，时间为时段初", ", times at the start of steps"),
    "end": Message("，时间为时段末", ", times at the end of steps"),
}
"""Which end of its step a time is."""


def would_go(output: object) -> Message:
    """Say where results would go."""
    return NOTHING_RUN + Message(f"成果将写入 {output}。", f" Results would go to {output}.")


def say(text: Message, language: str, **values: object) -> str:
    """Give a text in a language, with the values that it names in braces."""
    return in_language(text, language).format(**values)
