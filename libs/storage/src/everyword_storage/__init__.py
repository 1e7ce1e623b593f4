"""Blob storage: the port, artifact keys, receipts, and the directory and S3 adapters."""

from everyword_storage.keys import artifact_key, episode_prefix, upload_key
from everyword_storage.ports import BlobStore, SignedUpload, UploadSigner
from everyword_storage.receipts import done_once

__all__ = [
    "BlobStore",
    "SignedUpload",
    "UploadSigner",
    "artifact_key",
    "done_once",
    "episode_prefix",
    "upload_key",
]
