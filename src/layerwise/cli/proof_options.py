"""The options that say how a plan is proved."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import click

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a proof is asked for.

    Attributes:
        scenarios: Names of those to measure; empty for those that happen often.
        runs: How often each is built, at the most.
        budget: How long all builds together may take, ``1h30m``; None for no limit.
        strict: Drop every edit that makes a scenario slower than the plan says, also one that pays all the same.
        again: Try again what an earlier proof dropped.
    """

    scenarios: tuple[str, ...] = ()
    runs: int = 3
    budget: str | None = None
    strict: bool = False
    again: bool = False


def proof_options(function: Function) -> Function:
    """Add the options of a ``Demand``."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def demanded(options: dict[str, Any]) -> Demand:
    """Take the options of ``proof_options`` out of those of a command."""
    return Demand(**{name: options.pop(name) for name in Demand.__slots__})


_OPTIONS = (
    click.option(
        "--scenario",
        "scenarios",
        multiple=True,
        metavar="NAME",
        help="Measure this one; repeatable. [default: cold, unchanged, code, args and the dependencies]",
    ),
    click.option("--runs", type=click.IntRange(min=1), default=3, show_default=True, help="Builds of each scenario."),
    click.option("--budget", metavar="TIME", help="Stay within this time (1h, 20m): what does not fit is left out."),
    click.option("--strict", is_flag=True, help="Drop what makes a scenario slower though it saves more over all."),
    click.option("--again", is_flag=True, help="Try again what an earlier proof dropped."),
)
