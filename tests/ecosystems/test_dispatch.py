import pkgutil

import layerwise.ecosystems
from layerwise.ecosystems.dispatch import ECOSYSTEMS


def test_every_ecosystem_is_listed():
    found = set()
    for module in pkgutil.iter_modules(layerwise.ecosystems.__path__, "layerwise.ecosystems."):
        loaded = __import__(module.name, fromlist=["NAMES"])
        if hasattr(loaded, "NAMES") and hasattr(loaded, "effects"):
            found.add(module.name)
    assert found == {ecosystem.__name__ for ecosystem in ECOSYSTEMS}


def test_a_command_belongs_to_one_ecosystem():
    names = [name for ecosystem in ECOSYSTEMS for name in ecosystem.NAMES]
    assert len(names) == len(set(names))
