"""Blob storage: the port, artifact keys, receipts, and the directory and S3 adapters.

The S3 adapter is imported from `everyword_storage.s3`, so that one machine needs no boto3 loaded.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from everyword_storage.directory import DirectoryBlobStore
    from everyword_storage.directory_parts import DirectoryMultipartUploads
    from everyword_storage.keys import artifact_key, episode_prefix, upload_key
    from everyword_storage.ports import (
        BlobStore,
        MultipartUploads,
        SignedParts,
        SignedUpload,
        UploadSigner,
    )
    from everyword_storage.receipts import done_once
    from everyword_storage.scratch import must_have_room, scratch_file, sweep_scratch
    from everyword_storage.signing import DirectoryUploadSigner, UploadGrant

_MODULES = ("keys", "ports", "receipts", "scratch", "directory", "directory_parts", "signing")
"""Where the names are; imported as they are asked for: what runs on S3 needs no directory."""

__all__ = [
    "BlobStore",
    "DirectoryBlobStore",
    "DirectoryMultipartUploads",
    "DirectoryUploadSigner",
    "MultipartUploads",
    "SignedParts",
    "SignedUpload",
    "UploadGrant",
    "UploadSigner",
    "artifact_key",
    "done_once",
    "episode_prefix",
    "must_have_room",
    "scratch_file",
    "sweep_scratch",
    "upload_key",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        for module in _MODULES:
            found = getattr(import_module(f"everyword_storage.{module}"), name, None)
            if found is not None:
                globals()[name] = found
                return found
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
