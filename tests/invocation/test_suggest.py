from layerwise.config import Config, load, render
from layerwise.invocation.invocation import Invocation, Source
from layerwise.invocation.suggest import suggested


def build(line: int, **fields: object) -> Invocation:
    return Invocation(Source("a.yml", line), "workflow", **fields)


def test_what_the_best_build_says_is_suggested_with_its_source():
    one = build(3, dockerfile="app/Dockerfile", context="app", target="runtime", platforms=("linux/amd64",))
    two = build(9, dockerfile="app/Dockerfile", context="app", target="test", platforms=("linux/arm64",))
    suggestion = suggested((one, two), "app/Dockerfile")
    assert suggestion.config == Config("app/Dockerfile", "app", "runtime", ("linux/amd64", "linux/arm64"))
    assert suggestion.seen == {
        "dockerfile": "a.yml:3",
        "context": "a.yml:3",
        "target": "a.yml:3",
        "platforms": "a.yml:3, a.yml:9",
    }


def test_what_only_a_run_can_tell_is_not_suggested():
    suggestion = suggested((build(1, context="$DIR", target="${{ matrix.x }}"),), "Dockerfile")
    assert suggestion.config == Config("Dockerfile")
    assert set(suggestion.seen) == {"dockerfile"}


def test_without_builds_only_the_dockerfile_is_suggested():
    assert suggested((), "Dockerfile").config == Config("Dockerfile")


def test_the_suggestion_reads_back_from_its_file():
    suggestion = suggested((build(3, platforms=("linux/amd64",)),), "Dockerfile")
    text = render(suggestion.config, suggestion.seen)
    assert "Found in a.yml:3" in text
    assert load(text) == suggestion.config
