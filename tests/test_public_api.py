import subprocess
import sys

import pytest

import layerwise

HEAVY = ("click", "rich", "yaml", "hcl2", "tree_sitter", "sqlite3")


def loaded_by(code: str) -> set[str]:
    """Return what a fresh interpreter has loaded once it has run `code`."""
    script = f"{code}\nimport sys; sys.stdout.write(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_the_public_names_are_sorted():
    assert layerwise.__all__ == sorted(layerwise.__all__)


@pytest.mark.parametrize("name", layerwise.__all__)
def test_a_public_name_resolves_to_something_with_a_docstring(name):
    assert getattr(layerwise, name).__doc__


def test_every_name_that_resolves_is_public():
    assert sorted(layerwise._HOMES) == layerwise.__all__
    assert set(dir(layerwise)) == {*layerwise.__all__, "__version__"}


def test_a_star_import_gives_all_of_them():
    names: dict[str, object] = {}
    exec("from layerwise import *", names)
    assert set(layerwise.__all__) <= set(names)


def test_an_unknown_name_is_an_attribute_error_that_names_it():
    with pytest.raises(AttributeError, match="module 'layerwise' has no attribute 'optimise'"):
        _ = layerwise.optimise


def test_import_layerwise_alone_loads_no_other_module_of_ours_and_no_library():
    loaded = loaded_by("import layerwise")
    assert [name for name in loaded if name.startswith("layerwise.")] == []
    assert loaded.isdisjoint(HEAVY)


def test_the_tree_can_be_had_without_the_terminal_or_the_readers_of_ci_files():
    loaded = loaded_by("import layerwise; layerwise.parse('FROM scratch')")
    assert "layerwise.syntax.parser" in loaded
    assert loaded.isdisjoint({"click", "rich", "yaml", "hcl2"})


def test_the_library_can_be_used_without_the_command_line():
    loaded = loaded_by("import layerwise; layerwise.open_project; layerwise.optimize; layerwise.diagnose")
    assert "layerwise.plan" in loaded
    assert loaded.isdisjoint({"click", "rich", "layerwise.cli", "layerwise.report"})


def test_a_plan_can_be_made_from_a_directory(tmp_path):
    (tmp_path / "Dockerfile").write_text(
        "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
    )
    (tmp_path / "requirements.txt").write_text("flask==3.0.0\n")
    (tmp_path / "main.py").write_text("print()\n")
    project = layerwise.open_project(layerwise.Wanted(str(tmp_path), platforms=("linux/amd64",)))
    plan = layerwise.optimize(project.analysis, layerwise.Options(only=frozenset({"manifest-first"})))
    assert plan.changed
    assert "+COPY requirements.txt ./\n" in plan.diff()
    assert "copy-before-install" not in {name for name, _, _ in layerwise.diagnose(plan.after)}
