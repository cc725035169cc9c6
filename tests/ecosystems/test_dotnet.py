import json

import pytest
from tests.ecosystems.project import read, run, touches, written

from layerwise.ecosystems.effects import CacheDirectory, Frozen, Openness

SLN = """\
Microsoft Visual Studio Solution File, Format Version 12.00
Project("{FAE04EC0}") = "Shop", "src\\Shop\\Shop.csproj", "{1}"
EndProject
Project("{2150E333}") = "src", "src", "{2}"
EndProject
Project("{FAE04EC0}") = "Shop.Tests", "tests\\Shop.Tests\\Shop.Tests.csproj", "{3}"
EndProject
"""
LOCK = json.dumps(
    {"version": 1, "dependencies": {"net8.0": {"Serilog": {"type": "Direct"}, "Shop": {"type": "Project"}}}}
)


def csproj(*lines: str) -> str:
    body = "\n".join(lines)
    return f'<Project Sdk="Microsoft.NET.Sdk.Web">\n<ItemGroup>\n{body}\n</ItemGroup>\n</Project>\n'


def package(name: str) -> str:
    return f'<PackageReference Include="{name}" Version="1.0" />'


def solution(**more: str) -> dict[str, str]:
    return {
        "/app/Shop.sln": SLN,
        "/app/src/Shop/Shop.csproj": csproj(package("Serilog")),
        "/app/src/Shop/Program.cs": "",
        "/app/tests/Shop.Tests/Shop.Tests.csproj": csproj(
            package("xunit"), '<ProjectReference Include="..\\..\\src\\Shop\\Shop.csproj" />'
        ),
        **more,
    }


def test_a_restore_reads_the_solution_and_its_projects():
    effects = run("dotnet restore", solution())
    assert effects.manifests == (
        "/app/Shop.sln",
        "/app/src/Shop/Shop.csproj",
        "/app/tests/Shop.Tests/Shop.Tests.csproj",
    )
    assert [(one.kind, one.packages, one.names) for one in effects.work] == [
        ("dotnet.restore", 2, ("serilog", "xunit"))
    ]
    assert effects.needs_source == ()
    assert effects.environment.openness is Openness.OPEN
    assert not effects.deterministic


def test_an_xml_solution_names_projects_too():
    files = solution()
    del files["/app/Shop.sln"]
    files["/app/Shop.slnx"] = (
        '<Solution>\n<Folder Name="/src/"><Project Path="src/Shop/Shop.csproj" /></Folder></Solution>'
    )
    assert run("dotnet restore", files).manifests == ("/app/Shop.slnx", "/app/src/Shop/Shop.csproj")


@pytest.mark.parametrize(
    "name",
    ["Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "nuget.config", "global.json"],
)
def test_what_lies_above_the_projects_is_a_manifest(name):
    effects = run("dotnet restore src/Shop", {**solution(), f"/app/{name}": "<Project />"})
    assert f"/app/{name}" in effects.manifests
    assert {f"/{name}", f"/app/src/{name}"} <= read(effects)
    assert "/app/tests/Shop.Tests/Shop.Tests.csproj" not in effects.manifests


def test_references_and_imports_are_followed():
    files = {
        "/app/Shop/Shop.csproj": csproj(
            '<ProjectReference Include="..\\Lib\\Lib.fsproj" />',
            '<Import Project="$(MSBuildThisFileDirectory)../build/common.props" />',
            '<Import Project="Sdk.props" Sdk="Some.Sdk" />',
        ),
        "/app/Lib/Lib.fsproj": csproj(),
        "/app/Lib/Directory.Build.props": (
            "<Project><Import Project=\"$([MSBuild]::GetPathOfFileAbove('Directory.Build.props', '..'))\" /></Project>"
        ),
        "/app/Directory.Build.props": "<Project />",
        "/app/build/common.props": "<Project />",
    }
    effects = run("dotnet restore Shop/Shop.csproj -r linux-x64", files)
    assert effects.needs_source == ()
    assert effects.manifests == tuple(sorted(files))


@pytest.mark.parametrize(
    "line",
    [
        '<ProjectReference Include="..\\**\\*.csproj" />',
        '<ProjectReference Include="$(Root)/Lib.csproj" />',
        '<ProjectReference Include="../Gone/Gone.csproj" />',
        '<Import Project="$(Somewhere)/x.props" />',
        "<Version>$([System.IO.File]::ReadAllText('VERSION'))</Version>",
        "<PropertyGroup Condition=\"Exists('../local')\" />",
        "<ProjectReference Condition=\"'$(V)' > '1'\" Include='../Gone/Gone.csproj' />",
        "<RestoreSources>./packages</RestoreSources>",
        "<UseArtifactsOutput>true</UseArtifactsOutput>",
        '<Target Name="Before" BeforeTargets="Restore"><Exec Command="make" /></Target>',
    ],
)
def test_what_cannot_be_followed_needs_the_source(line):
    assert run("dotnet restore", {"/app/Shop.csproj": csproj(line)}).needs_source


def test_a_comment_is_not_followed():
    line = '<!-- <ProjectReference Include="$(Root)/Lib.csproj" /> -->'
    assert run("dotnet restore", {"/app/Shop.csproj": csproj(line)}).needs_source == ()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ('<add key="local" value="./packages" />', "takes packages from ./packages"),
        ('<add key="local" value="file:///feed" />', "takes packages from file:///feed"),
        ('<add key="feed" value="https://example.org/index.json" />', ""),
        ('<!-- <add key="local" value="./packages" /> -->', ""),
    ],
)
def test_a_feed_may_be_a_directory_of_the_project(settings, reason):
    text = f"<configuration><packageSources>{settings}</packageSources></configuration>"
    found = run("dotnet restore", {**solution(), "/app/NuGet.Config": text}).needs_source
    assert bool(found) is bool(reason)
    assert reason in "".join(found)


def test_a_lock_may_be_rewritten_unless_frozen():
    files = {"/app/Shop.csproj": csproj(package("Serilog")), "/app/packages.lock.json": LOCK}
    effects = run("dotnet restore", files)
    assert effects.lock == "/app/packages.lock.json"
    assert effects.doubts == ("dotnet restore may rewrite /app/packages.lock.json",)
    assert effects.frozen == Frozen(added=("--locked-mode",))
    assert effects.work[0].packages == 1
    frozen = run("dotnet restore --locked-mode", files)
    assert frozen.doubts == ()
    assert frozen.frozen is None
    assert frozen.deterministic


def test_a_solution_with_a_project_without_lock_has_no_frozen_form():
    assert run("dotnet restore", {**solution(), "/app/src/Shop/packages.lock.json": LOCK}).frozen is None


@pytest.mark.parametrize(
    ("command", "environment", "packages"),
    [
        ("dotnet restore", {}, "/root/.nuget/packages"),
        ("dotnet restore", {"NUGET_PACKAGES": "/packages"}, "/packages"),
        ("dotnet restore --packages /p", {}, "/p"),
        ("dotnet tool install -g dotnet-ef", {}, "/root/.nuget/packages"),
    ],
)
def test_packages_lie_in_one_folder_that_builds_read(command, environment, packages):
    effects = run(command, solution(), **environment)
    assert CacheDirectory(packages, "locked", read_later=True) in effects.caches
    assert CacheDirectory("/root/.local/share/NuGet/http-cache", "locked") in effects.caches
    assert touches(effects, packages)


def test_a_folder_of_unknown_place_is_no_cache():
    effects = run("dotnet restore", solution(), NUGET_PACKAGES=None)
    assert not any(one.read_later for one in effects.caches)
    assert touches(effects, "/anywhere")


def test_the_cache_of_requests_may_be_turned_off():
    assert run("dotnet restore --no-cache", solution()).uncached == ("--no-cache",)


def test_a_restore_writes_obj_of_each_project():
    effects = run("dotnet restore", solution())
    assert {"/app/src/Shop/obj/**", "/app/tests/Shop.Tests/obj/**"} <= written(effects)
    assert not touches(effects, "/app/src/Shop/Program.cs")


@pytest.mark.parametrize("options", ["-p:Configuration=Release /p:PublishReadyToRun=true -v q --nologo", "-m:1 /m"])
def test_plain_properties_are_followed(options):
    assert run(f"dotnet restore Shop.sln {options}", solution()).needs_source == ()


@pytest.mark.parametrize(
    "options", ["-p:RestorePackagesPath=/x", "/p:A=$B", "--frobnicate", "--use-lock-file", "-t:Build"]
)
def test_other_switches_need_the_source(options):
    assert run(f"dotnet restore Shop.sln {options}", solution()).needs_source


def test_a_build_reads_all_and_writes_its_output():
    effects = run("dotnet publish src/Shop/Shop.csproj -c Release -o /out --no-restore", solution())
    assert effects.needs_source == ("dotnet publish compiles the project",)
    assert effects.work[0].kind == "dotnet.publish"
    assert not effects.fetches
    assert touches(effects, "/out")
    assert touches(effects, "/app/src/Shop/bin")
    assert not touches(effects, "/app/src/Shop/Program.cs")
    assert effects.caches


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ("dotnet build", '<Target Name="X" AfterTargets="Build"><Exec Command="npm ci" /></Target>'),
        ("dotnet build -p:OutDir=../x", ""),
        ("dotnet test", ""),
        ("dotnet run", ""),
        ("dotnet Shop.dll", ""),
        ("dotnet ef database update", ""),
        ("dotnet frobnicate", ""),
    ],
)
def test_what_runs_code_of_the_project_is_opaque(command, line):
    assert run(command, {"/app/Shop.csproj": csproj(line)}).opaque


@pytest.mark.parametrize("command", ["dotnet restore", "dotnet restore $PROJECT", "cd $X && dotnet restore"])
def test_a_project_that_is_nowhere_is_opaque(command):
    assert run(command).opaque
    assert run(command, {"/app/a.csproj": csproj(), "/app/b.csproj": csproj()}).opaque


@pytest.mark.parametrize(
    ("command", "paths"),
    [
        ("dotnet nuget locals all --clear", {"/root/.nuget/packages/**", "/root/.local/share/NuGet/http-cache/**"}),
        ("dotnet nuget locals http-cache -c", {"/root/.local/share/NuGet/http-cache/**"}),
        ("dotnet nuget locals all --list", set()),
    ],
)
def test_clearing_writes_just_the_caches(command, paths):
    assert written(run(command)) == paths


def test_tools_of_a_manifest_are_restored():
    effects = run("dotnet tool restore", {"/app/.config/dotnet-tools.json": "{}"})
    assert effects.manifests == ("/app/.config/dotnet-tools.json",)
    assert effects.needs_source == ()
    assert run("dotnet tool install -g x --add-source ./feed").needs_source
    assert run("dotnet tool run x").opaque
