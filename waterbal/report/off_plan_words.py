"""Words on directions that do not keep the proportions of the plan, in Chinese and English, as data."""

from __future__ import annotations

from collections.abc import Mapping

from waterbal.results.terms import Term

OFF_PLAN: Mapping[str, Term] = {
    "headline_off": Term(
        "结论：在所列条件下，沿“{direction}”可承载{amounts}；其中增长最快的{fastest}为其规划的 {scale}。",
        "Verdict: under the conditions listed the water carries, along {direction}, {amounts}; of these {fastest}, "
        "growing fastest, at {scale} of its own plan.",
    ),
    "headline_limited_off": Term(
        "结论：在所列条件下，沿“{direction}”止于{amounts}，其中增长最快的{fastest}为其规划的 {scale}："
        "限制它的不是水，而是{limit}。",
        "Verdict: under the conditions listed growth along {direction} ends at {amounts}; of these {fastest}, growing "
        "fastest, at {scale} of its own plan: it is not water but {limit} that ends it.",
    ),
    "off_plan": Term("规划不在此方向上", "the plan is not along it"),
    "off_plan_verdict": Term(
        "“{direction}”不保持规划的比例（{factors}），任何规模都不是规划本身：规模按增长最快者计，不能与规划相比；"
        "规划超过承载力的概率仍按规划本身计。",
        "{direction} does not keep the proportions of the plan ({factors}), so no scale of it is the plan: scales are "
        "those of what grows fastest and cannot be set against the plan; P(plan > capacity) is still of the plan.",
    ),
    "headline_samples_off": Term(
        "结论：在所列条件下，沿“{direction}”增长最快的{fastest}可达其规划的 {median}："
        "为 {count} 个不确定参数样本的中位数，{range} {low}–{high}。",
        "Verdict: under the conditions listed the water carries, along {direction}, {median} of the plan of {fastest}, "
        "growing fastest: the median of {count} samples of the uncertain inputs, {range} {low} to {high}.",
    ),
    "sample_is_off": Term(
        "以下单个方案的数字（起约束的要求、限值、措施、概率）只属于{sample}："
        "{direction}，{fastest}为其规划的 {scale}。",
        "Figures of a single scenario below (what stops it, limits, relief, probabilities) are of {sample} alone: "
        "{direction}, {fastest} at {scale} of its own plan.",
    ),
    "carries_off": Term("{fastest}为其规划的 {scale}", "{fastest} at {scale} of its own plan"),
}  # fmt: skip
"""Words by key."""
