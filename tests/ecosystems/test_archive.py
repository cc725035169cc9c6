import pytest
from tests.ecosystems.project import read, run, written


@pytest.mark.parametrize(
    ("command", "reads", "writes"),
    [
        ("tar xzf a.tgz", {"/app/a.tgz"}, {"/app/**"}),
        ("tar -xzf a.tgz -C /opt --strip-components=1", {"/app/a.tgz"}, {"/opt/**"}),
        ("tar -xf a.tgz --directory=/opt x/y", {"/app/a.tgz"}, {"/opt/**"}),
        ("tar xzfC a.tgz /opt", {"/app/a.tgz"}, {"/opt/**"}),
        ("tar xz -C /opt", set(), {"/opt/**"}),
        ("tar -xzP -f a.tgz", {"/app/a.tgz"}, {"/**"}),
        ("tar tf a.tgz", {"/app/a.tgz"}, set()),
        ("tar czf /x.tgz a b", {"/app/a/**", "/app/b/**", "/app/**"}, {"/x.tgz"}),
        ("tar c -C /y . ", {"/y/**", "/app/**"}, set()),
        ("unzip -q a.zip -d /opt", {"/app/a.zip"}, {"/opt/**"}),
        ("unzip a.zip", {"/app/a.zip"}, {"/app/**"}),
        ("zip -r /x.zip a", {"/app/a/**"}, {"/x.zip/**"}),
        ("gunzip /d/a.gz", {"/d/a.gz/**"}, {"/d/**"}),
        ("gzip -c a", {"/app/a/**"}, set()),
        ("zcat a.gz", {"/app/a.gz/**"}, set()),
        ("7z x a.7z -o/opt", {"/app/a.7z"}, {"/opt/**"}),
    ],
)
def test_archives_are_read_and_unpacked(command, reads, writes):
    effects = run(command)
    assert effects.opaque is None
    assert read(effects) == reads | writes
    assert written(effects) == writes


def test_a_command_run_by_tar_is_opaque():
    assert run("tar xf a --to-command=./x").opaque
    assert run("tar cf a b --checkpoint-action=exec=./x").opaque


@pytest.mark.parametrize(
    ("name", "reads"), [("TAR_OPTIONS", True), ("XZ_OPT", True), ("GIT_COMMIT", False), ("http_proxy", False)]
)
def test_the_variables_are_a_closed_list(name, reads):
    assert run("tar xf a").environment.reads(name) is reads
