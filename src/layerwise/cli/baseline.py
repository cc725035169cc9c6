"""The options for findings that stand and are accepted."""

import pathlib
from collections.abc import Callable
from typing import Any, TypeVar

import click

from layerwise.config import Config
from layerwise.errors import UsageError
from layerwise.report.baseline import read_baseline

Function = TypeVar("Function", bound=Callable[..., Any])


def baseline_option(function: Function) -> Function:
    """Add ``--baseline``."""
    return click.option(
        "--baseline", metavar="FILE", help="Accept the findings of this file. [default: as layerwise.toml says]"
    )(function)


def accepted(named: str | None, config: Config) -> frozenset[str]:
    """Return the fingerprints of the accepted findings: of the file that the command line or layerwise.toml names.

    Raises:
        UsageError: There is no such file, or it is no baseline.
    """
    path = named or config.baseline
    if path is None:
        return frozenset()
    try:
        text = pathlib.Path(path).read_text("utf-8")
    except FileNotFoundError as error:
        by = "" if named else f" ({config.source} names it)"
        raise UsageError(
            f"{path}: no such baseline{by}; `layerwise analyze --write-baseline {path}` writes one"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no baseline: not in UTF-8") from error
    return read_baseline(text, path)
