"""Blob storage: the port, artifact keys, receipts, and the directory and S3 adapters.

The S3 adapter is imported from `everyword_storage.s3`, so that one machine needs no boto3 loaded.
"""

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
