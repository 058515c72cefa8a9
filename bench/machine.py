"""What the numbers were measured on. No name of the machine, no path on it."""

import os
import platform
import subprocess
from pathlib import Path

_BYTES_A_GIB = 1024**3


def describe(python: Path) -> dict[str, str]:
    """Linux only, as is the measure of memory."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    asked = [str(python), "-I", "-S", "-c", "import ssl, sys; print(sys.version.split()[0]);"]
    asked[-1] += " print(ssl.OPENSSL_VERSION)"
    told = subprocess.run(asked, capture_output=True, text=True, check=True)  # noqa: S603 - ours
    version, openssl = told.stdout.splitlines()
    return {
        "processor": f"{_processor()}, {platform.machine()}",
        "cores": str(os.cpu_count()),
        "memory": f"{pages / _BYTES_A_GIB:.0f} GiB",
        "system": f"{platform.freedesktop_os_release()['PRETTY_NAME']}, "
        f"Linux {platform.release().split('-')[0]}",
        "python": f"CPython {version}, {openssl}",
    }


def load() -> str:
    """How many processes wanted a core in the last minute, this run's among them."""
    return f"{os.getloadavg()[0]:.1f}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or "unknown"
