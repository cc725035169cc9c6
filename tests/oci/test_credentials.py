import base64
import json

import pytest

from layerwise.errors import RegistryError
from layerwise.oci.credentials import Login, find_login

HUB = "https://index.docker.io/v1/"


def kept(user, password):
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture
def login(docker_config, environment):
    def found(host, **config):
        docker_config.write_text(json.dumps(config))
        return find_login(host, environment)

    return found


@pytest.fixture
def helper(tmp_path, environment):
    """Puts a credential helper on the PATH that runs a line of shell."""

    def made(name, line):
        path = tmp_path / f"bin/docker-credential-{name}"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)
        environment["PATH"] = f"{path.parent}:/usr/bin:/bin"

    return made


def test_a_login_is_kept_by_host(login):
    auths = {"ghcr.io": kept("me", "p:w"), "localhost:5000": kept("you", "x")}
    assert login("ghcr.io", auths=auths) == Login("me", "p:w")
    assert login("localhost:5000", auths=auths) == Login("you", "x")
    assert login("localhost", auths=auths) is None


@pytest.mark.parametrize("key", [HUB, "docker.io", "index.docker.io", "registry-1.docker.io"])
def test_docker_hub_has_several_names(login, key):
    assert login("docker.io", auths={key: kept("me", "pw")}) == Login("me", "pw")


@pytest.mark.parametrize("key", ["https://ghcr.io", "http://ghcr.io/v2/", "ghcr.io/"])
def test_a_key_may_be_a_url(login, key):
    assert login("ghcr.io", auths={key: kept("me", "pw")}) == Login("me", "pw")


def test_an_identity_token_is_a_login(login):
    found = login("ghcr.io", auths={"ghcr.io": {**kept("<token>", ""), "identitytoken": "t"}})
    assert found is not None
    assert (found.password, found.identity_token) == ("", "t")


def test_user_and_password_may_stand_apart(login):
    assert login("ghcr.io", auths={"ghcr.io": {"username": "me", "password": "pw"}}) == Login("me", "pw")


@pytest.mark.parametrize("entry", [{}, {"auth": None}, {"auth": "!"}, {"auth": "bWU="}, {"auth": "/w=="}])
def test_an_entry_without_a_login_is_none(login, entry):
    assert login("ghcr.io", auths={"ghcr.io": entry}) is None


def test_without_a_config_there_is_no_login(environment):
    assert find_login("ghcr.io", environment) is None


def test_the_home_directory_is_looked_at_without_docker_config(tmp_path):
    (tmp_path / ".docker").mkdir()
    (tmp_path / ".docker/config.json").write_text(json.dumps({"auths": {"ghcr.io": kept("me", "pw")}}))
    assert find_login("ghcr.io", {"HOME": str(tmp_path)}) == Login("me", "pw")


@pytest.mark.parametrize("content", [b"", b"{", b'{"auths": []}', b"\xff"])
def test_a_broken_config_is_named(docker_config, environment, content):
    docker_config.write_bytes(content)
    with pytest.raises(RegistryError, match="is broken") as caught:
        find_login("ghcr.io", environment)
    assert str(docker_config) in str(caught.value)


def test_a_helper_is_asked_for_its_host_and_the_store_for_all_others(login, helper):
    helper("one", """read -r server; printf '{"Username":"one","Secret":"%s"}' "$server" """)
    helper("all", """read -r server; printf '{"Username":"all","Secret":"%s"}' "$server" """)
    config = {"credHelpers": {"ghcr.io": "one"}, "credsStore": "all"}
    assert login("ghcr.io", **config) == Login("one", "ghcr.io")
    assert login("docker.io", **config) == Login("all", HUB)


def test_a_helper_may_keep_an_identity_token(login, helper):
    helper("one", """echo '{"Username":"<token>","Secret":"t"}'""")
    assert login("ghcr.io", credsStore="one") == Login(identity_token="t")


def test_a_helper_that_knows_nothing_leaves_it_to_the_file(login, helper):
    helper("one", "echo credentials not found in native keychain; exit 1")
    assert login("ghcr.io", credsStore="one", auths={"ghcr.io": kept("me", "pw")}) == Login("me", "pw")
    assert login("ghcr.io", credsStore="one") is None


@pytest.mark.parametrize(
    ("line", "said"), [("echo locked >&2; exit 1", "which fails: locked"), ("echo no", "says no JSON")]
)
def test_a_helper_that_fails_is_named(login, helper, line, said):
    helper("one", line)
    with pytest.raises(RegistryError, match="docker-credential-one") as caught:
        login("ghcr.io", credsStore="one")
    assert said in str(caught.value)


def test_a_helper_that_is_not_there_is_named(login, environment):
    environment["PATH"] = "/nowhere"
    with pytest.raises(RegistryError, match="docker-credential-desktop, which does not run"):
        login("ghcr.io", credsStore="desktop")


def test_secrets_are_in_no_representation():
    assert "pw" not in repr(Login("me", "pw", "pw"))
