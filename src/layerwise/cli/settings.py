"""Where recorded builds are kept and what is secret in them: from options, environment and layerwise.toml."""

import os
import pathlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from layerwise.builder.checkout import project_of
from layerwise.builder.redact import Redactor, redactor, user_key
from layerwise.config import Config, find_config
from layerwise.errors import StoreError
from layerwise.store import Store, open_store
from layerwise.store.place import default_url, state_directory

Function = TypeVar("Function", bound=Callable[..., Any])

_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Settings:
    """What the commands that keep or read builds have in common.

    Attributes:
        config: layerwise.toml.
        url: The store.
        project: What builds in this directory are builds of.
        environment: This process's.
    """

    config: Config
    url: str
    project: str
    environment: Mapping[str, str]

    def redactor(self) -> Redactor:
        """Return what masks secrets.

        Raises:
            StoreError: The user's key can't be made or read.
        """
        directory = state_directory(self.environment)
        try:
            return redactor(user_key(directory), self.environment, self.config.secret_names)
        except OSError as error:
            way = "mend that, or name another directory with XDG_STATE_HOME"
            why = f"the key for secret values can't be kept there ({error.strerror}): {way}"
            raise StoreError(f"{directory}: {why}") from error

    def store(self) -> Store:
        """Open the store, and make it if it is not there.

        Raises:
            StoreError: It can't be opened.
        """
        return open_store(self.url)

    def existing(self) -> Store | None:
        """Open the store to read it, None where there is none.

        Raises:
            StoreError: It can't be opened.
        """
        return open_store(self.url, create=False)

    def retain(self, store: Store, projects: Iterable[str]) -> None:
        """Remove the builds of projects that layerwise.toml keeps no longer."""
        older_than = self.config.keep_days * _DAY_S or None
        for project in projects:
            store.prune(project=project, keep=self.config.keep_builds, older_than=older_than)


def store_option(function: Function) -> Function:
    """Add ``--store``."""
    return click.option("--store", metavar="URL", help="The store of builds. [default: LAYERWISE_STORE, else yours]")(
        function
    )


def settings(store: str | None, directory: str | None = None) -> Settings:
    """Return the settings for a directory: ``store`` is what the command line names.

    Raises:
        ConfigError: layerwise.toml says something it may not.
    """
    place = pathlib.Path(directory or ".")
    environment = dict(os.environ)
    config = find_config(place)
    url = store or (default_url(environment) if "LAYERWISE_STORE" in environment else config.store_url)
    return Settings(config, url or default_url(environment), config.project or project_of(place), environment)
