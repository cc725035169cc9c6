"""What stands in front of a registry, without an engine: that one is in memory here."""

import http.client
import socket

import pytest
from tests.builder.push.faults import client
from tests.builder.push.shop import Shop, pushed_by_buildx, shop
from tests.docker.faults.struck import ANSWERS, PHASES, struck_registry
from tests.oci.memory import Memory
from tests.oci.server import Answer, served

from layerwise.builder.push.checking import Pushed, check
from layerwise.builder.push.promotion import promote
from layerwise.errors import RegistryError
from layerwise.oci.reference import Reference


@pytest.fixture
def memory():
    with served(server=Memory()) as one:
        yield one


@pytest.fixture
def front(memory):
    with struck_registry(memory.port) as one:
        yield one


def push(memory, front) -> str:
    images = Shop(memory)
    pushed = images.push(pushed_by_buildx(shop("1", "linux/amd64")), platforms=("linux/amd64",))
    there = [Pushed(one.platform, Reference(front.host, "shop", digest=one.reference.digest)) for one in pushed]
    return promote(client(), Reference(front.host, "shop", "1"), check(client(), there)).now


def test_what_is_not_of_the_phase_is_passed_on(memory, front):
    front.arm("the cache is sent out", ANSWERS["500"])
    assert push(memory, front) == memory.repository("shop").tags["1"]
    assert front.strikes == 0


@pytest.mark.parametrize("phase", ["the images are checked", "the tag is moved"])
def test_a_phase_is_struck_until_that_ends(memory, front, phase):
    front.arm(phase, ANSWERS["500"])
    with pytest.raises(RegistryError, match="fails with 500"):
        push(memory, front)
    assert front.strikes == 4
    front.disarm()
    assert push(memory, front)


def test_a_request_is_of_one_phase_at_most(memory, front):
    push(memory, front)
    phases = [[name for name, is_of in PHASES.items() if is_of(request)] for request in memory.requests]
    assert max(map(len, phases)) == 1
    assert {name for names in phases for name in names} == {"the images are checked", "the tag is moved"}


def test_who_was_killed_takes_no_connection_until_it_is_back_at_its_port(front):
    def killed(_):
        front.close()
        return Answer(dropped=True)

    front.arm("the tag is moved", killed)
    port = front.port

    def ask():
        connection = http.client.HTTPConnection("127.0.0.1", port)
        try:
            connection.request("PUT", "/v2/shop/manifests/1", b"{}", {"User-Agent": "layerwise"})
            return connection.getresponse().status
        finally:
            connection.close()

    with pytest.raises(http.client.RemoteDisconnected):
        ask()
    with pytest.raises(ConnectionRefusedError):
        ask()
    front.disarm()
    front.open()
    assert (front.port, ask()) == (port, 201)


def test_who_speaks_tls_to_it_is_told_in_plain_http(front):
    with socket.create_connection(("127.0.0.1", front.port), timeout=10) as connection:
        connection.sendall(b"\x16\x03\x01")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")
