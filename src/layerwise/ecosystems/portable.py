"""Which commands of a build make the same files on every platform, as far as is known of the tools themselves."""

from layerwise.ecosystems.call import Call

_BUILDERS = {
    "a front end": frozenset({"vite", "webpack", "rollup", "parcel", "tsc", "ng", "gulp", "grunt", "gatsby", "astro"}),
    "jars": frozenset({"mvn", "mvnw", "gradle", "gradlew"}),
    "documentation": frozenset({"mkdocs", "sphinx-build", "hugo", "jekyll"}),
    "generated code": frozenset({"protoc", "buf"}),
}
_MANAGERS = frozenset({"npm", "yarn", "pnpm", "bun"})
_LAUNCHERS = frozenset({"npx", "bunx"})
_INSTALLS = frozenset({"install", "ci", "i", "add", "config", "set", "cache", "fetch", "clean-install", ""})
_NEUTRAL = frozenset(
    {
        *("apt-get", "apt", "apk", "dnf", "yum", "pip", "pip3", "corepack", "useradd", "groupadd", "adduser"),
        *(
            "mkdir",
            "cp",
            "mv",
            "rm",
            "ln",
            "chmod",
            "chown",
            "touch",
            "cd",
            "set",
            "echo",
            "printf",
            "true",
            "ls",
            "cat",
        ),
        *("test", "find", "sed", "tar", "gzip", "export", "git", "sha256sum", "update-ca-certificates"),
    }
)
_GO_VERBS = frozenset({"build", "mod", "version", "env"})


def makes(call: Call) -> str:
    """Return what a command makes that no platform shows in (``jars``), "" where it makes nothing of the kind."""
    words = [argument.text for argument in call.arguments if not argument.text.startswith("-")]
    verb = words[0] if words else ""
    if call.name in _MANAGERS:
        return "a front end" if verb not in _INSTALLS else ""
    if call.name in _LAUNCHERS:
        return "a front end" if verb in _BUILDERS["a front end"] else ""
    if call.name == "go":
        return "a Go program" if verb == "build" else ""
    return next((what for what, names in _BUILDERS.items() if call.name in names), "")


def same_everywhere(call: Call) -> bool:
    """Whether a command belongs in a stage that may run on another platform than its files are for.

    It may put programs of the platform into the stage, but what it makes of the project's files is the same.
    """
    verb = next((argument.text for argument in call.arguments if not argument.text.startswith("-")), "")
    if call.name == "go":
        return verb in _GO_VERBS
    return bool(makes(call)) or call.name in _NEUTRAL or (call.name in _MANAGERS and verb in _INSTALLS)
