"""The fenced Dockerfiles of a page: what the docs show is what the tests run."""

import re
from types import ModuleType

_SAMPLE = re.compile(r"^## (\w+)\n.*?^```dockerfile\n(.*?)^```", re.MULTILINE | re.DOTALL)


def samples(module: ModuleType) -> dict[str, str]:
    """Return the Dockerfile below each heading of a module's page."""
    return dict(_SAMPLE.findall(module.__doc__ or ""))


def ignored(module: ModuleType) -> str:
    """Return the ignore file that a page shows after the rewrite, "" where the pass writes none."""
    return "".join(re.findall(r"^```ignore\n(.*?)^```", module.__doc__ or "", re.MULTILINE | re.DOTALL))
