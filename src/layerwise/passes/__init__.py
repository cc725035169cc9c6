"""Rewrites that layerwise proposes, one module a pass."""

from layerwise.passes import (
    copy_ownership,
    drop_repeat,
    frozen_install,
    late_args,
    link_copies,
    manifest_first,
    split_package_managers,
)
from layerwise.passes.base import Pass

PASSES: tuple[Pass, ...] = (
    # Before late-args: where the source goes below an install, the argument may follow it.
    manifest_first,
    late_args,
    split_package_managers,
    copy_ownership,
    drop_repeat,
    frozen_install,
    # After what changes or moves a COPY, for it only adds a flag.
    link_copies,
)
"""Every pass, in the order a plan lists proposals of equal worth."""
