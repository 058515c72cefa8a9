"""What an operator types, what is asked of Pulumi and AWS then, and what is answered."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from boto3.session import Session

from operations.__main__ import main, parse
from operations.stack import ROOT
from tests.integration.operations.conftest import Operate, Pulumi

STATE = {
    "version": 3,
    "deployment": {
        "resources": [
            {"urn": "urn:pulumi:dev::holdings::pulumi:pulumi:Stack::holdings-dev", "custom": False},
            {"urn": "urn:pulumi:dev::holdings::aws:dynamodb/table:Table::cache", "custom": True},
            {
                "urn": "urn:pulumi:dev::holdings::aws:cloudfront/distribution:Distribution::page",
                "inputs": {"retainOnDelete": True},
                "protect": False,
            },
        ]
    },
}


def keeping(**bits: bool) -> str:
    """The state of a stack whose table has these bits."""
    state: dict[str, Any] = json.loads(json.dumps(STATE))
    state["deployment"]["resources"][1].update(bits)
    return json.dumps(state)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        (["up"], ["up", "--stack", "dev"]),
        (["up", "--yes"], ["up", "--stack", "dev", "--yes"]),
        (["preview"], ["preview", "--stack", "dev"]),
    ],
)
def test_pulumi_is_left_to_talk_to_the_operator(
    pulumi: Pulumi, operate: Operate, typed: list[str], asked: list[str]
) -> None:
    pulumi.answer(typed[0], out="Do you want to?", code=3)
    said = operate(*typed)
    assert (said.code, said.out, pulumi.asked()[-1]) == (3, "Do you want to?", asked)


@pytest.mark.parametrize("state", [json.dumps(STATE), '{"version": 3}', '{"deployment": null}'])
def test_a_stack_that_keeps_nothing_is_destroyed(
    pulumi: Pulumi, operate: Operate, state: str
) -> None:
    pulumi.answer("stack export", state)
    assert operate("destroy", "--yes").code == 0
    assert [asked[0] for asked in pulumi.asked()] == ["stack", "destroy"]
    assert pulumi.asked()[1] == ["destroy", "--stack", "dev", "--yes"]


@pytest.mark.parametrize("bits", [{"protect": True}, {"retainOnDelete": True}])
def test_a_stack_that_keeps_its_data_is_not_touched_and_the_two_steps_are_named(
    pulumi: Pulumi, operate: Operate, bits: dict[str, bool]
) -> None:
    pulumi.answer("stack export", keeping(**bits))
    said = operate("destroy", "--yes")
    assert said.code == 1
    assert "nothing was removed. Protected: cache.\n" in said.err
    steps = [line.strip() for line in said.err.splitlines()[2:]]
    assert steps == [
        "pulumi config set holdings:keepData false --stack dev",
        "make up STACK=dev",
        "make destroy STACK=dev",
    ]
    assert [asked[0] for asked in pulumi.asked()] == ["stack"]


@pytest.mark.parametrize(
    ("command", "asks", "printed"),
    [
        ("outputs", "output", ""),
        ("outputs", "output", "not JSON"),
        ("outputs", "output", "[]"),
        ("outputs", "output", "\udcff"),
        ("destroy", "export", "null"),
    ],
)
def test_what_is_no_answer_of_pulumi_stops_it(
    pulumi: Pulumi, operate: Operate, command: str, asks: str, printed: str
) -> None:
    pulumi.answer(f"stack {asks}", printed)
    said = operate(command)
    assert (said.code, said.err) == (
        1,
        f"{command}: pulumi printed no JSON object: is its version too old?\n",
    )


@pytest.mark.parametrize(
    ("complaint", "remedy"),
    [
        ("error: no stack named 'dev' found", "pulumi stack init"),
        (
            "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE or ...",
            "export PULUMI_CONFIG_PASSPHRASE",
        ),
        ("error: incorrect passphrase", "is not the one"),
        ("error: PULUMI_ACCESS_TOKEN must be set for login during non-inter...", "pulumi login"),
        ("error: the stack is currently locked by 1 lock(s).", "pulumi cancel"),
        ("error: something else", "something else"),
    ],
)
def test_what_pulumi_complains_of_comes_with_the_remedy(
    pulumi: Pulumi, operate: Operate, complaint: str, remedy: str
) -> None:
    pulumi.answer("stack output", err=complaint, code=255)
    said = operate("outputs")
    assert said.code == 1
    assert complaint in said.err
    assert remedy in said.err


def test_outputs_are_a_line_each_by_name(pulumi: Pulumi, operate: Operate) -> None:
    pulumi.outputs(web_url="https://a.example", queues={"forget": "url"}, mail_dkim_tokens=[])
    assert operate("outputs").out == (
        "mail_dkim_tokens  []\nqueues.forget     url\nregion            eu-west-1\n"
        "web_url           https://a.example\n"
    )


def test_a_pulumi_that_dies_without_a_word_is_named(pulumi: Pulumi, operate: Operate) -> None:
    pulumi.answer("stack output", code=2)
    assert operate("outputs").err == "outputs: pulumi stack: ended with 2\n"


@pytest.mark.parametrize("command", ["outputs", "up"])
def test_without_pulumi_the_remedy_is_to_get_it(
    operate: Operate, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("PATH", "")
    assert "the pulumi command is not here: get it from" in operate(command).err


@pytest.mark.parametrize("command", ["outputs", "up"])
def test_a_pulumi_of_another_machine_is_named(
    pulumi: Pulumi, operate: Operate, command: str
) -> None:
    (pulumi.folder / "pulumi").write_bytes(b"\x7fELF of another kind")
    said = operate(command)
    assert said.code == 1
    assert "pulumi cannot be run: Exec format error" in said.err


@pytest.mark.parametrize(
    "stack", ["nowhere", "", "..", "../../etc/passwd", "dev.yaml", "*", "-x", "dev\n", "d\udcffv"]
)
def test_a_stack_is_one_that_has_a_file(
    pulumi: Pulumi, capfd: pytest.CaptureFixture[str], stack: str
) -> None:
    for command in ("up", "outputs"):
        assert main([f"--stack={stack}", command]) == 1
        assert "is none of dev, prod, staging" in capfd.readouterr().err
    assert pulumi.asked() == []


def test_outputs_are_those_of_the_named_stack(pulumi: Pulumi, operate: Operate) -> None:
    pulumi.outputs(table="t", api_domain_target=None)
    said = operate("outputs")
    assert said.out.splitlines() == [
        "api_domain_target  None",
        "region             eu-west-1",
        "table              t",
    ]
    assert pulumi.asked()[0][:5] == ["stack", "output", "--json", "--stack", "dev"]


def test_a_stack_that_is_not_up_is_to_be_made(pulumi: Pulumi, operate: Operate) -> None:
    pulumi.answer("stack output", "{}")
    assert "no outputs yet: `make up STACK=dev`" in operate("outputs").err


@pytest.mark.parametrize("value", [None, {}])
@pytest.mark.parametrize(
    ("command", "output"),
    [
        (["logs"], "function_log_group"),
        (["put-secret"], "secret"),
        (["create-user", "--email=a@example.com"], "user_pool_id"),
        (["deploy-code"], "release"),
        (["deploy-web"], "web_bucket"),
        (["redrive", "--queue=forget"], "dead_queues"),
        (["run-job", "--job=sync-history"], "planner"),
    ],
)
def test_an_output_that_a_stack_lacks_is_named(
    pulumi: Pulumi, operate: Operate, command: list[str], output: str, value: object
) -> None:
    pulumi.outputs(**{output: value})
    said = operate(*command)
    assert (said.code, said.err) == (
        1,
        f"{command[0]}: the stack has no output '{output}' yet: `make up STACK=dev`\n",
    )


def test_a_key_goes_from_a_file_into_the_secret(
    pulumi: Pulumi, operate: Operate, aws: Session, tmp_path: Path
) -> None:
    pulumi.outputs(secret="s")
    client = aws.client("secretsmanager")
    client.create_secret(Name="s")
    key = {"api_key": "k", "api_secret": "A" * 86 + "==", "passphrase": "p"}
    (tmp_path / "key.json").write_text(json.dumps(key), "utf-16")
    assert operate("put-secret", "--file", str(tmp_path / "key.json")).code == 0
    assert json.loads(client.get_secret_value(SecretId="s")["SecretString"]) == key


def test_a_person_is_invited(pulumi: Pulumi, operate: Operate, aws: Session) -> None:
    client = aws.client("cognito-idp")
    pool = client.create_user_pool(PoolName="p")["UserPool"].get("Id", "")
    pulumi.outputs(user_pool_id=pool)
    assert operate("create-user", "--email=a@example.com").code == 0
    assert len(client.list_users(UserPoolId=pool)["Users"]) == 1


def test_each_option_of_a_command_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse(["--stack", "dev", "rollback"]).version == ""
    assert parse(["--stack", "dev", "canary", "--version=3", "--percent=5"]).percent == "5"
    assert [parse(["--stack", "dev", "deploy-web", *more]).prune for more in ([], ["--prune"])] == [
        False,
        True,
    ]
    with pytest.raises(SystemExit):
        parse(["up"])
    assert "--stack" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("\x1b[2J\x07red", "\\x1b[2J\\x07red"),
        ("a\rb", "a\\rb"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\ud800", "\\ud800"),
        ("\x9b2J", "\\x9b2J"),
        ("figures\tin a table, \u20ac", "figures\tin a table, \u20ac"),
    ],
)
def test_nothing_that_is_shown_is_obeyed_by_the_terminal(
    pulumi: Pulumi, operate: Operate, written: str, shown: str
) -> None:
    pulumi.outputs(table=written)
    assert f"table   {shown}\n" in operate("outputs").out


def run(*arguments: str, **environ: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "operations", "--stack", "dev", *arguments],
        cwd=ROOT,
        env=os.environ | environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_reader_that_has_enough_ends_it_without_a_word(pulumi: Pulumi) -> None:
    pulumi.outputs(**{f"output{number}": "x" * 1000 for number in range(1000)})
    with run("outputs") as running:
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        assert running.stderr.read() == ""
    assert running.returncode == 0


def test_a_terminal_that_knows_few_letters_is_shown_the_others_by_number(pulumi: Pulumi) -> None:
    pulumi.outputs(table="\u20ac")
    out, _ = run("outputs", PYTHONIOENCODING="ascii").communicate()
    assert "table   \\u20ac\n" in out


# A pulumi that is interrupted, and takes its time to end in order.
SLOW = """#!{python} -IS
import pathlib, signal, sys, time
here = pathlib.Path({here!r})
def end(*_):
    time.sleep(1)
    (here / "ended").touch()
    sys.exit(7)
signal.signal(signal.SIGINT, end)
(here / "started").touch()
time.sleep(60)
"""


def interrupted(folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    """Run a command, and press Ctrl-C, which goes to all that it runs, once Pulumi is at work."""
    program = folder / "pulumi"
    program.write_text(SLOW.format(python=sys.executable, here=str(folder)))
    program.chmod(0o755)
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=ROOT,
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        deadline = time.monotonic() + 60
        while not (folder / "started").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        os.killpg(running.pid, signal.SIGINT)
        out, err = running.communicate(timeout=60)
    return subprocess.CompletedProcess(command, running.returncode, out, err)


def test_pulumi_ends_by_itself_when_it_is_interrupted(tmp_path: Path) -> None:
    """Killed meanwhile, it would leave the stack locked."""
    hand_over = "import sys, operations.stack as s; sys.exit(s.hand_over(['up']))"
    assert interrupted(tmp_path, "-c", hand_over).returncode == 7
    assert (tmp_path / "ended").exists()


def test_interrupted_work_is_not_said_to_be_done(tmp_path: Path) -> None:
    ended = interrupted(tmp_path, "-m", "operations", "--stack", "dev", "outputs")
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", "outputs: interrupted\n")


def test_a_pulumi_that_is_killed_ends_it_as_a_shell_says(pulumi: Pulumi, operate: Operate) -> None:
    program = pulumi.folder / "pulumi"
    program.write_text("#!/bin/sh\nkill -9 $$\n")
    assert operate("up").code == 128 + signal.SIGKILL
