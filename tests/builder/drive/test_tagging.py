import pytest
from tests.builder.push.shop import PLATFORMS, Shop, pushed_by_buildx, shop
from tests.oci.layouts import digest
from tests.oci.memory import Memory
from tests.oci.server import Answer, served

from layerwise.builder.arch.scans import NO_SCANS
from layerwise.builder.drive.tagging import registry_tags, tag_images
from layerwise.builder.push.promotion import Result, Terms
from layerwise.errors import UsageError
from layerwise.oci.access import Access
from layerwise.oci.registry import Client
from layerwise.oci.transport import Transport


@pytest.fixture
def here():
    with served(server=Memory()) as one:
        yield Shop(one)


@pytest.fixture
def elsewhere():
    with served(server=Memory()) as one:
        yield Shop(one)


@pytest.fixture
def client(tmp_path):
    access = Access(environment={"DOCKER_CONFIG": str(tmp_path)})
    return Client(access, Transport(access, sleep=lambda _: None))


def pushed(*shops: Shop, machine: str = "") -> dict[str, str]:
    """The same images in each registry, by platform."""
    made = [pushed_by_buildx(shop("1", platform, machine=machine)) for platform in PLATFORMS]
    for one in shops:
        one.push(*made)
    return {platform: digest(content.manifest) for platform, content in zip(PLATFORMS, made, strict=True)}


def test_every_tag_of_every_registry_names_the_checked_images(here, elsewhere, client):
    digests = pushed(here, elsewhere)
    names = [str(here.reference("1")), str(here.reference("2")), str(elsewhere.reference("1"))]
    tagged = tag_images(client, digests, names, Terms(), NO_SCANS)
    assert [one.result for one in tagged.promotions] == [Result.MOVED] * 3
    assert (tagged.refusals, tagged.error, tagged.stays) == ((), "", False)
    assert len(tagged.checks) == 2
    assert here.images("1") == here.images("2") == elsewhere.images("1")
    again = tag_images(client, digests, names, Terms(), NO_SCANS)
    assert [one.result for one in again.promotions] == [Result.UNCHANGED] * 3


def test_what_is_refused_in_one_registry_moves_no_tag_anywhere(here, elsewhere, client):
    digests = pushed(here, elsewhere, machine="arm64")
    tagged = tag_images(client, digests, [str(here.reference("1")), str(elsewhere.reference("1"))], Terms(), NO_SCANS)
    assert tagged.stays
    assert "linux/amd64" in tagged.refusals[0]
    assert len(set(tagged.refusals)) == len(tagged.refusals)
    assert (here.tags, elsewhere.tags) == ({}, {})


def test_a_registry_that_fails_in_between_is_said_with_what_has_moved(here, client):
    digests = pushed(here)
    tagged = tag_images(client, digests, [str(here.reference("1")), str(here.reference("2"))], Terms(), NO_SCANS)
    assert not tagged.error
    original = here.memory.done

    def fails(request):
        if request.method == "PUT" and request.path.endswith("/4"):
            return original(request.__class__("GET", "/nowhere", request.headers))
        return original(request)

    here.memory.done = fails
    names = [str(here.reference("3")), str(here.reference("4"))]
    tagged = tag_images(client, digests, names, Terms(), NO_SCANS)
    assert [one.tag.tag for one in tagged.promotions] == ["3"]
    assert tagged.error.startswith(f"{names[1]}: {here.memory.host} ")
    assert set(here.tags) == {"1", "2", "3"}


def test_a_tag_is_named_where_a_connection_breaks(here, client):
    digests = pushed(here)
    original = here.memory.done
    here.memory.done = lambda request: Answer(dropped=True) if request.method == "PUT" else original(request)
    tagged = tag_images(client, digests, [str(here.reference("1"))], Terms(), NO_SCANS)
    assert tagged.error.startswith(f"{here.reference('1')}: the connection to {here.memory.host} broke")


def test_a_name_that_is_none_is_refused_before_anything_is_asked(client):
    with pytest.raises(UsageError, match="is no reference of an image"):
        tag_images(client, {"linux/amd64": "sha256:" + "0" * 64}, ["A B"], Terms(), NO_SCANS)


def test_registries_are_reached_as_docker_reaches_them(here, tmp_path):
    tagged = registry_tags(
        pushed(here),
        [str(here.reference())],
        None,
        scans=tmp_path / "scans",
        insecure=frozenset(),
        environment={"DOCKER_CONFIG": str(tmp_path)},
        force=False,
    )
    assert [one.result for one in tagged.promotions] == [Result.MOVED]
    assert any((tmp_path / "scans").iterdir())
