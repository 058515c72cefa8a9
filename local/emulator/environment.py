"""What MiniStack is told. It hands its environment on to the functions that it runs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def minimal_environment(
    *, port: int, state_dir: Path, region: str, enforce_iam: bool, search_path: str
) -> Mapping[str, str]:
    """The whole environment of the emulator: nothing of the caller's but where programs are.

    Everything that it writes goes below `state_dir`, and it listens on this machine only.
    """
    return {
        "PATH": search_path,
        "HOME": str(state_dir),  # so that nobody's ~/.aws is read
        "TMPDIR": str(state_dir / "tmp"),
        "STATE_DIR": str(state_dir / "state"),
        "PERSIST_STATE": "1",
        "S3_DATA_DIR": str(state_dir / "s3"),
        "S3_PERSIST": "1",
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "localhost",
        "MINISTACK_REGION": region,
        "AUTH": "true" if enforce_iam else "false",
        "LAMBDA_EXECUTOR": "local",
        # It removes containers that it takes for its own; we start none.
        "DOCKER_HOST": f"unix://{state_dir / 'no-docker.sock'}",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
    }
