"""Allocation of one step: its levels foreseen from what is remembered, else gone through one by one."""

from waterbal.kernel._jit import part
from waterbal.kernel.cuts import solve_foreseen
from waterbal.kernel.dictionary import load_stage, rebuild
from waterbal.kernel.program import CAREFUL, INFEASIBLE, OPTIMAL, PAUSE, RESCUES, SHARING_FAILED, STAGE, WAIT
from waterbal.kernel.sharing import (
    copy_bounds,
    last_short_level,
    name_culprit,
    prepare_members,
    remove_rounding,
    report,
    settle,
    share_out,
)
from waterbal.kernel.simplex import confirm, reset

LONGEST_PAUSE = 31
"""Steps at most that are gone through level by level after one that could not be foreseen; it doubles each time."""


@part
def allocate(problem, stage, lower, upper, target, work):
    """Allocate one step exactly.

    Parameters
    ----------
    problem : Problem
        Constant part of the program.
    stage : int
        Stage whose matrix applies; the basis is rebuilt when it differs from the last one.
    lower, upper : ndarray (variable) [kernel volume]
        Bounds of columns, then rows; finite. Not changed.
    target : ndarray (member) [kernel volume]
        Value of each delivery's variable that is a share of 1; 0 if there is no demand.
    work : Work
        Workspace. Values are left in ``x``, shares in ``share``.

    Returns
    -------
    int
        OPTIMAL; INFEASIBLE, with the variable whose bounds cannot be met in ``culprit``; ITERATION_LIMIT,
        NOT_CERTIFIED or SHARING_FAILED. Anything but OPTIMAL means that there is no answer.
    """
    enter_stage(problem, stage, work)
    pause, wait = work.state[PAUSE], work.state[WAIT]
    if wait == 0:
        if foreseen(problem, lower, upper, target, work):
            work.state[PAUSE] = 0
            return OPTIMAL
        pause = min(2 * pause + 1, LONGEST_PAUSE)
        wait = pause + 1
    status = level_by_level(problem, stage, lower, upper, target, work)
    work.state[PAUSE], work.state[WAIT] = pause, wait - 1
    return status


@part
def enter_stage(problem, stage, work):
    """Have the matrix of a stage ready, with the basis there is."""
    if work.state[STAGE] < 0:
        reset(problem, stage, work)
    elif work.state[STAGE] != stage:
        load_stage(problem, stage, work)
        rebuild(problem, work)
    work.state[CAREFUL] = 0


@part
def foreseen(problem, lower, upper, target, work):
    """Allocate one step with its levels foreseen; return whether that has led to a proven answer."""
    if not copy_bounds(lower, upper, work.lower, work.upper, work.culprit):
        return False
    prepare_members(problem, target, work)
    if not solve_foreseen(problem, work):
        return False
    remove_rounding(lower, upper, work.x)
    report(problem, target, work)
    return True


@part
def level_by_level(problem, stage, lower, upper, target, work):
    """Allocate one step with its levels gone through one by one; see ``allocate``."""
    status = try_levels(problem, lower, upper, target, work)
    if status != OPTIMAL and status != INFEASIBLE:
        # a basis worn by many steps may fail where a fresh one does not; nothing is believed unproven
        work.counter[RESCUES] += 1
        work.state[CAREFUL] = 1
        reset(problem, stage, work)
        status = try_levels(problem, lower, upper, target, work)
    return status


@part
def try_levels(problem, lower, upper, target, work):
    """Go through the levels from the present basis."""
    work.culprit[0] = -1
    work.culprit[1] = 0
    if not copy_bounds(lower, upper, work.lower, work.upper, work.culprit):
        return INFEASIBLE
    status = settle(problem, work)
    if status == INFEASIBLE:
        name_culprit(work)
    if status != OPTIMAL:
        return status
    prepare_members(problem, target, work)
    last = last_short_level(problem, work)
    if last >= 0:
        status = share_out(problem, work, last)
        if status == OPTIMAL:
            status = confirm(problem, work)
        if status != OPTIMAL:
            return SHARING_FAILED if status == INFEASIBLE else status
    remove_rounding(lower, upper, work.x)
    report(problem, target, work)
    return OPTIMAL
