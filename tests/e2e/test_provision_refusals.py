"""What the provisioner does not carry out it refuses, loudly and at once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.emulator import Emulator
from local.provision import provision
from local.provision.__main__ import main
from local.provision.aws import UnknownInput
from local.settings import LocalError
from tests.e2e.conftest import free_port
from tests.e2e.emulated import aws, emulator, provisioned


@pytest.fixture(scope="module")
def emulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


def program(folder: Path, *lines: str, config: str = "") -> Path:
    """A project of these lines."""
    (folder / "program").mkdir()
    (folder / "Pulumi.yaml").write_text("name: holdings\nmain: program\n")
    (folder / "Pulumi.dev.yaml").write_text(f"config:\n  aws:region: eu-west-1\n{config}")
    text = "\n".join(["import pulumi, pulumi_aws as aws", *lines])
    (folder / "program" / "__main__.py").write_text(text)
    return folder


REFUSED = [
    ("aws.efs.FileSystem('a')", UnknownInput, r"does not know the type aws:efs/fileSystem"),
    (
        "aws.kms.Alias('a', name='alias/a', target_key_id='k', name_prefix='b')",
        UnknownInput,
        r"does not know \['namePrefix'\]",
    ),
    (
        "aws.kms.Key('a', is_enabled=False, tags={'a': 'b'})",
        UnknownInput,
        r"does not know \['isEnabled'\]",
    ),
    (
        "aws.dynamodb.Table('a', name='aaa', ttl={'enabled': True, 'unit': 's'})",
        UnknownInput,
        r"does not know \['ttl.unit'\]",
    ),
    ("aws.get_regions()", UnknownInput, r"an answer for aws:index/getRegions:getRegions"),
    ("1 / 0", ZeroDivisionError, "division by zero"),
    (
        "pulumi.export('a', f'{pulumi.Output.from_input(1)}')",
        Exception,
        r"Calling __str__ on an Output\[T\] is not supported",
    ),
]


@pytest.mark.parametrize(("line", "error", "message"), REFUSED)
def test_what_is_not_carried_out_is_refused(
    line: str, error: type[Exception], message: str, emulated: Emulator, tmp_path: Path
) -> None:
    root = program(tmp_path, line)

    with pytest.raises(error, match=message):
        provisioned(emulated, root=root)


def test_an_error_says_which_resource_it_is_of(emulated: Emulator, tmp_path: Path) -> None:
    root = program(tmp_path, "aws.kms.Alias('mine', name='nonsense', target_key_id='k')")

    with pytest.raises(Exception, match="must start with alias/") as failed:
        provisioned(emulated, root=root)

    assert failed.value.__notes__ == ["while making aws:kms/alias:Alias 'mine' in the emulated AWS"]


def test_a_failed_run_leaves_nothing_for_the_next_to_wait_for(
    emulated: Emulator, tmp_path: Path
) -> None:
    root = program(
        tmp_path, "first = aws.efs.FileSystem('a')", "aws.kms.Key('b', description=first.arn)"
    )
    with pytest.raises(UnknownInput):
        provisioned(emulated, root=root)

    assert provisioned(emulated)["table"]


def test_a_setting_of_the_provider_that_is_not_carried_out_is_refused(
    emulated: Emulator, tmp_path: Path
) -> None:
    root = program(tmp_path, config="  aws:allowedAccountIds: ['111122223333']\n")

    with pytest.raises(UnknownInput, match=r"does not know \['aws:allowedAccountIds'\]"):
        provisioned(emulated, root=root)


@pytest.mark.parametrize("content", [b"", b'{"cut', b"\xff", b"[]", b'{"aws:kms/key:Key::k": 1}'])
def test_a_broken_file_of_ids_is_a_plain_sentence_and_kept(
    content: bytes, emulated: Emulator, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ids = tmp_path / "provisioned.json"
    ids.write_bytes(content)

    assert main(["--endpoint", emulated.url, "--state-dir", str(tmp_path)]) == 1

    assert f"{ids} is broken or of another version: `make clean`" in capsys.readouterr().err
    assert ids.read_bytes() == content


def test_what_is_kept_is_this_user_s_alone(emulated: Emulator, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o755)

    provision(
        endpoint_url=emulated.url,
        stack="dev",
        state_dir=kept,
        root=program(tmp_path, "aws.kms.Key('a')"),
    )

    assert [path.stat().st_mode & 0o777 for path in (kept, *kept.iterdir())] == [0o700, 0o600]


def test_a_folder_that_cannot_keep_ids_is_a_plain_sentence(
    emulated: Emulator, tmp_path: Path
) -> None:
    (tmp_path / "kept").touch()

    with pytest.raises(LocalError, match=r"kept cannot be used: "):
        provision(endpoint_url=emulated.url, stack="dev", state_dir=tmp_path / "kept")


def test_an_emulator_that_is_gone_is_a_plain_sentence(tmp_path: Path) -> None:
    root = program(tmp_path, "aws.kms.Key('a')")

    with pytest.raises(LocalError, match=r"the emulated AWS does not answer: .*Could not connect"):
        provision(
            endpoint_url=f"http://127.0.0.1:{free_port()}",
            stack="dev",
            state_dir=tmp_path,
            root=root,
        )


def test_secrets_and_other_values_arrive_as_they_were_given(
    emulated: Emulator, tmp_path: Path
) -> None:
    root = program(
        tmp_path,
        "name = pulumi.Output.secret('pool')",
        "pool = aws.cognito.UserPool('others', name=name,",
        "    password_policy={'minimum_length': 14, 'require_numbers': False})",
        "pulumi.export('pool', pool.id)",
    )

    pool_id = provisioned(emulated, root=root)["pool"]

    pool: Any = (
        aws(emulated).client("cognito-idp").describe_user_pool(UserPoolId=pool_id)["UserPool"]
    )
    assert pool["Name"] == "pool"
    assert pool["Policies"] == {"PasswordPolicy": {"MinimumLength": 14, "RequireNumbers": False}}


def test_a_key_that_shall_not_rotate_does_not(emulated: Emulator, tmp_path: Path) -> None:
    root = program(tmp_path, "pulumi.export('key', aws.kms.Key('still').key_id)")

    key_id = provisioned(emulated, root=root)["key"]

    assert (
        not aws(emulated).client("kms").get_key_rotation_status(KeyId=key_id)["KeyRotationEnabled"]
    )


def test_a_table_may_have_a_second_key_and_neither_expire_nor_be_backed_up(
    emulated: Emulator, tmp_path: Path
) -> None:
    keys = "[{'name': 'pk', 'type': 'S'}, {'name': 'sk', 'type': 'N'}]"
    root = program(
        tmp_path,
        "aws.dynamodb.Table('plain', billing_mode='PAY_PER_REQUEST', hash_key='pk',",
        f"    range_key='sk', attributes={keys})",
    )

    provisioned(emulated, root=root)
    provisioned(emulated, root=root)

    dynamodb = aws(emulated).client("dynamodb")
    table: Any = dynamodb.describe_table(TableName="plain")["Table"]
    assert [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]] == [
        ("pk", "HASH"),
        ("sk", "RANGE"),
    ]
    ttl = dynamodb.describe_time_to_live(TableName="plain")["TimeToLiveDescription"]
    assert ttl["TimeToLiveStatus"] == "DISABLED"
