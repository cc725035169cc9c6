import re

from hypothesis import given
from hypothesis import strategies as st

from layerwise.builder.cache.refs import branch_digest, cache_tag, platform_tag, read_cache_tag

TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}", re.ASCII)
NAMES = st.text(min_size=1, max_size=300)
PLATFORMS = st.sampled_from(["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/amd64,linux/arm64", "local"]) | NAMES


@given(NAMES, NAMES, NAMES, PLATFORMS)
def test_a_ref_is_a_tag_of_any_registry(dockerfile, target, branch, platform):
    assert TAG.fullmatch(cache_tag(dockerfile, target, branch, platform))


@given(NAMES, NAMES, PLATFORMS)
def test_branches_have_refs_of_their_own(one, other, platform):
    same = cache_tag("Dockerfile", "", one, platform) == cache_tag("Dockerfile", "", other, platform)
    assert same == (one == other)


@given(PLATFORMS, PLATFORMS, NAMES)
def test_platforms_have_refs_of_their_own(one, other, branch):
    same = cache_tag("Dockerfile", "", branch, one) == cache_tag("Dockerfile", "", branch, other)
    assert same == (one == other)


@given(st.tuples(NAMES, NAMES), st.tuples(NAMES, NAMES))
def test_ways_of_building_have_refs_of_their_own(one, other):
    same = cache_tag(*one, "main", "linux/amd64") == cache_tag(*other, "main", "linux/amd64")
    assert same == (one == other)


@given(NAMES, NAMES, PLATFORMS)
def test_a_ref_says_whose_it_is(target, branch, platform):
    found = read_cache_tag(cache_tag("Dockerfile", target, branch, platform))
    assert found is not None
    assert found.digest == branch_digest(branch)


def test_a_ref_can_be_read_by_people():
    tag = cache_tag("Dockerfile", "", "feature/New_thing#7", "linux/arm/v7")
    assert re.fullmatch(r"lw-cache-[0-9a-f]{6}-feature-new_thing-7-[0-9a-f]{10}-linux-arm-v7", tag)
    assert read_cache_tag(tag).platform == "linux-arm-v7"


def test_other_tags_are_not_ours():
    for tag in ("latest", "lw-cache-", "lw-cache-abc", "buildcache-main"):
        assert read_cache_tag(tag) is None


@given(st.from_regex(TAG, fullmatch=True), PLATFORMS)
def test_a_temporary_tag_is_a_tag(tag, platform):
    assert TAG.fullmatch(platform_tag(tag, platform))


@given(st.from_regex(TAG, fullmatch=True), st.from_regex(TAG, fullmatch=True))
def test_tags_have_temporary_ones_of_their_own(one, other):
    assert (platform_tag(one, "linux/arm64") == platform_tag(other, "linux/arm64")) == (one == other)


def test_a_temporary_tag_shows_what_it_is_of():
    assert platform_tag("1.2", "linux/arm64") == "1.2.lw-linux-arm64"
