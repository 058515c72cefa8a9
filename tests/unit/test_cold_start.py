"""What Lambda loads later: every such module comes when it is touched, and only Lambda waits."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from holdings.cold_start import LATER
from tests.builders import unmeasured_environ

ROOT = Path(__file__).parents[2]

# All that the app imports, on a miss too, with placeholders as in Lambda.
START = """
import json, sys
sys.path[:0] = {path!r}
from holdings import cold_start
cold_start.LATER |= {more!r}
cold_start.defer()

def waits(name):
    return type(sys.modules[name]).__name__ == "_Placeholder"

def show(*found):
    print(json.dumps(found))
"""
APP = "import apig_wsgi, flask, marshmallow, requests, traceback\n"


def run(code: str, *, path: Path = ROOT, more: dict[str, tuple[str, ...]] | None = None) -> Any:
    """What `code` shows, in a process of its own."""
    start = START.format(path=[str(ROOT), str(path)], more=more or {})
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", start + code],
        env=unmeasured_environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_every_one_of_them_waits_while_the_app_is_imported() -> None:
    """One that does not is a line of the table that is worth nothing."""
    assert run(APP + "show(*(name for name in cold_start.LATER if waits(name)))") == list(LATER)


def test_each_that_is_touched_is_there_as_if_it_had_always_been() -> None:
    """In a process of its own, as one may load another; whoever took names has the real ones."""
    code = """
import os
for name, names in cold_start.LATER.items():
    if child := os.fork():
        assert os.waitpid(child, 0)[1] == 0, name
        continue
    waiting = sys.modules[name]
    taken = [getattr(waiting, each) for each in names]
    used = [each.real() for each in taken] or dir(waiting)
    assert not waits(name)
    real = sys.modules[name]
    assert dir(waiting) == dir(real)
    assert all(getattr(real, each) is use for each, use in zip(names, used))
    for module in list(sys.modules.values()):
        for value in vars(module).values():
            assert not (type(value).__name__ in ("_Name", "_AppGroup") and value.is_of(waiting))
    os._exit(0)
show(len(cold_start.LATER))
"""
    assert run(APP + code) == [len(LATER)]


def test_the_command_line_of_an_app_and_its_templates_work_once_they_are_wanted() -> None:
    code = """
app = flask.Flask("x")
blueprint = flask.Blueprint("y", "y")
app.register_blueprint(blueprint)
before = waits("flask.cli"), waits("click"), waits("jinja2")
app.cli.command("greet")(lambda: print("hello"))
blueprint.cli.name = "other"
from flask.cli import AppGroup
show(
    before,
    [type(group) is AppGroup for group in (app.cli, blueprint.cli)],
    app.cli.name,
    list(app.cli.commands),
    app.jinja_env.from_string("{{ 1 + 1 }}").render(),
)
"""
    before, after, name, commands, rendered = run(APP + code)
    assert before == [True, True, True]
    assert (after, name, commands, rendered) == ([True, False], "x", ["greet"], "2")


def test_marshmallows_patterns_are_compiled_when_they_are_used_and_match_what_they_did() -> None:
    code = """
import re
from marshmallow import ValidationError, fields, validate
patterns = validate.Email.USER_REGEX, validate.Email.DOMAIN_REGEX
compiled = [pattern.compiled for pattern in patterns]
def refuses(check, value):
    try:
        check(value)
    except ValidationError:
        return True
    return False
show(
    compiled,
    [refuses(validate.Email(), value) for value in ("a@example.com", "ä@müller.de", "a@-", "a")],
    [refuses(validate.Regexp("a+"), value) for value in ("aa", "b")],
    isinstance(re.compile("x"), re.Pattern),
)
"""
    assert run(code) == [[None, None], [False, False, True, True], [False, True], True]


def test_every_pattern_that_comes_late_is_the_one_that_would_have_come_at_once() -> None:
    """Of each module, as many as there are in it; only what says so is compiled by then."""
    late = """
import importlib, re
def patterns(kind):
    return {
        (each.__name__, name): (value.pattern, value.flags)
        for each in map(importlib.import_module, cold_start.PATTERNS_LATER)
        for owner in (each, getattr(each, "Email", each))
        for name, value in vars(owner).items()
        if type(value) is kind
    }
found = patterns(kind=%s)
show(len(found), sorted((*name, *value) for name, value in found.items()))
"""
    at_once = run("sys.meta_path.pop(0)\n" + late % "re.Pattern")
    assert run(late % "cold_start._Pattern") == at_once
    assert at_once[0] > 20


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    """A package with everything that can be taken from one, and a user of it."""
    (tmp_path / "late").mkdir()
    (tmp_path / "late" / "__init__.py").write_text(
        "from late.part import Wrong, Base, call\nLOADED = 1\n"
    )
    (tmp_path / "late" / "part.py").write_text(
        "import late\n"
        "class Wrong(Exception): ...\n"
        "class Base: ...\n"
        "def call(x):\n    raise Wrong(x)\n"
    )
    (tmp_path / "user.py").write_text(
        "import late\n"
        "from late import Base, Wrong, call\n"
        "def use():\n"
        "    try:\n        call(1)\n"
        "    except Wrong as error:\n        return type(error).__name__\n"
    )
    return tmp_path


TAKEN = {"late": ("Base", "Wrong", "call")}


@pytest.mark.parametrize(
    ("use", "result"),
    [
        ("user.use()", "Wrong"),  # `except` needs the real class
        ("isinstance(1, user.Base)", False),
        ("issubclass(bool, user.Base)", False),
        ("type('Sub', types.resolve_bases((user.Base,)), {}).__mro__[1].__name__", "Base"),
        ("user.Base.__name__", "Base"),
        ("user.late.LOADED", 1),
        ("'part' in dir(user.late)", True),
        ("__import__('late.part').part.call.__name__", "call"),
        ("[late for late in [__import__('late.part')]][0].part is sys.modules['late.part']", True),
    ],
)
def test_whatever_is_done_with_a_name_is_done_with_the_real_one(
    modules: Path, use: str, result: object
) -> None:
    code = f"import user, types\nbefore = waits('late')\nshow(before, {use}, waits('late'))"
    assert run(code, path=modules, more=TAKEN) == [True, result, False]


def test_many_threads_that_touch_one_at_once_load_it_once(modules: Path) -> None:
    (modules / "late" / "__init__.py").write_text("import time\ntime.sleep(0.2)\nLOADED = object()")
    code = """
import late, threading
found, gate = [], threading.Barrier(16)
def touch():
    gate.wait()
    found.append(late.LOADED)
threads = [threading.Thread(target=touch) for _ in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
show(len(found), len(set(map(id, found))))
"""
    assert run(code, path=modules, more={"late": ()}) == [16, 1]


def test_one_that_fails_to_load_says_so_each_time_that_it_is_asked(modules: Path) -> None:
    (modules / "late" / "__init__.py").write_text("raise ImportError('no such thing')")
    code = """
import late
def said():
    try:
        return late.anything
    except ImportError as error:
        return str(error)
show(said(), said())
"""
    assert run(code, path=modules, more={"late": ()}) == ["no such thing", "no such thing"]


@pytest.mark.parametrize(("environ", "waiting"), [({}, 0), ({"AWS_LAMBDA_FUNCTION_NAME": "x"}, 1)])
def test_nothing_waits_outside_lambda(environ: dict[str, str], waiting: int) -> None:
    code = """
import gc, sys
from holdings import cold_start
before = len(sys.meta_path)
with cold_start.quick_imports():
    during = gc.isenabled()
print(len(sys.meta_path) - before, during, gc.isenabled())
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [str(waiting), "False", "True"]
