"""What of a file's content means something: two contents whose forms are equal say the same to who reads them.

A form is a function of the content alone. None stands for a content that is not of the kind that the form is for, and
is equal to no other.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from layerwise.prove.forms import bytecode, gzip_content, library_cache, rpm_database, text

Form: TypeAlias = Callable[[bytes], bytes | None]

FORMS: Mapping[str, Form] = {
    "bytecode": bytecode.form,
    "conda-history": text.conda_history,
    "gzip": gzip_content.form,
    "library-cache": library_cache.form,
    "lines": text.lines,
    "machine-id": text.machine_id,
    "pnpm-modules": text.pnpm_modules,
    "pnpm-workspace-state": text.pnpm_workspace_state,
    "record": text.record,
    "rpm-database": rpm_database.form,
    "shadow": text.shadow,
    "stamped-bytecode": bytecode.stamped,
    "stanzas": text.stanzas,
    "uv-cache": text.uv_cache,
}
"""Each form by the name that noise.toml calls it."""
