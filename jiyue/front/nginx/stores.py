"""nginx before published files that lie in an object store: it asks the store for each of them."""

import re
from urllib.parse import urlsplit

from jiyue.front.headers import SECURITY_HEADERS
from jiyue.front.nginx.options import ADDRESS, KEY, NginxOptions, checked, checked_path
from jiyue.publishing.delivery.options import StoreAddress
from jiyue.publishing.store import COMPRESSED_TYPES

_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]*")
_PREFIX = re.compile(r"(/[A-Za-z0-9._-]+)*")
# What a bucket says of itself, and what this configuration says in its place.
_HIDDEN = ("Cache-Control", "Vary", "Set-Cookie", "x-amz-request-id", "x-amz-id-2")
# Nothing that names or signs a visitor reaches the store, and nothing that the store would act on.
_UNSENT = ("Cookie", "Authorization", "X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto", "Content-Length")
# A page shown in place of another answer is shown whole.
_PARTS = ("Range", "If-Range", "If-None-Match", "If-Modified-Since")

_HEAD = """
# Published files lie in an object store: a folder is its index.html, and a text has a compressed copy.
upstream jiyue_store {{
    server {server};
    keepalive 32;
}}
map $uri $jiyue_object {{
    default $uri;
    "~^(?<jiyue_folder>.*/)\\z" "${{jiyue_folder}}index.html";
}}
map $jiyue_object $jiyue_vary {{
    default "";
    "~\\.(?:{compressed})\\z" "Accept-Encoding";
}}
map "$jiyue_object $http_accept_encoding" $jiyue_copy {{
    default "";
    "~*gzip *; *q=0(?:\\.0*)? *(?:,|$)" "";
    "~\\.(?:{compressed}) .*\\bgzip\\b" ".gz";
}}
"""

# A path is handed on as it was understood, so only the characters of published names may be in it.
_FILES = """\
    location ~ "/\\.|\\.gz\\z" {{
        return {refused};
    }}
    location ~ "^/(?:[a-z0-9/_.-]*/)?[a-z0-9_-]+\\z" {{
        return 301 $uri/$is_args$args;
    }}
    location ~ "^/[a-z0-9/_.-]*\\z" {{
        if ($jiyue_unclean) {{
            return {refused};
        }}
        if ($request_method !~ "^(?:GET|HEAD)$") {{
            return 405;
        }}
        {page_limit}
        proxy_intercept_errors on;
{ask}
        proxy_pass {root}$jiyue_object$jiyue_copy;
    }}
    location / {{
        return {refused};
    }}"""

_VERIFY = """\
        proxy_ssl_name {name};
        proxy_ssl_server_name on;
        proxy_ssl_verify on;
        proxy_ssl_verify_depth 4;
        proxy_ssl_trusted_certificate {trusted};"""


def store_head(store: StoreAddress) -> str:
    """Return what is declared once: the store, and which object an address is.

    Raises:
        UnusableName: The store's address holds characters that mean something to nginx.
    """
    url = urlsplit(store.endpoint)
    port = "" if url.port else ":443" if url.scheme == "https" else ":80"
    return _HEAD.format(
        server=checked(f"{url.netloc}{port}", ADDRESS), compressed="|".join(sorted(COMPRESSED_TYPES))
    )


def store_files(
    store: StoreAddress, key: str, options: NginxOptions, *, refused: int, page_limit: str
) -> str:
    """Return the locations of one site's files.

    Raises:
        UnusableName: As `store_head`.
    """
    return _FILES.format(
        refused=refused, page_limit=page_limit, ask=_ask(store, options), root=_root(store, key)
    )


def store_page(store: StoreAddress, key: str, name: str, options: NginxOptions) -> str:
    """Return the lines that fetch one of the site's own error pages; it brings no status of its own."""
    whole = "".join(f'        proxy_set_header {header} "";\n' for header in _PARTS)
    where = f"{_root(store, key)}/{name}"
    return f"        proxy_intercept_errors on;\n{_ask(store, options)}\n{whole}        proxy_pass {where};"


def _root(store: StoreAddress, key: str) -> str:
    url = urlsplit(store.endpoint)
    prefix = f"/{store.prefix}" if store.prefix else ""
    path = checked(f"{url.path}/{checked(store.bucket, _BUCKET)}{prefix}", _PREFIX)
    return f"{url.scheme}://jiyue_store{path}/{checked(key, KEY)}"


def _ask(store: StoreAddress, options: NginxOptions) -> str:
    url = urlsplit(store.endpoint)
    lines = [
        "        charset off;",
        "        proxy_http_version 1.1;",
        f"        proxy_set_header Host {checked(url.netloc, ADDRESS)};",
        '        proxy_set_header Connection "";',
        *(f'        proxy_set_header {name} "";' for name in _UNSENT),
        "        proxy_pass_request_body off;",
        *(
            f"        proxy_hide_header {name};"
            for name in (*(name for name, _value in SECURITY_HEADERS), *_HIDDEN)
        ),
    ]
    if url.scheme == "https":
        trusted = checked_path(options.store_trusted)
        lines.append(_VERIFY.format(name=checked(url.hostname or "", ADDRESS), trusted=trusted))
    return "\n".join(lines)
