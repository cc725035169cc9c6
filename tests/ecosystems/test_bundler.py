import pytest
from tests.ecosystems.project import read, run, touches, written

from layerwise.ecosystems.effects import CacheDirectory, Openness, Path

GEMFILE = """\
# frozen_string_literal: true
source "https://gems.example.org"
git_source(:github) { |repo| "https://github.com/#{repo}.git" }

ruby "3.2.2"

gem "rails", "~> 7.1", ">= 7.1.3" # the framework
gem "puma", ">= 5.0",
    require: false
gem "tzinfo-data", platforms: %i[ windows jruby ]
group :development, :test do
  gem "debug", platforms: %i[ mri ], require: "debug/prelude"
end
"""
LOCK = """\
GEM
  remote: https://gems.example.org/
  specs:
    puma (6.4.2)
      nio4r (~> 2.0)
    nio4r (2.7.0)
    rails (7.1.3)

PLATFORMS
  x86_64-linux

DEPENDENCIES
  rails (~> 7.1)

CHECKSUMS
  rails (7.1.3) sha256=0

BUNDLED WITH
   2.5.6
"""


def project(extra: str = "", *, lock: str | None = LOCK) -> dict[str, str]:
    files = {"/app/Gemfile": GEMFILE + extra}
    return files if lock is None else {**files, "/app/Gemfile.lock": lock}


def test_an_install_reads_gemfile_and_lock():
    effects = run("bundle install --jobs 4 --retry=3", project(), BUNDLE_DEPLOYMENT="1")
    assert effects.manifests == ("/app/Gemfile", "/app/Gemfile.lock")
    assert effects.lock == "/app/Gemfile.lock"
    assert [(one.kind, one.packages) for one in effects.work] == [("bundler.install", 3)]
    assert effects.work[0].names == ("rails", "puma", "tzinfo-data", "debug")
    assert effects.needs_source == ()
    assert effects.doubts == ()
    assert effects.deterministic
    assert effects.environment.openness is Openness.INSTALLER


def test_bundle_alone_installs():
    assert run("bundle", project()).work == run("bundle install", project()).work


def test_files_that_could_appear_are_read():
    paths = read(run("bundle install", project()))
    assert {"/app/.bundle/config", "/app/.bundle/plugin/index", "/app/gems.rb", "/Gemfile"} <= paths
    assert "/app/vendor/cache/**" in paths


@pytest.mark.parametrize(
    ("command", "environment", "doubt"),
    [
        ("bundle install", {}, True),
        ("bundle install --frozen", {}, False),
        ("bundle install", {"BUNDLE_FROZEN": "true"}, False),
        ("bundle install", {"BUNDLE_FROZEN": "false"}, True),
        ("bundle update rails", {}, True),
    ],
)
def test_a_lock_that_is_not_frozen_may_be_rewritten(command, environment, doubt):
    effects = run(command, project(), **environment)
    assert bool(effects.doubts) is doubt
    assert (Path("/app/Gemfile.lock") in effects.writes) is doubt


@pytest.mark.parametrize(
    "line",
    [
        "gemspec",
        'source "file:///app/gems"',
        'gem "lib", path: "lib"',
        'gem "lib", :path => "lib"',
        'path "engines" do',
        'gem "x", File.read("VERSION")',
        'ruby IO.read(".ruby-version")',
        "instance_eval File.read('Gemfile.local')",
        'Dir["engines/*"].each { |one| gem one }',
        'gem "x", "#{`git describe`}"',
        'plugin "bundler-x"',
        'require "./lib/version"',
        'gem "x", version',
        "eval_gemfile 'Gemfile.missing'",
        'git_source(:x) do |repo|\n  File.read("x")\nend',
    ],
)
def test_a_gemfile_that_reads_more_needs_the_source(line):
    effects = run("bundle install", project(line + "\n"))
    assert effects.needs_source
    assert effects.environment.openness is Openness.OPEN


@pytest.mark.parametrize(
    "line",
    [
        'gem "x", git: "https://example.org/x.git", ref: "abc"',
        'gem "x", github: "a/x", branch: "main"',
        'gem("x", "1.0", require: ["a", "b"])',
        "gem 'x' if ENV['X'] == '1'",
        'if RUBY_VERSION >= "3.0"\n  gem "x"\nelse\n  gem "y"\nend',
        'source "https://private.example.org" do\n  gem "x"\nend',
        'git_source(:x) do |repo|\n  "https://example.org/#{repo}.git"\nend',
    ],
)
def test_gems_in_literals_are_followed(line):
    assert run("bundle install", project(line + "\n")).needs_source == ()


def test_files_that_a_gemfile_includes_are_manifests():
    files = {**project('eval_gemfile "gems/more.rb"\nruby file: ".ruby-version"\n'), "/app/.ruby-version": "3.2\n"}
    files["/app/gems/more.rb"] = 'gem "sidekiq"\n'
    effects = run("bundle install", files)
    assert {"/app/gems/more.rb", "/app/.ruby-version"} <= set(effects.manifests)
    assert "sidekiq" in effects.work[0].names
    assert effects.needs_source == ()


def test_variables_of_the_gemfile_are_read():
    effects = run("bundle install", project('gem "x", ENV["SHOP_X"]\ngem "y", ENV.fetch("SHOP_Y", "1")\n'))
    assert effects.environment.reads("SHOP_X")
    assert effects.environment.reads("SHOP_Y")
    assert not run("bundle install", project()).environment.reads("SHOP_X")


@pytest.mark.parametrize(
    ("lock", "reason"),
    [
        (
            LOCK.replace("GEM\n", "PATH\n  remote: engines/a\n  specs:\n    a (1)\n\nGEM\n", 1),
            "takes gems from engines/a",
        ),
        ("PLUGIN SOURCE\n" + LOCK, "names plugins"),
    ],
)
def test_a_lock_may_need_the_source(lock, reason):
    assert reason in "".join(run("bundle install", project(lock=lock)).needs_source)


@pytest.mark.parametrize(
    ("command", "environment", "place"),
    [
        ("bundle install", {}, "/usr/local/bundle"),
        ("bundle install", {"GEM_HOME": "/gems"}, "/gems"),
        ("bundle install", {"BUNDLE_PATH": "/bundle"}, "/bundle"),
        ("bundle install --path deps", {}, "/app/deps"),
        ("bundle install --deployment", {}, "/app/vendor/bundle"),
        ("bundle install --binstubs", {}, "/app/bin"),
        ("bundle config set --local without development", {}, "/app/.bundle/config"),
        (
            "bundle config set without development",
            {"BUNDLE_APP_CONFIG": "/usr/local/bundle"},
            "/usr/local/bundle/config",
        ),
        ("gem install rake -i /tools", {}, "/tools"),
        ("bundle clean --force", {}, "/usr/local/bundle"),
    ],
)
def test_commands_write_where_they_work(command, environment, place):
    effects = run(command, project(), **environment)
    assert effects.opaque is None
    assert touches(effects, place)
    assert not touches(effects, "/app/src")


def test_a_setting_of_the_project_moves_the_gems():
    effects = run("bundle install", {**project(), "/app/.bundle/config": '---\nBUNDLE_PATH: "gems"\n'})
    assert touches(effects, "/app/gems")
    assert "/app/.bundle/config" in effects.manifests


def test_downloads_lie_with_bundler_and_beside_the_gems():
    assert run("bundle install", project()).caches == {CacheDirectory("/root/.bundle/cache", "locked")}
    found = run("bundle install", project(), GEM_HOME="/usr/local/bundle", BUNDLE_USER_HOME="/b").caches
    assert {one.path for one in found} == {"/b/cache", "/usr/local/bundle/cache"}
    assert run("bundle install", project(), BUNDLE_USER_CACHE=None).caches == frozenset()


def test_another_gemfile_may_be_named():
    files = {"/app/ci/Gemfile": 'gem "rake"\n', "/app/ci/Gemfile.lock": LOCK}
    assert run("bundle install", files, BUNDLE_GEMFILE="ci/Gemfile").manifests == tuple(files)
    assert run("bundle install --gemfile=ci/Gemfile", files).manifests == tuple(files)
    assert run("cd ci && bundle install", files).manifests == tuple(files)


def test_gem_install_reads_nothing_of_the_project():
    effects = run("gem install bundler:2.5.6 rake -N", project(), GEM_HOME="/gems")
    assert [(one.kind, one.packages, one.names) for one in effects.work] == [("gem.install", 2, ("bundler", "rake"))]
    assert effects.needs_source == ()
    assert not any(path.startswith("/app") for path in read(effects))
    assert {one.path for one in effects.caches} == {"/gems/cache"}
    assert not touches(effects, "/app")


def test_a_gem_that_lies_in_the_working_directory_may_be_installed():
    assert run("gem install ./x.gem").needs_source == ("installs ./x.gem, a file of the project",)
    assert run("gem install x", {"/app/x-1.gem": ""}).needs_source == (
        "x-1.gem in the working directory may be installed",
    )


def test_a_gemfile_that_cannot_be_read_needs_the_source():
    assert run("bundle install").needs_source == ("/app/Gemfile could not be read before the build",)


@pytest.mark.parametrize(
    "command",
    [
        "bundle exec rake assets:precompile",
        "bundle frobnicate",
        "bundle config set path /elsewhere",
        "bundle config path $X",
        "gem build x.gemspec",
        "gem install -g",
        "gem",
    ],
)
def test_what_is_not_understood_is_opaque(command):
    assert run(command, project()).opaque


def test_what_ruby_loads_first_is_code_of_the_project():
    assert run("bundle install", project(), RUBYOPT="-r./trace").opaque
    assert run("gem install rake", RUBYLIB="/app/lib").opaque
    assert run("bundle install", project(), RUBYOPT="-W0 --yjit").opaque is None


def test_asking_writes_nothing():
    assert written(run("bundle check && bundle list", project())) == set()
