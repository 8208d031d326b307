"""Proving a manifest: from the database, or from its exported texts with the public key alone."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db.models import F

from jiyue.core import signing
from jiyue.publishing.delivery.local import read_plain
from jiyue.publishing.integrity.comparing import FolderReader
from jiyue.publishing.integrity.models import SignedManifest
from jiyue.publishing.integrity.sealing import FOLDER, TEXT_MAX_BYTES, build_texts, statement_of
from jiyue.publishing.manifest import KEY_NAME
from jiyue.publishing.models import ManifestBucket
from jiyue.publishing.store import WrittenFile
from jiyue.sites.models import Site

BATCH_BUCKETS = 64  # read at a time


@dataclass(frozen=True)
class ManifestProblem:
    """Why a manifest can't be trusted.

    Attributes:
        reason: For people who look into it.
        path: The row or file it is about, "" when it is the whole.
    """

    reason: str
    path: str = ""


def verify_manifest(site: Site) -> list[ManifestProblem]:
    """Prove signature, parts and rows of a site's manifest from the database.

    Parts that changed since the last signature are proved by the seals of their rows.
    """
    manifest = SignedManifest.objects.filter(site=site).first()
    parts = ManifestBucket.objects.filter(site=site)
    if manifest is None or not manifest.statement:
        problems = (
            [ManifestProblem("the signature is gone")] if parts.exclude(sealed_version=0).exists() else []
        )
    else:
        problems = _check_statement(site, manifest)
    current = dict(parts.filter(version=F("sealed_version")).values_list("number", "digest"))
    numbers = sorted(parts.values_list("number", flat=True))
    for start in range(0, len(numbers), BATCH_BUCKETS):
        for text in build_texts(site.pk, numbers[start : start + BATCH_BUCKETS]):
            problems += [ManifestProblem("the publisher didn't write this row", path) for path in text.forged]
            expected = current.get(text.number)
            if expected is not None and not signing.is_digest_of(text.text, expected):
                problems.append(
                    ManifestProblem(f"rows of part {text.number:03x} differ from what was signed")
                )
    return problems


def _check_statement(site: Site, manifest: SignedManifest) -> list[ManifestProblem]:
    if not signing.is_signature(KEY_NAME, manifest.statement.encode(), manifest.signature):
        return [ManifestProblem("the signature doesn't belong to the statement")]
    signed = json.loads(manifest.statement)
    present = statement_of(site.pk, site.key)
    if any(signed.get(name) != present[name] for name in ("site", "files", "bytes", "parts")):
        return [ManifestProblem("the digests differ from the signed ones")]
    return []


def verify_export(
    root: Path, site_key: str, *, key_folder: Path | None = None, with_files: bool = True
) -> Iterator[ManifestProblem]:
    """Prove exported texts and, beside them, the files, without a database: what a mirror does.

    Args:
        root: The output folder or its copy, with `.manifests` in it.
        site_key: The site.
        key_folder: Where `manifest.pub` lies; by default `JIYUE_KEY_DIR`.
        with_files: Compare the files themselves, too.
    """
    export = json.loads(read_plain(root / FOLDER / f"{site_key}.json", limit=TEXT_MAX_BYTES))
    statement, signature = str(export["statement"]), str(export["signature"])
    if not signing.is_signature(KEY_NAME, statement.encode(), signature, key_folder=key_folder):
        yield ManifestProblem("the signature doesn't belong to the statement")
        return
    signed = json.loads(statement)
    if signed["site"] != site_key:
        yield ManifestProblem(f"the statement is about {signed['site']}")
        return
    for name, expected in signed["parts"].items():
        text = read_plain(root / FOLDER / site_key / f"{name}.txt", limit=TEXT_MAX_BYTES)
        if not signing.is_digest_of(text, expected):
            yield ManifestProblem(f"part {name} differs from what was signed")
        elif with_files:
            yield from _check_files(root / site_key, text)


def _check_files(folder: Path, text: bytes) -> Iterator[ManifestProblem]:
    with FolderReader(folder) as reader:
        for line in text.decode().splitlines():
            sm3, size, _edition, path = line.split(" ", 3)
            found = reader.examine(WrittenFile(path, int(size), sm3))
            if found is not None:
                yield ManifestProblem(found.kind, path)
