import pytest
from tests.ecosystems.project import read, run, touches

from layerwise.ecosystems.effects import Openness

_MVNW = "#!/bin/sh\n# Licensed to the Apache Software Foundation\nread .mvn/wrapper/maven-wrapper.properties\n"


def pom(inside: str = "", name: str = "shop") -> str:
    dependency = "<dependencies><dependency><artifactId>Guava</artifactId></dependency></dependencies>"
    return f'<project xmlns="urn:example:pom"><artifactId>{name}</artifactId>{dependency}{inside}</project>'


def project(inside: str = "", **more: str) -> dict[str, str]:
    return {"/app/pom.xml": pom(inside), **more}


def parent(path: str | None = None) -> str:
    relative = "" if path is None else f"<relativePath>{path}</relativePath>"
    return f"<parent><artifactId>shop</artifactId>{relative}</parent>"


@pytest.mark.parametrize(
    "command",
    [
        "mvn dependency:go-offline",
        "mvn -B -ntp -q dependency:resolve dependency:resolve-plugins",
        "mvn org.apache.maven.plugins:maven-dependency-plugin:3.6.1:go-offline -DskipTests -Pprod",
    ],
)
def test_resolving_reads_the_project_and_fills_the_repository(command):
    effects = run(command, project())
    assert effects.opaque is None
    assert effects.manifests == ("/app/pom.xml",)
    assert (effects.needs_source, effects.doubts) == ((), ())
    assert [(one.kind, one.names) for one in effects.work] == [("maven.resolve", ("guava",))]
    assert touches(effects, "/root/.m2/repository")
    assert not touches(effects, "/app")
    assert effects.environment.openness is Openness.INSTALLER


def test_files_that_could_appear_are_read():
    found = read(run("mvn dependency:resolve", project(parent())))
    assert {"/app/.mvn/maven.config", "/app/.mvn/jvm.config", "/pom.xml", "/root/.m2/settings.xml"} <= found


def test_modules_and_parents_are_named():
    modules = "<modules><module>api</module><module>web/pom.xml</module></modules>"
    files = project(
        modules,
        **{
            "/app/api/pom.xml": pom(parent(), "api"),
            "/app/web/pom.xml": pom(parent("../bom/pom.xml"), "web"),
            "/app/bom/pom.xml": pom("<modules><module>away</module></modules>", "bom"),
        },
    )
    effects = run("mvn dependency:go-offline", files)
    assert set(effects.manifests) == {f"/app/{one}pom.xml" for one in ("", "api/", "web/", "bom/")}
    assert effects.needs_source == ()
    assert "/app/api/target/**" in read(effects)


def test_modules_of_profiles_count_where_they_are_there():
    inside = "<profiles><profile><modules><module>{}</module></modules></profile></profiles>"
    files = project(inside.format("extra"), **{"/app/extra/pom.xml": pom()})
    assert "/app/extra/pom.xml" in run("mvn dependency:resolve", files).manifests
    assert run("mvn dependency:resolve", project(inside.format("away"))).needs_source == ()


@pytest.mark.parametrize(
    ("inside", "reason"),
    [
        ("<modules><module>api</module></modules>", "/app/api/pom.xml could not be read"),
        ("<modules><module>${kind}</module></modules>", "names a module by a property"),
        (
            "<build><extensions><extension><artifactId>jgitver</artifactId></extension></extensions></build>",
            "loads jgitver",
        ),
        (
            "<build><plugins><plugin><artifactId>t</artifactId><extensions>true</extensions></plugin></plugins></build>",
            "loads t",
        ),
        (
            "<profiles><profile><activation><file><exists>x</exists></file></activation></profile></profiles>",
            "if a file",
        ),
        (
            "<build><systemPath>${basedir}/lib/x.jar</systemPath></build>",
            "takes a dependency from ${basedir}/lib/x.jar",
        ),
        (
            "<repositories><repository><url>file://${project.basedir}/r</url></repository></repositories>",
            "takes packages",
        ),
    ],
)
def test_what_leads_to_other_files_needs_the_source(inside, reason):
    assert any(reason in one for one in run("mvn dependency:resolve", project(inside)).needs_source)


def test_a_parent_may_be_taken_from_a_repository():
    files = {"/app/api/pom.xml": pom(parent("")), "/app/pom.xml": pom()}
    assert run("mvn -f api/pom.xml dependency:resolve", files).manifests == ("/app/api/pom.xml",)
    files["/app/api/pom.xml"] = pom(parent())
    assert run("mvn -f api dependency:resolve", files).manifests == ("/app/api/pom.xml", "/app/pom.xml")


@pytest.mark.parametrize("text", ["<project>", '<!DOCTYPE project [<!ENTITY a "b">]><project/>'])
def test_a_project_that_cannot_be_read_needs_the_source(text):
    assert run("mvn dependency:resolve", {"/app/pom.xml": text}).needs_source
    assert run("mvn dependency:resolve").needs_source == ("/app/pom.xml could not be read before the build",)


def test_configuration_of_the_project_belongs_with_the_manifest():
    files = project(**{"/app/.mvn/maven.config": "-s\nci/settings.xml\n", "/app/ci/settings.xml": "<settings/>"})
    effects = run("mvn dependency:resolve", files)
    assert {"/app/.mvn/maven.config", "/app/ci/settings.xml"} <= set(effects.manifests)
    settings = project(**{"/app/ci/settings.xml": "<settings/>"})
    assert "/app/ci/settings.xml" in run("mvn dependency:resolve", settings, MAVEN_ARGS="-s ci/settings.xml").manifests
    assert run("mvn dependency:resolve", project(**{"/app/.mvn/extensions.xml": ""})).needs_source
    assert run("mvn dependency:resolve", project(**{"/app/.mvn/jvm.config": "-javaagent:x.jar"})).needs_source


def test_variables_that_a_project_names_are_read():
    effects = run("mvn dependency:resolve", project("<version>${env.SHOP_COLOUR}</version>"))
    assert effects.environment.reads("SHOP_COLOUR")
    assert not run("mvn dependency:resolve", project()).environment.reads("SHOP_COLOUR")


@pytest.mark.parametrize(
    ("command", "files", "environment", "path"),
    [
        ("mvn dependency:resolve", {}, {}, "/root/.m2/repository"),
        ("mvn -Dmaven.repo.local=/r dependency:resolve", {}, {}, "/r"),
        ("mvn dependency:resolve", {}, {"MAVEN_OPTS": "-Xmx1g -Dmaven.repo.local=/o"}, "/o"),
        ("mvn dependency:resolve", {"/app/.mvn/maven.config": "-Dmaven.repo.local=/m"}, {}, "/m"),
        ("mvn -s s.xml dependency:resolve", {"/app/s.xml": "<localRepository>/s</localRepository>"}, {}, "/s"),
        ("mvn dependency:resolve", {}, {"MAVEN_ARGS": None}, None),
    ],
)
def test_the_repository_may_be_elsewhere_and_is_read_later(command, files, environment, path):
    caches = run(command, project(**files), **environment).caches
    assert {(one.path, one.sharing, one.read_later) for one in caches} == ({(path, "locked", True)} if path else set())


@pytest.mark.parametrize(
    "command",
    [
        "mvn package -DskipTests",
        "mvn clean dependency:go-offline",
        "mvn dependency:copy-dependencies",
        "mvn dependency:tree -DoutputFile=x",
        "mvn dependency:resolve --sideways",
        "mvn",
    ],
)
def test_what_runs_plugins_or_writes_elsewhere_is_opaque_but_names_its_cache(command):
    effects = run(command, project())
    assert effects.opaque
    assert {one.path for one in effects.caches} == {"/root/.m2/repository"}


def test_the_script_of_the_project_belongs_with_the_manifest():
    wrapper = {"/app/mvnw": _MVNW, "/app/.mvn/wrapper/maven-wrapper.properties": "distributionUrl=x\n"}
    effects = run("./mvnw -B dependency:go-offline", project(**wrapper))
    assert set(effects.manifests) == {"/app/pom.xml", *wrapper}
    assert effects.doubts == ("/app/mvnw is a script of the project",)
    assert run("./mvnw dependency:go-offline", project(**{"/app/mvnw": "#!/bin/sh\nmake\n"})).opaque
    assert run("./mvnw dependency:go-offline", project()).opaque
    assert run("mvnw dependency:go-offline", project(**wrapper)).opaque


def test_asking_for_the_version_reads_nothing_of_the_project():
    assert run("mvn --version", project()).manifests == ()
