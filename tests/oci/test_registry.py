import hashlib
import itertools
import os

import pytest
from tests.oci.layouts import OCI_INDEX, OCI_MANIFEST, File, described, digest, document, image, index
from tests.oci.server import Answer, manifest, redirect, served

from layerwise.errors import ImageError, RegistryError
from layerwise.oci import repository as repositories
from layerwise.oci.documents import MANIFESTS
from layerwise.oci.reference import parse_reference

AMD = image([File("a", b"1")], [File("b", os.urandom(300_000))])
ARM = image([File("a", b"1")], platform="linux/arm64")
BOTH = index(AMD, ARM, attested=True)
BIG = digest(AMD.layers[1])


@pytest.fixture
def reference(server):
    server.keep("shop", BOTH)
    return parse_reference(f"{server.host}/shop")


@pytest.fixture
def repository(client, reference):
    return client().repository(reference)


def failure(client, reference, kind=RegistryError, **access):
    with pytest.raises(kind) as caught:
        client(**access).images(reference, "shop")
    message = str(caught.value)
    assert "\n" not in message
    return message


def layers(found):
    return [[blob.open().read() for blob in one.layers] for one in found]


def test_an_index_gives_an_image_for_each_platform_and_no_attestation(server, client, reference):
    found = client().images(reference, "shop")
    assert [(one.platform, one.digest, one.config) for one in found] == [
        (one.platform, one.digest, one.config) for one in (AMD, ARM)
    ]
    assert layers(found) == [list(AMD.layers), list(ARM.layers)]
    assert {one.reference for one in found} == {"shop"}


def test_manifests_are_asked_for_by_all_their_types(server, client, reference):
    client().images(reference, "shop")
    asked = [one.headers["accept"].split(", ") for one in server.requests if "/manifests/" in one.path]
    assert len(asked) == 3
    assert all(one == list(MANIFESTS) for one in asked)


def test_blobs_are_not_asked_for_before_they_are_opened(server, client, reference):
    client().images(reference, "shop")
    fetched = {one.path.rpartition("/")[2] for one in server.requests if "/blobs/" in one.path}
    assert fetched == {digest(AMD.config), digest(ARM.config)}


def test_a_digest_is_asked_for_and_the_tag_beside_it_is_not(server, client):
    server.keep("shop", AMD, "old")
    (found,) = client().images(parse_reference(f"{server.host}/shop:new@{AMD.digest}"), "shop")
    assert found.platform == "linux/amd64"
    assert server.requests[0].path == f"/v2/shop/manifests/{AMD.digest}"


@pytest.mark.parametrize("media_type", ["application/json", "application/octet-stream", f"{OCI_INDEX}; charset=utf-8"])
def test_a_manifest_under_a_type_that_says_nothing_is_read(server, client, reference, media_type):
    server.on("GET /v2/shop/manifests/latest", Answer(body=BOTH.manifest, headers={"Content-Type": media_type}))
    assert len(client().images(reference, "shop")) == 2


@pytest.mark.parametrize("media_type", ["text/html", "application/vnd.docker.distribution.manifest.v1+prettyjws"])
def test_an_answer_that_is_no_manifest_is_called_by_its_type(server, client, reference, media_type):
    headers = {"Content-Type": media_type} | (
        {"Docker-Content-Digest": digest(b"payload")} if "v1+" in media_type else {}
    )
    server.on("GET /v2/shop/manifests/latest", Answer(body=b"<html>", headers=headers))
    assert f"its content is of type {media_type}" in failure(client, reference, ImageError)


# ---- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_tag_that_is_not_there_is_said_with_near_ones(server, client, reference):
    server.on("GET /v2/shop/tags/list", Answer(body=document(name="shop", tags=["latest", "1.26.1", "1.26", "9"])))
    message = failure(client, parse_reference(f"{server.host}/shop:1.62.1"))
    assert message == f"{server.host}/shop has no tag 1.62.1; near ones: 1.26.1, 1.26"


@pytest.mark.parametrize(
    ("tags", "said"),
    [(["a", "b"], "there is a, b"), ([], "there is no tag in it"), (None, "there is no tag in it")],
)
def test_a_tag_that_is_like_none_is_said_with_what_is_there(server, client, reference, tags, said):
    server.on("GET /v2/shop/tags/list", Answer(body=document(tags=tags)))
    assert failure(client, parse_reference(f"{server.host}/shop:1")).endswith(f"has no tag 1; {said}")


def test_a_repository_that_is_not_there_is_told_from_a_tag(server, client):
    message = failure(client, parse_reference(f"{server.host}/sho:1"))
    assert message == f"{server.host}/sho is no repository, or no registry"


def test_a_registry_that_lists_no_tags_still_names_the_tag(server, client, reference):
    server.on("GET /v2/shop/tags/list", Answer(405))
    assert failure(client, parse_reference(f"{server.host}/shop:1")).endswith("/shop has no tag 1")


def test_an_index_that_was_not_pushed_to_its_end_names_what_is_missing(server, client, reference):
    del server.routes[f"GET /v2/shop/manifests/{ARM.digest}"]
    assert failure(client, reference).endswith(f"/shop has no manifest {ARM.digest}")


def test_a_blob_that_is_not_there_is_named_when_it_is_opened(server, client, reference):
    del server.routes[f"GET /v2/shop/blobs/{BIG}"]
    found, _ = client().images(reference, "shop")
    with pytest.raises(RegistryError, match=f"/shop has no blob {BIG}"):
        found.layers[1].open()


def test_not_found_is_not_tried_again(server, client, waits):
    failure(client, parse_reference(f"{server.host}/gone"))
    assert waits == []


def test_a_quota_that_is_used_up_is_said_with_the_way_out(server, client, reference, waits):
    said = b'{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached\\nyour pull rate limit"}]}'
    server.on("GET /v2/shop/manifests/latest", Answer(429, said, {"Retry-After": "3600"}))
    message = failure(client, reference)
    assert "wants fewer requests (You have reached your pull rate limit): try again in 3600 s, or log in" in message
    assert waits == []


def test_a_quota_that_is_free_again_soon_is_waited_for(server, client, reference, waits):
    server.on(
        "GET /v2/shop/manifests/latest", Answer(429, headers={"Retry-After": "2"}), manifest(BOTH.manifest, OCI_INDEX)
    )
    assert len(client().images(reference, "shop")) == 2
    assert waits == [2.0]


def test_a_failure_that_passes_is_survived(server, client, reference, waits):
    path = f"GET /v2/shop/blobs/{BIG}"
    server.on(path, Answer(500), Answer(dropped=True), Answer(body=AMD.layers[1]))
    found, _ = client().images(reference, "shop")
    assert found.layers[1].open().read() == AMD.layers[1]
    assert len(waits) == 2


def test_a_failure_that_stays_is_said_as_the_registry_says_it(server, client, reference):
    server.on("GET /v2/shop/manifests/latest", Answer(503, b"upstream\ndown", {"Content-Type": "text/plain"}))
    assert "fails with 503 (upstream down): try again later" in failure(client, reference)


def test_who_may_not_read_is_told_so(server, client, reference):
    server.on("GET /v2/shop/manifests/latest", Answer(403, b'{"errors":[{"code":"DENIED"}]}'))
    message = failure(client, reference)
    assert "(DENIED)" in message
    assert message.endswith(f"`docker login {server.host}`")


def test_a_registry_that_wants_tls_is_told_from_a_broken_one(server, client, reference):
    said = b"Client sent an HTTP request to an HTTPS server.\n"
    server.on("GET /v2/shop/manifests/latest", Answer(400, said, {"Content-Type": "text/plain; charset=utf-8"}))
    assert "speaks TLS" in failure(client, reference)


def test_a_server_that_is_no_registry_is_asked_about(server, client, reference):
    server.on("GET /v2/shop/manifests/latest", Answer(418, b"\xff", {"Content-Type": "text/html"}))
    assert "answers 418: is it a registry?" in failure(client, reference)


# ---- bytes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said", ["header", "reference"])
def test_a_manifest_with_other_bytes_than_its_digest_is_refused(server, client, said):
    wrong = document(schemaVersion=2, manifests=[])
    headers = {"Content-Type": OCI_MANIFEST} | ({"Docker-Content-Digest": AMD.digest} if said == "header" else {})
    wanted = "1" if said == "header" else AMD.digest
    server.on(f"GET /v2/shop/manifests/{wanted}", Answer(body=wrong, headers=headers))
    separator = ":" if said == "header" else "@"
    message = failure(client, parse_reference(f"{server.host}/shop{separator}{wanted}"))
    assert f"gives other bytes for {wanted} than those of {AMD.digest}" in message


@pytest.mark.parametrize("media_type", ["application/json", "text/html"])
def test_no_content_type_lets_other_bytes_pass_for_a_digest(server, client, media_type):
    wrong = document(
        schemaVersion=2, config=described(AMD.config, "application/vnd.oci.image.config.v1+json"), layers=[]
    )
    server.keep("shop", AMD)
    server.on(f"GET /v2/shop/manifests/{AMD.digest}", Answer(body=wrong, headers={"Content-Type": media_type}))
    message = failure(client, parse_reference(f"{server.host}/shop@{AMD.digest}"))
    assert "other bytes" in message


def test_a_blob_with_other_bytes_than_its_digest_is_refused(server, client, reference):
    server.on(f"GET /v2/shop/blobs/{BIG}", Answer(body=b"!" + AMD.layers[1][1:]))
    found, _ = client().images(reference, "shop")
    with pytest.raises(RegistryError, match=f"other bytes than those of {BIG}"):
        found.layers[1].open().read()


def test_a_body_that_breaks_off_is_asked_for_from_there(server, client, reference):
    content = AMD.layers[1]

    def rest(request):
        start = int(request.headers["range"].removeprefix("bytes=").removesuffix("-"))
        return Answer(206, content[start:])

    server.on(f"GET /v2/shop/blobs/{BIG}", Answer(body=content[:100_000], length=len(content)), rest)
    found, _ = client().images(reference, "shop")
    assert found.layers[1].open().read() == content
    assert len(server.asked(f"GET /v2/shop/blobs/{BIG}")) == 2


def test_a_body_that_breaks_off_is_read_again_where_ranges_are_not_known(server, client, reference):
    content = AMD.layers[1]
    cut = [Answer(body=content[:size], length=len(content)) for size in (100_000, 50_000, 200_000)]
    server.on(f"GET /v2/shop/blobs/{BIG}", *cut, Answer(body=content))
    found, _ = client().images(reference, "shop")
    stream = found.layers[1].open()
    assert b"".join(iter(lambda: stream.read(30_000), b"")) == content


def test_a_body_that_always_breaks_off_is_an_error_in_the_end(server, client, reference):
    content = AMD.layers[1]
    server.on(f"GET /v2/shop/blobs/{BIG}", Answer(body=content[:1000], length=len(content)))
    found, _ = client().images(reference, "shop")
    with pytest.raises(RegistryError, match=f"{server.host} broke \\(its answer ends in the middle\\): try again"):
        found.layers[1].open().read()
    assert len(server.asked(f"GET /v2/shop/blobs/{BIG}")) == 5


def test_a_body_that_is_too_short_by_its_own_word_is_refused(server, client, reference):
    content = AMD.layers[1][:-1]
    server.on(f"GET /v2/shop/blobs/{BIG}", Answer(body=content))
    found, _ = client().images(reference, "shop")
    with pytest.raises(RegistryError, match=f"ends after {len(content)} of the {len(AMD.layers[1])} bytes of {BIG}"):
        found.layers[1].open().read()


def test_a_blob_that_lies_elsewhere_is_fetched_there_without_the_login(server, other, client, reference):
    server.on(f"GET /v2/shop/blobs/{BIG}", redirect(f"{other.url}/bucket?signature=x"))
    other.on("GET /bucket", Answer(body=AMD.layers[1]))
    found, _ = client().images(reference, "shop")
    assert found.layers[1].open().read() == AMD.layers[1]
    assert [one.login for one in other.requests] == [""]


@pytest.mark.parametrize("answer", [Answer(500, b"{", length=100), Answer(500, b"\xff"), Answer(500, b"[]")])
def test_an_error_that_can_not_be_read_is_an_error_all_the_same(server, client, reference, answer):
    server.on("GET /v2/shop/manifests/latest", answer)
    assert failure(client, reference).endswith("fails with 500: try again later")


def test_a_manifest_of_no_end_is_not_read_to_it(server, client, reference):
    server.on("GET /v2/shop/manifests/latest", manifest(b" " * (5 << 20), OCI_INDEX))
    assert "more than 4 MiB" in failure(client, reference)


# ---- questions -------------------------------------------------------------------------------------------------------


def test_the_digest_of_a_tag_is_asked_for_without_the_manifest(server, repository):
    server.on("HEAD /v2/shop/manifests/latest", manifest(BOTH.manifest, OCI_INDEX))
    assert repository.digest("latest") == BOTH.digest
    assert repository.digest("gone") is None
    assert {one.method for one in server.requests} == {"HEAD"}
    assert server.requests[0].headers["accept"].split(", ") == list(MANIFESTS)


def test_a_registry_that_does_not_say_the_digest_is_asked_for_the_manifest(server, repository):
    server.on("HEAD /v2/shop/manifests/latest", Answer())
    assert repository.digest("latest") == BOTH.digest


def test_the_size_of_a_blob_is_asked_for_without_the_blob(server, repository):
    server.on(f"HEAD /v2/shop/blobs/{BIG}", Answer(headers={"Content-Length": "300221"}))
    assert repository.blob_size(BIG) == 300_221
    assert repository.blob_size(digest(b"gone")) is None


def test_a_blob_whose_size_is_not_said_is_an_error_and_not_empty(server, repository):
    server.on(f"HEAD /v2/shop/blobs/{BIG}", Answer(headers={"Content-Length": ""}))
    with pytest.raises(RegistryError, match="does not say how large"):
        repository.blob_size(BIG)


def test_a_question_that_is_not_answered_is_an_error_and_no_absence(server, repository):
    server.on("HEAD /v2/shop/manifests/latest", Answer(403))
    with pytest.raises(RegistryError, match="docker login"):
        repository.digest("latest")


def test_tags_come_page_by_page(server, client, reference):
    pages = {"": (["a", "b"], "a2"), "a2": (["c"], "b3"), "b3": (["d"], "")}

    def page(request):
        last = request.path.partition("last=")[2]
        tags, following = pages[last]
        link = {"Link": f'<http://inside.lan/v2/shop/tags/list?n=2&last={following}>; rel="next"'} if following else {}
        return Answer(body=document(name="shop", tags=tags), headers=link)

    server.on("GET /v2/shop/tags/list", page)
    repository = client().repository(reference)
    assert list(itertools.islice(repository.tags(), 2)) == ["a", "b"]
    assert len(server.requests) == 1
    assert list(repository.tags()) == ["a", "b", "c", "d"]


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"tags": [1]}', b"\xff"])
def test_a_list_of_tags_that_is_none_is_an_error(server, repository, body):
    server.on("GET /v2/shop/tags/list", Answer(body=body))
    with pytest.raises(RegistryError, match="gives no list of tags"):
        list(repository.tags())


def test_a_list_of_tags_ends(server, repository, monkeypatch):
    monkeypatch.setattr(repositories, "_PAGES", 20)
    link = {"Link": '</v2/shop/tags/list?n=1>; rel="next"'}
    server.on("GET /v2/shop/tags/list", Answer(body=document(tags=["a"]), headers=link))
    with pytest.raises(RegistryError, match="does not end"):
        list(repository.tags())
    assert len(server.requests) == 20


# ---- mirrors ---------------------------------------------------------------------------------------------------------


def test_a_mirror_is_asked_first_and_the_registry_not_at_all(server, other, client, reference):
    other.keep("shop", BOTH)
    found = client(mirrors={server.host: [other.host]}).images(reference, "shop")
    assert layers(found) == [list(AMD.layers), list(ARM.layers)]
    assert server.requests == []


def test_what_a_mirror_does_not_have_is_asked_of_the_registry(server, other, client, reference):
    other.keep("shop", BOTH)
    other.on(f"GET /v2/shop/blobs/{BIG}", Answer(500))
    found = client(mirrors={server.host: [f"{other.url}/"]}).images(reference, "shop")
    assert found[0].layers[1].open().read() == AMD.layers[1]
    assert {one.path for one in server.requests} == {f"/v2/shop/blobs/{BIG}"}


def test_a_mirror_that_is_gone_is_tried_once(server, client, reference, waits):
    with served() as gone:
        pass
    found = client(mirrors={server.host: [gone.host]}).images(reference, "shop")
    assert len(found) == 2
    assert waits == []


def test_a_mirror_is_not_asked_for_tags_of_which_it_may_hold_some(server, other, client, reference):
    server.on("GET /v2/shop/tags/list", Answer(body=document(tags=["a", "b"])))
    other.on("GET /v2/shop/tags/list", Answer(body=document(tags=["a"])))
    repository = client(mirrors={server.host: [other.host]}).repository(reference)
    assert list(repository.tags()) == ["a", "b"]


def test_a_mirror_has_a_login_of_its_own(server, other, client, reference, docker_config):
    other.keep("shop", BOTH)
    auths = {other.host: {"username": "me", "password": "pw"}, server.host: {"username": "no", "password": "no"}}
    docker_config.write_bytes(document(auths=auths))
    demanded = Answer(401, headers={"WWW-Authenticate": "Basic realm=x"})
    other.on("GET /v2/shop/manifests/latest", demanded, manifest(BOTH.manifest, OCI_INDEX))
    client(mirrors={server.host: [other.url]}).images(reference, "shop")
    assert {one.login for one in other.requests} == {"", "Basic bWU6cHc="}


def test_a_mirror_can_not_pass_other_bytes_for_a_digest(server, other, client, reference):
    other.on(f"GET /v2/shop/blobs/{BIG}", Answer(body=bytes(len(AMD.layers[1]))))
    found, _ = client(mirrors={server.host: [other.host]}).images(reference, "shop")
    with pytest.raises(RegistryError, match=f"other bytes than those of {BIG}"):
        found.layers[1].open().read()


def test_digests_of_another_algorithm_are_known(server, client):
    name = f"sha512:{hashlib.sha512(AMD.manifest).hexdigest()}"
    server.keep("shop", AMD)
    server.on(f"GET /v2/shop/manifests/{name}", Answer(body=AMD.manifest, headers={"Content-Type": OCI_MANIFEST}))
    (found,) = client().images(parse_reference(f"{server.host}/shop@{name}"), "shop")
    assert found.digest == name
