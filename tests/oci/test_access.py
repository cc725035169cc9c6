import pytest

from layerwise.oci.access import Access, is_loopback


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("docker.io", "https://registry-1.docker.io"),
        ("ghcr.io", "https://ghcr.io"),
        ("localhost:5035", "http://localhost:5035"),
        ("127.9.9.9", "http://127.9.9.9"),
        ("[::1]:80", "http://[::1]:80"),
        ("registry.lan:5000", "http://registry.lan:5000"),
        ("other.lan:5000", "http://other.lan:5000"),
        ("registry.lan:5001", "https://registry.lan:5001"),
        ("https://mirror.lan/", "https://mirror.lan"),
    ],
)
def test_loopback_and_insecure_hosts_are_spoken_to_in_plain_http(host, url):
    assert Access(insecure=frozenset({"registry.lan:5000", "other.lan"}), environment={}).url(host) == url


@pytest.mark.parametrize("host", ["localhost", "a.localhost", "127.0.0.1", "::1"])
def test_this_machine_is_loopback(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "localhost.lan", "10.0.0.1", "128.0.0.1", "::2"])
def test_another_machine_is_not_loopback(host):
    assert not is_loopback(host)


def proxy(url, **variables):
    return Access(environment=variables).proxy(url)


def test_the_proxy_is_that_of_the_scheme():
    variables = {"HTTPS_PROXY": "http://p:1", "http_proxy": "q:2"}
    assert proxy("https://ghcr.io/v2/", **variables) == "http://p:1"
    assert proxy("http://ghcr.io/v2/", **variables) == "http://q:2"
    assert proxy("https://ghcr.io/v2/") == ""


def test_loopback_hosts_are_never_reached_through_a_proxy():
    assert proxy("http://localhost:5035/v2/", HTTP_PROXY="http://p:1") == ""


@pytest.mark.parametrize(
    "rules",
    ["*", "ghcr.io", "io", ".io", "*.io", "x, ghcr.io ,y", "GHCR.IO", "ghcr.io:443"],
)
def test_no_proxy_names_hosts_and_domains(rules):
    assert proxy("https://ghcr.io/v2/", HTTPS_PROXY="http://p:1", NO_PROXY=rules) == ""


@pytest.mark.parametrize("rules", ["", ",", "hcr.io", ".ghcr.io", "*.ghcr.io", "ghcr.io:80", "10.0.0.0/8", "x.ghcr.io"])
def test_no_proxy_leaves_other_hosts_to_the_proxy(rules):
    assert proxy("https://ghcr.io/v2/", HTTPS_PROXY="http://p:1", NO_PROXY=rules) == "http://p:1"


@pytest.mark.parametrize("rules", ["10.0.0.0/8", "10.1.2.3", "10.1.2.3:5000"])
def test_no_proxy_names_networks_and_addresses(rules):
    assert proxy("https://10.1.2.3:5000/v2/", HTTPS_PROXY="http://p:1", no_proxy=rules) == ""
    assert proxy("https://11.1.2.3:5000/v2/", HTTPS_PROXY="http://p:1", no_proxy=rules) == "http://p:1"
