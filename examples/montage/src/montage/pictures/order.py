"""The order in which pictures appear."""

import random
from collections.abc import Callable

from montage.errors import MontageError
from montage.pictures.library import Picture

Order = Callable[[list[Picture]], list[Picture]]


def by_date(pictures: list[Picture]) -> list[Picture]:
    """Oldest first; equal dates by name."""
    return sorted(pictures, key=lambda picture: (picture.taken, picture.path.name))


def by_name(pictures: list[Picture]) -> list[Picture]:
    """By file name."""
    return sorted(pictures, key=lambda picture: picture.path.name)


def shuffled(pictures: list[Picture]) -> list[Picture]:
    """Mixed, but the same way each time for the same pictures."""
    mixed = by_name(pictures)
    random.Random(len(mixed)).shuffle(mixed)
    return mixed


def alternating(pictures: list[Picture]) -> list[Picture]:
    """Wide and upright pictures in turn while both last."""
    dated = by_date(pictures)
    wide = [picture for picture in dated if not picture.upright]
    upright = [picture for picture in dated if picture.upright]
    pairs = [picture for pair in zip(wide, upright, strict=False) for picture in pair]
    rest = wide[len(upright) :] or upright[len(wide) :]
    return pairs + rest


ORDERS: dict[str, Order] = {
    "date": by_date,
    "name": by_name,
    "shuffle": shuffled,
    "alternate": alternating,
}


def ordered(pictures: list[Picture], name: str) -> list[Picture]:
    """Apply an order by its name."""
    if name not in ORDERS:
        raise MontageError(f"no order {name!r}; there are {', '.join(ORDERS)}")
    return ORDERS[name](pictures)
