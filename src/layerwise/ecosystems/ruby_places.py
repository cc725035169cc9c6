"""Where Ruby's package managers install, keep settings and downloads, and what Ruby loads before them."""

import posixpath
import re

from layerwise.ecosystems.base import fetching
from layerwise.ecosystems.effects import EVERYWHERE, Environment, Openness, Path, Scope
from layerwise.ecosystems.options import Options
from layerwise.ecosystems.places import home, located, places

# BUNDLE_* are settings of Bundler, GEM_* and RUBYGEMS_* of RubyGems; the interpreter reads RUBY*; git, make and
# compilers run for gems that need them.
_VARIABLES = (
    *("BUNDLE_*", "BUNDLER_*", "GEM_*", "GEMRC", "RUBYGEMS_*", "RUBY*", "RB_*", "MAKE*", "GIT_*", "SSH_*", "CI"),
    *("CC", "CXX", "CFLAGS", "CXXFLAGS", "CPPFLAGS", "LDFLAGS", "PKG_CONFIG*", "NOKOGIRI_*", "SSL_CERT_*", "DEBUG"),
)


def preloaded(scope: Scope) -> str:
    """Say what Ruby loads before the tool because RUBYOPT or RUBYLIB lead there (ruby(1))."""
    for name, harmless in (
        ("RUBYOPT", r"(\s*(-W\S*|-w|--\w*jit\S*|--enable\S*|--disable\S*|-E\S*|-K\w))*\s*"),
        ("RUBYLIB", ""),
    ):
        value = scope.environment.get(name, "")
        if value is None or not re.fullmatch(harmless, value):
            return f"ruby loads what {name} names: {value}"
    return ""


def environment() -> Environment:
    """Return the variables that Bundler, RubyGems and what they run are known to read."""
    return fetching(*_VARIABLES, openness=Openness.INSTALLER)


def gem_directories(options: Options, scope: Scope) -> frozenset[Path]:
    """Return where gems and their programs go: where GEM_HOME says, in Ruby's own directories, beside it on PATH."""
    if "GEM_HOME" in scope.environment and not scope.environment["GEM_HOME"]:
        return frozenset({EVERYWHERE})
    if any(value.value is None for value in options.values("--path", "-i", "--install-dir", "-n", "--bindir")):
        return frozenset({EVERYWHERE})
    if "BUNDLE_PATH" in scope.environment and scope.environment["BUNDLE_PATH"] is None:
        return frozenset({EVERYWHERE})
    named = [scope.environment.get("GEM_HOME") or "", scope.environment.get("BUNDLE_BIN") or ""]
    programs = [one.rstrip("/") for one in (scope.environment.get("PATH") or "").split(":")]
    beside = {posixpath.dirname(one) for one in programs if one.endswith("/bin")} - {"/usr", "/usr/local", "/"}
    shared = tuple(
        f"{root}/{name}" for root in ("/usr", "/usr/local") for name in ("bin", "lib", "lib64", "share", "include")
    )
    system = (*shared, "/usr/local/bundle", "/var/lib/gems", "/usr/local/rvm", "/usr/local/rbenv", "/opt/rubies")
    own = (".gem", ".local/share/gem", ".bundle", ".rbenv", ".rvm", ".asdf")
    return (
        frozenset(located(one, scope) for one in (*named, *beside, *system) if one)
        | frozenset(home(scope, one) for one in own)
        | places(options.values("-i", "--install-dir", "-n", "--bindir"), scope)
    )


def downloads(scope: Scope) -> frozenset[Path]:
    """Return the download caches: Bundler's index, and the archives beside the gems where GEM_HOME says where."""
    user = scope.environment.get("BUNDLE_USER_HOME", "")
    index = scope.environment.get("BUNDLE_USER_CACHE", posixpath.join(user, "cache") if user else user)
    own = EVERYWHERE if index is None else located(index, scope) if index else home(scope, ".bundle/cache")
    gems = scope.environment.get("GEM_HOME")
    moved = any(name in scope.environment for name in ("BUNDLE_PATH", "BUNDLE_DEPLOYMENT"))
    return frozenset({own, *(() if moved or not gems else (located(posixpath.join(gems, "cache"), scope),))})


def settings(scope: Scope) -> frozenset[Path]:
    """Return the settings that are not the project's."""
    files = (".gemrc", ".bundle", ".gitconfig", ".netrc", ".gem/credentials")
    moved = tuple(
        value for name in ("BUNDLE_APP_CONFIG", "BUNDLE_USER_CONFIG") if (value := scope.environment.get(name))
    )
    return frozenset(home(scope, one) for one in files) | {located(one, scope) for one in moved}
