import json

import pytest
from tests.builder.push.shop import PLATFORMS, Shop, expected, pushed_by_buildx, shop
from tests.oci.layouts import DOCKER_LIST, OCI_INDEX, digest, index
from tests.oci.memory import refused
from tests.oci.server import Answer

from layerwise.builder.push.checking import check
from layerwise.builder.push.previous import previous_of
from layerwise.builder.push.promotion import Result, Terms, promote
from layerwise.errors import RegistryError, UsageError
from layerwise.oci.reference import Reference

ORDER = {"a": 0, "b": 1, "c": 2}


def is_ancestor(older, newer):
    return ORDER[older] < ORDER[newer] if {older, newer} <= set(ORDER) else None


@pytest.fixture
def move(here, client):
    """Checks what was pushed and moves a tag to it."""

    def move(pushed, tag="latest", **terms):
        one = client()
        return promote(one, here.reference(tag), check(one, pushed), Terms(**terms))

    return move


def content(here, tag="latest"):
    return json.loads(here.kept.manifests[here.tags[tag]][0])


# ---- moved -----------------------------------------------------------------------------------------------------------


def test_a_tag_that_is_not_there_is_made(here, move):
    done = move(here.version("1"))
    assert here.images() == expected("1")
    assert (done.result, done.before, done.now) == (Result.MOVED, "", here.tags["latest"])
    assert done.why == f"{here.memory.host}/shop:latest names {done.now}"
    assert (done.kept, done.meanwhile, done.warnings, done.notes) == ("", (), (), ())
    assert set(here.tags) == {"latest"}


def test_a_tag_is_moved_and_what_it_named_is_kept(here, move):
    first = move(here.version("1"))
    done = move(here.version("2"))
    assert here.images() == expected("2")
    assert here.images("previous") == expected("1")
    assert (done.result, done.before, done.kept) == (Result.MOVED, first.now, "previous")
    third = move(here.version("3"))
    assert here.images("previous") == expected("2")
    assert third.before == done.now


def test_another_tag_keeps_its_earlier_image_under_its_own_name(here, move):
    move(here.version("1"), "v1")
    assert move(here.version("2"), "v1").kept == "v1-previous"
    assert here.images("v1-previous") == expected("1")


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("latest", "previous"), ("v1", "v1-previous"), ("previous", ""), ("v1-previous", ""),
        ("x" * 119, "x" * 119 + "-previous"), ("x" * 120, ""),
    ],
)  # fmt: skip
def test_a_tag_has_one_previous_tag_that_has_none(tag, name):
    assert previous_of(tag) == name


def test_nothing_is_kept_where_it_is_not_wished(here, move):
    move(here.version("1"))
    assert move(here.version("2"), keep=False).kept == ""
    assert set(here.tags) == {"latest"}


def test_a_registry_that_does_not_let_previous_be_written_is_a_warning(here, move):
    move(here.version("1"))
    done, ask = here.memory.done, refused(400, "TAG_INVALID", "the tag previous is immutable")
    here.memory.done = lambda one: ask if one.method == "PUT" and one.path.endswith("/previous") else done(one)
    moved = move(here.version("2"))
    assert here.images() == expected("2")
    assert (moved.result, moved.kept) == (Result.MOVED, "")
    (warning,) = moved.warnings
    assert warning.startswith(f"what latest named, {moved.before}, is not kept under previous: ")


def test_the_index_is_the_same_whatever_the_order_of_platforms(here, move):
    pushed = here.version("1")
    assert move(pushed, "a").now == move(pushed[::-1], "b").now


def test_the_index_has_the_images_and_then_their_attestations(here, move):
    move(here.version("1"))
    said = content(here)
    assert said["mediaType"] == OCI_INDEX
    assert [one["platform"]["architecture"] for one in said["manifests"]] == ["amd64", "arm64", "unknown", "unknown"]
    refers = [one["annotations"]["vnd.docker.reference.digest"] for one in said["manifests"][2:]]
    assert refers == [one["digest"] for one in said["manifests"][:2]]
    assert all({"mediaType", "digest", "size", "platform"} <= set(one) for one in said["manifests"])


def test_the_commit_is_written_to_the_index(here, move):
    move(here.version("1"), commit="b")
    assert content(here)["annotations"] == {"org.opencontainers.image.revision": "b"}


def test_manifests_of_docker_get_a_list_of_docker_which_has_no_annotations(here, move):
    move(here.push(*(shop("1", one, docker=True) for one in PLATFORMS)), commit="b")
    assert content(here)["mediaType"] == DOCKER_LIST
    assert "annotations" not in content(here)
    assert here.images() == expected("1", docker=True)


def test_manifests_of_both_kinds_get_an_index_of_oci(here, move):
    move(here.push(shop("1", PLATFORMS[0], docker=True), shop("1", PLATFORMS[1])))
    assert content(here)["mediaType"] == OCI_INDEX


@pytest.mark.parametrize("made", [shop("1", "linux/arm64"), pushed_by_buildx(shop("1", "linux/arm64"))])
def test_what_was_pushed_for_one_platform_stays_as_it_is(here, move, made):
    done = move(here.push(made, platforms=("linux/arm64",)), commit="b")
    assert done.now == here.tags["latest"] == digest(made.manifest)


def test_one_platform_of_an_index_of_several_gets_an_index_of_its_own(here, move):
    both = index(*(shop("1", one) for one in PLATFORMS), attested=True)
    move(here.push(both, platforms=("linux/arm64",)))
    assert here.images() == {"linux/arm64": shop("1", "linux/arm64").digest}
    assert len(content(here)["manifests"]) == 2


def test_a_platform_that_the_tag_loses_is_a_warning(here, move):
    move(here.version("1"))
    made = shop("2", "linux/arm64")
    moved = move(here.push(made, platforms=("linux/arm64",)))
    assert moved.warnings == (
        f"{here.memory.host}/shop:latest named an image for linux/amd64, and names none any more",
    )


# ---- not moved -------------------------------------------------------------------------------------------------------


def test_images_that_the_tag_names_already_move_nothing(here, move):
    first = move(here.version("1"))
    here.memory.requests.clear()
    done = move(here.version("1"))
    assert (done.result, done.before, done.now) == (Result.UNCHANGED, first.now, first.now)
    assert done.why == f"{here.memory.host}/shop:latest names these images already"
    assert {one.method for one in here.memory.requests} == {"GET", "HEAD"}


def test_another_attestation_alone_moves_nothing(here, move):
    move(here.version("1"))
    assert move(here.push(*(shop("1", one) for one in PLATFORMS))).result is Result.UNCHANGED


def test_a_tag_without_one_of_the_platforms_is_moved(here, move):
    move(here.push(shop("1", "linux/arm64"), platforms=("linux/arm64",)))
    assert move(here.version("1")).result is Result.MOVED
    assert here.images() == expected("1")


def test_a_tag_whose_index_lost_a_part_is_moved_though_its_images_are_the_same(here, move):
    move(here.version("1"), commit="b")
    attestation = content(here)["manifests"][2]["digest"]
    layer = json.loads(here.kept.manifests[attestation][0])["layers"][0]["digest"]
    del here.kept.blobs[layer]
    plain = here.push(*(shop("1", one) for one in PLATFORMS))
    assert move(plain).result is Result.MOVED
    assert here.images() == expected("1")


def test_a_tag_is_not_moved_to_an_ancestor_of_what_it_names(here, move):
    move(here.version("2"), commit="b", is_ancestor=is_ancestor)
    done = move(here.version("1"), commit="a", is_ancestor=is_ancestor)
    assert here.images() == expected("2")
    assert (done.result, done.now) == (Result.OLDER, here.tags["latest"])
    assert done.why == (f"{here.memory.host}/shop:latest names commit b, which comes after a: --force moves it back")


def test_force_moves_a_tag_back(here, move):
    move(here.version("2"), commit="b", is_ancestor=is_ancestor)
    done = move(here.version("1"), commit="a", is_ancestor=is_ancestor, force=True)
    assert done.result is Result.MOVED
    assert here.images() == expected("1")
    assert content(here)["annotations"] == {"org.opencontainers.image.revision": "a"}


@pytest.mark.parametrize("how", ["label", "one platform"])
def test_the_commit_of_what_a_tag_names_is_read_from_a_label_too(here, move, how):
    if how == "label":
        move(here.push(*(shop("2", one, revision="b", docker=True) for one in PLATFORMS)))
    else:
        move(here.push(shop("2", "linux/arm64", revision="b"), platforms=("linux/arm64",)))
    assert move(here.version("1", revision="a"), is_ancestor=is_ancestor).result is Result.OLDER
    assert move(here.version("3", revision="c"), is_ancestor=is_ancestor).result is Result.MOVED


def test_a_commit_that_is_not_known_here_is_noted(here, move):
    move(here.version("2"), commit="elsewhere", is_ancestor=is_ancestor)
    done = move(here.version("1"), commit="a", is_ancestor=is_ancestor)
    assert done.result is Result.MOVED
    assert done.notes == (
        f"whether {here.memory.host}/shop:latest names a later commit than a is not known: elsewhere is not here",
    )


@pytest.mark.parametrize(("mine", "theirs"), [("", "b"), ("b", ""), ("b", "b")])
def test_without_two_commits_nothing_is_compared(here, move, mine, theirs):
    def never(_older, _newer):
        raise AssertionError

    move(here.version("2"), commit=theirs)
    assert move(here.version("1"), commit=mine, is_ancestor=never).result is Result.MOVED


def test_images_that_may_not_get_a_tag_leave_it(here, move):
    move(here.version("1"))
    before = dict(here.tags)
    here.memory.requests.clear()
    done = move(here.push(shop("2", "linux/amd64"), shop("2", "linux/arm64", machine="amd64")))
    assert here.tags == before
    assert (done.result, done.before, done.now) == (Result.REFUSED, before["latest"], before["latest"])
    assert done.why.startswith(f"{here.memory.host}/shop:latest is not moved: linux/arm64: /app, its entrypoint,")
    assert {one.method for one in here.memory.requests} == {"GET", "HEAD"}


@pytest.mark.parametrize("body", [b"{", b'{"schemaVersion":1}', b'{"manifests":[]}'])
def test_a_tag_that_names_something_strange_is_moved(here, move, body):
    here.kept.manifests[digest(body)] = (body, OCI_INDEX)
    here.tags["latest"] = digest(body)
    assert move(here.version("1"), commit="a", is_ancestor=is_ancestor).result is Result.MOVED
    assert here.images() == expected("1")


def test_the_commit_of_what_lost_its_images_is_not_known(here, move):
    move(here.version("2"))
    del here.kept.manifests[content(here)["manifests"][0]["digest"]]
    assert move(here.version("1"), commit="a", is_ancestor=is_ancestor).result is Result.MOVED


def test_previous_is_not_written_where_it_names_the_image_already(here, move):
    first = move(here.version("1"))
    here.tags["previous"] = first.now
    here.memory.requests.clear()
    assert move(here.version("2")).kept == "previous"
    assert [one.path for one in here.memory.requests if one.method == "PUT" and "previous" in one.path] == []


# ---- others at the same time -----------------------------------------------------------------------------------------


def interfere(here, when, deed):
    """Do something right before a request is answered for the first time."""
    done, left = here.memory.done, [deed]

    def answer(request):
        if left and when(request):
            left.pop()()
        return done(request)

    here.memory.done = answer


def is_keeping(request):
    """Whether this writes `previous`: the tag was read, and is not written yet."""
    return request.method == "PUT" and request.path.endswith("/previous")


def test_somebody_who_moves_the_tag_meanwhile_is_seen(here, move, client):
    move(here.version("1"))
    checked = check(client(), here.version("2"))
    others = index(*(shop("9", one) for one in PLATFORMS), attested=True)
    interfere(here, is_keeping, lambda: here.kept.put(others, tag="latest"))
    done = promote(client(), here.reference(), checked)
    assert here.images() == expected("2")
    assert here.images("previous") == expected("9")
    assert done.meanwhile == (done.before,)
    assert done.notes == (f"somebody else moved {here.memory.host}/shop:latest meanwhile, to {done.before}",)


def test_somebody_who_moves_the_tag_right_after_us_is_seen(here, client, move):
    move(here.version("1"))
    checked = check(client(), here.version("2"))
    made = index(*(shop("9", one) for one in PLATFORMS))

    def deed():
        here.kept.put(made, tag="latest")

    def is_look_back(request):
        moved = here.tags["latest"] not in {before, digest(made.manifest)}
        return request.method == "HEAD" and request.path.endswith("/latest") and moved

    before = here.tags["latest"]
    interfere(here, is_look_back, deed)
    done = promote(client(), here.reference(), checked)
    assert (done.result, done.now) == (Result.MOVED, digest(made.manifest))
    assert done.meanwhile == (digest(made.manifest),)


def test_somebody_who_pushes_a_later_commit_meanwhile_is_not_undone(here, client, move):
    move(here.version("1"))
    checked = check(client(), here.version("2"))
    later = index(*(shop("9", one, revision="c") for one in PLATFORMS))
    interfere(here, is_keeping, lambda: here.kept.put(later, tag="latest"))
    done = promote(client(), here.reference(), checked, Terms(commit="b", is_ancestor=is_ancestor))
    assert (done.result, done.now) == (Result.OLDER, here.tags["latest"])
    assert here.images() == expected("9", revision="c")


def test_somebody_who_pushes_the_same_meanwhile_leaves_nothing_to_do(here, client, move):
    move(here.version("1"))
    checked = check(client(), here.version("2"))
    same = index(*(shop("2", one) for one in PLATFORMS), attested=True)
    interfere(here, is_keeping, lambda: here.kept.put(same, tag="latest"))
    done = promote(client(), here.reference(), checked)
    assert done.result is Result.UNCHANGED
    assert here.images() == expected("2")


def test_a_tag_that_never_comes_to_rest_is_an_error(here, client, move):
    move(here.version("1"))
    checked = check(client(), here.version("2"))
    done, count = here.memory.done, []

    def answer(request):
        if request.method == "HEAD" and request.path.endswith("/latest"):
            count.append(1)
            here.kept.put(index(*(shop(f"x{len(count)}", one) for one in PLATFORMS)), tag="latest")
        return done(request)

    here.memory.done = answer
    with pytest.raises(RegistryError, match="is moved by others all the time and was not moved"):
        promote(client(), here.reference(), checked)


# ---- other repositories ----------------------------------------------------------------------------------------------


def test_images_of_another_repository_are_taken_over_without_sending_them(here, client):
    pushed = here.version("1")
    one = client()
    done = promote(one, Reference(here.memory.host, "team/live", "stable"), check(one, pushed))
    assert done.result is Result.MOVED
    assert Shop(here.memory, "team/live").images("stable") == expected("1")
    again = promote(one, Reference(here.memory.host, "team/live", "stable"), check(one, pushed))
    assert again.result is Result.UNCHANGED


def test_one_platform_of_another_repository_keeps_its_index(here, client):
    made = pushed_by_buildx(shop("1", "linux/arm64"))
    one = client()
    pushed = here.push(made, platforms=("linux/arm64",))
    assert promote(one, Reference(here.memory.host, "live", "1"), check(one, pushed)).now == made.digest
    assert Shop(here.memory, "live").kept.is_whole(made.digest)


def test_a_registry_that_shares_no_blobs_is_an_error(here, client):
    here.memory.mounts = False
    one = client()
    with pytest.raises(RegistryError, match="/shop: push the images to it"):
        promote(one, Reference(here.memory.host, "live", "1"), check(one, here.version("1")))


def test_images_of_another_registry_are_wrong_use(here, client):
    one = client()
    checked = check(one, here.version("1"))
    with pytest.raises(UsageError, match="is in another registry"):
        promote(one, Reference(here.memory.host.replace("127.0.0.1", "localhost"), "shop", "1"), checked)


def test_a_registry_that_loses_the_answer_of_the_last_look_is_noted(here, client, move):
    move(here.version("1"))
    checked = check(client(), here.version("2"))
    before, done = here.tags["latest"], here.memory.done

    def answer(request):
        gone = request.method == "HEAD" and request.path.endswith("/latest") and here.tags["latest"] != before
        return Answer(500) if gone else done(request)

    here.memory.done = answer
    moved = promote(client(), here.reference(), checked)
    assert (moved.result, moved.now) == (Result.MOVED, here.tags["latest"])
    assert "could not be read again" in moved.notes[0]
