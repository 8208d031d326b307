"""nginx before two hosts: the origin, and a read-only mirror for the time the origin is down."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from jiyue.front.headers import AWAY_SECONDS
from jiyue.front.messages import all_away
from jiyue.front.nginx.options import ADDRESS, BACKLOG, HOST, Machine, checked, checked_path
from jiyue.front.nginx.sites import is_tls, log_format, redirect_to_tls, unknown_tls_host
from jiyue.front.sites import SiteRoute
from jiyue.front.wsgi import DYNAMIC_PATHS, VIEWS_PREFIX

# A host that fails gets no visitor for so long; the one who noticed waited for `CONNECT_MS` at most.
REST_SECONDS = 5
CONNECT_MS = 500

_HEAD = """\
# Balancer before the public hosts. Made by `jiyue nginx-config --balancer`; make it anew after a
# site was added or its host name changed. Include it inside `http {{ }}`; nginx 1.22 or newer.
{log}
{upstreams}
# A host name that belongs to no site.
server {{
{listen}
    server_name _;
    server_tokens off;
{timeouts}
    return 404;
}}
"""

_UPSTREAM = """
upstream {name} {{
    server {origin} max_fails=1 fail_timeout={rest}s;
    server {mirror} max_fails=0 backup;
    keepalive 64;
}}
"""

_SITE = """
server {{
{listen}
    server_name {host};
    server_tokens off;
    client_max_body_size 1m;
{timeouts}
{access_log}{tls}
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_connect_timeout {connect}ms;
    proxy_next_upstream error timeout invalid_header;
    proxy_max_temp_file_size 0;
{verify}
    # Both hosts are away. What was sent is never sent twice.
    error_page 502 504 = @jiyue_away;
    location @jiyue_away {{
        default_type "text/html; charset=utf-8";
        add_header Cache-Control no-store always;
        add_header Retry-After {away} always;
        return 503 '{message}';
    }}

    location / {{
        proxy_read_timeout 5s;
        proxy_pass {scheme}://{upstream};
    }}
    location ~ ^/({dynamic})/ {{
        proxy_read_timeout 20s;
        proxy_pass {scheme}://{upstream};
    }}
}}
"""

_VERIFY = """\
    proxy_ssl_name $host;
    proxy_ssl_server_name on;
    proxy_ssl_verify on;
    proxy_ssl_verify_depth 4;
    proxy_ssl_trusted_certificate {trusted};
    proxy_ssl_protocols TLSv1.2 TLSv1.3;
"""


@dataclass(frozen=True, kw_only=True)
class BalancerOptions(Machine):
    """The host before origin and mirror.

    Attributes:
        origin: Address of the host with the public process.
        mirror: Address of the host that only shows pages.
        http_port: Where both take plain HTTP.
        https_port: Where both take TLS.
        trusted: Certificates that vouch for those of the two hosts.
    """

    origin: str
    mirror: str
    http_port: str = "80"
    https_port: str = "443"
    trusted: Path = Path("/etc/ssl/certs/ca-certificates.crt")


def balancer_config(routes: Iterable[SiteRoute], options: BalancerOptions) -> str:
    """Return the configuration of the balancer.

    A site with an https address is asked for over TLS, its certificate checked.

    Raises:
        UnusableName: A host name, address or folder holds characters that mean something to nginx.
    """
    routes = list(routes)
    ports = {"http": options.http_port}
    if any(is_tls(route) for route in routes):
        ports["https"] = options.https_port
    head = _HEAD.format(
        log=log_format(options),
        upstreams="".join(_upstream(scheme, port, options) for scheme, port in ports.items()),
        listen=options.listen_http("default_server", f"backlog={BACKLOG}"),
        timeouts=options.timeouts,
    )
    return head + unknown_tls_host(routes, options) + "".join(_site(route, options) for route in routes)


def _upstream(scheme: str, port: str, options: BalancerOptions) -> str:
    return _UPSTREAM.format(
        name=f"jiyue_{scheme}",
        origin=checked(f"{options.origin}:{port}", ADDRESS),
        mirror=checked(f"{options.mirror}:{port}", ADDRESS),
        rest=REST_SECONDS,
    )


def _site(route: SiteRoute, options: BalancerOptions) -> str:
    host = checked(route.host.lower(), HOST)
    has_tls = is_tls(route)
    scheme = "https" if has_tls else "http"
    block = _SITE.format(
        host=host,
        listen=options.listen_https() if has_tls else options.listen_http(),
        timeouts=options.timeouts,
        access_log=options.access_log,
        tls=options.tls(host) if has_tls else "",
        verify=_VERIFY.format(trusted=checked_path(options.trusted)) if has_tls else "",
        connect=CONNECT_MS,
        scheme=scheme,
        upstream=f"jiyue_{scheme}",
        away=AWAY_SECONDS,
        message=all_away(),
        dynamic="|".join(path.strip("/") for path in (*DYNAMIC_PATHS, VIEWS_PREFIX)),
    )
    return redirect_to_tls(host, options) + block if has_tls else block
