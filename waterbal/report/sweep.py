"""What is said of a sweep: what was done, what it would take."""

from __future__ import annotations

import signal
from datetime import timedelta

from waterbal.results.terms import Term
from waterbal.scenarios.estimate import Estimate, mib
from waterbal.scenarios.reporting import Report

WORDS = {
    "size": Term(
        "{scenarios:,} 个方案 × {realizations:,} 个水文样本，共 {members:,} 个成员",
        "{scenarios:scenario} x {realizations:realization}: {members:member}",
    ),
    "computed": Term(
        "本次计算 {computed:,} 个成员，用时 {seconds}（每秒 {rate} 个）",
        "{computed:member} computed in {seconds} ({rate} per second)",
    ),
    "resumed": Term("此前已完成 {resumed:,} 个成员", "{resumed:member} from earlier runs"),
    "remade": Term(
        "{count} 个分块文件已损坏，已重新计算", "{count:block} made again because the file was damaged"
    ),
    "missing": Term(
        "尚缺 {missing:,}/{blocks:,} 个分块；全部完成时由最后一个作业合并，也可用 waterbal merge 合并",
        "{missing:,} of {blocks:block} missing; the run that finishes last merges them",
    ),
    "stopped": Term(
        "已按 {signal} 停止，已完成的 {done:,}/{blocks:,} 个分块均已保存；再次运行同一命令即可继续",
        "stopped by {signal}; {done:,} of {blocks:block} kept. Run the same command to go on",
    ),
    "results": Term("结果：{results}", "Results: {results}"),
    "failed": Term(
        "{count:,} 个成员未能正常完成（见 member_status）",
        "{count:member} did not end well (see member_status)",
    ),
    "nothing": Term("未计算任何内容；以上为实测估计。", "Nothing was computed; estimated from measurement."),
    "time": Term(
        "时间：约 {seconds}（{at_once} 个线程或进程全程可用时；实测每个成员 {member:.3g} ms、"
        "每个方案准备 {scenario:.3g} ms CPU，试算 {probed} 个成员；其中启动 {starting}、合并 {merging}）",
        "Time: about {seconds} with {at_once:thread or process} undisturbed (measured: {member:.3g} ms CPU per "
        "member, {scenario:.3g} ms per scenario, {probed:member} tried; "
        "{starting} of it to start, {merging} to merge)",
    ),
    "memory": Term("内存：每个进程约 {memory} MiB", "Memory: about {memory} MiB per process"),
    "disk": Term(
        "磁盘：分块约 {parts} MiB，合并结果约 {results} MiB；可用 {free} MiB",
        "Disk: parts about {parts} MiB, merged about {results} MiB; {free} MiB are free",
    ),
    "all_there": Term("全部分块均已完成。", "Every block is there already."),
    "to_do": Term(
        "待计算 {members:,} 个成员，{blocks:,} 个分块", "To compute: {members:member} in {blocks:block}"
    ),
}


class _Count(int):
    """A number that takes a noun as its format: ``{members:member}``."""

    def __format__(self, form: str) -> str:
        if not form[:1].isalpha():
            return super().__format__(form)
        nouns = [noun if self == 1 else _plural(noun) for noun in form.split(" or ")]
        return f"{int(self):,} {' or '.join(nouns)}"


def _plural(noun: str) -> str:
    return noun + ("es" if noun.endswith("s") else "s")


def _say(name: str, language: str, **values: object) -> str:
    told = {key: _Count(value) if isinstance(value, int) else value for key, value in values.items()}
    return WORDS[name].said(language, **told)


def _duration(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 120 else str(timedelta(seconds=round(seconds)))


def report_lines(report: Report, language: str) -> list[str]:
    """Say what a sweep came to, line by line, in ``zh`` or ``en``."""
    grid = report.grid
    told = [
        _say("size", language, scenarios=grid.scenarios, realizations=grid.realizations, members=grid.members)
    ]
    if report.computed:
        rate = report.computed / max(report.seconds, 1e-9)
        told.append(
            _say(
                "computed",
                language,
                computed=report.computed,
                seconds=_duration(report.seconds),
                rate=f"{rate:,.0f}" if rate >= 10.0 else f"{rate:.2g}",
            )
        )
    if report.resumed:
        told.append(_say("resumed", language, resumed=report.resumed))
    if report.remade:
        told.append(_say("remade", language, count=len(report.remade)))
    if report.failed:
        told.append(_say("failed", language, count=len(report.failed)))
    if report.results is not None:
        told.append(_say("results", language, results=report.results))
    elif report.stopped is None:
        told.append(_say("missing", language, missing=report.missing, blocks=grid.count))
    return told


def stop_line(report: Report, language: str) -> str:
    """Say that a sweep was stopped and how to go on."""
    number = report.stopped or 0
    done = report.grid.count - report.missing
    return _say("stopped", language, signal=signal.Signals(number).name, done=done, blocks=report.grid.count)


def estimate_lines(estimate: Estimate, language: str) -> list[str]:
    """Say what a sweep would take, line by line, in ``zh`` or ``en``."""
    whole = estimate.scenarios * estimate.realizations
    told = [
        _say(
            "size",
            language,
            scenarios=estimate.scenarios,
            realizations=estimate.realizations,
            members=whole,
        )
    ]
    if not estimate.blocks:
        return [*told, _say("all_there", language)]
    return [
        *told,
        _say("to_do", language, members=estimate.members, blocks=estimate.blocks),
        _say(
            "time",
            language,
            seconds=_duration(estimate.seconds),
            at_once=estimate.at_once,
            member=estimate.seconds_per_member * 1e3,
            scenario=estimate.seconds_per_scenario * 1e3,
            probed=estimate.probed_members,
            starting=_duration(estimate.seconds_to_start),
            merging=_duration(estimate.seconds_to_merge),
        ),
        _say("memory", language, memory=mib(estimate.memory_mib)),
        _say(
            "disk",
            language,
            parts=mib(estimate.parts_mib),
            results=mib(estimate.results_mib),
            free=mib(estimate.free_mib),
        ),
        _say("nothing", language),
    ]
