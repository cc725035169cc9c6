import json

import pytest
from tests.oci.layouts import OCI_MANIFEST, File, digest, image
from tests.oci.memory import refused
from tests.oci.server import Answer

from layerwise.errors import RegistryError
from layerwise.oci.reference import parse_reference
from layerwise.oci.repository import Document
from layerwise.oci.transport import PAUSES_S

OLD = image([File("a", b"1")])
NEW = image([File("a", b"2")])
OTHER = image([File("a", b"3")])


@pytest.fixture
def kept(memory):
    kept = memory.repository("shop")
    kept.put(OTHER)
    kept.put(OLD, tag="1")
    kept.put(NEW)
    del kept.manifests[NEW.digest]
    return kept


@pytest.fixture
def origin(memory, kept, client):
    return client().origin(parse_reference(f"{memory.host}/shop"))


def document(made):
    return Document(made.digest, made.media_type, made.manifest)


def failure(call, *arguments):
    with pytest.raises(RegistryError) as caught:
        call(*arguments)
    message = str(caught.value)
    assert "\n" not in message
    return message


def faults(memory, **by_method):
    """Let the first requests of a method get these answers; "done" is the registry's own, "lost" that and no answer."""
    left = {method: list(answers) for method, answers in by_method.items()}
    done = memory.done

    def answer(request):
        if not left.get(request.method):
            return done(request)
        now = left[request.method].pop(0)
        if now == "lost":
            done(request)
            return Answer(dropped=True)
        return done(request) if now == "done" else now() if callable(now) else now

    memory.done = answer


# ---- manifests and tags ----------------------------------------------------------------------------------------------


def test_a_manifest_is_written_under_its_digest_and_no_tag(memory, kept, origin):
    origin.put(document(NEW))
    assert kept.manifests[NEW.digest] == (NEW.manifest, OCI_MANIFEST)
    assert kept.tags == {"1": OLD.digest}


def test_a_manifest_whose_type_nobody_told_is_written_with_the_one_it_names(memory, kept, origin):
    origin.put(Document(NEW.digest, "", NEW.manifest))
    assert kept.manifests[NEW.digest] == (NEW.manifest, OCI_MANIFEST)


def test_a_tag_is_moved(memory, kept, origin):
    assert origin.point("1", document(NEW), OLD.digest) == NEW.digest
    assert kept.tags["1"] == NEW.digest


def test_a_tag_is_made(memory, kept, origin):
    assert origin.point("2", document(NEW), None) == NEW.digest
    assert kept.tags == {"1": OLD.digest, "2": NEW.digest}


@pytest.mark.parametrize("fault", [Answer(429), Answer(500), Answer(503), Answer(dropped=True), Answer(reset=True)])
def test_what_passes_is_tried_again(memory, kept, origin, waits, fault):
    faults(memory, PUT=[fault, fault])
    origin.put(document(NEW))
    faults(memory, PUT=[fault, fault])
    assert origin.point("1", document(NEW), OLD.digest) == NEW.digest
    assert waits == [*PAUSES_S[:2], *PAUSES_S[:2]]


def test_a_request_whose_answer_got_lost_is_not_made_again(memory, kept, origin, waits):
    faults(memory, PUT=["lost"])
    assert origin.point("1", document(NEW), OLD.digest) == NEW.digest
    assert [one.method for one in memory.requests] == ["PUT", "HEAD"]
    assert waits == []


def test_a_tag_that_somebody_else_moved_after_a_lost_request_is_left_alone(memory, kept, origin):
    def moved():
        kept.tags["1"] = OTHER.digest
        return Answer(dropped=True)

    faults(memory, PUT=[moved])
    assert origin.point("1", document(NEW), OLD.digest) == OTHER.digest
    assert kept.tags["1"] == OTHER.digest


def test_a_registry_that_always_fails_moves_no_tag(memory, kept, origin, waits):
    faults(memory, PUT=[Answer(503)] * 9)
    assert failure(origin.point, "1", document(NEW), OLD.digest) == (
        f"{memory.host}/shop:1: {memory.host} fails with 503: try again later"
    )
    assert waits == list(PAUSES_S)
    assert kept.tags["1"] == OLD.digest


def test_a_registry_that_is_gone_after_the_request_leaves_the_tag_unknown(memory, kept, origin):
    faults(memory, PUT=["lost"], HEAD=[Answer(500)] * 9)
    message = failure(origin.point, "1", document(NEW), OLD.digest)
    assert message.startswith(f"whether {memory.host}/shop:1 was moved is not known: the connection to")
    assert "build again" in message


def test_the_wait_that_a_registry_asks_for_is_kept(memory, kept, origin, waits):
    faults(memory, PUT=[Answer(429, headers={"Retry-After": "7"})])
    assert origin.point("1", document(NEW), OLD.digest) == NEW.digest
    assert waits == [7.0]


def test_a_wait_that_is_too_long_is_told_instead(memory, kept, origin, waits):
    faults(memory, PUT=[Answer(429, headers={"Retry-After": "600"})] * 9)
    assert "try again in 600 s" in failure(origin.point, "1", document(NEW), OLD.digest)
    assert waits == []


def test_a_mirror_is_never_asked(memory, other, kept, client):
    origin = client(mirrors={memory.host: (other.host,)}).origin(parse_reference(f"{memory.host}/shop"))
    assert origin.digest("1") == OLD.digest
    assert origin.manifest("1").content == OLD.manifest
    assert other.requests == []


# ---- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (refused(401, "UNAUTHORIZED", "authentication required"), "takes it from nobody without a login"),
        (refused(403, "DENIED", "requested access is denied"), "`docker login"),
        (refused(403, "DENIED", "storage quota exceeded"), "has no room for it (storage quota exceeded)"),
        (refused(412, "PRECONDITION", "adding 3 MiB exceeds the quota"), "raise its limit"),
        (refused(500, "UNKNOWN", "write: no space left on device"), "has no room for it"),
        (refused(507, "UNKNOWN", ""), "has no room for it"),
        (refused(404, "NAME_UNKNOWN", "The repository does not exist"), "make it there first"),
        (refused(405, "UNSUPPORTED", "The operation is unsupported."), "takes no pushes"),
        (refused(400, "DENIED", "the registry is in read-only mode"), "takes no pushes"),
        (refused(400, "TAG_INVALID", "The image tag '1' already exists and is immutable"), "push under another tag"),
        (refused(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry"), "push the image again"),
        (refused(413, "TOO_LARGE", ""), "takes nothing so large"),
        (Answer(400, b"Client sent an HTTP request to an HTTPS server.", {"Content-Type": "text/plain"}), "speaks TLS"),
        (refused(418, "TEAPOT", "short and stout"), "answers 418 (short and stout)"),
    ],
)
def test_a_refusal_says_what_to_do_and_leaves_the_tag(memory, kept, origin, answer, said):
    faults(memory, PUT=[answer] * 9)
    for call in (lambda: origin.put(document(NEW)), lambda: origin.point("1", document(NEW), OLD.digest)):
        message = failure(call)
        assert said in message
        assert message.startswith(f"{memory.host}/shop")
    assert kept.tags["1"] == OLD.digest


# ---- logins ----------------------------------------------------------------------------------------------------------


def test_a_token_that_runs_out_is_renewed_and_allows_pushing(memory, kept, origin):
    given = []
    done = memory.done

    def answer(request):
        if request.path.startswith("/token"):
            given.append(request.path)
            return Answer(body=json.dumps({"token": f"t{len(given)}"}).encode())
        if request.login != f"Bearer t{max(len(given), 1)}" or len(memory.requests) == 6:
            return Answer(401, headers={"WWW-Authenticate": f'Bearer realm="{memory.url}/token",service="r"'})
        return done(request)

    memory.done = answer
    assert origin.digest("1") == OLD.digest
    origin.put(document(NEW))
    assert origin.point("1", document(NEW), OLD.digest) == NEW.digest
    assert origin.digest("1") == NEW.digest
    assert len(given) == 2
    assert all("scope=repository%3Ashop%3Apull%2Cpush" in one for one in given)


# ---- blobs of other repositories -------------------------------------------------------------------------------------


def test_a_blob_is_mounted_from_another_repository(memory, kept, client):
    origin = client().origin(parse_reference(f"{memory.host}/team/other"))
    blob = digest(OLD.layers[0])
    assert origin.mount(blob, parse_reference(f"{memory.host}/shop")) is True
    assert memory.repository("team/other").blobs == {blob: OLD.layers[0]}


def test_a_registry_that_mounts_nothing_is_spared_the_upload_it_began(memory, kept, client):
    memory.mounts = False
    origin = client().origin(parse_reference(f"{memory.host}/other"))
    assert origin.mount(digest(OLD.layers[0]), parse_reference(f"{memory.host}/shop")) is False
    assert [(one.method, one.path) for one in memory.requests][-1] == (
        "DELETE",
        "/v2/other/blobs/uploads/1234?_state=x%3D",
    )


def test_a_token_for_a_mount_is_asked_for_both_repositories(memory, kept, client):
    done, asked = memory.done, []

    def answer(request):
        if request.path.startswith("/token"):
            asked.append(request.path)
            return Answer(body=b'{"token":"t"}')
        if not request.login:
            return Answer(401, headers={"WWW-Authenticate": f'Bearer realm="{memory.url}/token"'})
        return done(request)

    memory.done = answer
    origin = client().origin(parse_reference(f"{memory.host}/other"))
    assert origin.mount(digest(OLD.layers[0]), parse_reference(f"{memory.host}/shop")) is True
    assert asked == ["/token?scope=repository%3Aother%3Apull%2Cpush&scope=repository%3Ashop%3Apull"]


def test_a_push_that_is_refused_is_said_when_mounting(memory, kept, client):
    faults(memory, POST=[refused(403, "DENIED", "requested access is denied")])
    origin = client().origin(parse_reference(f"{memory.host}/other"))
    message = failure(origin.mount, digest(OLD.layers[0]), parse_reference(f"{memory.host}/shop"))
    assert "takes it from nobody without a login (requested access is denied): `docker login" in message


DISTRIBUTION = '{"errors":[{"code":"UNKNOWN","message":"unknown error","detail":%s}]}'


@pytest.mark.parametrize(
    "detail",
    [
        '{"DriverName":"filesystem","Enclosed":{"Op":"write","Path":"/var/lib/registry/startedat","Err":28}}',
        '"write /var/lib/registry/data: no space left on device"',
    ],
)
def test_a_full_disk_of_which_distribution_speaks_in_its_details_alone_is_understood(memory, origin, detail):
    faults(memory, POST=[Answer(500, (DISTRIBUTION % detail).encode())])
    said = failure(origin.try_upload)
    assert "has no room for it (unknown error: no space left on device): delete what is not needed" in said


def test_other_details_are_kept_back(memory, origin):
    faults(memory, POST=[Answer(500, (DISTRIBUTION % '{"Enclosed":{"Path":"/var","Err":280}}').encode())])
    assert "fails with 500 (unknown error): try again later" in failure(origin.try_upload)


def test_an_upload_that_is_tried_is_ended(memory, origin):
    origin.try_upload()
    assert [one.method for one in memory.requests] == ["POST", "DELETE"]
