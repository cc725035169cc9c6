import pytest
from tests.ecosystems.project import read, run, touches

from layerwise.ecosystems.effects import Openness

_GRADLEW = "#!/bin/sh\nAPP_HOME=.\nexec java -jar $APP_HOME/gradle/wrapper/gradle-wrapper.jar\n"


def project(script: str = 'plugins { id "java" }\n', settings: str = "", **more: str) -> dict[str, str]:
    return {"/app/build.gradle": script, "/app/settings.gradle": settings, **more}


def test_asking_for_dependencies_reads_build_scripts():
    effects = run("gradle dependencies --no-daemon", project())
    assert effects.opaque is None
    assert effects.manifests == ("/app/settings.gradle", "/app/build.gradle")
    assert effects.needs_source == ()
    assert effects.doubts == ("build scripts and their plugins are programs",)
    assert touches(effects, "/app/.gradle")
    assert touches(effects, "/app/build")
    assert not touches(effects, "/app/src")
    assert effects.environment.openness is Openness.INSTALLER


def test_files_that_could_appear_are_read():
    found = read(run("gradle dependencies", project()))
    assert {
        "/app/gradle.properties",
        "/app/build.gradle.kts",
        "/settings.gradle",
        "/app/gradle/libs.versions.toml",
    } <= found


def test_subprojects_catalogs_and_properties_are_named():
    settings = 'rootProject.name = "shop"\ninclude("api", ":libs:core")\ninclude \'web\',\n  \'jobs\'\n'
    more = {
        f"/app/{path}": ""
        for path in (
            *("api/build.gradle.kts", "libs/core/build.gradle", "libs/build.gradle", "web/build.gradle"),
            *("jobs/gradle.properties", "gradle/libs.versions.toml", "gradle/test.versions.toml", "gradle.properties"),
        )
    }
    effects = run("gradle dependencies", project(settings=settings, **more, **{"/app/other/build.gradle": ""}))
    assert set(effects.manifests) == {"/app/settings.gradle", "/app/build.gradle", *more}
    assert effects.needs_source == ()


def test_the_root_of_a_subproject_is_found():
    files = project(settings='include("api")', **{"/app/api/build.gradle": ""})
    effects = run("cd api && gradle dependencies", files)
    assert set(effects.manifests) == {"/app/settings.gradle", "/app/build.gradle", "/app/api/build.gradle"}
    assert run("gradle -p api :api:dependencies", files).manifests == effects.manifests


@pytest.mark.parametrize(
    "script",
    [
        'version = file("version.txt").text',
        "dependencies { implementation fileTree(dir: 'libs') }",
        'apply from: "gradle/java.gradle"',
        'version = "git describe".execute()',
        'plugins { id("com.palantir.git-version") version "3" }',
        'def out = providers.exec { commandLine("date") }',
        'new File("x").readText()',
        'val props = Properties().apply { load(java.io.File("x").inputStream()) }',
        'apply(from = "x.gradle.kts")',
        'apply plugin: "java"\napply from : "x.gradle"',
        "repositories { flatDir { dirs 'libs' } }",
    ],
)
def test_a_script_that_reaches_for_files_or_programs_needs_the_source(script):
    effects = run("gradle dependencies", project(script))
    assert effects.needs_source
    assert effects.environment.openness is Openness.OPEN


@pytest.mark.parametrize(
    "settings",
    [
        'project(":a").projectDir = file("b")',
        'includeBuild("logic")',
        "includeFlat 'x'",
        "names.each { include it }",
        'names.forEach { include(":$it") }',
    ],
)
def test_settings_that_lead_elsewhere_need_the_source(settings):
    assert run("gradle dependencies", project(settings=settings)).needs_source


def test_a_build_of_the_projects_own_needs_the_source():
    files = project(**{"/app/buildSrc/src/main/java/A.java": ""})
    assert run("gradle dependencies", files).needs_source == ("/app/buildSrc is a build of the project's own",)


def test_a_project_that_is_not_known_needs_the_source():
    assert run("gradle dependencies").needs_source == ("no build script of /app is known",)


def test_variables_that_scripts_ask_for_are_read():
    assert run("gradle dependencies", project('def a = System.getenv("SHOP_COLOUR")')).environment.reads("SHOP_COLOUR")
    assert not run("gradle dependencies", project()).environment.reads("SHOP_COLOUR")
    assert run("gradle dependencies", project("def a = System.env.SHOP_COLOUR")).environment.openness is Openness.OPEN
    assert run("gradle dependencies", project("def a = System.getenv(name)")).environment.openness is Openness.OPEN


@pytest.mark.parametrize(
    ("command", "environment", "root"),
    [
        ("gradle build", {}, "/root/.gradle"),
        ("gradle dependencies", {"GRADLE_USER_HOME": "/g"}, "/g"),
        ("gradle -g /h dependencies", {"GRADLE_USER_HOME": "/g"}, "/h"),
        ("gradle dependencies", {"GRADLE_USER_HOME": None}, None),
    ],
)
def test_what_gradle_keeps_is_locked_and_read_later(command, environment, root):
    caches = run(command, project(), **environment).caches
    expected = {(f"{root}/{name}", "locked", True) for name in ("caches", "wrapper")} if root else set()
    assert {(one.path, one.sharing, one.read_later) for one in caches} == expected


@pytest.mark.parametrize(
    "command",
    [
        "gradle build -x test --no-daemon",
        "gradle dependencies build",
        "gradle -I init.gradle dependencies",
        "gradle --write-locks dependencies",
        "gradle dependencies --sideways",
        "gradle",
    ],
)
def test_what_runs_tasks_or_other_scripts_is_opaque(command):
    assert run(command, project()).opaque


def wrapper() -> dict[str, str]:
    return {
        "/app/gradlew": _GRADLEW,
        "/app/gradle/wrapper/gradle-wrapper.properties": "distributionUrl=x\n",
        "/app/gradle/wrapper/gradle-wrapper.jar": "",
    }


def test_the_script_of_the_project_fetches_the_version_that_the_project_names():
    effects = run("./gradlew --version", project(**wrapper()))
    assert set(effects.manifests) == set(wrapper())
    assert effects.doubts == ("/app/gradlew is a script of the project",)
    assert touches(effects, "/root/.gradle")
    assert not touches(effects, "/app")
    assert [one.kind for one in effects.work] == ["gradle.wrapper", "shell"]


def test_a_script_that_is_not_gradles_own_is_opaque():
    assert run("./gradlew dependencies", project(**{"/app/gradlew": "make\n"})).opaque
    assert run("./gradlew dependencies", project()).opaque
    assert run("./gradlew dependencies", project(**wrapper())).opaque is None
