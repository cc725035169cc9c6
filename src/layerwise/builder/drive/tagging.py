"""Gives pushed images their tags: those of every registry are checked first, then each tag is moved."""

import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from layerwise.builder.arch.scans import Scans, StoredScans
from layerwise.builder.checkout import Checkout
from layerwise.builder.push.ancestry import ancestry
from layerwise.builder.push.checking import Checked, Pushed, check
from layerwise.builder.push.promotion import Promotion, Result, Terms, promote
from layerwise.errors import RegistryError
from layerwise.oci.access import Access
from layerwise.oci.reference import Reference, parse_reference
from layerwise.oci.registry import Client


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """What became of an image's tags.

    Attributes:
        checks: What was found in each registry.
        promotions: What became of each tag, in order, up to one that could not be moved.
        error: Why a registry did not do what was asked of it, "" where each did.
    """

    checks: tuple[Checked, ...]
    promotions: tuple[Promotion, ...] = ()
    error: str = ""

    @property
    def stays(self) -> bool:
        """Whether a tag may not have the images: they are refused, or older than what it names."""
        return bool(self.refusals) or any(one.result in (Result.OLDER, Result.REFUSED) for one in self.promotions)

    @property
    def refusals(self) -> tuple[str, ...]:
        """Why the images may not have their tags, each sentence once; empty where they may."""
        return tuple(dict.fromkeys(said for checked in self.checks for said in checked.refusals))


def tag_images(client: Client, digests: Mapping[str, str], names: Sequence[str], terms: Terms, scans: Scans) -> Tagged:
    """Check images and move tags to them.

    Args:
        client: Of registries.
        digests: Of each platform's manifest, or index with attestations, as pushed to the repository of each name.
        names: The tags, as the user wrote them.
        terms: On which they are moved.
        scans: Keeps what was found in layers.

    Raises:
        RegistryError: The images can't be checked; no tag was touched.
        UsageError: A name is none.
    """
    tags = [parse_reference(name) for name in names]
    first = {tag.host: tag for tag in reversed(tags)}
    checks = {host: check(client, _pushed(digests, tag), scans) for host, tag in first.items()}
    if any(checked.refusals for checked in checks.values()):
        return Tagged(checks=tuple(checks.values()))
    promotions: list[Promotion] = []
    for tag in tags:
        try:
            promotions.append(promote(client, tag, checks[tag.host], terms))
        except RegistryError as error:
            said = str(error)
            told = said if tag.name in said else f"{tag}: {said}"
            return Tagged(checks=tuple(checks.values()), promotions=tuple(promotions), error=told)
    return Tagged(checks=tuple(checks.values()), promotions=tuple(promotions))


def registry_tags(
    digests: Mapping[str, str],
    names: Sequence[str],
    checkout: Checkout | None,
    *,
    scans: pathlib.Path,
    insecure: frozenset[str],
    environment: Mapping[str, str],
    force: bool,
) -> Tagged:
    """Check images and move tags to them, as docker's own settings let registries be reached.

    Args:
        digests: As in ``tag_images``.
        names: See there.
        checkout: The work tree that they were built from, None where there is none.
        scans: The directory that keeps what was found in layers.
        insecure: Hosts that are spoken to in plain HTTP.
        environment: Says where docker's settings are.
        force: Whether a tag is moved back to an older commit.

    Raises:
        RegistryError: As ``tag_images`` does.
        UsageError: See there.
    """
    terms = Terms(force=force)
    if checkout:
        terms = Terms(commit=checkout.commit, force=force, is_ancestor=ancestry(checkout.root))
    client = Client(Access(insecure=insecure, environment=environment))
    return tag_images(client, digests, names, terms, StoredScans(scans))


def why_refused(name: str, *, insecure: frozenset[str], environment: Mapping[str, str]) -> str:
    """Return why the registry of a tag takes no push, by what it says to the smallest one; "" where it takes that."""
    try:
        Client(Access(insecure=insecure, environment=environment)).origin(parse_reference(name)).try_upload()
    except RegistryError as error:
        return str(error)
    return ""


def _pushed(digests: Mapping[str, str], tag: Reference) -> tuple[Pushed, ...]:
    return tuple(
        Pushed(platform, Reference(tag.host, tag.repository, digest=digest)) for platform, digest in digests.items()
    )
