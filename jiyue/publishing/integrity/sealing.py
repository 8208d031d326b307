"""The sealer of the manifest: digests over its parts, one signature over the whole of each site.

A site's files fall into `BUCKETS` parts by their path. The text of a part lists
its files, one a line: digest, size, editions, path. Its digest is the digest of
that text; the signed statement is over the digests of all parts. So a
publication costs the texts of the parts it touched, and whoever has the
exported texts and the public key can prove every file without the database.

Source: GL 七(二)1; GL 七(三)2; HT 附件(单项否决6) (SEC-15).
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction
from django.db.models import F, Sum

from jiyue.core import clock, crypto, signing
from jiyue.publishing.delivery.local import LocalStore
from jiyue.publishing.delivery.stores import output_root
from jiyue.publishing.integrity.comparing import FolderReader
from jiyue.publishing.integrity.custody import Custody
from jiyue.publishing.integrity.models import SignedManifest
from jiyue.publishing.manifest import KEY_NAME, is_sealed_row
from jiyue.publishing.models import ManifestBucket, OutputFile, Placement
from jiyue.publishing.store import WrittenFile
from jiyue.sites.models import Site

ROUND_BUCKETS = 64  # in one transaction: well below a second
FOLDER = ".manifests"  # beside the sites' folders, never below one
TEXT_MAX_BYTES = 64 * 1024 * 1024  # of one exported file; parts have some ten thousand
_NO_EDITION = "-"


@dataclass(frozen=True)
class BucketText:
    """One part of a manifest as text, and the rows that the publisher didn't write."""

    number: int
    text: bytes
    files: int
    size_bytes: int
    forged: tuple[str, ...]


def list_unsealed_sites() -> list[int]:
    """Sites with changes that no signature covers yet."""
    unsealed = ManifestBucket.objects.exclude(version=F("sealed_version"))
    return sorted(set(unsealed.values_list("site_id", flat=True)))


def seal_site(site_id: int) -> list[str]:
    """Seal what changed on a site, at most `ROUND_BUCKETS` parts, and sign.

    Returns:
        Paths of manifest rows that the publisher didn't write; no signature covers them.
    """
    unsealed = ManifestBucket.objects.filter(site=site_id).exclude(version=F("sealed_version"))
    # The versions come first: what changes while the rows are read stays unsealed.
    versions = dict(unsealed.order_by("number").values_list("number", "version")[:ROUND_BUCKETS])
    if not versions:
        return []
    texts = build_texts(site_id, versions)
    key = Site.objects.values_list("key", flat=True).get(pk=site_id)
    _write_texts(key, texts)
    with transaction.atomic():
        _save(site_id, versions, texts)
        manifest = _sign(site_id, key)
    _write_statement(key, manifest)
    return [path for each in texts for path in each.forged]


def seal_all(site_id: int) -> int:
    """Seal everything that changed on a site; return how many rounds it took."""
    unsealed = ManifestBucket.objects.filter(site=site_id).exclude(version=F("sealed_version"))
    rounds = 0
    while unsealed.exists():
        seal_site(site_id)
        rounds += 1
    return rounds


def build_texts(site_id: int, numbers: Iterable[int]) -> list[BucketText]:
    """The texts of parts of a site's manifest as the database has them now, in order of number."""
    rows = OutputFile.objects.filter(site=site_id, bucket__in=list(numbers))
    editions = _editions(site_id, rows.values_list("path", flat=True))
    lines: dict[int, list[tuple[str, int, str]]] = {number: [] for number in numbers}
    forged: dict[int, list[str]] = {number: [] for number in numbers}
    for bucket, path, size, sm3, seal in rows.values_list("bucket", "path", "size_bytes", "sm3", "seal"):
        if is_sealed_row(site_id, WrittenFile(path, size, sm3), seal):
            line = f"{sm3} {size} {editions.get(path, _NO_EDITION)} {path}\n"
            lines[bucket].append((path, size, line))
        else:
            forged[bucket].append(path)
    return [_text(number, lines[number], forged[number]) for number in sorted(lines)]


def _text(number: int, lines: list[tuple[str, int, str]], forged: list[str]) -> BucketText:
    lines.sort()
    text = "".join(line for _path, _size, line in lines).encode()
    return BucketText(number, text, len(lines), sum(size for _path, size, _line in lines), tuple(forged))


def _editions(site_id: int, paths: Iterable[str]) -> dict[str, int]:
    """The edition that each detail page shows."""
    shown = Placement.objects.filter(site=site_id, path__in=paths, rendered_edition__isnull=False)
    return dict(shown.values_list("path", "rendered_edition_id"))


def _save(site_id: int, versions: dict[int, int], texts: Sequence[BucketText]) -> None:
    table = ManifestBucket._meta.db_table
    # The only value in the text is the table's own name.
    sql = f"""
        UPDATE {table} SET sealed_version = %s, digest = %s, files = %s, size_bytes = %s
        WHERE site_id = %s AND number = %s
    """  # noqa: S608
    values = [
        (versions[each.number], signing.digest(each.text), each.files, each.size_bytes, site_id, each.number)
        for each in texts
    ]
    with connection.cursor() as cursor:
        cursor.executemany(sql, values)


def _sign(site_id: int, key: str) -> SignedManifest:
    """Sign the present digests of all parts, in the caller's transaction."""
    manifest, _is_new = SignedManifest.objects.select_for_update().get_or_create(site_id=site_id)
    now = clock.now()
    manifest.sequence += 1
    manifest.signed_at = now
    manifest.statement = crypto.canonical_text(
        {**statement_of(site_id, key), "sequence": manifest.sequence, "signed_at": now.isoformat()}
    )
    manifest.signature = signing.sign(KEY_NAME, manifest.statement.encode())
    manifest.save(update_fields=["sequence", "signed_at", "statement", "signature"])
    return manifest


def statement_of(site_id: int, key: str) -> dict[str, object]:
    """What a signature has to cover, from the digests in the database."""
    buckets = ManifestBucket.objects.filter(site=site_id)
    digests = {f"{number:03x}": value for number, value in buckets.values_list("number", "digest")}
    totals = buckets.aggregate(files=Sum("files"), size=Sum("size_bytes"))
    return {
        "site": key,
        "files": totals["files"] or 0,
        "bytes": totals["size"] or 0,
        "is_complete": not buckets.exclude(version=F("sealed_version")).exists(),
        "parts": dict(sorted(digests.items())),
    }


def manifest_folder(site_key: str) -> Path:
    """Where the exported texts of a site lie."""
    return output_root() / FOLDER / site_key


def _write_texts(key: str, texts: Sequence[BucketText]) -> None:
    with _beside_the_sites(key) as store:
        for each in texts:
            store.put(f"{FOLDER}/{key}/{each.number:03x}.txt", each.text)


def _write_statement(key: str, manifest: SignedManifest) -> None:
    with _beside_the_sites(key) as store:
        store.put(f"{FOLDER}/{key}.json", _exported(manifest))


def _exported(manifest: SignedManifest) -> bytes:
    signed = {"statement": manifest.statement, "signature": manifest.signature}
    return json.dumps(signed, ensure_ascii=False).encode()


@contextmanager
def _beside_the_sites(key: str) -> Iterator[LocalStore]:
    """The folder of the exported texts to write to, once nothing else stands in its place."""
    Custody("", output_root()).clear_way(f"{FOLDER}/{key}")
    with LocalStore(output_root()) as store:
        yield store


def mend_export(site_id: int, key: str) -> list[str]:
    """Write exported texts and statement again where they aren't those that were signed.

    A mirror proves its copy with them: older ones put back would stop it.

    Returns:
        The names of the files that were wrong.
    """
    sealed = ManifestBucket.objects.filter(site=site_id, version=F("sealed_version")).exclude(digest="")
    manifest = SignedManifest.objects.filter(site=site_id).exclude(statement="").first()
    wrong: list[int] = []
    with FolderReader(output_root()) as reader:
        for number, digest in sealed.order_by("number").values_list("number", "digest"):
            text = reader.read(f"{FOLDER}/{key}/{number:03x}.txt", TEXT_MAX_BYTES)
            if text is None or not signing.is_digest_of(text, digest):
                wrong.append(number)
        statement = reader.read(f"{FOLDER}/{key}.json", TEXT_MAX_BYTES)
    digests = dict(sealed.values_list("number", "digest"))
    texts = [
        each
        for each in build_texts(site_id, wrong)
        if signing.is_digest_of(each.text, digests.get(each.number, ""))  # else it is sealed anew anyway
    ]
    _write_texts(key, texts)
    names = [f"{FOLDER}/{key}/{each.number:03x}.txt" for each in texts]
    if manifest is not None and statement != _exported(manifest):
        _write_statement(key, manifest)
        names.append(f"{FOLDER}/{key}.json")
    return names
