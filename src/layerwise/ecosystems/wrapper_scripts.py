"""The scripts mvnw and gradlew that projects carry: each fetches the version of its tool that the project names."""

from layerwise.ecosystems.call import Call
from layerwise.ecosystems.effects import Files, Scope
from layerwise.ecosystems.places import absolute_path

NAMES_OF_SCRIPTS = frozenset({"mvnw", "gradlew"})
"""Project files that run as the tool itself would."""

# What the scripts that `mvn wrapper:wrapper` and `gradle wrapper` write have had in them in every version.
_MARKS = {
    "mvnw": ("Apache Software Foundation", "maven-wrapper.properties"),
    "gradlew": ("gradle-wrapper.jar", "APP_HOME"),
}


def wrapper_script(call: Call, scope: Scope) -> str | None:
    """Return where the script lies that a call runs, None where it cannot be shown to be the tool's own."""
    path = absolute_path(call.path, scope) if call.path else None
    return path if path is not None and _is_wrapper(path, call.name, scope.files) else None


def _is_wrapper(path: str, name: str, files: Files) -> bool:
    text = files.read(path) or ""
    return all(mark in text for mark in _MARKS[name])
