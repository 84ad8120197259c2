"""Connector `s3`: files of a bucket, at Amazon or at any store that speaks its protocol."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from citycommons.collect.arrivals import Listed, Take, pieces, wanted
from citycommons.collect.guard import checked
from citycommons.collect.polite import Polite
from citycommons.core.errors import Invalid, Unavailable
from citycommons.core.types import Parcel


@dataclass(frozen=True, slots=True, kw_only=True)
class S3:
    """Files of a bucket that came since the last time.

    The endpoint is checked like every address. The library resolves its name once more, so only
    https is spoken, where a name that changed its answer fails at the certificate; plain http is
    for hosts that are allowed by name.
    """

    bucket: str = field(metadata={"says": "Name of the bucket"})
    prefix: str = field(default="", metadata={"says": "Folder in the bucket"})
    pattern: str = field(default="*", metadata={"says": "Names of files: *.csv, counts-*.parquet"})
    take: Take = field(
        default=Take.NEWEST,
        metadata={
            "says": "newest: each file is the whole state; each: every file is a delivery",
            "choices": ("newest", "each"),
        },
    )
    endpoint: str = field(
        default="", metadata={"says": "https://host of the store; empty is Amazon"}
    )
    region: str = field(default="eu-central-1", metadata={"says": "Region of the bucket"})
    key_id: str = field(default="", metadata={"says": "Access key; empty for a public bucket"})
    key: str = field(default="", metadata={"says": "Secret of the access key", "secret": True})
    since: str = ""
    client: Polite = field(default_factory=Polite)

    def fetch(self) -> Iterator[Parcel]:
        """The wanted files, oldest first; nothing when none came.

        Raises `Unavailable` when the store does not answer or refuses.
        """
        store, root = self._store(), "/".join(p for p in (self.bucket, self.prefix.strip("/")) if p)
        try:
            for one in wanted(_listed(store, root), self.pattern, self.take, self.since):
                with store.open_input_stream(f"{root}/{one.name}") as stream:
                    yield self.client.keep(
                        pieces(stream),
                        name=one.name.rpartition("/")[2],
                        origin=f"s3://{root}/{one.name}",
                        cursor=one.cursor,
                    )
        except OSError as cause:
            raise Unavailable(
                f"The bucket {self.bucket} cannot be read: {_in_words(cause)}. Check the name, the "
                "region and the key."
            ) from cause

    def _store(self) -> Any:
        from pyarrow import fs

        endpoint = self.endpoint or f"https://s3.{self.region}.amazonaws.com"
        scheme, _, host = endpoint.partition("://")
        checked(endpoint, self.client.allow_hosts, self.client.resolver)
        if scheme != "https" and host.rpartition(":")[0] not in self.client.allow_hosts:
            raise Invalid(f"{endpoint} must be https, or its host allowed by name.")
        access = (
            {"access_key": self.key_id, "secret_key": self.key}
            if self.key_id
            else {"anonymous": True}
        )
        return fs.S3FileSystem(
            **access,
            region=self.region,
            scheme=scheme,
            endpoint_override=host if self.endpoint else None,
            connect_timeout=self.client.timeout_s,
            request_timeout=self.client.timeout_s,
            retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=self.client.attempts),
        )


def _listed(store: Any, root: str) -> Iterator[Listed]:
    from pyarrow import fs

    for info in store.get_file_info(fs.FileSelector(root, recursive=True)):
        if info.type is fs.FileType.File:
            yield Listed(
                name=info.path.removeprefix(root + "/"), bytes=info.size or 0, changed=info.mtime
            )


def _in_words(cause: OSError) -> str:
    """The store's own words, without the library's."""
    return str(cause).partition("AWS Error ")[2][:200] or str(cause)[:200]
