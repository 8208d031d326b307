"""nginx before published files: one server a site."""

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from jiyue.front.headers import (
    ASSETS_PREFIX,
    AWAY_SECONDS,
    DEFAULT_TYPE,
    IMMUTABLE,
    MEDIA,
    MEDIA_PREFIX,
    PRIVATE,
    REVALIDATE,
    SECURITY_HEADERS,
    STRICT_TRANSPORT_SECURITY,
    TEXT_TYPES,
    TOO_MANY_SECONDS,
    TYPES,
)
from jiyue.front.nginx.moved import SIZES, moved_location, moved_maps
from jiyue.front.nginx.options import (
    ADDRESS,
    BACKLOG,
    HOST,
    KEY,
    Machine,
    NginxOptions,
    checked,
    checked_network,
    checked_path,
)
from jiyue.front.nginx.stores import store_files, store_head, store_page
from jiyue.front.nginx.templates import (
    FILES,
    HEAD,
    LOG,
    PROXY,
    REDIRECT_TO_TLS,
    SITE,
    UNKNOWN_TLS_HOST,
    UPSTREAM,
)
from jiyue.front.sites import SiteRoute
from jiyue.front.wsgi import DYNAMIC_PATHS, HEALTH_PATHS, VIEWS_PREFIX
from jiyue.publishing.error_pages import (
    METHOD_REFUSED,
    NOT_FOUND,
    OUT_OF_ORDER,
    READ_ONLY,
    TOO_LARGE,
    TOO_MANY,
)

# Only a wall against floods: the forms' own, friendlier limit comes first.
FORM_RATE = "30r/m"
SEARCH_RATE = "10r/s"
VIEWS_RATE = "20r/s"

_LIMITS = {
    "/search/": "limit_req zone=jiyue_search burst=20 nodelay;",
    VIEWS_PREFIX: "limit_req zone=jiyue_views burst=100 nodelay;",
}
_FORM_LIMIT = "limit_req zone=jiyue_forms burst=30 nodelay;"
_SECONDS_OF_BURST = 5  # the first page of a visit brings its pictures and assets with it
# A status that nothing else uses: shown as 404, but not worth asking the public process.
_REFUSED = 421
_VARY = "    add_header Vary $jiyue_vary always;"
# Own pages, and what is answered where a site hasn't published them yet.
_SHOWN = {
    NOT_FOUND: 404,
    METHOD_REFUSED: 405,
    TOO_LARGE: 413,
    TOO_MANY: 429,
    OUT_OF_ORDER: 500,
    READ_ONLY: 503,
}


def nginx_config(routes: Iterable[SiteRoute], options: NginxOptions) -> str:
    """Return the configuration of all sites.

    Raises:
        UnusableName: A host name, key, address or folder holds characters that mean something to nginx.
    """
    routes = list(routes)
    head = HEAD.format(
        sizes=SIZES if options.is_read_only else "",
        real_ip=_real_ip(options.balancers),
        unlimited="".join(f"    {checked_network(each)} 1;\n" for each in options.unlimited),
        page_rate=f"{options.page_rate}r/s",
        form_rate=FORM_RATE,
        search_rate=SEARCH_RATE,
        views_rate=VIEWS_RATE,
        revalidate=REVALIDATE,
        private=PRIVATE,
        immutable=IMMUTABLE,
        media_kept=MEDIA,
        dynamic_cache=_dynamic_cache(options),
        assets=ASSETS_PREFIX,
        media=MEDIA_PREFIX,
        too_many_seconds=TOO_MANY_SECONDS,
        away_seconds=AWAY_SECONDS,
        log=log_format(options),
        upstream=_upstream(options.upstreams),
        store=store_head(options.store) if options.store else "",
        default_listen=options.listen_http("default_server", f"backlog={BACKLOG}"),
        timeouts=options.timeouts,
    )
    moved = "".join(moved_maps(route, options) for route in routes) if options.is_read_only else ""
    sites = "".join(_site(route, options) for route in routes)
    return head + moved + unknown_tls_host(routes, options) + sites


def is_tls(route: SiteRoute) -> bool:
    """Whether the site's canonical address is https."""
    return urlsplit(route.base_url).scheme == "https"


def log_format(machine: Machine) -> str:
    """How requests are logged; "" where they aren't."""
    return "" if machine.log_dir is None else LOG.format(whole_addresses=int(machine.logs_whole_addresses))


def unknown_tls_host(routes: Sequence[SiteRoute], machine: Machine) -> str:
    """The server that refuses foreign names over TLS; "" where no site has TLS."""
    if not any(is_tls(route) for route in routes):
        return ""
    listen = machine.listen_https("default_server", f"backlog={BACKLOG}")
    return UNKNOWN_TLS_HOST.format(listen=listen, parameters=machine.tls_parameters)


def redirect_to_tls(host: str, machine: Machine) -> str:
    """The server that sends plain HTTP of a site to https; `host` is checked."""
    return REDIRECT_TO_TLS.format(
        listen=machine.listen_http(), host=host, timeouts=machine.timeouts, access_log=machine.access_log
    )


def _real_ip(balancers: Sequence[str]) -> str:
    if not balancers:
        return ""
    trusted = "".join(f"set_real_ip_from {checked_network(each)};\n" for each in balancers)
    return (
        "\n# The visitor's address, as our own balancers name it.\n"
        f"{trusted}real_ip_header X-Forwarded-For;\nreal_ip_recursive on;\n"
    )


def _dynamic_cache(options: NginxOptions) -> str:
    if options.is_read_only:
        return ""
    names = "|".join(re.escape(path.strip("/")) for path in (*DYNAMIC_PATHS, VIEWS_PREFIX))
    return f'    "~^[0-9]+ /({names})/" "";  # these answers bring their own\n'


def _upstream(addresses: Sequence[str]) -> str:
    if not addresses:
        return ""
    return UPSTREAM.format(servers="\n".join(f"    server {checked(each, ADDRESS)};" for each in addresses))


def _site(route: SiteRoute, options: NginxOptions) -> str:
    host = checked(route.host.lower(), HOST)
    has_tls = is_tls(route)
    headers = [*SECURITY_HEADERS, STRICT_TRANSPORT_SECURITY] if has_tls else SECURITY_HEADERS
    block = SITE.format(
        host=host,
        listen=options.listen_https() if has_tls else options.listen_http(),
        root=f"{checked_path(options.output_dir)}/{checked(route.key, KEY)}",
        output=checked_path(options.output_dir),
        tls=options.tls(host) if has_tls else "",
        timeouts=options.timeouts,
        access_log=options.access_log,
        connections=options.connections,
        charset_types=" ".join(TYPES[name] for name in TEXT_TYPES if name != "html"),
        default_type=DEFAULT_TYPE,
        types="\n".join(f"        {kind} {name};" for name, kind in TYPES.items()),
        headers="\n".join(f'    add_header {name} "{value}" always;' for name, value in headers),
        vary=_VARY if options.store else "",
        files=_files(route, options),
        error_pages="\n".join(_error_pages(options)),
        proxy="" if options.is_read_only else _proxy(),
        locations="\n".join(_locations(route, options)),
    )
    return redirect_to_tls(host, options) + block if has_tls else block


def _error_pages(options: NginxOptions) -> Iterator[str]:
    # A page that isn't there may have moved with its channel: the public process knows.
    # A mirror has no such process; it knows what was moved when nginx was told to reload.
    yield "    error_page 403 404 = @jiyue_moved;"
    yield "    recursive_error_pages on;"
    yield f"    error_page {_REFUSED} =404 /{NOT_FOUND};"
    yield f"    error_page 405 /{METHOD_REFUSED};"
    yield f"    error_page 413 /{TOO_LARGE};"
    yield f"    error_page 429 /{TOO_MANY};"
    yield f"    error_page 503 /{READ_ONLY if options.is_read_only else OUT_OF_ORDER};"
    yield f"    error_page 500 502 504 /{OUT_OF_ORDER};"


def _proxy() -> str:
    return PROXY.format(hidden=_hidden(4))


def _hidden(indent: int, *more: str) -> str:
    names = (*(name for name, _value in SECURITY_HEADERS), *more)
    return "\n".join(f"{' ' * indent}proxy_hide_header {name};" for name in names)


def _files(route: SiteRoute, options: NginxOptions) -> str:
    if options.store is None:
        return FILES.format(refused=_REFUSED, page_limit=_page_limit(options))
    limit = _page_limit(options)
    return store_files(options.store, route.key, options, refused=_REFUSED, page_limit=limit)


def _locations(route: SiteRoute, options: NginxOptions) -> Iterator[str]:
    for name, status in _SHOWN.items():
        shown = f"        try_files $uri ={status};"
        if options.store is not None:
            shown = store_page(options.store, route.key, name, options)
        yield (
            f"    location = /{name} {{\n        internal;\n        recursive_error_pages off;\n"
            f"{shown}\n    }}"
        )
    yield moved_location(route, NOT_FOUND) if options.is_read_only else _moved(options)
    for path in (*DYNAMIC_PATHS, VIEWS_PREFIX):
        if path in HEALTH_PATHS:  # for the supervisor on the machine, not for visitors
            yield f"    location = {path} {{\n        return {_REFUSED};\n    }}"
            continue
        match = f"^~ {path}" if path == VIEWS_PREFIX else f"= {path}"
        yield f"    location {match} {{\n        {_answer(path, options)}\n    }}"
        if path != VIEWS_PREFIX:
            bare = path.rstrip("/")
            yield f"    location = {bare} {{\n        return 301 {path}$is_args$args;\n    }}"


def _moved(options: NginxOptions) -> str:
    # The public process has no page of its own to show where the pages lie in an object store.
    shown = "404 500 502 504" if options.store else "500 502 504"
    return (
        "    location @jiyue_moved {\n"
        f"        {_page_limit(options)}\n"
        "        charset off;\n"
        f"{'        proxy_intercept_errors on;' + chr(10) if options.store else ''}"
        f"{_hidden(8, 'Cache-Control')}\n"
        "        proxy_pass http://jiyue_front;\n"
        f"        error_page {shown} =404 /{NOT_FOUND};\n"
        "    }"
    )


def _page_limit(options: NginxOptions) -> str:
    return f"limit_req zone=jiyue_pages burst={options.page_rate * _SECONDS_OF_BURST} nodelay;"


def _answer(path: str, options: NginxOptions) -> str:
    if options.is_read_only:
        return "return 503;"
    limit = _LIMITS.get(path, _FORM_LIMIT)
    return f"{limit}\n        charset off;\n        proxy_pass http://jiyue_front;"
