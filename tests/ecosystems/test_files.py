import pytest
from tests.ecosystems.project import read, run, written


@pytest.mark.parametrize(
    ("command", "reads", "writes"),
    [
        ("mkdir a /b", set(), {"/app/a/**", "/b/**"}),
        ("mkdir -p /a/b/c", set(), {"/a/b/c/**", "/a/b", "/a"}),
        ("mkdir -m 755 /a", set(), {"/a/**"}),
        ("rm -rf /var/lib/apt/lists/*", set(), {"/var/lib/apt/lists/**"}),
        ("rm -f /a.txt b", set(), {"/a.txt/**", "/app/b/**"}),
        ("rm -- -x", set(), {"/app/-x/**"}),
        ("cp a b /c/", {"/app/a/**", "/app/b/**"}, {"/c/**"}),
        ("cp -r /src/. .", {"/src/**"}, {"/app/**"}),
        ("cp -t /c a", {"/app/a/**"}, {"/c/**"}),
        ("mv a /b", set(), {"/app/a/**", "/b/**"}),
        ("ln -s /opt/x/bin/x /usr/local/bin/x", set(), {"/usr/local/bin/x/**"}),
        ("ln -s /opt/x/tool", {"/opt/x/tool"}, {"/app/tool/**"}),
        ("ln /a /b", {"/a/**"}, {"/b/**"}),
        ("chmod +x a", set(), {"/app/a"}),
        ("chmod -R 755 /a", set(), {"/a/**"}),
        ("chmod --reference=/r /a", {"/r"}, {"/a"}),
        ("chown -R app:app /app /data", set(), {"/app/**", "/data/**"}),
        ("chown app: a", set(), {"/app/a"}),
        ("chgrp x a", set(), {"/app/a"}),
        ("touch -r /r a", {"/r"}, {"/app/a"}),
        ("install -m 755 a /usr/local/bin/a", {"/app/a/**"}, {"/usr/local/bin/a/**"}),
        ("install -d -o app /data", set(), {"/data/**"}),
        ("dd if=/dev/zero of=/x bs=1M", {"/dev/zero"}, {"/x"}),
        ("dd if=$X of=/x", set(), {"/**"}),
        ("rsync -a /a/ /b/", {"/a/**"}, {"/b/**"}),
        ("mktemp -d /x/XXXX", set(), {"/tmp/**", "/x/**"}),
        ("truncate -s 0 /log", set(), {"/log"}),
    ],
)
def test_paths_of_file_commands(command, reads, writes):
    effects = run(command)
    assert effects.opaque is None
    assert written(effects) == writes
    # what is written is looked at too, and the user databases are part of the system
    assert read(effects) == reads | writes


def test_copies_read_no_variable_of_the_projects():
    assert not run("cp -r a b && chown -R x b").environment.reads("GIT_COMMIT")


def test_another_machine_is_fetched_from():
    assert run("rsync -a host:/a /b").fetches
    assert not run("rsync -a /a /b").fetches


def test_unknown_places_are_everywhere():
    assert written(run("rm -rf $DIRECTORY")) == {"/**"}
    assert written(run("rm -rf $DIRECTORY", DIRECTORY="/x")) == {"/x/**"}
    assert written(run("rm -rf x", cwd=None)) == {"/**"}
    assert written(run("rm -rf ~/x", home=None)) == {"/**"}
    assert written(run("rm -rf ../../x")) == {"/x/**"}
