import pytest

from layerwise.graph.mounts import Mount, parse_mount


def mount(flag: str) -> Mount:
    return parse_mount(flag, lambda word: word.replace("$V", "a,b"))


def test_a_bind_mount_is_the_default_and_read_only() -> None:
    assert mount("target=/m") == Mount(
        type="bind", target="/m", source="/", origin="", id="", sharing="", writable=False, environment=""
    )


@pytest.mark.parametrize("name", ["target", "dst", "destination", "TARGET"])
def test_a_target_has_three_names_in_any_case(name: str) -> None:
    assert mount(f"type=tmpfs,{name}=/m").target == "/m"


@pytest.mark.parametrize("name", ["source", "src"])
def test_a_source_has_two_names(name: str) -> None:
    assert mount(f"{name}=/s,target=/m,from=one").source == "/s"


@pytest.mark.parametrize(
    ("flag", "writable"),
    [
        ("target=/m,rw", True),
        ("target=/m,readwrite=true", True),
        ("target=/m,rw=false", False),
        ("target=/m,ro=false", True),
        ("target=/m,readonly", False),
        ("type=cache,target=/m", True),
        ("type=cache,target=/m,ro", False),
        ("type=tmpfs,target=/m", True),
        ("type=secret,id=s", False),
    ],
)
def test_whether_a_mount_may_be_written(flag: str, writable: bool) -> None:
    assert mount(flag).writable is writable


def test_a_cache_is_named_by_its_clean_target_and_shared_unless_it_says_otherwise() -> None:
    assert (mount("type=cache,target=/c/").id, mount("type=cache,target=/c").sharing) == ("/c", "shared")
    other = mount("type=cache,target=/c,id=x,sharing=locked")
    assert (other.id, other.sharing) == ("x", "locked")


@pytest.mark.parametrize(
    ("flag", "identity", "target", "environment"),
    [
        ("type=secret,id=s", "s", "/run/secrets/s", ""),
        ("type=secret,id=a/s", "a/s", "/run/secrets/s", ""),
        ("type=secret,src=s", "s", "/run/secrets/s", ""),
        ("type=secret,target=/etc/s", "s", "/etc/s", ""),
        ("type=secret,id=s,env=S", "s", "", "S"),
        ("type=secret,id=s,env=S,target=/s", "s", "/s", "S"),
        ("type=ssh", "", "", ""),
        ("type=ssh,id=k", "k", "", ""),
    ],
)
def test_a_secret_names_its_target_and_a_target_its_secret(
    flag: str, identity: str, target: str, environment: str
) -> None:
    found = mount(flag)
    assert (found.id, found.target, found.environment) == (identity, target, environment)


def test_other_settings_are_kept_in_an_order_of_their_own() -> None:
    flags = ("type=secret,id=s,uid=1,mode=0400,required", "type=secret,required,mode=0400,id=s,uid=1")
    assert [mount(flag).options for flag in flags] == [(("mode", "0400"), ("required", ""), ("uid", "1"))] * 2


def test_variables_are_expanded_once_the_fields_are_parted_and_not_in_from() -> None:
    found = mount('"source=$V,c",target=/m,from=$V')
    assert (found.source, found.target, found.origin) == ("a,b,c", "/m", "$V")
