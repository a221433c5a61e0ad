"""Compiled templates of a process, shared by the applications in it: compiling takes longer than rendering."""

from __future__ import annotations

from functools import cache
from types import CodeType

from jinja2.bccache import Bucket, BytecodeCache


class CompiledTemplates(BytecodeCache):
    """Keeps the code of each template by its file, as long as its text stays the same."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket if its template was compiled before."""
        checksum, code = self._kept.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled just now."""
        if bucket.code is not None:
            self._kept[bucket.key] = bucket.checksum, bucket.code


@cache
def compiled_templates() -> CompiledTemplates:
    """Return the compiled templates of this process."""
    return CompiledTemplates()
