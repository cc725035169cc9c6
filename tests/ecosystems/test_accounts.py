import pytest
from tests.ecosystems.project import run, touches


@pytest.mark.parametrize(
    ("command", "home"),
    [
        ("useradd -m -u 1000 -s /bin/bash app", "/home/app"),
        ("useradd --create-home --uid=1000 app", "/home/app"),
        ("useradd -d /srv/app app", "/srv/app"),
        ("useradd -r -M -g app app", "/home/app"),
        ("adduser --disabled-password --gecos '' app", "/home/app"),
        ("adduser --home /data --system app", "/data"),
        ("groupadd -g 1000 app && useradd -g app -G sudo,audio app", "/home/app"),
        ("useradd $NAME", "/home/anyone"),
        ("usermod -d /new -m app", "/new"),
        ("usermod -aG docker app", "/home/app"),
    ],
)
def test_a_user_has_entries_and_a_home(command, home):
    effects = run(command)
    assert effects.opaque is None
    assert touches(effects, "/etc/passwd")
    assert touches(effects, home)
    assert not touches(effects, "/app")


@pytest.mark.parametrize("command", ["groupadd app", "addgroup --system app", "echo a:b | chpasswd"])
def test_a_group_has_no_home(command):
    effects = run(command)
    assert touches(effects, "/etc/group")
    assert not touches(effects, "/home")


def test_no_variable_of_the_project_is_read():
    assert not run("useradd -m app").environment.reads("GIT_COMMIT")


def test_another_root_is_everywhere():
    assert touches(run("useradd --root /x app"), "/anything")
