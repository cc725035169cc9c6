import pytest
from tests.ecosystems.project import read, run, touches, written

from layerwise.ecosystems.effects import EVERYWHERE, Frozen, Openness

_LOCK = '[[package]]\nname = "shop"\n\n[[package]]\nname = "serde"\nsource = "registry+https://x"\nchecksum = "1"\n'


def package(directory: str = "/app", extra: str = "", source: str = "src/main.rs") -> dict[str, str]:
    name = directory.rpartition("/")[2]
    manifest = f'[package]\nname = "{name}"\nversion = "1.0.0"\n{extra}\n[dependencies]\nSerde = "1"\n'
    return {f"{directory}/Cargo.toml": manifest, f"{directory}/{source}": "fn main() {}\n"}


def project(extra: str = "", **more: str) -> dict[str, str]:
    return {**package(extra=extra), "/app/Cargo.lock": _LOCK, **more}


def test_a_fetch_reads_manifests_and_the_targets_that_must_exist():
    effects = run("cargo fetch --locked", project())
    assert effects.manifests == ("/app/Cargo.toml", "/app/Cargo.lock")
    assert effects.lock == "/app/Cargo.lock"
    assert "/app/src/main.rs" in read(effects)
    assert [(one.kind, one.packages, one.names) for one in effects.work] == [("cargo.fetch", 1, ("serde",))]
    assert (effects.needs_source, effects.doubts, effects.frozen) == ((), (), None)
    assert effects.deterministic
    assert effects.environment.openness is Openness.INSTALLER
    assert not touches(effects, "/app")


def test_files_that_could_appear_are_read():
    found = read(run("cargo fetch", project()))
    assert {"/app/.cargo/config.toml", "/.cargo/config", "/app/rust-toolchain.toml", "/Cargo.toml"} <= found


def test_a_lock_that_may_be_rewritten_has_a_frozen_form():
    effects = run("cargo fetch", project())
    assert effects.frozen == Frozen(added=("--locked",))
    assert "may rewrite /app/Cargo.lock" in effects.doubts[0]
    assert "/app/Cargo.lock" in written(effects)
    assert run("cargo fetch", package()).frozen is None


@pytest.mark.parametrize(
    ("manifest", "source", "needs"),
    [
        ('[[bin]]\nname = "a"\npath = "src/a.rs"', "x.rs", False),
        ('[lib]\nname = "a"', "src/lib.rs", False),
        ('[lib]\nname = "a"', "src/main.rs", True),
        ('[[bin]]\nname = "a"', "src/bin/a.rs", False),
        ('[[bin]]\nname = "a"', "src/bin/b.rs", True),
        ('[[bench]]\nname = "b"', "src/lib.rs", True),
        ("", "src/bin/a.rs", True),
    ],
)
def test_targets_without_a_path_must_be_there(manifest, source, needs):
    files = {"/app/Cargo.toml": f'[package]\nname = "shop"\nversion = "1.0.0"\n{manifest}\n', f"/app/{source}": ""}
    effects = run("cargo fetch", files)
    assert bool(effects.needs_source) is needs
    assert needs or (f"/app/{source}" in read(effects)) is (source != "x.rs")


def test_members_path_dependencies_and_patches_are_followed():
    files = {
        "/app/Cargo.toml": '[workspace]\nmembers = ["crates/*"]\nexclude = ["crates/old"]\n[patch.crates-io]\nx = { path = "x" }\n',
        **package(
            "/app/crates/api",
            '[dependencies.core]\npath = "../../core"\n[target."cfg(unix)".dependencies]\n',
            "src/lib.rs",
        ),
        **package("/app/crates/old"),
        **package("/app/core", source="src/lib.rs"),
        **package("/app/x", source="src/lib.rs"),
        "/app/crates/notes.txt": "",
    }
    files["/app/crates/api/Cargo.toml"] = (
        '[package]\nname = "api"\n[target."cfg(unix)".dependencies]\ncore = { path = "../../core" }\n'
    )
    effects = run("cargo fetch", files)
    assert set(effects.manifests) == {f"/app/{one}Cargo.toml" for one in ("", "crates/api/", "core/", "x/")}
    assert {"/app/core/src/lib.rs", "/app/x/src/lib.rs"} <= read(effects)
    assert effects.needs_source == ()


def test_a_member_that_cannot_be_read_needs_the_source():
    files = {"/app/Cargo.toml": '[workspace]\nmembers = ["api"]\n', "/app/Cargo.lock": _LOCK}
    assert run("cargo fetch", files).needs_source == ("/app/api/Cargo.toml could not be read before the build",)
    assert run("cargo fetch").needs_source == ("/app/Cargo.toml could not be read before the build",)


def test_a_member_brings_its_workspace():
    files = {**package("/app/api"), "/app/Cargo.toml": '[workspace]\nmembers = ["api"]\n', "/app/Cargo.lock": _LOCK}
    effects = run("cargo fetch --manifest-path api/Cargo.toml", files)
    assert set(effects.manifests) == set(run("cd api && cargo fetch", files).manifests)
    assert effects.lock == "/app/Cargo.lock"


@pytest.mark.parametrize(
    ("config", "needs"),
    [
        ("[build]\njobs = 2\n", False),
        ('[source.crates-io]\nreplace-with = "v"\n[source.v]\ndirectory = "vendor"\n', True),
        ('paths = ["../lib"]\n', True),
        ('[registries.own]\nindex = "file:///srv/index"\n', True),
    ],
)
def test_configuration_belongs_with_the_manifest_or_leads_to_files(config, needs):
    effects = run("cargo fetch", project(**{"/app/.cargo/config.toml": config}))
    assert "/app/.cargo/config.toml" in effects.manifests
    assert bool(effects.needs_source) is needs


def test_the_toolchain_belongs_with_the_manifest():
    files = project(**{"/app/rust-toolchain.toml": '[toolchain]\nchannel = "1.80"\n'})
    assert "/app/rust-toolchain.toml" in run("cargo fetch", files).manifests
    files["/app/rust-toolchain.toml"] = '[toolchain]\npath = "rust"\n'
    assert run("cargo fetch", files).needs_source


@pytest.mark.parametrize(
    ("environment", "home"),
    [({}, "/root/.cargo"), ({"CARGO_HOME": "/c"}, "/c"), ({"PATH": "/usr/local/cargo/bin:/bin"}, "/usr/local/cargo")],
)
def test_what_cargo_downloads_is_read_by_later_builds(environment, home):
    caches = run("cargo fetch", project(), **environment).caches
    assert {(one.path, one.sharing, one.read_later) for one in caches} == {
        (f"{home}/registry", "shared", True),
        (f"{home}/git", "shared", True),
    }
    assert run("cargo fetch", project(), CARGO_HOME=None).caches == frozenset()


def test_a_build_reads_the_source_and_writes_the_target_directory():
    effects = run("cargo +nightly build --release --locked", project())
    assert effects.opaque is None
    assert effects.needs_source == ("compiles the project",)
    assert EVERYWHERE in effects.reads
    assert touches(effects, "/app/target")
    assert not touches(effects, "/app/src")
    assert effects.environment.openness is Openness.OPEN


@pytest.mark.parametrize(
    ("option", "environment", "config", "place"),
    [
        ("--target-dir /t", {}, "", "/t"),
        ("", {"CARGO_TARGET_DIR": "/t"}, "", "/t"),
        ("", {}, '[build]\ntarget-dir = "out"\n', "/app/out"),
    ],
)
def test_the_target_directory_may_be_elsewhere(option, environment, config, place):
    effects = run(f"cargo build {option}", project(**{"/app/.cargo/config.toml": config}), **environment)
    assert touches(effects, place)
    assert not touches(effects, "/app/target")


@pytest.mark.parametrize(
    ("files", "environment"),
    [
        ({"/app/build.rs": ""}, {}),
        ({"/app/.cargo/config.toml": '[build]\nrustc-wrapper = "./wrap"\n'}, {}),
        ({}, {"RUSTC_WRAPPER": "sccache"}),
    ],
)
def test_a_build_that_runs_code_of_the_project_is_opaque_but_names_its_caches(files, environment):
    effects = run("cargo build", project(**files), **environment)
    assert effects.opaque
    assert effects.caches
    assert run("cargo build", project('build = "gen.rs"')).opaque
    assert (
        run("cargo build", {**project(), "/app/build.rs": "", "/app/Cargo.toml": "[package]\nbuild = false\n"}).opaque
        is None
    )


def test_a_tool_is_installed_without_the_project():
    effects = run("cargo install ripgrep@14 --root /opt/rg", project())
    assert effects.manifests == ()
    assert effects.needs_source == ()
    assert touches(effects, "/opt/rg")
    assert effects.work[0].names == ("ripgrep",)
    toolchain = project(**{"/app/rust-toolchain": "1.80\n"})
    assert run("cargo install ripgrep", toolchain).manifests == ("/app/rust-toolchain",)


def test_an_install_from_a_path_compiles_the_project():
    effects = run("cargo install --path . --root /opt/shop", project())
    assert "compiles the project" in effects.needs_source
    assert touches(effects, "/opt/shop")


def test_chef_cooks_from_its_recipe_alone():
    effects = run("cargo chef cook --release --recipe-path recipe.json", {"/app/recipe.json": "{}"})
    assert effects.manifests == ("/app/recipe.json",)
    assert touches(effects, "/app/src")
    assert run("cargo chef prepare --recipe-path recipe.json", project()).needs_source


def test_vendoring_fills_a_directory():
    assert touches(run("cargo vendor --locked third", project()), "/app/third")


@pytest.mark.parametrize(
    "command", ["cargo test", "cargo run", "cargo xtask", "cargo frobnicate", "cargo --config x=1 build"]
)
def test_what_runs_code_or_is_not_known_is_opaque(command):
    assert run(command, project()).opaque
