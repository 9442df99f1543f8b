"""Words of the tables of hydrology in Chinese and English, as data."""

from __future__ import annotations

from waterbal.results.terms import TYPICAL_YEARS, Term

HYDROLOGY: dict[str, Term] = {
    # tables
    "title_frequency": Term("{name} 频率分析（P-III 型）", "Frequency analysis of {name} (Pearson III)"),
    "title_parameters": Term("统计参数", "Parameters"),
    "title_quantiles": Term("设计值（单位：{units}）", "Quantiles ({units})"),
    "title_typical": Term("典型年（单位：{units}）", "Typical years ({units})"),
    "title_check": Term("实测与生成系列的统计特征对比", "Statistics of the record against drawn records"),
    "title_monthly": Term(
        "{site}：逐月统计特征（{units}；括号内为生成系列 {level} 区间，* 在区间外）",
        "{site}: by month ({units}; in brackets the {level} band of drawn records, * outside)",
    ),
    "title_annual": Term(
        "{site}：年际、连枯与最小水量（{units}）", "{site}: years, droughts and smallest totals ({units})"
    ),
    "title_cross": Term("互相关系数：{site}", "Cross-correlations: {site}"),
    "title_droughts": Term(
        "{name}：按标准化指数划分的干旱过程", "Droughts of {name} by the standardised index"
    ),
    # columns
    "index_scale": Term("时间尺度（月）", "Scale (months)"),
    "drought_first": Term("开始", "Begins"),
    "drought_last": Term("结束", "Ends"),
    "drought_months": Term("历时（月）", "Months"),
    "drought_lowest": Term("最小指数", "Lowest"),
    "drought_magnitude": Term("烈度", "Magnitude"),
    "series": Term("系列", "Series"),
    "years_number": Term("年数", "Years"),
    "statistic": Term("统计量", "Statistic"),
    "observed": Term("实测", "Observed"),
    "band_low": Term("下限", "Low"),
    "band_middle": Term("中位", "Median"),
    "band_high": Term("上限", "High"),
    "reproduced": Term("区间内", "Inside"),
    "exceedance": Term("频率 P", "Exceedance P"),
    "quantile": Term("设计值", "Quantile"),
    "modulus": Term("模比系数 Kp", "Kp"),
    "month": Term("月", "Month"),
    "method": Term("方法", "Method"),
    "typical_year": Term("典型年", "Year"),
    "typical_total": Term("年总量", "Its total"),
    "typical_exceedance": Term("该年频率", "Its P"),
    "typical_factor": Term("缩放倍比", "Factor"),
    "cv": Term("Cv", "Cv"),
    "cs": Term("Cs", "Cs"),
    "cs_cv": Term("Cs/Cv", "Cs/Cv"),
    "position_name": Term("经验频率公式", "Plotting position"),
    "position_weibull": Term("Weibull 公式 m/(n+1)", "weibull"),
    "position_hazen": Term("Hazen 公式", "hazen"),
    "position_gringorten": Term("Gringorten 公式", "gringorten"),
    "position_cunnane": Term("Cunnane 公式", "cunnane"),
    "position_blom": Term("Blom 公式", "blom"),
    "position_median": Term("中值公式", "median"),
    "position_chegodayev": Term("Chegodayev 公式", "chegodayev"),
    # statistics
    "statistic_mean": Term("均值", "mean"),
    "statistic_cv": Term("Cv", "Cv"),
    "statistic_cs": Term("Cs", "Cs"),
    "statistic_lag1": Term("一阶自相关", "lag-1 correlation"),
    "statistic_lag2": Term("二阶自相关", "lag-2 correlation"),
    "statistic_cross": Term("互相关", "cross-correlation"),
    "statistic_minimum_1": Term("最小 1 年总量", "smallest total of 1 year"),
    "statistic_minimum_3": Term("最小连续 3 年总量", "smallest total of 3 years in a row"),
    "statistic_minimum_5": Term("最小连续 5 年总量", "smallest total of 5 years in a row"),
    "statistic_longest_median": Term("低于中值的最长历时", "longest run below the median"),
    "statistic_mean_run_median": Term("低于中值的平均历时", "mean run below the median"),
    "statistic_longest_p75": Term("低于 P=75% 的最长历时", "longest run below P75"),
    "statistic_mean_run_p75": Term("低于 P=75% 的平均历时", "mean run below P75"),
    "statistic_longest_index": Term(
        "12 月标准化指数 ≤ -1 的最长历时", "longest run of the 12-month index <= -1"
    ),
    "statistic_mean_run_index": Term(
        "12 月标准化指数 ≤ -1 的平均历时", "mean run of the 12-month index <= -1"
    ),
    "of_month": Term("{month} 月", "{month}"),
    "of_month_statistic": Term("{month} 月 {statistic}", "{month} {statistic}"),
    "of_year_statistic": Term("年 {statistic}", "annual {statistic}"),
    "of_years": Term("{statistic}（年）", "{statistic} (years)"),
    "of_months": Term("{statistic}（月）", "{statistic} (months)"),
    # methods
    "method_l_moments": Term("线性矩法", "L-moments"),
    "method_moments": Term("矩法", "moments"),
    "method_curve": Term("适线法", "curve fitting"),
    "criterion_squares": Term("离差平方和最小", "least squares"),
    "criterion_relative_squares": Term("相对离差平方和最小", "least relative squares"),
    "criterion_absolute": Term("离差绝对值和最小", "least absolute deviations"),
    "free_cs": Term("Cs 自由", "Cs free"),
    "bound_cs": Term("Cs = {ratio} Cv", "Cs = {ratio} Cv"),
    "kept_mean": Term("均值不变", "mean kept"),
    # notes
    "note_sample": Term(
        "{first}–{last}，{count} 个完整年；年度自 {month} 月起",
        "{first}–{last}, {count} complete years that begin in month {month}",
    ),
    "note_left_out": Term("缺测不用的年份：{years}", "Incomplete years, left out: {years}"),
    "note_filled": Term(
        "{site} 插补 {count} 处（{method}）：{spans}", "{site}: {count} gaps filled ({method}): {spans}"
    ),
    "note_consistency": Term(
        "系列一致性存疑：{year} 年前后均值 {before} 与 {after}（Pettitt 检验 p = {break_probability}，"
        "Mann-Kendall 趋势检验 p = {trend_probability}）；可用 --record 取同一时期",
        "This may not be one population: means of {before} up to {year} and {after} after it (Pettitt p = "
        "{break_probability}, trend by Mann-Kendall p = {trend_probability}); --record takes one period",
    ),
    "note_bands": Term(
        "{level} 抽样区间由 {draws} 次参数自助抽样给出",
        "{level} bands from {draws} records drawn from the curve",
    ),
    "note_negative": Term(
        "拟合曲线下限 {lower} 小于零，负的设计值取零；可取 Cs ≥ 2Cv",
        "The curve reaches below zero ({lower}); quantiles stop at zero. Cs of at least 2 Cv avoids this",
    ),
    "note_zeros": Term(
        "{share} 的年份为零，按频率比例法处理；表中均值、Cv、Cs 只取非零年份，含零年份的均值为 {mean}",
        "{share} of the years are zero and have that share of P; mean, Cv and Cs above are those of the other years, "
        "the mean of all years is {mean}",
    ),
    "note_beyond": Term(
        "P = {values} 超出 {count} 年系列的经验范围，属外延",
        "P = {values} is beyond what {count} years have seen: extrapolated",
    ),
    "note_rule": Term(
        "典型年取频率与 P 相差不超过 {near} 的年份中（没有时取最接近者）年内分配最不利、所需调蓄最大的一年",
        "Typical year: of the years whose P is within {near} of the wanted one (or the nearest) the one that needs "
        "most storage to be drawn evenly",
    ),
    "note_sum": TYPICAL_YEARS[0],
    "note_storage": TYPICAL_YEARS[1],
    "note_typical": Term(
        "典型年法：{index} 频率 P = {probability} 的典型年逐年重复",
        "Typical year: a year of {index} with P = {probability}, over and over",
    ),
    "note_record": Term(
        "{site}：{first}–{last}，{months} 个月，{years} 个完整年",
        "{site}: {first} to {last}, {months} months, {years} complete years",
    ),
    "note_without": Term("没有实测系列可比：{sites}", "No record to compare with: {sites}"),
    "note_inside": Term(
        "{inside}/{all} 个统计量在 {level} 区间内（{realizations} 个与实测等长、同缺测的生成系列）",
        "{inside} of {all} statistics lie in the {level} band of {realizations} drawn records of the same length "
        "and gaps",
    ),
    "note_chance": Term(
        "偶然在区间外的，平均 {typical} 个，95% 的生成系列不超过 {most} 个",
        "By chance {typical} are outside on average, and at most {most} in 95% of the drawn records",
    ),
    "note_fitted": Term(
        "拟合所用的统计量本就多在区间内；年自相关、连枯历时和最小水量更能说明问题",
        "Statistics that the model is fitted to lie inside more often than by chance; droughts and smallest totals "
        "tell more",
    ),
    "note_plausible": Term(
        "结论：在区间外的不多于偶然；逐项未再现的见上",
        "No more is outside than chance explains; what is named above is still not reproduced one by one",
    ),
    "note_not_plausible": Term(
        "结论：在区间外的统计量多于偶然，生成模型未再现实测系列",
        "More is outside than by chance: the model does not reproduce the record",
    ),
    "note_not_reproduced": Term("未再现：", "Not reproduced:"),
    "note_all_reproduced": Term("结论：全部统计量均在区间内", "All statistics are inside their bands"),
    "note_undefined": Term(
        "{count} 个统计量因系列过短或不变化无法计算",
        "{count} statistics are not defined, the record is too short or does not vary",
    ),
    "law_gamma": Term("Γ 分布（极大似然）", "gamma by maximum likelihood"),
    "law_pearson3": Term("P-III 分布（线性矩）", "Pearson III by L-moments"),
    "note_index": Term(
        "指数连续小于 0 且至少一次 ≤ -1 为一次干旱；{law}；→ 表示其后缺测或系列结束",
        "A drought is an index below 0 in a row that reaches -1; {law}; → a gap or the end of the record follows",
    ),
    "note_no_drought": Term("没有干旱过程", "There is no drought"),
    "note_no_font": Term(
        "未找到中文字体，图中文字用英文",
        "no Chinese font was found, so the labels of the figure are in English",
    ),
    # figures
    "axis_exceedance": Term("超过频率 P (%)", "Exceedance P (%)"),
    "axis_quantile": Term("{name}（{units}）", "{name} ({units})"),
    "legend_curve": Term("P-III 曲线", "Pearson III"),
    "legend_points": Term("经验点据", "Record"),
    "legend_band": Term("{level} 区间", "{level} band"),
    "legend_observed": Term("实测", "Observed"),
    "legend_median": Term("生成中位", "Median of drawn records"),
}
"""Words by key."""
