import shutil
import socket
import ssl
import subprocess

import pytest
import urllib3
from tests.oci.server import Answer, redirect, served

from layerwise.errors import RegistryError
from layerwise.oci.access import Access
from layerwise.oci.transport import PAUSES_S, Transport


@pytest.fixture
def transport(waits):
    return Transport(Access(environment={}), sleep=waits.append)


def failure(transport, url, **arguments):
    with pytest.raises(RegistryError) as caught:
        transport.send("GET", url, {}, **arguments)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_an_answer_of_any_status_is_returned(server, transport, waits):
    server.on("GET /x", Answer(404, b"no"))
    answer = transport.send("GET", f"{server.url}/x", {"Accept": "a/b"})
    assert (answer.status, answer.read()) == (404, b"no")
    assert server.requests[0].headers["accept"] == "a/b"
    assert server.requests[0].headers["user-agent"] == "layerwise"
    assert waits == []


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again_with_growing_pauses(server, transport, waits, status):
    server.on("GET /x", Answer(status), Answer(status), Answer(body=b"yes"))
    assert transport.send("GET", f"{server.url}/x", {}).read() == b"yes"
    assert waits == list(PAUSES_S[:2])


@pytest.mark.parametrize("status", [401, 403, 404, 400, 501])
def test_what_another_try_would_not_change_is_not_tried(server, transport, waits, status):
    server.on("GET /x", Answer(status), Answer())
    assert transport.send("GET", f"{server.url}/x", {}).status == status
    assert waits == []


def test_tries_end(server, transport, waits):
    server.on("GET /x", Answer(503))
    assert transport.send("GET", f"{server.url}/x", {}).status == 503
    assert waits == list(PAUSES_S)
    assert len(server.requests) == 4


def test_retry_after_is_obeyed(server, transport, waits):
    server.on("GET /x", Answer(429, headers={"Retry-After": "7"}), Answer(body=b"yes"))
    assert transport.send("GET", f"{server.url}/x", {}).status == 200
    assert waits == [7.0]


@pytest.mark.parametrize("asked", ["31", "86400", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_a_server_that_asks_for_too_long_a_wait_is_left(server, transport, waits, asked):
    server.on("GET /x", Answer(429, headers={"Retry-After": asked}), Answer())
    assert transport.send("GET", f"{server.url}/x", {}).status == 429
    assert waits == []


def test_a_retry_after_that_says_nothing_is_no_reason_to_fail(server, transport, waits):
    server.on("GET /x", Answer(429, headers={"Retry-After": "soon"}), Answer())
    assert transport.send("GET", f"{server.url}/x", {}).status == 200
    assert waits == [PAUSES_S[0]]


def test_all_tries_together_take_a_minute_at_most(server):
    now = [0.0]

    def sleep(seconds):
        now[0] += seconds

    server.on("GET /x", Answer(429, headers={"Retry-After": "29"}))
    patient = Transport(Access(environment={}), sleep, clock=lambda: now[0])
    assert patient.send("GET", f"{server.url}/x", {}, pauses_s=(1.0,) * 50).status == 429
    assert now[0] == 58.0


def test_a_connection_that_breaks_is_made_again(server, transport, waits):
    server.on("GET /x", Answer(dropped=True), Answer(body=b"yes"))
    assert transport.send("GET", f"{server.url}/x", {}).read() == b"yes"
    assert waits == [PAUSES_S[0]]


def test_connections_are_kept(server, transport):
    seen = []
    server.on("GET /x", lambda request: seen.append(request) or Answer(body=b"yes"))
    for _ in range(3):
        transport.send("GET", f"{server.url}/x", {}).read()
    (pool,) = transport._pools.values()
    connections = pool.connection_from_url(server.url)
    assert (len(seen), connections.num_connections) == (3, 1)


def test_a_server_that_is_not_there_is_named(transport, waits, server):
    with served() as gone:
        url = gone.url
    message = failure(transport, f"{url}/v2/")
    assert message == f"{url[7:]} can't be reached (Connection refused): is the registry up, and the port right?"
    assert waits == list(PAUSES_S)


def test_a_server_that_always_hangs_up_is_named(server, transport, waits):
    server.on("GET /x", Answer(dropped=True))
    message = failure(transport, f"{server.url}/x")
    assert message == (
        f"the connection to {server.host} broke (Remote end closed connection without response): try again"
    )
    assert waits == list(PAUSES_S)


def test_a_server_that_says_nothing_is_named(transport, waits, monkeypatch):
    monkeypatch.setattr("layerwise.oci.transport._TIMEOUT", urllib3.Timeout(connect=5, read=0.05))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        place = f"127.0.0.1:{silent.getsockname()[1]}"
        assert failure(transport, f"http://{place}/").startswith(f"{place} does not answer in time")
    assert waits == list(PAUSES_S)


def test_a_host_that_is_not_there_is_named_at_once(transport, waits):
    assert failure(transport, "https://nosuch.invalid/v2/").startswith("there is no host nosuch.invalid")
    assert waits == []


def test_plain_http_where_tls_is_spoken_is_told_from_a_broken_server(server, transport, waits):
    message = failure(transport, f"https://{server.host}/v2/")
    assert message.startswith(f"{server.host} speaks plain HTTP and no TLS")
    assert f"`--insecure {server.host}`" in message
    assert waits == []


@pytest.mark.parametrize("url", ["https://[::1/", "ftp://x/", "https://a b/"])
def test_a_url_that_is_none_is_one_clear_message(transport, waits, url):
    assert failure(transport, url)
    assert waits == []


# ---- redirects -------------------------------------------------------------------------------------------------------


def fetched(transport, url):
    headers = {"Authorization": "Bearer secret", "Accept": "a/b"}
    return transport.followed(transport.send("GET", url, headers), "GET", url, headers)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_login_does_not_follow_to_another_host(server, other, transport, status):
    server.on("GET /x", redirect(f"{other.url}/y?signed=1", status))
    other.on("GET /y", Answer(body=b"yes"))
    assert fetched(transport, f"{server.url}/x").read() == b"yes"
    (request,) = other.requests
    assert (request.login, request.headers["accept"]) == ("", "a/b")
    assert server.requests[0].login == "Bearer secret"


def test_a_login_that_was_left_behind_is_not_taken_up_again(server, other, transport):
    server.on("GET /x", redirect(f"{other.url}/y"))
    other.on("GET /y", redirect(f"{server.url}/z"))
    server.on("GET /z", Answer(body=b"yes"))
    assert fetched(transport, f"{server.url}/x").read() == b"yes"
    assert server.asked("GET /z")[0].login == ""


def test_a_login_follows_on_the_same_host(server, transport):
    server.on("GET /x", redirect("/y"))
    server.on("GET /y", Answer(body=b"yes"))
    assert fetched(transport, f"{server.url}/x").read() == b"yes"
    assert server.asked("GET /y")[0].login == "Bearer secret"


def test_a_redirect_to_what_is_no_url_is_one_clear_message(server, transport):
    server.on("GET /x", redirect("https://[::1/y"))
    with pytest.raises(RegistryError, match=r"sends us to https://\[::1/y, which is no URL"):
        fetched(transport, f"{server.url}/x")


def test_redirects_end(server, transport):
    server.on("GET /x", redirect("/x"))
    with pytest.raises(RegistryError, match="from one place to another"):
        fetched(transport, f"{server.url}/x")
    assert len(server.requests) == 6


# ---- proxies and TLS -------------------------------------------------------------------------------------------------


def through(server, waits, **variables):
    return Transport(
        Access(environment={"HTTP_PROXY": server.url, "HTTPS_PROXY": server.url, **variables}), waits.append
    )


def test_a_proxy_is_asked_for_the_whole_url(server, waits):
    server.on("GET http://registry.test/v2/", Answer(body=b"yes"))
    proxied = through(server, waits, HTTP_PROXY=server.url.replace("//", "//me:p%40w@"))
    assert proxied.send("GET", "http://registry.test/v2/", {}).read() == b"yes"
    assert server.requests[0].headers["proxy-authorization"] == "Basic bWU6cEB3"


def test_a_proxy_is_asked_for_a_tunnel_to_what_speaks_tls(server, waits):
    server.on("CONNECT registry.test:443", Answer(403))
    secret = server.url.replace("//", "//me:secret@")
    message = failure(through(server, waits, HTTPS_PROXY=secret), "https://registry.test/v2/")
    assert "the proxy http://127.0.0.1" in message
    assert "Tunnel connection failed: 403 Forbidden" in message
    assert "NO_PROXY" in message
    assert "secret" not in message


def test_a_proxy_that_is_not_there_is_named(waits):
    with served() as gone:
        pass
    message = failure(through(gone, waits), "https://registry.test/v2/")
    assert f"the proxy {gone.url} can't be used for registry.test (Connection refused)" in message


def test_a_proxy_of_an_unknown_kind_is_named(server, waits):
    message = failure(through(server, waits, HTTPS_PROXY="socks5://p:1"), "https://registry.test/v2/")
    assert "the proxy socks5://p:1 can't be used" in message


@pytest.fixture
def certificate(tmp_path):
    if not shutil.which("openssl"):
        pytest.skip("there is no openssl to make a certificate with")
    made = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1")
    files = ("-keyout", tmp_path / "key.pem", "-out", tmp_path / "certificate.pem")
    subprocess.run(
        ["openssl", *made, "-addext", "subjectAltName=IP:127.0.0.1", *files], check=True, capture_output=True
    )
    return tmp_path / "certificate.pem"


@pytest.fixture
def secure(certificate):
    def wrap(http):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, certificate.parent / "key.pem")
        http.socket = context.wrap_socket(http.socket, server_side=True)

    with served(wrap) as server:
        yield server


def test_a_certificate_that_nobody_trusts_is_said_with_the_way_out(secure, transport, waits):
    message = failure(transport, f"https://{secure.host}/v2/")
    assert f"the certificate of {secure.host} is not trusted (self-signed certificate)" in message
    assert "SSL_CERT_FILE" in message
    assert waits == []


def test_a_certificate_in_ssl_cert_file_is_trusted(secure, certificate, waits):
    secure.on("GET /v2/", Answer(body=b"yes"))
    trusting = Transport(Access(environment={"SSL_CERT_FILE": str(certificate)}), waits.append)
    assert trusting.send("GET", f"https://{secure.host}/v2/", {}).read() == b"yes"


def test_an_ssl_cert_file_that_is_not_there_is_named(secure, waits):
    lost = Transport(Access(environment={"SSL_CERT_FILE": "/nowhere/ca.pem"}), waits.append)
    assert "SSL_CERT_FILE=/nowhere/ca.pem" in failure(lost, f"https://{secure.host}/v2/")
