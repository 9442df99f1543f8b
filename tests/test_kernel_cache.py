"""The cache of compiled kernels: never stale, never in the way."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

KERNEL = Path(__file__).resolve().parent.parent / "waterbal" / "kernel"

CALLER = """
from waterbal.kernel._jit import jit
from waterbal.kernel.callee import FACTOR, scaled

@jit
def total(x):
    return scaled(x) + FACTOR
"""

CALLEE = """
from waterbal.kernel._jit import part

FACTOR = {factor}

@part
def scaled(x):
    return x * {factor}
"""

RUN = """
from waterbal.kernel import _jit
from waterbal.kernel.caller import total
print(total(1.0), _jit.cache_directory(), sum(total.stats.cache_hits.values()))
"""


@pytest.fixture
def package(tmp_path):
    """A small package with the real decorators and two kernels of its own."""
    kernel = tmp_path / "site" / "waterbal" / "kernel"
    kernel.mkdir(parents=True)
    (kernel.parent / "__init__.py").touch()
    (kernel / "__init__.py").touch()
    shutil.copy(KERNEL / "_jit.py", kernel)
    (kernel / "caller.py").write_text(CALLER)
    (kernel / "callee.py").write_text(CALLEE.format(factor=2))
    return kernel


def run(package, before="", **settings):
    """Run the package's kernel in a fresh interpreter; return its answer, cache directory and cache hits."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WATERBAL_", "NUMBA_", "XDG_"))}
    done = subprocess.run(
        [sys.executable, "-B", "-c", before + RUN],
        cwd=package.parent.parent,
        env=kept | {k: str(v) for k, v in settings.items()},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    answer, directory, hits = done.stdout.split()
    return float(answer), directory, int(hits)


def test_an_edited_callee_is_never_served_stale(package, tmp_path):
    home = {"WATERBAL_CACHE_DIR": tmp_path / "cache"}
    answer, first, hits = run(package, **home)
    assert (answer, hits) == (4.0, 0)
    answer, again, hits = run(package, **home)
    assert (answer, again, hits) == (4.0, first, 1)
    (package / "callee.py").write_text(CALLEE.format(factor=5))
    answer, second, hits = run(package, **home)
    assert (answer, hits) == (10.0, 0)
    assert second != first


def test_only_the_newest_caches_are_kept(package, tmp_path):
    for factor in range(5):
        (package / "callee.py").write_text(CALLEE.format(factor=factor))
        run(package, WATERBAL_CACHE_DIR=tmp_path / "cache")
    assert len(list((tmp_path / "cache").iterdir())) == 3


def test_where_nothing_is_writable_kernels_compile_in_memory(package, tmp_path):
    blocked = tmp_path / "file"
    blocked.touch()  # no directory can be made below a file, not even by root
    nowhere = blocked / "cache"
    for path in (package, package.parent, package.parent.parent):
        path.chmod(0o555)
    try:
        settings = {"WATERBAL_CACHE_DIR": nowhere, "HOME": nowhere, "TMPDIR": nowhere}
        no_temporary = f"import tempfile\ntempfile.gettempdir = lambda: {str(nowhere)!r}\n"
        answer, directory, _ = run(package, no_temporary, **settings)
    finally:
        for path in (package.parent.parent, package.parent, package):
            path.chmod(0o755)
    assert (answer, directory) == (4.0, "None")


def test_the_cache_can_be_switched_off(package, tmp_path):
    answer, directory, _ = run(package, WATERBAL_NO_CACHE=1, WATERBAL_CACHE_DIR=tmp_path / "cache")
    assert (answer, directory) == (4.0, "None")
    assert not (tmp_path / "cache").exists()


def test_a_directory_others_may_write_to_is_not_trusted(package, tmp_path):
    cache = tmp_path / "cache"
    _, first, _ = run(package, WATERBAL_CACHE_DIR=cache, HOME=tmp_path / "home")
    Path(first).chmod(0o777)
    _, second, _ = run(package, WATERBAL_CACHE_DIR=cache, HOME=tmp_path / "home")
    assert Path(second).is_relative_to(tmp_path / "home")


def test_numbas_own_setting_is_left_alone():
    import numba

    before = numba.config.CACHE_DIR
    from waterbal.kernel._jit import jit

    jit(lambda x: x)
    assert before == numba.config.CACHE_DIR


def test_a_part_refuses_to_be_called_from_python():
    from waterbal.kernel._jit import KernelOnly, part

    @part
    def one():
        return 1

    assert isinstance(one, KernelOnly)
    with pytest.raises(TypeError, match="one can only be called"):
        one()
