"""Uploading to an S3 bucket."""

import mimetypes
from pathlib import Path
from urllib.parse import urlsplit

from montage.errors import MontageError


def split(address: str) -> tuple[str, str]:
    """Bucket and prefix of an s3:// address."""
    parts = urlsplit(address)
    if parts.scheme != "s3" or not parts.netloc:
        raise MontageError(f"{address} is not an s3:// address")
    return parts.netloc, parts.path.strip("/")


def key(prefix: str, video: Path) -> str:
    """The object's key."""
    return f"{prefix}/{video.name}" if prefix else video.name


def upload(video: Path, address: str) -> str:
    """Upload a video; gives its full address."""
    import boto3

    bucket, prefix = split(address)
    name = key(prefix, video)
    kind = mimetypes.guess_type(video.name)[0] or "application/octet-stream"
    boto3.client("s3").upload_file(str(video), bucket, name, ExtraArgs={"ContentType": kind})
    return f"s3://{bucket}/{name}"
