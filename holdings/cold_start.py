"""Starts in Lambda without what Lambda never uses.

Importing Flask imports a command line, a template engine, a development server and a test client
as well; requests and marshmallow bring such company too. It takes no part in any answer of this
API, and is a third of a cold start. So in Lambda a placeholder stands for each module of `LATER`.
Whatever is asked of a placeholder imports the module, just as it would have been at the start:
nothing is left out, it only comes when it is wanted. Elsewhere (`flask run`, tests) nothing of
this is active.

`make bench` measures what it is worth. Tests hold every answer of the archive to be the same with
it and without it, and every module of the table to load when it is touched.
"""

import builtins
import gc
import importlib
import os
import re
import sys
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.abc import Loader
else:
    Loader = object  # that module would itself be 2 % of a cold start

# Module -> the names that others take from it, by `from module import name`, while they are
# imported. Anything else that is asked of it, and any use of such a name, loads it.
LATER: dict[str, tuple[str, ...]] = {
    # Flask's command line and templates.
    "click": (),
    "flask.cli": ("AppGroup",),
    "flask.templating": (
        "DispatchingJinjaLoader",
        "Environment",
        "_default_template_ctx_processor",
        "render_template",
        "render_template_string",
        "stream_template",
        "stream_template_string",
    ),
    "jinja2": ("BaseLoader", "FileSystemLoader"),
    # What signs a session's cookie, and what guesses which address was meant.
    "itsdangerous": ("BadSignature", "URLSafeTimedSerializer"),
    "difflib": (),
    # werkzeug's development server, test client and form parser.
    "werkzeug.formparser": ("FormDataParser", "default_stream_factory"),
    "werkzeug.serving": ("is_running_from_reloader", "run_simple"),
    "werkzeug.test": ("Client",),
    # What guesses encodings and speaks HTTP/2 for requests; Coinbase's answers are JSON in UTF-8.
    "charset_normalizer.api": ("from_bytes", "from_fp", "from_path", "is_binary"),
    "charset_normalizer.legacy": ("detect",),
    "charset_normalizer.models": ("CharsetMatch", "CharsetMatches"),
    "charset_normalizer.utils": ("set_logging_handler",),
    "idna": (),
    # Where a bundle of roots would be, were it in one, and what shutil packs and unpacks.
    "zipfile": (),
    "bz2": (),
    "lzma": (),
    "importlib.metadata": ("version",),
    # What shows source lines in tracebacks, and what only type checkers need.
    "textwrap": (),
    "tokenize": (),
    "wsgiref.types": ("WSGIApplication",),
    # Names of months in a language, types of files, and what shows the map of routes.
    "locale": (),
    "mimetypes": ("guess_type",),
    "pkgutil": (),
    "pprint": ("pformat",),
}

# Patterns of dates in cookies, of most of Unicode and of IPv6 take longer than all else of these.
PATTERNS_LATER = (
    "http.cookiejar",
    "http.cookies",
    "marshmallow.validate",
    "urllib3.util.url",
    "werkzeug.urls",
)


@contextmanager
def quick_imports() -> Generator[None]:
    """Import what the app is made of inside of this, before any other import of it."""
    if os.environ.get("AWS_LAMBDA_FUNCTION_NAME"):
        defer()
    # Imports leave no garbage; looking for it among all that they make takes 7 % of a cold start.
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def defer() -> None:
    """From now on, have a placeholder for each module of `LATER` that is not loaded yet."""
    sys.meta_path.insert(0, _Finder())


class _Finder:
    """The import system asks it first; it is silent about a module that has to be loaded now."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package = sys.modules.get(name.rpartition(".")[0])
        if isinstance(package, _Placeholder):
            _load(package)  # a part of it needs the whole, which may bring that part
            if name in sys.modules:
                return ModuleSpec(name, _Present(sys.modules[name]))
        if name not in LATER and name not in PATTERNS_LATER:
            return None
        found = None if name in _wanted else PathFinder.find_spec(name, path, target)
        if found and found.loader:
            found.loader = _Loader() if name in LATER else _PatternsLater(found.loader)
        return found


class _Loader(Loader):
    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Leave it to the import system, with all that it sets."""

    def exec_module(self, module: ModuleType) -> None:
        module.__class__ = _Placeholder


class _Present(_Loader):
    """Loads a module that is there by the time that it has been found."""

    def __init__(self, module: ModuleType) -> None:
        self._module, self._spec = module, module.__spec__

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self._spec


class _Placeholder(ModuleType):
    """A module that nothing was asked of yet, but what the import system itself sets."""

    def __getattr__(self, name: str) -> Any:
        if name == "__path__":  # asked of every module; a package has it already
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self and name in LATER[self.__name__]:
            return _AppGroup(self, name) if name == "AppGroup" else _Name(self, name)
        return getattr(_load(self), name)

    def __dir__(self) -> list[str]:
        return dir(_load(self))


class _Name:
    """A name that was taken from a placeholder: to use it is to use the real one."""

    __slots__ = ("_placeholder", "name")

    def __init__(self, placeholder: _Placeholder, name: str) -> None:
        self._placeholder = placeholder
        self.name = name

    def is_of(self, placeholder: _Placeholder) -> bool:
        return self._placeholder is placeholder

    def real(self) -> Any:
        return getattr(_load(self._placeholder), self.name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.real()(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real(), name)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        return (self.real(),)

    def __instancecheck__(self, instance: object) -> bool:
        return isinstance(instance, self.real())

    def __subclasscheck__(self, subclass: type) -> bool:
        return issubclass(subclass, self.real())


class _AppGroup(_Name):
    """Every app and blueprint makes one of these, to name it and look at its commands: none."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return super().__call__(*args, **kwargs) if args or kwargs else _NoCommands(self)


class _NoCommands:
    """A group of commands that becomes a real one when more is asked of it."""

    def __init__(self, app_group: _AppGroup) -> None:
        self._app_group = app_group
        self.name: str | None = None
        self.commands: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        real = self._app_group.real()
        given = {"name": self.name, "commands": self.commands}
        self.__class__ = real
        real.__init__(self, **given)
        return getattr(self, name)


_wanted: set[str] = set()
_stepping_aside = threading.Lock()


def _load(placeholder: _Placeholder) -> ModuleType:
    """Import what `placeholder` stands for; the import system's locks make it happen once."""
    name = placeholder.__name__
    with _stepping_aside:
        first = sys.modules.get(name) is placeholder
        if first:
            _wanted.add(name)
            del sys.modules[name]
    module = importlib.import_module(name)
    if first and LATER[name]:
        _replace_names(placeholder, module)
    return module


def _replace_names(placeholder: _Placeholder, module: ModuleType) -> None:
    """Give those who took names of it the real ones: `except` takes nothing else."""
    for importer in list(sys.modules.values()):
        for name, value in list(vars(importer).items()):
            if issubclass(type(value), _Name) and value.is_of(placeholder):
                vars(importer)[name] = getattr(module, value.name)


class _PatternsLater(_Loader):
    """Runs a module whose `re.compile` waits until the pattern is used."""

    def __init__(self, loader: Any) -> None:
        self._loader = loader

    def exec_module(self, module: ModuleType) -> None:
        patient = ModuleType("re")
        vars(patient).update(vars(re), compile=_Pattern)

        def import_(name: str, *rest: Any) -> ModuleType:
            return patient if name == "re" else builtins.__import__(name, *rest)

        vars(module)["__builtins__"] = vars(builtins) | {"__import__": import_}
        self._loader.exec_module(module)


class _Pattern:
    """A pattern that is compiled when something is asked of it."""

    def __init__(self, *given: Any) -> None:
        self._given = given
        self.compiled: re.Pattern[Any] | None = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # abc looks at what is in a class, whether it is abstract
            raise AttributeError(name)
        self.compiled = self.compiled or re.compile(*self._given)
        return getattr(self.compiled, name)
