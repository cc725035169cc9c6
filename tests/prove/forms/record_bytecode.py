"""Writes bytecode.json: the same source as several Pythons compile it, each in two ways of writing it.

python -m tests.prove.forms.record_bytecode PYTHON...
"""

import json
import subprocess
import sys
from pathlib import Path

RECORDED = Path(__file__).with_name("bytecode.json")
SOURCE = '''
"""A module."""
import os
LARGE, SMALL, RATIO, ROOT = 1 << 80, -7, 1.5, 2j
class Shop:
    """A class."""
    name = "shop"
    def open(self, day, *days, early=False, **rest):
        if day in {"saturday", "sunday", "monday", "caf\\u00e9"}:
            return [one for one in days if one is not ...]
        try:
            return lambda: (self.name, b"bytes", "a longer text that is not interned", day, early, rest)
        except OSError as error:
            raise ValueError(("nested", ("tuple", 1, None, True))) from error
'''
PROGRAM = """
import importlib.util, marshal, sys
code = compile(sys.argv[1], "shop.py", "exec", dont_inherit=True)
print("%d.%d" % sys.version_info[:2], importlib.util.MAGIC_NUMBER.hex(), marshal.dumps(code, int(sys.argv[2])).hex())
"""


def record(python: str) -> tuple[str, dict[str, str]]:
    """The bytecode of one interpreter: marshal's newest format and its second, which has no references."""
    found = [
        subprocess.run(
            [python, "-I", "-c", PROGRAM, SOURCE, version], capture_output=True, text=True, check=True
        ).stdout.split()
        for version in ("4", "2")
    ]
    (name, magic, first), (_, _, second) = found
    return name, {"magic": magic, "first": first, "second": second}


if __name__ == "__main__":
    RECORDED.write_text(json.dumps(dict(sorted(map(record, sys.argv[1:]))), indent=1) + "\n")
