"""Who may be a viewer: the one rule for the `sub` of a token."""

import re

# Cognito's are UUIDs. Whatever fits here fits a session tag, a policy variable and a key of a
# table, and none of it means anything in them.
_VIEWER = re.compile(r"[A-Za-z0-9._-]{1,128}")
# What belongs to the shared connection lies under this word, where a viewer's `sub` would stand.
_SHARED = "shared"


def is_viewer(subject: str) -> bool:
    """Whether it can be a session's tag and a part of a key, and nothing more."""
    return bool(_VIEWER.fullmatch(subject)) and subject != _SHARED
