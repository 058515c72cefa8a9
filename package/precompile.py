"""Run by the Python 3.13 that was found: writes the .pyc of a tree. Standard library only.

Lambda's file system is read-only, so without these every cold start would compile all of it.
"""

import importlib.util
import marshal
import sys
from pathlib import Path

# What tracebacks show, on whichever machine it was built.
TASK_ROOT = "/var/task"

# PEP 552: hash-based, and the source is not looked at. Those with a timestamp go stale in a zip.
UNCHECKED_HASH = (0b01).to_bytes(4, "little")

# Later formats mark the objects that anything else in this process refers to: the same code would
# not always give the same bytes. Loading all of it takes 8 ms more.
MARSHAL_WITHOUT_REFERENCES = 2


def pyc(source: bytes, name: str) -> bytes:
    """The .pyc of a module; `name` is its path below the task root."""
    code = compile(source, f"{TASK_ROOT}/{name}", "exec", dont_inherit=True, optimize=0)
    return b"".join(
        (
            importlib.util.MAGIC_NUMBER,
            UNCHECKED_HASH,
            importlib.util.source_hash(source),
            marshal.dumps(code, MARSHAL_WITHOUT_REFERENCES),
        )
    )


def precompile(tree: Path) -> None:
    """Beside the sources, which tracebacks need and other versions of Python run."""
    for source in sorted(tree.rglob("*.py")):
        target = Path(importlib.util.cache_from_source(str(source), optimization=""))
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(pyc(source.read_bytes(), source.relative_to(tree).as_posix()))


if __name__ == "__main__":
    precompile(Path(sys.argv[1]))
