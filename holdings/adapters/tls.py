"""Whom to trust. The roots take 13 ms to load: once will do, for all connections."""

import ssl


def context(ca_bundle: str | None = None) -> ssl.SSLContext:
    """Verify against `ca_bundle`, a file, or else the roots that requests and boto3 have."""
    if ca_bundle is None:
        import certifi

        ca_bundle = certifi.where()
    return ssl.create_default_context(cafile=ca_bundle)
