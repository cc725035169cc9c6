import ast
import pathlib
import pkgutil
import subprocess
import sys
import tomllib

import layerwise
from layerwise.cli.main import COMMANDS

ROOT = pathlib.Path(__file__).parent.parent
CONTRACT = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]


def test_no_module_imports_against_the_order():
    program = pathlib.Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_has_its_place_in_the_order():
    placed = {name.strip() for layer in CONTRACT["layers"] for name in layer.split("|")}
    assert placed == {module.name for module in pkgutil.iter_modules(layerwise.__path__)}


def test_only_the_named_places_run_programs():
    users = {
        str(path.relative_to(ROOT / "src/layerwise"))
        for path in (ROOT / "src").rglob("*.py")
        if "subprocess" in path.read_text()
    }
    assert users == {
        "builder/buildx.py",
        "builder/checkout.py",
        "model/commits.py",
        "oci/credentials.py",
        "prove/bench/scenario_edit.py",  # a scenario's own command, which the user wrote
        "rewrite.py",
    }


def test_below_the_command_line_nothing_prints_or_exits():
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}"
        for path in (ROOT / "src/layerwise").rglob("*.py")
        if path.parent.name != "cli"
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and ast.unparse(call.func) in {"print", "input", "exit", "sys.exit", "os._exit"}
    ]
    assert found == []


def loaded_by(*arguments: str) -> set[str]:
    """Return what a fresh interpreter has loaded once the command line has run with these arguments."""
    script = (
        "import sys\nfrom layerwise.cli.main import run\n"
        f"code = run({list(arguments)!r})\n"
        "sys.stdout.write('\\nloaded ' + ' '.join(sys.modules))\nsys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.rpartition("\nloaded ")[2].split())


def test_version_loads_no_command_and_no_library_but_click():
    loaded = loaded_by("--version")
    assert loaded.isdisjoint({"rich", "yaml", "hcl2", "tree_sitter", "tree_sitter_bash", "asyncio", "json"})
    ours = {name for name in loaded if name.startswith("layerwise.")}
    assert ours == {"layerwise.cli", "layerwise.cli.main", "layerwise.errors"}


def test_a_command_loads_no_other_command():
    loaded = loaded_by("explain")
    assert "layerwise.cli.explain" in loaded
    assert loaded.isdisjoint({f"layerwise.cli.{name}" for name in COMMANDS} - {"layerwise.cli.explain"})
