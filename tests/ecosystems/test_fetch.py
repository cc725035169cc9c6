import pytest
from tests.ecosystems.project import read, run, written

from layerwise.ecosystems.effects import Openness


@pytest.mark.parametrize(
    ("command", "writes"),
    [
        ("curl -fsSL https://x/a.tgz", set()),
        ("curl -fsSL -o /usr/local/bin/x https://x/a", {"/usr/local/bin/x/**"}),
        ("curl -sSLo a https://x/a", {"/app/a/**"}),
        ("curl --output=a https://x/b", {"/app/a/**"}),
        ("curl -O https://x/dir/a.tgz?x=1", {"/app/a.tgz", "/app/a.tgz?x=1"}),
        ("curl -O $URL", {"/app/**"}),
        ("curl -OJ https://x/a", {"/app/**"}),
        ("curl -O --output-dir /d https://x/a", {"/d/a"}),
        ("curl -o- https://x | tar xz -C /opt", {"/opt/**"}),
        ("wget https://x/a.tgz", {"/app/a.tgz"}),
        ("wget -q -O /x https://x/a", {"/x/**"}),
        ("wget -qO- https://x", set()),
        ("wget -P /d https://x/a https://x/b", {"/d/a", "/d/b"}),
        ("wget -i list", {"/app/**"}),
        ("git clone --depth 1 -b v1 https://x/y.git", {"/app/y/**"}),
        ("git clone https://x/y /z", {"/z/**"}),
        ("git config --global user.name x", {"/root/.gitconfig/**", "/root/.config/git/**"}),
    ],
)
def test_downloads_are_saved_where_options_say(command, writes):
    effects = run(command)
    assert effects.opaque is None
    assert written(effects) - {"/root/.wget-hsts/**"} == writes


@pytest.mark.parametrize("command", ["curl https://x", "wget https://x/a", "git clone https://x/y"])
def test_a_download_fetches_and_may_differ(command):
    effects = run(command)
    assert effects.fetches
    assert not effects.deterministic
    assert effects.environment.openness is Openness.CLOSED
    assert effects.environment.reads("https_proxy")
    assert effects.environment.reads("NO_PROXY")
    assert not effects.environment.reads("GIT_COMMIT")
    assert [work.kind for work in effects.work] == ["download"]


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("curl -T a https://x", "/app/a/**"),
        ("curl -d @body https://x", "/app/body/**"),
        ("curl --cacert ca.pem https://x", "/app/ca.pem/**"),
        ("curl file:///app/x", "/app/x/**"),
        ("curl https://x", "/root/.curlrc/**"),
        ("wget --post-file=body https://x", "/app/body/**"),
        ("git clone /repo z", "/repo/**"),
    ],
)
def test_uploads_and_settings_are_read(command, path):
    assert path in read(run(command))


def test_options_from_a_file_are_opaque():
    assert run("curl -K options").opaque


@pytest.mark.parametrize(
    "command",
    [
        "git describe --tags",
        "git log -1 --format=%h",
        "git rev-parse HEAD",
        "git -C /app describe",
        "VERSION=$(git describe) && echo $VERSION",
    ],
)
def test_asking_the_repository_needs_the_source(command):
    effects = run(command)
    assert effects.opaque is None
    assert effects.needs_source[0].startswith("reads the repository's .git: git")
    assert {"/app/**", "/.git/**"} <= read(effects)


def test_a_checkout_changes_its_work_tree():
    effects = run("git clone https://x/y /z && cd /z && git checkout v1 && git submodule update --init")
    assert effects.opaque is None
    assert written(effects) == {"/z/**", "/.git/**"}


def test_git_reads_its_own_variables_only():
    effects = run("git clone https://x/y")
    assert effects.environment.reads("GIT_SSH_COMMAND")
    assert effects.environment.reads("GIT_DIR")
    assert not effects.environment.reads("GIT_COMMIT")


def test_keys_are_kept_where_gpg_keeps_them():
    assert written(run("curl -fsSL https://x | gpg --dearmor -o /etc/apt/keyrings/x.gpg")) == {
        "/etc/apt/keyrings/x.gpg/**",
        "/root/.gnupg/**",
    }
