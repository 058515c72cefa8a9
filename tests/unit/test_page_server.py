"""What the launcher gives to the page's server, and what it asks for first."""

import json
from pathlib import Path

import pytest

from local import servers
from local.servers import find_node
from local.settings import LocalError, LocalSettings
from local.stack import page_config_file, without_sign_in, write_page_config

NODE = Path("/usr/bin/node")


@pytest.fixture
def settings(tmp_path: Path) -> LocalSettings:
    return LocalSettings.from_env({"LOCAL_STATE_DIR": str(tmp_path), "WEB_PORT": "5199"})


@pytest.fixture
def spa(tmp_path: Path) -> Path:
    vite = tmp_path / "spa" / "node_modules" / "vite" / "bin" / "vite.js"
    vite.parent.mkdir(parents=True)
    vite.touch()
    return tmp_path / "spa"


def test_the_page_is_served_on_its_port_with_the_file_that_tells_it_of_the_stack(
    settings: LocalSettings, spa: Path
) -> None:
    child = servers.page_with_reload(settings, {"PATH": "/bin"}, node=NODE, spa=spa)
    assert (child.command, child.folder) == (
        ("/usr/bin/node", "node_modules/vite/bin/vite.js"),
        spa,
    )
    assert child.environ == {
        "PATH": "/bin",
        "WEB_PORT": "5199",
        "HOLDINGS_WEB_CONFIG": str(settings.state_dir / "web" / "config.json"),
        "HOLDINGS_API_URL": settings.api_url,
        "EXIT_WITH_PARENT": "1",
    }


def test_the_built_page_is_served_on_the_same_terms(
    settings: LocalSettings, tmp_path: Path
) -> None:
    (tmp_path / "index.html").touch()
    child = servers.built_page(settings, {}, dist=tmp_path)
    assert child.command[-1] == "local.built_page"
    assert child.environ == {
        "WEB_PORT": "5199",
        "HOLDINGS_WEB_CONFIG": str(settings.state_dir / "web" / "config.json"),
        "HOLDINGS_API_URL": settings.api_url,
        "EXIT_WITH_PARENT": "1",
    }


def test_a_page_that_is_to_be_served_as_built_has_to_be(
    settings: LocalSettings, tmp_path: Path
) -> None:
    with pytest.raises(LocalError, match="make web"):
        servers.built_page(settings, {}, dist=tmp_path)


def test_no_key_reaches_the_page_s_server(settings: LocalSettings, spa: Path) -> None:
    keys = {"CB_API_SECRET": "canary", "AWS_SECRET_ACCESS_KEY": "canary"}
    assert (
        "canary"
        not in servers.page_with_reload(settings, keys, node=NODE, spa=spa).environ.values()
    )


def test_without_its_packages_the_remedy_is_the_set_up(
    settings: LocalSettings, tmp_path: Path
) -> None:
    with pytest.raises(LocalError, match="make setup"):
        servers.page_with_reload(settings, {}, node=NODE, spa=tmp_path)


def test_what_the_page_is_told_is_a_file_that_anybody_may_read(settings: LocalSettings) -> None:
    path = page_config_file(settings.state_dir)
    write_page_config(path, {"api_url": "http://127.0.0.1:1", "scope": "long ago" * 99})
    write_page_config(path, without_sign_in("/api/v1"))
    assert json.loads(path.read_text()) == {"api_url": "/api/v1"}


def script(path: Path, body: str) -> Path:
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


def test_node_is_the_one_in_the_folder_that_the_script_finds(tmp_path: Path) -> None:
    assert find_node(script(tmp_path / "finder", "echo /opt/node/bin")) == Path(
        "/opt/node/bin/node"
    )


def test_without_node_the_script_s_own_words_are_the_error(tmp_path: Path) -> None:
    finder = script(tmp_path / "finder", "echo 'no Node.js here' >&2; exit 1")
    with pytest.raises(LocalError, match=r"^no Node\.js here$"):
        find_node(finder)
