import json

import pytest
from tests.ecosystems.project import read, run, touches

from layerwise.ecosystems.effects import CacheDirectory, Openness
from layerwise.ecosystems.r_expression import calls_of

RENV = {
    "/app/.Rprofile": 'source("renv/activate.R")\n',
    "/app/renv/activate.R": "local({ 1 })",
    "/app/renv.lock": json.dumps({"Packages": {"shiny": {"Source": "Repository"}, "dplyr": {"Source": "Repository"}}}),
    "/app/app.R": "",
}


@pytest.mark.parametrize(
    ("command", "count", "names"),
    [
        ("""R -e 'install.packages("shiny")'""", 1, ("shiny",)),
        (
            """Rscript -e "install.packages(c('shiny', 'dplyr'), repos='https://cran.example.org', Ncpus=4)" """,
            2,
            ("shiny", "dplyr"),
        ),
        ("""R --no-save -e 'if (!require("remotes")) { install.packages("remotes") }'""", 1, ("remotes",)),
        ("""Rscript -e 'remotes::install_version("a", version = "1.2")'""", 1, ("a",)),
        ("""Rscript -e 'remotes::install_github("r-lib/cli@v1")'""", 1, ("cli",)),
        ("""Rscript -e 'library(remotes); install_cran("a")'""", 1, ("a",)),
        ("""Rscript -e 'pak::pkg_install(c("a", "b@1.0"))'""", 2, ("a", "b")),
        ("""Rscript -e 'BiocManager::install("limma", ask = FALSE)'""", 1, ("limma",)),
        ("install2.r --error --ncpus 4 shiny dplyr", 2, ("shiny", "dplyr")),
    ],
)
def test_packages_in_literals_are_counted(command, count, names):
    effects = run(command)
    assert effects.needs_source == ()
    installs = [one for one in effects.work if one.kind == "r.install"]
    assert [(one.packages, one.names) for one in installs] == [(count, names)]
    assert effects.environment.openness is Openness.INSTALLER


@pytest.mark.parametrize(
    "expression",
    [
        "install.packages(pkgs)",
        "source('setup.R')",
        "x <- 1",
        "cat('a', file='b')",
        "install.packages(readLines('packages.txt'))",
        "devtools::install('.')",
        "install.packages('a'); shiny::runApp()",
        "install.packages('a'",
        "lapply(c('a'), install.packages)",
    ],
)
def test_code_that_is_not_plain_is_opaque(expression):
    assert run(f'Rscript -e "{expression}"').opaque


@pytest.mark.parametrize("command", ["Rscript install.R", "R -f x.R", "R CMD INSTALL .", 'Rscript -e "$CODE"', "R"])
def test_scripts_are_opaque(command):
    assert run(command, {"/app/install.R": "install.packages('a')"}).opaque


def test_start_up_files_of_the_project_are_read():
    command = "R -e 'install.packages(\"a\")'"
    assert {"/app/.Rprofile", "/app/.Renviron", "/app/.RData"} <= read(run(command))
    assert "/app/.RData" not in read(run(command.replace("R ", "Rscript ")))
    assert run(command, {"/app/.Rprofile": "options(x=1)\n"}).needs_source == ("R runs /app/.Rprofile of the project",)
    assert run(command, {"/app/.Rprofile": "# nothing\n"}).needs_source == ()
    assert run(command, {"/app/.RData": ""}).needs_source == ("R restores /app/.RData",)
    assert run(command, R_PROFILE_USER="/app/x.R").needs_source
    assert run(command, {"/app/.Renviron": "R_LIBS=/x\n"}).needs_source == ("/app/.Renviron sets R_LIBS",)
    assert run(command, {"/app/.Renviron": "GREETING=hello\n"}).manifests == ("/app/.Renviron",)


def test_vanilla_reads_none_of_them():
    effects = run("R --vanilla -e 'install.packages(\"a\")'", {"/app/.Rprofile": "stop()", "/app/.RData": ""})
    assert effects.needs_source == ()
    assert not {"/app/.Rprofile", "/app/.Renviron", "/app/.RData"} & read(effects)


def test_restoring_reads_the_lock_and_what_activates_renv():
    effects = run("Rscript -e 'renv::restore(prompt = FALSE)'", RENV)
    assert set(effects.manifests) == {"/app/.Rprofile", "/app/renv/activate.R", "/app/renv.lock"}
    assert effects.lock == "/app/renv.lock"
    assert [(one.kind, one.packages, one.names) for one in effects.work] == [("r.install", 2, ("shiny", "dplyr"))]
    assert effects.needs_source == ()
    assert touches(effects, "/app/renv/library")
    assert not touches(effects, "/app/app.R")
    assert effects.caches == {CacheDirectory("/root/.cache/R/renv/cache", "locked", read_later=True)}


@pytest.mark.parametrize(
    ("environment", "path"),
    [
        ({"RENV_PATHS_CACHE": "/renv"}, "/renv"),
        ({"XDG_CACHE_HOME": "/x"}, "/x/R/renv/cache"),
        ({"R_USER_CACHE_DIR": "/u"}, "/u/R/renv/cache"),
    ],
)
def test_the_cache_may_be_moved(environment, path):
    found = run("R -s -e 'renv::restore()'", RENV, **environment).caches
    assert found == {CacheDirectory(path, "locked", read_later=True)}
    assert run("R -s -e 'renv::restore()'", RENV, RENV_PATHS_CACHE=None).caches == frozenset()


@pytest.mark.parametrize(
    ("files", "environment"),
    [
        ({"/app/renv.lock": json.dumps({"Packages": {"lib": {"Source": "Local"}}})}, {}),
        ({"/app/renv.lock": "{"}, {}),
        ({}, {}),
        (RENV, {"RENV_PATHS_LIBRARY": "/lib"}),
    ],
)
def test_a_lock_that_is_not_enough_needs_the_source(files, environment):
    assert run("Rscript -e 'renv::restore()'", files, **environment).needs_source


def test_dependencies_of_a_description_are_a_manifest():
    files = {"/app/DESCRIPTION": "Package: shop\nImports:\n    dplyr (>= 1.0),\n    shiny\nRemotes: a/b\n"}
    effects = run("Rscript -e 'remotes::install_deps(dependencies = TRUE)'", files)
    assert effects.manifests == ("/app/DESCRIPTION",)
    assert effects.work[-1].names == ("dplyr", "shiny")
    assert effects.needs_source == ()
    local = {"/app/DESCRIPTION": "Package: shop\nRemotes: local::../lib\n"}
    assert run("Rscript -e 'remotes::install_deps()'", local).needs_source
    assert run("Rscript -e 'remotes::install_deps()'").needs_source
    assert run("Rscript -e 'remotes::install_deps(\"other\")'", files).opaque


def test_a_package_that_is_a_file_needs_the_source():
    effects = run("R -e 'install.packages(\"lib_1.tar.gz\", repos = NULL)'")
    assert effects.needs_source == ("install.packages installs lib_1.tar.gz, a path of the project",)
    assert "/app/lib_1.tar.gz/**" in read(effects)


@pytest.mark.parametrize(
    ("command", "environment", "place"),
    [
        ("R -e 'install.packages(\"a\")'", {}, "/usr/local/lib/R"),
        ("R -e 'install.packages(\"a\")'", {"R_LIBS_USER": "/libs"}, "/libs"),
        ('R -e \'install.packages("a", lib = "/mine")\'', {}, "/mine"),
        ("install2.r -l /mine a", {}, "/mine"),
    ],
)
def test_packages_go_where_they_are_told(command, environment, place):
    effects = run(command, **environment)
    assert touches(effects, place)
    assert not touches(effects, "/app")


def test_pak_has_a_cache_and_install_packages_has_none():
    assert run("R -e 'pak::pak(\"a\")'").caches == {CacheDirectory("/root/.cache/R/pkgcache", "locked")}
    assert run("R -e 'install.packages(\"a\")'").caches == frozenset()


def test_lines_end_statements_but_not_within_brackets():
    calls = calls_of("install.packages(\n  c('a',\n 'b'))\nlibrary('c')")
    assert calls is not None
    assert [(one.name, one.positional) for one in calls] == [("install.packages", (("a", "b"),)), ("library", ("c",))]
