"""Moved addresses for an nginx without a public process: maps that a mirror writes from signed tables.

Two files a site lie beside the table: `<site key>.paths` and `<site key>.queries`.
nginx reads them when it starts or is told to reload. It compares without regard
to the case of letters; of two addresses that differ by nothing else the first counts.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from jiyue.front.moved import FOLDER, INDEX
from jiyue.front.nginx.options import KEY, NginxOptions, checked, checked_path
from jiyue.front.sites import SiteRoute

PATHS_SUFFIX, QUERIES_SUFFIX = ".paths", ".queries"
MAX_KEY_BYTES = 1_900  # of one entry; what is longer doesn't fit into nginx's table of hashes
SIZES = """
# For long addresses that have moved; nginx wants it before the first map of all.
map_hash_max_size 16384;
map_hash_bucket_size 2048;
"""
_AS_BROWSERS_SEND = "!$&()*+,-./:;=?@[\\]^_`{|}~"
_ENCODINGS = ("utf-8", "gb18030")  # old sites wrote addresses in either
_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_REST = "(?<jiyue_rest>(?:[A-Za-z0-9_.-]+/)*[A-Za-z0-9_.-]*)$"

_MAPS = """
# Where moved addresses of {key} lead: files that `jiyue mirror` writes.
map $uri $jiyue_path_of_{name} {{
    default "";
    include "{folder}/{key}.path[s]";
}}

map "$uri?$args" $jiyue_moved_of_{name} {{
    default $jiyue_path_of_{name};
    include "{folder}/{key}.querie[s]";
}}
"""

_LOCATION = """\
    location @jiyue_moved {{
        error_page 404 =404 /{not_found};
        if ($jiyue_moved_of_{name}) {{
            return 301 $jiyue_moved_of_{name};
        }}
        return 404;
    }}"""


def moved_maps(route: SiteRoute, options: NginxOptions) -> str:
    """The two maps of a site; without the files nothing has moved."""
    key = checked(route.key, KEY)
    folder = f"{checked_path(options.output_dir)}/{FOLDER}"
    return _MAPS.format(key=key, name=_name(key), folder=folder)


def moved_location(route: SiteRoute, not_found: str) -> str:
    """The location that sends on whoever asks for a moved address."""
    return _LOCATION.format(name=_name(checked(route.key, KEY)), not_found=not_found)


def _name(key: str) -> str:
    return key.replace("-", "_")


def path_entries(moves: Mapping[str, str]) -> bytes:
    """Entries for addresses without a query, whatever query they are asked with.

    Args:
        moves: A table of moves whose addresses are usable.
    """
    entries: dict[bytes, bytes] = {}
    for old, new in moves.items():
        if "?" not in old and not old.endswith("/"):
            for path in _written(old):
                _add(entries, path, f"{new}$is_args$args")
    for old, new in moves.items():
        if "?" not in old and not old.endswith("/"):
            for path in (each for folder in _folders_of(old) for each in _written(folder)):
                _add(entries, path, f"{new}$is_args$args")
    for old in sorted((each for each in moves if each.endswith("/")), key=len, reverse=True):
        _add(entries, old.rstrip("/").encode(), f"{moves[old]}$is_args$args")
        _add(
            entries, f"~^(?!.*/\\.){re.escape(old)}{_REST}".encode(), f"{moves[old]}$jiyue_rest$is_args$args"
        )
    return b"".join(entries.values())


def query_entries(moves: Mapping[str, str]) -> bytes:
    """Entries for addresses with a query, in the ways in which browsers send them."""
    entries: dict[bytes, bytes] = {}
    for old, new in moves.items():
        path, mark, query = old.partition("?")
        if mark:
            for each in (path, *_folders_of(path)):
                for encoding in _ENCODINGS:
                    for sent in _sent(query.encode(encoding)):
                        _add(entries, each.encode(encoding) + b"?" + sent, new)
    return b"".join(entries.values())


def _written(path: str) -> Iterator[bytes]:
    for encoding in _ENCODINGS:
        yield path.encode(encoding)


def _sent(query: bytes) -> Iterator[bytes]:
    yield quote(query, safe=_AS_BROWSERS_SEND).encode()
    yield quote(query, safe="=&").encode()
    yield query


def _folders_of(path: str) -> tuple[str, ...]:
    """Other addresses of a folder's page."""
    folder = path.removesuffix(INDEX)
    return (folder, folder.rstrip("/")) if path.endswith(f"/{INDEX}") and folder != "/" else ()


def _add(entries: dict[bytes, bytes], key: bytes, value: str) -> None:
    """Add an entry unless nginx would take it for one that is there, or can't hold it."""
    if len(key) <= MAX_KEY_BYTES and not _CONTROL.search(key):
        quoted = key.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        entries.setdefault(key.lower(), b'"%s" "%s";\n' % (quoted, value.encode()))
