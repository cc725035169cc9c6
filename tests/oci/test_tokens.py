import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.oci.layouts import File, image
from tests.oci.server import Answer

from layerwise.errors import RegistryError
from layerwise.oci.reference import parse_reference
from layerwise.oci.tokens import Challenge, challenges_of

MADE = image([File("a", b"1")], [File("b", b"2")])
BASIC = f"Basic {base64.b64encode(b'me:pw').decode()}"
DENIED = b'{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}'


@pytest.fixture
def reference(server):
    server.keep("shop", MADE)
    return parse_reference(f"{server.host}/shop")


@pytest.fixture
def log_in(server, docker_config):
    def log_in(entry=None, host=""):
        entry = entry or {"auth": base64.b64encode(b"me:pw").decode()}
        docker_config.write_text(json.dumps({"auths": {host or server.host: entry}}))

    return log_in


def demand(server, login, challenge):
    """Let only those in who send this login."""

    def checked(route):
        def answer(request):
            return route if request.login == login else Answer(401, DENIED, {"WWW-Authenticate": challenge})

        return answer

    server.routes = {name: [checked(route) for route in routes] for name, routes in server.routes.items()}


def bearer(server, **parameters):
    said = {"realm": f"{server.url}/token", "service": "reg", "scope": "repository:shop:pull"} | parameters
    return "Bearer " + ",".join(f'{name}="{value}"' for name, value in said.items() if value)


def failure(client, reference):
    with pytest.raises(RegistryError) as caught:
        client().images(reference, "shop")
    message = str(caught.value)
    assert "\n" not in message
    assert "pw" not in message
    return message


def read(client, reference):
    (found,) = client().images(reference, "shop")
    return [blob.open().read() for blob in found.layers]


# ---- bearer ----------------------------------------------------------------------------------------------------------


def test_a_token_is_asked_for_once_and_kept(server, client, reference):
    demand(server, "Bearer t", bearer(server))
    server.on("GET /token", Answer(body=b'{"token":"t"}'))
    assert read(client, reference) == list(MADE.layers)
    (asked,) = server.asked("GET /token")
    assert parse_qs(urlsplit(asked.path).query) == {"service": ["reg"], "scope": ["repository:shop:pull"]}
    assert asked.login == ""


def test_a_login_is_sent_to_the_token_server(server, other, client, reference, log_in):
    log_in()
    demand(server, "Bearer t", bearer(other))
    other.on("GET /token", Answer(body=b'{"access_token":"t"}'))
    assert read(client, reference) == list(MADE.layers)
    assert [one.login for one in other.requests] == [BASIC]
    assert BASIC not in {one.login for one in server.requests}


def test_an_identity_token_is_exchanged_by_a_form(server, client, reference, log_in):
    log_in({"auth": "", "identitytoken": "id/+="})
    demand(server, "Bearer t", bearer(server))
    server.on("POST /token", Answer(body=b'{"access_token":"t"}'))
    assert read(client, reference) == list(MADE.layers)
    (asked,) = server.asked("POST /token")
    form = {name: values[0] for name, values in parse_qs(asked.body.decode()).items()}
    assert form == {
        "grant_type": "refresh_token",
        "refresh_token": "id/+=",
        "client_id": "layerwise",
        "service": "reg",
        "scope": "repository:shop:pull",
    }


def test_the_scope_is_ours_where_the_registry_names_none(server, client, reference):
    demand(server, "Bearer t", bearer(server, scope=""))
    server.on("GET /token", Answer(body=b'{"token":"t"}'))
    read(client, reference)
    assert parse_qs(urlsplit(server.asked("GET /token")[0].path).query)["scope"] == ["repository:shop:pull"]


def test_a_token_that_is_too_old_is_replaced(server, client, reference):
    demand(server, "Bearer t", bearer(server))
    server.on("GET /token", Answer(body=b'{"token":"t"}'), Answer(body=b'{"token":"u"}'))
    (found,) = client().images(reference, "shop")
    blob = f"GET /v2/shop/blobs/{found.layers[0].digest}"
    too_old = Answer(401, DENIED, {"WWW-Authenticate": bearer(server)})
    server.on(blob, too_old, Answer(body=MADE.layers[0]))
    assert found.layers[0].open().read() == MADE.layers[0]
    assert [one.login for one in server.asked(blob)] == ["Bearer t", "Bearer u"]


def test_a_token_that_does_not_suffice_is_not_asked_for_again_and_again(server, client, reference):
    demand(server, "Bearer other", bearer(server))
    server.on("GET /token", Answer(body=b'{"token":"t"}'))
    message = failure(client, reference)
    assert len(server.asked("GET /token")) == 1
    assert f"`docker login {server.host}`" in message
    assert "(authentication required)" in message


def test_a_token_server_that_does_not_know_the_login_says_whose_it_is(server, client, reference, log_in):
    log_in()
    demand(server, "Bearer t", bearer(server))
    server.on("GET /token", Answer(401, b'{"details":"incorrect username or password"}'))
    message = failure(client, reference)
    assert f"{server.host} refuses docker's login of me (incorrect username or password)" in message
    assert f"`docker login {server.host}`" in message


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(404), "answers 404"),
        (Answer(body=b"no"), "gives no token"),
        (Answer(body=b"\xff"), "gives no token"),
        (Answer(body=b"{}"), "answers without a token"),
        (Answer(body=b'{"token"', length=100), "broke"),
    ],
)
def test_a_token_server_that_gives_none_is_named(server, client, reference, answer, said):
    demand(server, "Bearer t", bearer(server))
    server.on("GET /token", answer)
    assert said in failure(client, reference)


@pytest.mark.parametrize("realm", ["", "token", "file:///etc/passwd", "https://[/"])
def test_a_realm_that_is_no_url_is_refused(server, client, reference, realm):
    demand(server, "Bearer t", bearer(server, realm=realm))
    assert server.host in failure(client, reference) or realm in failure(client, reference)


def test_a_login_is_not_sent_where_others_can_read_it(server, client, reference, log_in):
    log_in()
    demand(server, "Bearer t", bearer(server, realm="http://token.test/token"))
    assert "in plain HTTP, where others can read it" in failure(client, reference)


def test_a_host_that_we_are_sent_to_can_ask_for_no_login(server, other, client, reference, log_in):
    log_in()
    for name in list(server.routes):
        if "/blobs/" in name:
            server.on(name, Answer(307, headers={"Location": f"{other.url}/x"}))
    other.on("GET /x", Answer(401, headers={"WWW-Authenticate": f'Bearer realm="{other.url}/token"'}))
    assert "without a login" in failure(client, reference) or "does not let" in failure(client, reference)
    assert other.asked("GET /token") == []
    assert {one.login for one in other.requests} == {""}


# ---- basic -----------------------------------------------------------------------------------------------------------


def test_a_basic_login_is_sent_where_it_is_asked_for(server, client, reference, log_in):
    log_in()
    demand(server, BASIC, 'Basic realm="reg"')
    assert read(client, reference) == list(MADE.layers)
    assert [one.login for one in server.requests].count("") == 1


def test_a_basic_login_that_is_wrong_is_tried_once(server, client, reference, log_in):
    log_in()
    demand(server, "Basic other", 'Basic realm="reg"')
    message = failure(client, reference)
    assert "does not let the login of me read it" in message
    assert len(server.requests) == 2


def test_who_is_not_logged_in_is_told_how(server, client, reference):
    demand(server, BASIC, 'Basic realm="reg"')
    message = failure(client, reference)
    assert "gives it to nobody without a login" in message
    assert message.endswith(f"`docker login {server.host}`")


def test_a_helper_that_is_missing_matters_only_where_a_login_is_asked_for(
    server, client, reference, docker_config, environment
):
    docker_config.write_text('{"credsStore": "desktop"}')
    environment["PATH"] = "/nowhere"
    assert read(client, reference) == list(MADE.layers)
    demand(server, BASIC, 'Basic realm="reg"')
    assert "docker-credential-desktop, which does not run" in failure(client, reference)


# ---- challenges ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offered", "found"),
    [
        (
            'Bearer realm="https://a/t?x=1,2",service="s",scope="repository:a/b:pull,push"',
            [("bearer", {"realm": "https://a/t?x=1,2", "service": "s", "scope": "repository:a/b:pull,push"})],
        ),
        (
            'Basic realm="a", Bearer realm="b" , Service = c',
            [("basic", {"realm": "a"}), ("bearer", {"realm": "b", "service": "c"})],
        ),
        ('BASIC Realm="a \\"b\\""', [("basic", {"realm": 'a "b"'})]),
        ("Basic realm=a", [("basic", {"realm": "a"})]),
        ("", []),
        ("Negotiate", []),
    ],
)
def test_challenges_are_told_apart(offered, found):
    assert challenges_of(offered) == tuple(Challenge(*one) for one in found)


@given(st.text(alphabet='Bearer realm=",\\ \t:/', max_size=200))
def test_no_header_crashes_the_parser(offered):
    assert all(one.scheme.isalpha() for one in challenges_of(offered))


# ---- threads ---------------------------------------------------------------------------------------------------------


def test_a_token_that_another_thread_has_renewed_is_used_and_not_renewed_again(server, client, reference):
    server.on("GET /token", Answer(body=b'{"token":"1"}'), Answer(body=b'{"token":"2"}'))
    authority = client().repository(reference)._endpoints.origin.authority
    assert authority.answer(bearer(server), "s", {}) is True
    old = authority.header("s")
    assert authority.answer(bearer(server), "s", old) is True
    new = authority.header("s")
    assert authority.answer(bearer(server), "s", old) is True
    assert authority.header("s") == new == {"Authorization": "Bearer 2"}
    assert len(server.asked("GET /token")) == 2


def test_a_name_and_password_that_another_thread_has_begun_to_use_are_used(server, client, reference, log_in):
    log_in()
    authority = client().repository(reference)._endpoints.origin.authority
    assert authority.answer('Basic realm="r"', "s", {}) is True
    assert authority.answer('Basic realm="r"', "s", {}) is True
    assert authority.answer('Basic realm="r"', "s", authority.header("s")) is False
