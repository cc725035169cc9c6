import pytest
from tests.ecosystems.project import run, touches


@pytest.mark.parametrize(
    "command",
    [
        "python setup.py build",
        "python",
        "python -m build",
        "node x.js",
        "make",
        "go test ./...",
        "cargo test",
        "yarn build",
        "npx tsc",
        "python -c 'import x'",
        "python -m flask run",
        "npm run build",
    ],
)
def test_code_of_the_project_is_opaque(command):
    assert run(command).opaque


@pytest.mark.parametrize(
    "command",
    [
        "python --version",
        "python3 -V",
        "node --version",
        "ldconfig",
        "update-ca-certificates",
        "locale-gen en_US.UTF-8",
        "update-alternatives --install /usr/bin/python python /usr/bin/python3 1",
    ],
)
def test_system_programs_are_known(command):
    effects = run(command)
    assert effects.opaque is None
    assert not touches(effects, "/app")
    assert not effects.environment.reads("GIT_COMMIT")


@pytest.mark.parametrize(
    "command", ["python -m venv /opt/env", "python3.11 -m venv --prompt x /opt/env", "virtualenv /opt/env"]
)
def test_a_virtual_environment_is_made(command):
    effects = run(command)
    assert effects.opaque is None
    assert touches(effects, "/opt/env")
    assert [work.kind for work in effects.work] == ["python.venv"]


def test_compiling_writes_beside_the_source():
    assert touches(run("python -m compileall /app"), "/app/x")
    assert not touches(run("python -m compileall -q /opt/env"), "/app")
