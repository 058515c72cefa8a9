"""Which files ship: what runs, what a scanner needs to know the versions, and all licences."""

import re
import shutil
from email import message_from_string
from pathlib import Path, PurePosixPath

from package import PackagingFailed

# The AWS services that are called, and the API version of each; sts is where botocore turns a web
# identity or a profile into credentials, when Lambda's own are not what the function gets.
SERVICES = {
    "cognito-idp": "2016-04-18",
    "dynamodb": "2012-08-10",
    "kms": "2014-11-01",
    "secretsmanager": "2017-10-17",
    "sesv2": "2019-09-27",
    "sqs": "2012-11-05",
    "sts": "2011-06-15",
}
_OF_A_SERVICE = ("endpoint-rule-set-1.json", "service-2.")
_OF_BOTOCORE = {
    "_retry.json",
    "endpoints.json",
    "partitions.json",
    "sdk-default-configuration.json",
}

_NEVER_RUN = {"tests", "test", "examples", "__pycache__"}
# They compile interfaces to C; all that `cryptography` runs of them is _cffi_backend.
_NEVER_IMPORTED = {"cffi", "pycparser"}
# Of Powertools the jobs use batches and idempotency, and what these import.
_POWERTOOLS = "aws_lambda_powertools"
_UNUSED_POWERTOOLS = {
    *("auth_alpha", "circuit_breaker", "data_masking", "event_handler", "feature_flags", "kafka"),
    *("parameters", "parser", "streaming", "validation"),
}
# What no answer needs and is imported when somebody touches it (holdings/cold_start.py): it is
# compiled then, and its machine code, which is quicker at long texts, is left out.
SELDOM = r"(click|idna|itsdangerous|jinja2)/|charset_normalizer/(?!(__init__|version)\.)"
_CODE = {".py", ".so"}
_DATA = {"certifi/cacert.pem"}  # botocore brings its own, for those without certifi

# Where wheels keep the texts: PEP 639 has a folder for them, older ones lie beside METADATA.
_LICENSES = "licenses"
_LICENSE_NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "AUTHORS")
# Of those whose wheel brings none: <name>.txt, from the source distribution.
MISSING_LICENSES = Path(__file__).with_name(_LICENSES)


def ships(path: PurePosixPath) -> bool:
    """Whether a file of site-packages, named from there, is shipped."""
    top, *below = path.parts
    if top.endswith(".dist-info"):
        return below == ["METADATA"] or is_license(path)
    if path.parts[:2] == ("botocore", "data"):
        return _is_called(path.parts[2:])
    if top == _POWERTOOLS and _UNUSED_POWERTOOLS & set(below[:2]):
        return False
    if path.suffix == ".so" and re.match(SELDOM, str(path)):
        return False
    if top == "bin" or top in _NEVER_IMPORTED or _NEVER_RUN & set(path.parts[:-1]):
        return False
    return path.suffix in _CODE or str(path) in _DATA


def is_license(path: PurePosixPath) -> bool:
    """Whether a file of a .dist-info is a licence or belongs to one."""
    _, first, *deeper = path.parts
    return first == _LICENSES if deeper else first.upper().startswith(_LICENSE_NAMES)


def _is_called(data: tuple[str, ...]) -> bool:
    if len(data) == 1:
        return data[0] in _OF_BOTOCORE
    service, *below, name = data
    return below == [SERVICES.get(service)] and name.startswith(_OF_A_SERVICE)


def headers(metadata: str) -> str:
    """A METADATA file without its description.

    importlib.metadata looks the version up in it, and so does Amazon Inspector.
    """
    return metadata.split("\n\n", 1)[0] + "\n"


def lay_out(tree: Path, *, checkout: Path, site_packages: Path) -> None:
    """Copy what ships into `tree`, as it will lie in the task root."""
    for path in sorted(site_packages.rglob("*")):
        name = path.relative_to(site_packages)
        if path.is_file() and ships(PurePosixPath(name)):
            _copy(path, tree / name)
    for path in tree.glob("*.dist-info/METADATA"):
        text = headers(path.read_bytes().decode())
        path.write_bytes(text.encode())
        _complete_licenses(path.parent, text)
    for path in own_files(checkout):
        _copy(path, tree / path.relative_to(checkout))


def own_files(checkout: Path) -> list[Path]:
    """What ships of this checkout: the app, and the API's own description, which it serves."""
    document = checkout / "docs" / "openapi.json"
    if not document.exists():
        raise PackagingFailed("docs/openapi.json is not here: run `make openapi`")
    code = [checkout / "app.py", *sorted((checkout / "holdings").rglob("*.py"))]
    return [checkout / "LICENSE", *code, document]


def _complete_licenses(distribution: Path, metadata: str) -> None:
    """Most licences ask for their text beside the code; not every wheel has it."""
    files = (path for path in distribution.rglob("*") if path.is_file())
    if any(is_license(PurePosixPath(path.relative_to(distribution.parent))) for path in files):
        return
    name = message_from_string(metadata)["Name"].lower()
    kept = MISSING_LICENSES / f"{name}.txt"
    if not kept.exists():
        raise PackagingFailed(
            f"the wheel of {name} has no licence text: copy it from the source distribution "
            f"to package/{_LICENSES}/{kept.name}"
        )
    _copy(kept, distribution / _LICENSES / "LICENSE")


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
