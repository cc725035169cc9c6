import pytest
from tests.ecosystems.project import read, run, touches, written

from layerwise.ecosystems.effects import EVERYWHERE, Openness

_SUM = "example.com/b v1.0.0 h1:x\nexample.com/b v1.0.0/go.mod h1:y\n"
_MOD = "module example.com/shop // the shop\n\ngo 1.22\n\nrequire (\n\texample.com/b v1.0.0 // indirect\n)\n"


def project(extra: str = "", **more: str) -> dict[str, str]:
    return {"/app/go.mod": _MOD + extra, "/app/go.sum": _SUM, **more}


def test_a_download_reads_go_mod_and_go_sum():
    effects = run("go mod download -x", project())
    assert effects.manifests == ("/app/go.mod", "/app/go.sum")
    assert effects.lock == "/app/go.sum"
    assert [(one.kind, one.packages, one.names) for one in effects.work] == [("go.download", 1, ("example.com/b",))]
    assert (effects.needs_source, effects.doubts, effects.frozen) == ((), (), None)
    assert effects.deterministic
    assert not touches(effects, "/app")
    assert effects.environment.openness is Openness.INSTALLER


def test_files_that_could_appear_are_read():
    assert {"/app/go.work", "/go.work", "/go.mod"} <= read(run("go mod download", project()))


@pytest.mark.parametrize(
    ("mod", "sums"),
    [
        (_MOD, ""),
        (_MOD, "example.com/b v1.0.0/go.mod h1:y\n"),
        (_MOD.replace("1.22", "1.16"), _SUM),
        (_MOD.replace("go 1.22", ""), _SUM),
    ],
)
def test_what_is_not_tidy_may_be_mended(mod, sums):
    effects = run("go mod download", {"/app/go.mod": mod, "/app/go.sum": sums})
    assert {"/app/go.mod", "/app/go.sum"} <= written(effects)
    assert not effects.deterministic


def test_modules_named_on_the_command_line_are_summed():
    assert "/app/go.sum" in written(run("go mod download example.com/b", project()))


def test_a_directory_in_a_modules_place_brings_its_go_mod():
    files = project("replace example.com/b => ./b\nreplace (\n\texample.com/c v1.0.0 => ../c\n)\n")
    effects = run("go mod download", {**files, "/app/b/go.mod": "module example.com/b\n", "/c/go.mod": "module c\n"})
    assert {"/app/b/go.mod", "/c/go.mod"} <= set(effects.manifests)
    assert effects.needs_source == ()
    assert "/c/go.mod could not be read before the build" in run("go mod download", files).needs_source


def test_a_module_in_anothers_place_is_no_directory():
    effects = run("go mod download", project("replace example.com/b => example.com/fork v1.1.0\n"))
    assert effects.needs_source == ()
    assert "/app/go.sum" in written(effects)


def test_a_workspace_brings_every_module():
    files = {
        "/app/go.work": "go 1.22\n\nuse (\n\t./api\n\t./web\n)\nreplace example.com/z => ./z\n",
        "/app/go.work.sum": "",
        "/app/api/go.mod": _MOD,
        "/app/api/go.sum": _SUM,
        "/app/web/go.mod": "module web\ngo 1.22\n",
        "/app/z/go.mod": "module z\ngo 1.22\n",
    }
    expected = {
        f"/app/{one}" for one in ("go.work", "go.work.sum", "api/go.mod", "api/go.sum", "web/go.mod", "z/go.mod")
    }
    assert set(run("go mod download", files).manifests) == expected
    assert set(run("cd api && go mod download", files).manifests) == expected
    assert set(run("cd api && GOWORK=off go mod download", files).manifests) == {"/app/api/go.mod", "/app/api/go.sum"}
    del files["/app/web/go.mod"]
    assert run("go mod download", files).needs_source == ("/app/web/go.mod could not be read before the build",)


def test_the_directory_may_be_named():
    files = {"/app/api/go.mod": _MOD, "/app/api/go.sum": _SUM}
    assert run("go -C api mod download", files).lock == "/app/api/go.sum"
    assert run("go mod download", files).needs_source == ("/app/go.mod could not be read before the build",)


@pytest.mark.parametrize(
    ("environment", "modules", "built"),
    [
        ({}, "/root/go/pkg/mod", "/root/.cache/go-build"),
        ({"GOPATH": "/go"}, "/go/pkg/mod", "/root/.cache/go-build"),
        ({"PATH": "/go/bin:/usr/bin"}, "/go/pkg/mod", "/root/.cache/go-build"),
        ({"GOMODCACHE": "/m", "GOCACHE": "/b"}, "/m", "/b"),
    ],
)
def test_modules_are_read_by_later_builds_and_compiled_packages_are_not_missed(environment, modules, built):
    caches = run("go mod download", project(), **environment).caches
    assert {(one.path, one.sharing, one.read_later) for one in caches} == {
        (modules, "shared", True),
        (built, "shared", False),
    }


def test_a_cache_of_unknown_place_is_not_named():
    assert run("go mod download", project(), GOMODCACHE=None, GOCACHE=None).caches == frozenset()


def test_a_build_reads_the_source_and_writes_its_output():
    effects = run("CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o /bin/shop ./cmd/shop", project())
    assert effects.opaque is None
    assert effects.needs_source == ("compiles the project", "may write the state of .git into the program")
    assert EVERYWHERE in effects.reads
    assert touches(effects, "/bin/shop")
    assert not touches(effects, "/app/cmd")
    assert touches(run("go build ./...", project()), "/app/cmd")


@pytest.mark.parametrize(("option", "environment"), [("-buildvcs=false", {}), ("", {"GOFLAGS": "-buildvcs=false"})])
def test_a_build_may_leave_git_alone(option, environment):
    assert run(f"go build {option} .", project(), **environment).needs_source == ("compiles the project",)


def test_a_tool_is_installed_without_the_project():
    effects = run("go install example.com/cmd/tool@v1.2.3", project(), GOBIN="/tools")
    assert effects.manifests == ()
    assert effects.needs_source == ()
    assert touches(effects, "/tools")
    assert effects.work[0].names == ("example.com/cmd/tool",)
    assert "compiles the project" in run("go install ./cmd/...", project()).needs_source


@pytest.mark.parametrize("command", ["go get ./...", "go get example.com/x@latest", "go mod tidy", "go mod vendor"])
def test_what_follows_imports_needs_the_source(command):
    effects = run(command, project())
    assert effects.needs_source[0] == "follows the imports of the project's source"
    assert {"/app/go.mod", "/app/go.sum"} <= written(effects)


def test_another_go_mod_needs_the_source():
    assert run("go mod download -modfile=other.mod", project()).needs_source
    assert run("go mod download", project(), GOFLAGS="-modfile=other.mod").needs_source


def test_a_clean_up_writes_the_caches_and_nothing_else():
    assert written(run("go clean -cache -modcache", project())) == {"/root/.cache/go-build/**", "/root/go/pkg/mod/**"}
    assert run("go clean", project()).opaque


@pytest.mark.parametrize(
    "command",
    ["go run .", "go test ./...", "go generate ./...", "go frobnicate", "go build -toolexec=./x .", "go work sync"],
)
def test_what_runs_code_or_is_not_known_is_opaque(command):
    assert run(command, project()).opaque


def test_an_opaque_command_names_its_caches():
    assert run("go test ./...", project()).caches == run("go build .", project()).caches
