"""The names of rules, passes and the like: each is a module, and its file gives the name.

``copy_before_install.py`` is ``copy-before-install`` on the command line, in an ignore comment and in SARIF, and its
docstring is the page that the site and ``layerwise explain`` show.
"""

import inspect
from collections.abc import Mapping
from types import ModuleType
from typing import TypeVar, cast

Member = TypeVar("Member")
"""A module, or the Protocol that types it."""


def by_name(*modules: Member) -> Mapping[str, Member]:
    """Return the modules by their names, in the order given."""
    names = tuple(name_of(module) for module in modules)
    assert len(set(names)) == len(names), f"two modules of one name: {', '.join(sorted(names))}"
    return dict(zip(names, modules, strict=True))


def name_of(module: object) -> str:
    """Return the name of a module's subject: ``passes.late_args`` -> ``late-args``."""
    return cast(ModuleType, module).__name__.rpartition(".")[2].replace("_", "-")


def page(module: object) -> str:
    """Return a module's page: its docstring, as Markdown."""
    text = cast(ModuleType, module).__doc__
    assert text, f"{name_of(module)} has no page"
    return inspect.cleandoc(text)


def summary(module: object) -> str:
    """Return the first sentence of a module's page."""
    return page(module).partition("\n")[0]
