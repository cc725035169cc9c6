import os

import pytest
from tests.builder.drive.inspected import builder
from tests.builder.drive.lines import asked

from layerwise.builder.cache.branches import Branches
from layerwise.builder.cache.using import CacheUse
from layerwise.builder.drive.calls import Call, Place, each, repositories, temporary, whole
from layerwise.errors import UsageError

CACHE = CacheUse(
    kind="registry",
    mode="max",
    place="example.org/shop",
    dockerfile="Dockerfile",
    target="",
    branches=Branches(current="topic", base="next", main="main"),
)


def place(name: str, named: str = "") -> Place:
    return Place(builder=builder(name), named=named, environment=os.environ)


def calls(text: str, cache: CacheUse | None = None, **names: str) -> tuple[Call, ...]:
    wanted = asked(text)
    return each(wanted, {platform: place(names.get("on", "containerd")) for platform in wanted.platforms}, cache)


def words(call: Call) -> list[str]:
    return list(call.arguments())


def test_a_plain_build_is_the_call_that_the_user_wrote():
    call = whole(asked("-t a --build-arg B=c -f x/Dockerfile ctx"), place("containerd"), None)
    assert words(call) == ["docker", "buildx", "build", "-t", "a", "--build-arg", "B=c", "-f", "x/Dockerfile", "ctx"]


def test_the_docker_driver_pushes_each_platform_under_a_name_of_its_own():
    amd64, arm64 = calls("--platform linux/amd64,linux/arm64 -t example.org/shop:1 -t example.org/shop:2 --push .")
    assert words(amd64)[3:] == [
        "--platform=linux/amd64",
        "--output=type=image,push=true,name=example.org/shop:1.lw-linux-amd64,store=false",
        ".",
    ]
    assert arm64.names == ("example.org/shop:1.lw-linux-arm64",)


@pytest.mark.parametrize("driver", ["container", "kubernetes", "remote"])
def test_every_other_driver_pushes_by_digest(driver):
    (arm64,) = calls("--platform linux/arm64 -t example.org/shop:1 -t other.org/shop --push .", on=driver)
    assert words(arm64)[4] == (
        '--output=type=image,push=true,"name=example.org/shop,other.org/shop",push-by-digest=true,name-canonical=true'
    )
    assert arm64.names == ()


def test_docker_with_its_old_store_pushes_as_it_can():
    (amd64,) = calls("--platform linux/amd64 -t example.org/shop:1 --push .", on="graphdriver")
    assert words(amd64)[3:] == ["--platform=linux/amd64", "--tag=example.org/shop:1.lw-linux-amd64", "--push=true", "."]


def test_what_the_user_says_of_the_output_is_kept():
    (amd64,) = calls("--platform linux/amd64 -t a.org/b -o type=image,push=true,compression=zstd,unpack=true .")
    assert (
        words(amd64)[4]
        == "--output=type=image,push=true,compression=zstd,unpack=true,name=a.org/b:latest.lw-linux-amd64"
    )


def test_flags_that_are_ours_to_answer_do_not_reach_the_calls():
    (amd64,) = calls(
        "--platform linux/amd64 -t a.org/b --push -q --iidfile i --metadata-file m --progress plain --no-cache ."
    )
    assert words(amd64)[5:] == ["--no-cache", "."]


def test_each_platform_has_caches_of_its_own():
    amd64, arm64 = calls("--platform linux/amd64,linux/arm64 -t example.org/shop --push .", CACHE)
    for call in (amd64, arm64):
        mine = [word for word in words(call) if word.startswith("--cache")]
        assert len([word for word in mine if word.startswith("--cache-from=")]) == 3
        assert all(call.platform.replace("/", "-") in word for word in mine)
    exported = [word for call in (amd64, arm64) for word in words(call) if word.startswith("--cache-to=")]
    assert len(set(exported)) == 2


def test_the_user_s_own_caches_are_parted_where_platforms_would_overwrite_each_other():
    text = "-t example.org/shop --push --cache-to type=registry,ref=example.org/shop:cache --cache-from example.org/shop:cache ."
    amd64, arm64 = calls(f"--platform linux/amd64,linux/arm64 {text}")
    assert "--cache-to=type=registry,ref=example.org/shop:cache-linux-arm64" in words(arm64)
    assert "--cache-from=type=registry,ref=example.org/shop:cache-linux-amd64" in words(amd64)
    (alone,) = calls(f"--platform linux/amd64 {text}")
    assert "type=registry,ref=example.org/shop:cache" in words(alone)


def test_platforms_that_one_call_makes_have_one_cache_together():
    call = whole(asked("--platform linux/amd64,linux/arm64 -t a ."), place("containerd"), CACHE)
    (exported,) = (word for word in words(call) if word.startswith("--cache-to="))
    assert "linux-amd64-linux-arm64" in exported
    assert call.platform == ""


def test_a_build_on_nodes_without_a_push_keeps_its_outputs():
    wanted = asked("--platform linux/amd64,linux/arm64 -t a --load .", arm64="box")
    made = each(wanted, {"linux/amd64": place("containerd"), "linux/arm64": place("remote", "box")}, None)
    assert words(made[1]) == [
        "docker",
        "buildx",
        "build",
        "--builder=box",
        "--platform=linux/arm64",
        "-t",
        "a",
        "--load",
        ".",
    ]


def test_what_nodes_write_does_not_meet():
    wanted = asked("--platform linux/amd64,linux/arm64 -o out .", arm64="box")
    places = {"linux/amd64": place("containerd"), "linux/arm64": place("remote", "box")}
    assert "--output=type=local,dest=out/linux_arm64" in words(each(wanted, places, None)[1])
    alone = asked("--platform linux/arm64 -o out .", arm64="box")
    assert "out" in words(each(alone, {"linux/arm64": place("remote", "box")}, None)[0])
    for output in ("-", "type=oci,dest=image.tar"):
        with pytest.raises(UsageError, match="would write to one file"):
            each(asked(f"--platform linux/amd64,linux/arm64 -o {output} .", arm64="box"), places, None)


def test_names_have_one_temporary_name_a_repository():
    assert temporary(["a.org/b:1", "a.org/b:2", "c.org/d"], "linux/arm/v7") == (
        "a.org/b:1.lw-linux-arm-v7",
        "c.org/d:latest.lw-linux-arm-v7",
    )
    assert repositories(["a.org/b:1", "a.org/b:2", "shop"]) == ("a.org/b", "docker.io/library/shop")
    with pytest.raises(UsageError, match="is no reference of an image"):
        temporary(["A B"], "linux/amd64")
