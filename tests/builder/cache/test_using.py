from dataclasses import replace

import pytest

from layerwise.builder.cache.branches import Branches
from layerwise.builder.cache.using import CacheUse, apart

USE = CacheUse(
    kind="registry",
    mode="max",
    place="ghcr.io/acme/shop",
    dockerfile="Dockerfile",
    target="runtime",
    branches=Branches(current="topic", base="next", main="main"),
)


def test_this_branch_its_base_and_the_main_one_are_brought_in_and_this_one_is_sent_out():
    imported = USE.imports("linux/arm64")
    assert [entry.partition("ref=")[2] for entry in imported] == [
        f"ghcr.io/acme/shop:{USE.tag('linux/arm64', branch)}" for branch in ("topic", "next", "main")
    ]
    (exported,) = USE.exports("linux/arm64")
    assert f"ref=ghcr.io/acme/shop:{USE.tag('linux/arm64')}," in exported


def test_nothing_is_sent_out_by_a_fork_or_where_it_does_not_pay():
    assert replace(USE, mode="off").exports("linux/arm64") == ()
    fork = replace(USE, branches=replace(USE.branches, foreign=True))
    assert fork.exports("linux/arm64") == ()
    assert len(fork.imports("linux/arm64")) == 3


def test_directories_are_brought_in_where_they_are(tmp_path):
    use = replace(USE, kind="local", place=str(tmp_path))
    assert use.imports("linux/arm64") == ()
    there = tmp_path / use.tag("linux/arm64", "main")
    there.mkdir()
    (there / "index.json").write_text("{}")
    assert use.imports("linux/arm64") == (f"type=local,src={there}",)
    assert use.exports("linux/arm64") == (
        f"type=local,dest={tmp_path / use.tag('linux/arm64')},mode=max,ignore-error=true",
    )


def test_github_finds_the_branches_itself():
    use = replace(USE, kind="gha", place="")
    (imported,), (exported,) = use.imports("linux/arm64"), use.exports("linux/arm64")
    assert imported.startswith("type=gha,scope=lw-cache-")
    assert exported == f"{imported},mode=max,ignore-error=true"
    assert use.imports("linux/amd64") != use.imports("linux/arm64")
    other = replace(use, branches=Branches(current="other"))
    assert other.imports("linux/arm64") == use.imports("linux/arm64")


@pytest.mark.parametrize(
    ("entry", "made"),
    [
        ("user/app:cache", "type=registry,ref=user/app:cache-linux-arm64"),
        ("localhost:5000/app", "type=registry,ref=localhost:5000/app:linux-arm64"),
        ("type=registry,ref=a/b:c,mode=max", "type=registry,ref=a/b:c-linux-arm64,mode=max"),
        ("type=local,dest=cache", "type=local,dest=cache/linux-arm64"),
        ("type=local,src=cache", "type=local,src=cache/linux-arm64"),
        ("type=gha,mode=max", "type=gha,mode=max,scope=buildkit-linux-arm64"),
        ("type=gha,scope=x", "type=gha,scope=x-linux-arm64"),
        ("type=s3,region=r,bucket=b,name=n", "type=s3,region=r,bucket=b,name=n-linux-arm64"),
        ("type=inline", "type=inline"),
        ("type=registry,ref", "type=registry,ref"),
    ],
)
def test_a_user_s_own_cache_is_parted_by_platform(entry, made):
    assert apart(entry, "linux/arm64") == made
