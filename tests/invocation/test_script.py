import pytest

from layerwise.invocation.command import Origin
from layerwise.invocation.invocation import Invocation, Unreadable
from layerwise.invocation.script import read, read_package


def builds(text: str, *files: str, path: str = "scripts/build.sh") -> list[Invocation]:
    return list(read(text, Origin(path, "script", frozenset(files).__contains__)))


def test_a_script_runs_at_the_root_or_where_the_dockerfile_is():
    assert builds("docker build .")[0].dockerfile == "Dockerfile"
    assert builds("docker build .", "scripts/Dockerfile")[0].dockerfile == "scripts/Dockerfile"
    assert builds("docker build .", "a/Dockerfile", path="a/b/c.sh")[0].dockerfile == "a/Dockerfile"


@pytest.mark.parametrize(
    "here",
    [
        '"$(dirname "$0")/.."',
        "$(dirname $0)/..",
        "$(dirname ${BASH_SOURCE[0]})/..",
        '"$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"',
        '"$(cd -P "$( dirname "$0" )/.." >/dev/null 2>&1 && pwd -P)"',
        '"$(git rev-parse --show-toplevel)"',
        "$(dirname $(realpath $0))/..",
    ],
)
def test_a_script_that_looks_up_its_own_place_is_followed(here):
    (one,) = builds(f"ROOT={here}\ncd $ROOT\ndocker build -f $ROOT/docker/Dockerfile app", path="scripts/build.sh")
    assert (one.dockerfile, one.context) == ("docker/Dockerfile", "app")


def test_the_scripts_of_a_package_run_beside_it_with_their_lines():
    text = '{\n\t"name": "x",\n\t"scripts": {\n\t\t"image": "docker build --target a -t \\"x\\" ."\n\t}\n}\n'
    (one,) = read_package(text, Origin("web/package.json", "script", frozenset().__contains__))
    assert (one.source.line, one.dockerfile, one.target, one.tags) == (4, "web/Dockerfile", "a", ("x",))


def test_a_broken_package_is_unreadable():
    with pytest.raises(Unreadable):
        list(read_package('{"a": [}', Origin("package.json", "script", frozenset().__contains__)))
