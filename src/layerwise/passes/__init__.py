"""Rewrites that layerwise proposes, one module a pass."""

from layerwise.passes import (
    arch_guard,
    cache_mounts,
    context_filter,
    copy_ownership,
    drop_repeat,
    drop_unused,
    fetch_ahead,
    frozen_install,
    late_args,
    link_copies,
    manifest_first,
    names_first,
    native_build,
    parallel_stages,
    split_package_managers,
    split_requirements,
    squash_runs,
    tool_stage,
)
from layerwise.passes.base import Pass

PASSES: tuple[Pass, ...] = (
    # Before late-args: where the source goes below an install, the argument may follow it.
    manifest_first,
    # Before late-args too: below an install that sees names alone an argument may go.
    names_first,
    late_args,
    split_package_managers,
    # After what gives an install a COPY of its own, and a RUN; before fetch-ahead, which takes each of its installs.
    split_requirements,
    copy_ownership,
    drop_repeat,
    frozen_install,
    # After what makes one RUN of one install, for they take RUNs away as a whole.
    tool_stage,
    parallel_stages,
    # After what parts RUNs or takes them away, for it only adds flags to one.
    cache_mounts,
    # After cache-mounts, for a stage that fetches keeps its mounts, and an install that has an alternative gets none.
    fetch_ahead,
    # After what changes or moves a COPY, for it only adds a flag.
    link_copies,
    context_filter,
    arch_guard,
    native_build,
    drop_unused,
    squash_runs,
)
"""Every pass, in the order a plan lists proposals of equal worth."""
