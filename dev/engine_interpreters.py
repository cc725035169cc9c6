"""CPython and Node.js as this machine has them, where they can be copied into an image as they are."""

import os
import shutil
import subprocess
from pathlib import Path


def cpython_tree(version: str) -> Path | None:
    """The prefix of a whole CPython of that version ("3.12"); None where only the system's own is there."""
    home = Path.home()
    pyenv = Path(os.environ.get("PYENV_ROOT", home / ".pyenv"))
    installed = [
        *sorted(pyenv.glob(f"versions/{version}.*"), reverse=True),
        *sorted(home.glob(f".local/share/uv/python/cpython-{version}.*"), reverse=True),
        Path("/usr/local"),
    ]
    whole = (tree for tree in installed if (tree / f"lib/python{version}/os.py").exists())
    return next((tree for tree in whole if (tree / f"bin/python{version}").exists()), None)


def node_program() -> Path | None:
    """The node program, if it needs no library of its own (Debian's needs libnode)."""
    found = shutil.which("node")
    if found is None:
        return None
    libraries = subprocess.run(["ldd", found], check=False, capture_output=True, text=True).stdout
    return None if "libnode" in libraries else Path(found).resolve()


def npm_tree() -> Path | None:
    """The directory of the npm package, if npm is a package of its own (Debian's is spread over many)."""
    found = shutil.which("npm")
    tree = Path(found).resolve().parent.parent if found else None
    return tree if tree and (tree / "node_modules").is_dir() else None
