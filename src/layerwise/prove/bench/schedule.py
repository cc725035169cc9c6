"""Which builds of a bench fit into its time, and in which order they are made."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple


class Round(NamedTuple):
    """All sides of one scenario, built one after the other.

    Attributes:
        number: Counts the rounds of the scenario from 1.
        platform: What is built for.
        scenario: Its name.
    """

    number: int
    platform: str
    scenario: str


def rounds(scenarios: Sequence[str], platforms: Sequence[str], runs: Callable[[str], int]) -> tuple[Round, ...]:
    """Return all rounds in the order in which they are made: each scenario once, before the first is made again.

    Args:
        scenarios: Their names; ``cold`` first.
        platforms: What is built for.
        runs: How often a scenario is to be built.
    """
    most = max(map(runs, scenarios), default=0)
    return tuple(
        Round(number, platform, scenario)
        for number in range(1, most + 1)
        for platform in platforms
        for scenario in scenarios
        if number <= runs(scenario)
    )


def fitting(todo: Sequence[Round], cost_s: Callable[[Round], float], left_s: float) -> tuple[Round, ...]:
    """Return the rounds to make in the time that is left, in their order.

    A first figure of a scenario is worth more than a second one, and that more than a third. So those are taken that
    give most for their seconds, and no round before the one that precedes it in its scenario.

    Args:
        todo: The rounds that are not made.
        cost_s: The seconds that one is expected to take.
        left_s: The seconds that are left.
    """
    taken: set[Round] = set()
    for each in sorted(todo, key=lambda one: (cost_s(one) * one.number, todo.index(one))):
        if cost_s(each) <= left_s and _may_come(each, todo, taken):
            taken.add(each)
            left_s -= cost_s(each)
    return tuple(each for each in todo if each in taken)


def _may_come(each: Round, todo: Iterable[Round], taken: set[Round]) -> bool:
    before = each._replace(number=each.number - 1)
    return before in taken or before not in todo


def left_out(todo: Iterable[Round], taken: Iterable[Round]) -> tuple[str, ...]:
    """Return what is not built for want of time, a clause for each scenario and platform."""
    missing = [each for each in todo if each not in set(taken)]
    first: dict[tuple[str, str], int] = {}
    for each in missing:
        first.setdefault((each.scenario, each.platform), each.number)
    return tuple(
        f"{scenario} on {platform}" if number == 1 else f"{scenario} on {platform} from round {number} on"
        for (scenario, platform), number in first.items()
    )
