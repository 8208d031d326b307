"""Configuration for nginx: the same answers as the embedded server, from the same tables."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from jiyue.core.errors import DomainError
from jiyue.front.headers import (
    ASSETS_PREFIX,
    DEFAULT_TYPE,
    IMMUTABLE,
    MEDIA,
    MEDIA_PREFIX,
    PRIVATE,
    REVALIDATE,
    SECURITY_HEADERS,
    TEXT_TYPES,
    TYPES,
)
from jiyue.front.sites import SiteRoute
from jiyue.front.wsgi import DYNAMIC_PATHS, HEALTH_PATH, VIEWS_PREFIX
from jiyue.publishing.error_pages import NOT_FOUND, OUT_OF_ORDER

_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_KEY = re.compile(r"[a-z][a-z0-9-]*")
_PLAIN_PATH = re.compile(r"/[\w./+@-]*")

# Only a wall against floods: the forms' own, friendlier limit comes first.
FORM_RATE = "30r/m"
SEARCH_RATE = "10r/s"
VIEWS_RATE = "20r/s"

_HEAD = """\
# Public websites of the platform. Made by `jiyue nginx-config`; make it anew after a site was
# added or its host name changed. Include it inside `http {{ }}`; nginx 1.22 or newer.

limit_req_zone $jiyue_sender zone=jiyue_forms:10m rate={form_rate};
limit_req_zone $binary_remote_addr zone=jiyue_search:10m rate={search_rate};
limit_req_zone $binary_remote_addr zone=jiyue_views:10m rate={views_rate};

# Showing a form is free; sending it counts.
map $request_method $jiyue_sender {{
    default "";
    POST $binary_remote_addr;
}}

# Addresses that name no published file, as they were sent: hidden files and `..`, empty
# segments, backslashes, encoded dots, slashes and percent signs.
map $request_uri $jiyue_unclean {{
    default 0;
    "~*^[^?]*(/\\.|//|\\\\\\\\|%2e|%2f|%5c|%25|%00)" 1;
}}

map "$status $uri" $jiyue_cache {{
    default "{revalidate}";
    "~^[0-9]+ {dynamic}" "";  # these answers bring their own
    "~^[45]" "{private}";
    "~^[0-9]+ {assets}" "{immutable}";
    "~^[0-9]+ {media}" "{media_kept}";
}}

upstream jiyue_front {{
    server {upstream};
    keepalive 32;
}}

# A host name that belongs to no site.
server {{
    listen {http_listen} default_server;
    server_name _;
    server_tokens off;
    return 404;
}}
"""

_REDIRECT_TO_TLS = """
server {{
    listen {http_listen};
    server_name {host};
    server_tokens off;
    return 301 https://{host}$request_uri;
}}
"""

_SITE = """
server {{
    listen {listen};
    server_name {host};
    server_tokens off;
    root "{root}";
    index index.html;
    absolute_redirect off;
    merge_slashes off;
    disable_symlinks on from=$document_root;
    log_not_found off;

    client_max_body_size 1m;
    client_header_timeout 15s;
    client_body_timeout 15s;
    send_timeout 30s;
    keepalive_timeout 30s;
{tls}
    gzip off;
    gzip_static on;
    gzip_vary on;
    gzip_proxied any;
    if_modified_since exact;

    charset utf-8;
    charset_types {charset_types};
    default_type {default_type};
    types {{
{types}
    }}

{headers}
    add_header Cache-Control $jiyue_cache always;

    error_page 403 404 =404 /{not_found};
    error_page 429 500 502 503 504 /{out_of_order};
    limit_req_status 429;

    if ($jiyue_unclean) {{
        return 404;
    }}
    location ~ \\.gz$ {{
        return 404;
    }}
    location / {{
    }}
    location = /{not_found} {{
        internal;
    }}
    location = /{out_of_order} {{
        internal;
    }}
{dynamic}
}}
"""

_PROXY = """\
        charset off;
        proxy_pass http://jiyue_front;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $http_host;
        proxy_set_header X-Real-IP $remote_addr;
        proxy_set_header X-Forwarded-Proto $scheme;
        proxy_set_header X-Forwarded-For "";
        proxy_connect_timeout 2s;
        proxy_send_timeout 15s;
        proxy_read_timeout 15s;
{hidden}"""

_LIMITS = {
    "/search/": "limit_req zone=jiyue_search burst=20 nodelay;",
    VIEWS_PREFIX: "limit_req zone=jiyue_views burst=100 nodelay;",
}
_FORM_LIMIT = "limit_req zone=jiyue_forms burst=30 nodelay;"


@dataclass(frozen=True)
class NginxOptions:
    """What differs between machines.

    Attributes:
        output_dir: Folder of the published sites, as nginx sees it.
        upstream: Address of the public process.
        http_listen: Where plain HTTP is taken.
        https_listen: Where TLS is taken.
        tls_dir: Folder with `<host>.crt` and `<host>.key` of sites whose address is https.
    """

    output_dir: Path
    upstream: str = "127.0.0.1:8200"
    http_listen: str = "80"
    https_listen: str = "443"
    tls_dir: Path = Path("/etc/jiyue/tls")


class UnusableName(DomainError):
    """A name can't stand in a configuration file."""

    code = "nginx_unusable_name"


def nginx_config(routes: Iterable[SiteRoute], options: NginxOptions) -> str:
    """Return the configuration of all sites.

    Raises:
        UnusableName: A host name, key or folder holds characters that mean something to nginx.
    """
    dynamic = "|".join(re.escape(path.strip("/")) for path in (*DYNAMIC_PATHS, VIEWS_PREFIX))
    head = _HEAD.format(
        form_rate=FORM_RATE,
        search_rate=SEARCH_RATE,
        views_rate=VIEWS_RATE,
        revalidate=REVALIDATE,
        private=PRIVATE,
        immutable=IMMUTABLE,
        media_kept=MEDIA,
        dynamic=f"/({dynamic})/",
        assets=ASSETS_PREFIX,
        media=MEDIA_PREFIX,
        upstream=_checked(options.upstream, re.compile(r"[\w.:\[\]-]+")),
        http_listen=_listen(options.http_listen),
    )
    return head + "".join(_site(route, options) for route in routes)


def _site(route: SiteRoute, options: NginxOptions) -> str:
    host = _checked(route.host.lower(), _HOST)
    is_tls = urlsplit(route.base_url).scheme == "https"
    listen = f"{_listen(options.https_listen)} ssl http2" if is_tls else _listen(options.http_listen)
    block = _SITE.format(
        host=host,
        listen=listen,
        root=f"{_checked(str(options.output_dir), _PLAIN_PATH)}/{_checked(route.key, _KEY)}",
        tls=_tls(host, options) if is_tls else "",
        charset_types=" ".join(TYPES[name] for name in TEXT_TYPES if name != "html"),
        default_type=DEFAULT_TYPE,
        types="\n".join(f"        {kind} {name};" for name, kind in TYPES.items()),
        headers="\n".join(f'    add_header {name} "{value}" always;' for name, value in SECURITY_HEADERS),
        dynamic="\n".join(_dynamic_locations()),
        not_found=NOT_FOUND,
        out_of_order=OUT_OF_ORDER,
    )
    if not is_tls:
        return block
    return _REDIRECT_TO_TLS.format(host=host, http_listen=_listen(options.http_listen)) + block


def _dynamic_locations() -> Iterable[str]:
    hidden = "\n".join(f"        proxy_hide_header {name};" for name, _value in SECURITY_HEADERS)
    proxy = _PROXY.format(hidden=hidden)
    for path in (*DYNAMIC_PATHS, VIEWS_PREFIX):
        if path == HEALTH_PATH:  # for the supervisor on the machine, not for visitors
            yield f"    location = {path} {{\n        return 404;\n    }}"
            continue
        match = f"^~ {path}" if path == VIEWS_PREFIX else f"= {path}"
        limit = _LIMITS.get(path, _FORM_LIMIT)
        yield f"    location {match} {{\n        {limit}\n{proxy}\n    }}"
        if path != VIEWS_PREFIX:
            bare = path.rstrip("/")
            yield f"    location = {bare} {{\n        return 301 {path}$is_args$args;\n    }}"


def _tls(host: str, options: NginxOptions) -> str:
    folder = _checked(str(options.tls_dir), _PLAIN_PATH)
    return (
        f"\n    ssl_certificate {folder}/{host}.crt;\n"
        f"    ssl_certificate_key {folder}/{host}.key;\n"
        "    ssl_protocols TLSv1.2 TLSv1.3;\n"
        '    add_header Strict-Transport-Security "max-age=31536000" always;\n'
    )


def _listen(text: str) -> str:
    return _checked(text, re.compile(r"[\w.:\[\]-]+"))


def _checked(text: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(text):
        raise UnusableName(
            _("“%(text)s” can't stand in nginx's configuration.") % {"text": text},
            fix=_("Use letters, digits, dots, hyphens and slashes only."),
        )
    return text
