import pytest
from tests.ecosystems.project import read, run, touches

from layerwise.ecosystems.effects import CacheDirectory, Frozen, Openness, Path

LOCK = (
    '%{\n  "jason": {:hex, :jason, "1.4.1", "af1"},\n  "plug": {:git, "https://example.org/plug.git", "abc", []},\n}\n'
)


def mix_exs(more: str = "", deps: str = "") -> str:
    return f"""\
defmodule Shop.MixProject do
  use Mix.Project
  # File.read!("not this")
  def project do
    [app: :shop, version: "0.1.0", elixir: "~> 1.14", deps: deps(){more}]
  end
  defp deps do
    [{{:jason, "~> 1.4"}}, {{:plug, git: "https://example.org/plug.git"}}{deps}]
  end
end
"""


def project(more: str = "", deps: str = "", config: str | None = None, **others: str) -> dict[str, str]:
    files = {"/app/mix.exs": mix_exs(more, deps), "/app/mix.lock": LOCK, "/app/lib/shop.ex": ""}
    if config is not None:
        files["/app/config/config.exs"] = config
    return {**files, **others}


def test_fetching_reads_project_lock_and_configuration():
    effects = run("mix deps.get --only prod --check-locked", project(config="import Config\n"))
    assert effects.manifests == ("/app/mix.exs", "/app/mix.lock", "/app/config/config.exs")
    assert effects.lock == "/app/mix.lock"
    assert [(one.kind, one.packages, one.names) for one in effects.work] == [("mix.get", 2, ("jason", "plug"))]
    assert effects.needs_source == ()
    assert effects.doubts == ()
    assert effects.environment.openness is Openness.INSTALLER


def test_files_that_could_appear_are_read():
    assert {"/app/mix.lock", "/app/config/config.exs"} <= read(run("mix deps.get", project()))


def test_a_lock_may_be_rewritten_unless_checked():
    effects = run("mix deps.get", project())
    assert effects.doubts == ("mix deps.get may rewrite /app/mix.lock",)
    assert effects.frozen == Frozen(added=("--check-locked",))
    assert Path("/app/mix.lock") in effects.writes
    checked = run("mix deps.get --check-locked", project())
    assert checked.frozen is None
    assert Path("/app/mix.lock") not in checked.writes


def test_imported_configuration_is_that_of_the_environment():
    config = 'import Config\nimport_config "#{config_env()}.exs"\n'
    files = project(
        config=config, **{f"/app/config/{name}.exs": "import Config\n" for name in ("dev", "prod", "runtime")}
    )
    assert "/app/config/prod.exs" in run("mix deps.compile", files, MIX_ENV="prod").manifests
    assert "/app/config/dev.exs" in run("mix deps.compile", files).manifests
    assert "/app/config/runtime.exs" not in run("mix deps.compile", files).manifests
    assert run("mix deps.compile", files, MIX_ENV=None).needs_source
    assert run("mix deps.compile", files, MIX_ENV="test").needs_source


@pytest.mark.parametrize(
    ("more", "deps"),
    [
        ("", ', {:lib, path: "../lib"}'),
        ("", ", {:lib, path: library()}"),
        (', aliases: ["deps.get": ["cmd make"]]', ""),
        (', build_path: "../_build"', ""),
        (', version: System.cmd("git", ["describe"])', ""),
        (', compilers: Path.wildcard("c/*.c")', ""),
        (", version: File.read!(path)", ""),
        (', x: Code.eval_file("x.exs")', ""),
        ("", ", {:lib, in_umbrella: true}"),
    ],
)
def test_a_project_that_reads_more_needs_the_source(more, deps):
    effects = run("mix deps.get", project(more, deps))
    assert effects.needs_source
    assert effects.environment.openness is Openness.OPEN


def test_a_file_that_the_project_reads_by_name_is_a_manifest():
    files = project(', version: String.trim(File.read!("VERSION"))', **{"/app/VERSION": "1"})
    effects = run("mix deps.get", files)
    assert "/app/VERSION" in effects.manifests
    assert effects.needs_source == ()


def test_variables_that_project_and_configuration_read():
    effects = run("mix deps.get", project(config='import Config\nconfig :shop, x: System.get_env("SHOP_X")\n'))
    assert effects.environment.openness is Openness.INSTALLER
    assert effects.environment.reads("SHOP_X")
    assert not effects.environment.reads("SHOP_Y")
    assert run("mix deps.get", project(config="x = System.get_env(name)\n")).environment.openness is Openness.OPEN


def test_a_path_in_the_configuration_is_no_package():
    config = 'import Config\nconfig :esbuild, path: "x", cd: Path.expand("../assets", __DIR__)\n'
    assert run("mix deps.compile", project(config=config)).needs_source == ()


def test_configuration_that_cannot_be_followed_needs_the_source():
    assert run("mix deps.compile", project(config='import_config "secret/#{name}.exs"\n')).needs_source
    assert run("mix deps.compile", project(config="for c <- x, do: import_config(c)\n")).needs_source


def test_applications_of_an_umbrella_are_manifests():
    files = {
        "/app/mix.exs": mix_exs(', apps_path: "apps"'),
        "/app/apps/a/mix.exs": mix_exs(
            ', deps_path: "../../deps", lockfile: "../../mix.lock"', ", {:b, in_umbrella: true}"
        ),
        "/app/apps/b/mix.exs": mix_exs(),
        "/app/apps/b/lib/b.ex": "",
    }
    effects = run("mix deps.get", files)
    assert effects.needs_source == ()
    assert set(effects.manifests) == {"/app/mix.exs", "/app/apps/a/mix.exs", "/app/apps/b/mix.exs"}
    assert run("mix deps.get", {"/app/mix.exs": mix_exs(', apps_path: "apps"')}).needs_source


@pytest.mark.parametrize(
    ("command", "environment", "place"),
    [
        ("mix deps.get", {}, "/app/deps"),
        ("mix deps.get", {"MIX_DEPS_PATH": "/deps"}, "/deps"),
        ("mix deps.compile", {}, "/app/_build"),
        ("mix deps.compile", {"MIX_BUILD_ROOT": "/build"}, "/build"),
        ("mix local.hex --force", {}, "/root/.mix"),
        ("mix local.rebar --force", {"MIX_HOME": "/mix"}, "/mix"),
        ("mix archive.install hex phx_new --force", {}, "/root/.mix"),
    ],
)
def test_commands_write_where_they_work(command, environment, place):
    effects = run(command, project(), **environment)
    assert effects.opaque is None
    assert touches(effects, place)
    assert not touches(effects, "/app/lib")


def test_downloads_lie_with_hex():
    assert run("mix deps.get", project()).caches == {CacheDirectory("/root/.hex/packages", "locked")}
    assert run("mix deps.get", project(), HEX_HOME="/hex").caches == {CacheDirectory("/hex/packages", "locked")}
    assert run("mix deps.get", project(), HEX_HOME=None).caches == frozenset()


def test_several_tasks_are_the_sum_of_them():
    for command in (
        "mix do local.hex --force, deps.get, deps.compile",
        "mix do local.hex --force + deps.get + deps.compile",
    ):
        assert [one.kind for one in run(command, project()).work] == ["mix.tool", "mix.get", "mix.compile"]
    assert run("mix do deps.get, compile", project()).opaque


def test_a_tool_reads_no_project_where_none_is():
    effects = run("mix local.hex --force && mix local.rebar --force", {"/app/README": ""})
    assert effects.needs_source == ()
    assert effects.manifests == ()
    assert "/app/mix.exs" in read(effects)


def test_a_project_that_cannot_be_read_needs_the_source():
    assert "/app/mix.exs could not be read before the build" in run("mix deps.get").needs_source


@pytest.mark.parametrize(
    "command",
    [
        "mix compile",
        "mix release",
        "mix assets.deploy",
        "mix frobnicate",
        "mix",
        "mix archive.install ./x.ez",
        "MIX_EXS=x.exs mix deps.get",
        "cd $X && mix deps.get",
    ],
)
def test_what_runs_code_of_the_project_is_opaque(command):
    assert run(command, project()).opaque
