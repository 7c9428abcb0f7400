"""Files: atomic outputs that never overwrite inputs; decompressed inputs."""

from fanlight.files.compression import COMPRESSED, ending_of
from fanlight.files.faults import database_fault, is_compressed, is_parquet, undecodable, unreadable, unwritable
from fanlight.files.inputs import (
    check_named_once,
    check_readable,
    check_rereadable,
    digest,
    files_of,
    is_rereadable,
    open_unpacked,
    read_bytes,
)
from fanlight.files.locks import claim
from fanlight.files.outputs import (
    PathLike,
    check_empty,
    check_outputs,
    check_writable,
    is_special,
    open_special,
    put,
    replacing,
    writing,
)
from fanlight.files.remote import address_of, local_copy, uploading

__all__ = [
    "COMPRESSED",
    "PathLike",
    "address_of",
    "check_empty",
    "check_named_once",
    "check_outputs",
    "check_readable",
    "check_rereadable",
    "check_writable",
    "claim",
    "database_fault",
    "digest",
    "ending_of",
    "files_of",
    "is_compressed",
    "is_parquet",
    "is_rereadable",
    "is_special",
    "local_copy",
    "open_special",
    "open_unpacked",
    "put",
    "read_bytes",
    "replacing",
    "undecodable",
    "unreadable",
    "unwritable",
    "uploading",
    "writing",
]
