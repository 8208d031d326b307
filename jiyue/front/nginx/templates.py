"""The text of nginx's configuration, with places for what differs between machines and sites."""

HEAD = """\
# Public websites of the platform. Made by `jiyue nginx-config`; make it anew after a site was
# added or its host name changed. Include it inside `http {{ }}`; nginx 1.22 or newer.
{sizes}{real_ip}
# Who isn't limited: monitoring of our own.
geo $jiyue_unlimited {{
    default 0;
{unlimited}}}

# Who is limited: an IPv4 address, or the /64 that one household gets.
map "$jiyue_unlimited $remote_addr" $jiyue_visitor {{
    default $remote_addr;
    "~^1 " "";
    "~*^0 (?<jiyue_prefix>([0-9a-f]+:){{3}}[0-9a-f]+):" $jiyue_prefix;
}}

# Showing a form is free; sending it counts.
map $request_method $jiyue_sender {{
    default "";
    POST $jiyue_visitor;
}}

limit_conn_zone $jiyue_visitor zone=jiyue_connections:10m;
limit_req_zone $jiyue_visitor zone=jiyue_pages:10m rate={page_rate};
limit_req_zone $jiyue_sender zone=jiyue_forms:10m rate={form_rate};
limit_req_zone $jiyue_visitor zone=jiyue_search:10m rate={search_rate};
limit_req_zone $jiyue_visitor zone=jiyue_views:10m rate={views_rate};

# Addresses that name no published file, as they were sent: hidden files and `..`, empty
# segments, backslashes, encoded dots, slashes and percent signs.
map $request_uri $jiyue_unclean {{
    default 0;
    "~*^[^?]*(/\\.|//|\\\\\\\\|%2e|%2f|%5c|%25|%00)" 1;
}}

map "$status $uri" $jiyue_cache {{
    default "{revalidate}";
{dynamic_cache}    "~^[45]" "{private}";
    "~^[0-9]+ {assets}" "{immutable}";
    "~^[0-9]+ {media}" "{media_kept}";
}}

# What the public process says about it stands as it is.
map "$status:$upstream_http_retry_after" $jiyue_retry_after {{
    default "";
    "429:" {too_many_seconds};
    "503:" {away_seconds};
}}

map "$status:$upstream_status" $jiyue_allow {{
    default "";
    "405:" "GET, HEAD";
}}
{log}{upstream}{store}
# A host name that belongs to no site.
server {{
{default_listen}
    server_name _;
    server_tokens off;
{timeouts}
    return 404;
}}
"""

UPSTREAM = """
upstream jiyue_front {{
{servers}
    keepalive 32;
}}
"""

UNKNOWN_TLS_HOST = """
# The same over TLS: no certificate is shown to who asks for a foreign name. What this server
# allows holds for all of them, because the version is agreed on before the name is known.
server {{
{listen}
    server_name _;
    ssl_reject_handshake on;
{parameters}
}}
"""

# Addresses are cut short: the log serves the running of the sites, not the following of people.
# A refused request is an event of network security and keeps its whole address.
LOG = """
map $status $jiyue_is_event {{
    default {whole_addresses};
    "~^(400|403|405|408|413|414|429|431|444)$" 1;
}}

map "$jiyue_is_event $remote_addr" $jiyue_logged_address {{
    default "";
    "~^1 (?<jiyue_whole>.+)$" $jiyue_whole;
    "~^0 (?<jiyue_net4>[0-9]+\\.[0-9]+\\.[0-9]+)\\." "$jiyue_net4.0";
    "~*^0 (?<jiyue_net48>[0-9a-f]+:[0-9a-f]+:[0-9a-f]+):" "$jiyue_net48::";
    "~*^0 (?<jiyue_net32>[0-9a-f]+:[0-9a-f]+)::" "$jiyue_net32::";
}}

# What was searched for stays out of it.
map $request_uri $jiyue_path {{
    "~^(?<jiyue_bare_path>[^?]*)" $jiyue_bare_path;
}}

log_format jiyue escape=json '{{"time":"$time_iso8601","host":"$host","address":"$jiyue_logged_address",'
    '"method":"$request_method","path":"$jiyue_path","status":"$status","bytes":$body_bytes_sent,'
    '"seconds":$request_time,"tls":"$ssl_protocol"}}';
"""

REDIRECT_TO_TLS = """
server {{
{listen}
    server_name {host};
    server_tokens off;
{timeouts}
{access_log}    return 301 https://{host}$request_uri;
}}
"""

TIMEOUTS = """\
    client_header_timeout 15s;
    client_body_timeout 15s;
    send_timeout 30s;
    keepalive_timeout 30s;
    reset_timedout_connection on;"""

SITE = """
server {{
{listen}
    server_name {host};
    server_tokens off;
    root "{root}";
    index index.html;
    absolute_redirect off;
    merge_slashes off;
    disable_symlinks on from="{output}";
    # Pages in demand stay open. A replaced one is seen, a withdrawn one gone, within a second.
    open_file_cache max=256 inactive=5s;
    open_file_cache_valid 1s;
    open_file_cache_min_uses 2;
    sendfile on;
    tcp_nopush on;
    max_ranges 1;
    log_not_found off;
{access_log}
    client_max_body_size 1m;
{timeouts}
    limit_conn jiyue_connections {connections};
    limit_conn_status 429;
    limit_conn_log_level warn;
    limit_req_status 429;
    limit_req_log_level warn;
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
    add_header Retry-After $jiyue_retry_after always;
    add_header Allow $jiyue_allow always;
{vary}
{error_pages}
{proxy}
{files}
{locations}
}}
"""

FILES = """\
    location ~ \\.gz$ {{
        return {refused};
    }}
    location / {{
        if ($jiyue_unclean) {{
            return {refused};
        }}
        {page_limit}
    }}"""

TLS = """
    ssl_certificate {folder}/{host}.crt;
    ssl_certificate_key {folder}/{host}.key;
{parameters}
"""

TLS_PARAMETERS = """\
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_ciphers {ciphers};
    ssl_prefer_server_ciphers off;
    ssl_session_cache shared:jiyue_tls:10m;
    ssl_session_timeout 1d;
    ssl_session_tickets off;"""

PROXY = """\
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-For "";
    proxy_connect_timeout 2s;
    proxy_send_timeout 15s;
    proxy_read_timeout 15s;
{hidden}
"""
