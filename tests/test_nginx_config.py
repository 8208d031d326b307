"""What `jiyue nginx-config` makes: accepted by nginx, shipped as examples, proof against names."""

import importlib
import shutil
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from jiyue.front.nginx import (
    BalancerOptions,
    NginxOptions,
    UnusableName,
    balancer_config,
    nginx_config,
)
from jiyue.front.sites import read_routes
from jiyue.front.tests.factories import publish_sample_sites, site_entry, write_table
from jiyue.front.tests.serving import CITY, COUNTY, nginx_command
from tests.plumbing.services import ROOT, require_service

pytestmark = pytest.mark.slow

Command = importlib.import_module("jiyue.front.management.commands.nginx-config").Command


def test_nginx_accepts_every_kind_of_configuration(tmp_path: Path) -> None:
    """Origin, mirror and balancer, with IPv6, TLS and a log, as `nginx -t` sees them."""
    program, openssl = require_service("nginx"), shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is absent")
    write_table(
        tmp_path / "public", {**site_entry("city", host=CITY, port=None), "base_url": f"https://{CITY}"}
    )
    certificate = tmp_path / f"{CITY}.crt"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={CITY}", "-days", "1"),
            *("-keyout", str(tmp_path / f"{CITY}.key"), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    routes = read_routes(tmp_path / "public" / "sites.json")
    machine: dict[str, Any] = {
        "http_listen": "18080",
        "https_listen": "18443",
        "tls_dir": tmp_path,
        "log_dir": tmp_path,
    }
    output = tmp_path / "public"
    configs = (
        nginx_config(
            routes,
            NginxOptions(
                output_dir=output, upstreams=("127.0.0.1:1", "[::1]:2"), unlimited=("::1",), **machine
            ),
        ),
        nginx_config(
            routes, NginxOptions(output_dir=output, upstreams=(), balancers=("2001:db8::/32",), **machine)
        ),
        balancer_config(
            routes, BalancerOptions(origin="192.0.2.1", mirror="192.0.2.2", trusted=certificate, **machine)
        ),
    )
    for text in configs:
        assert "listen [::]:18443 ssl http2" in text
        command = nginx_command(tmp_path / "nginx", text)
        checked = subprocess.run([program, "-t", *command[1:]], capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
        assert "[warn]" not in checked.stderr


def print_config(*arguments: str) -> str:
    output = StringIO()
    call_command(Command(stdout=output), *arguments)
    return output.getvalue()


def test_command_prints_the_configuration_or_says_what_is_missing(tmp_path: Path, settings: Settings) -> None:
    settings.JIYUE_OUTPUT_DIR = tmp_path / "public"
    with pytest.raises(CommandError, match=r"sites\.json"):
        print_config()
    publish_sample_sites(tmp_path / "public")
    printed = print_config("--upstream=127.0.0.1:8299", "--upstream=127.0.0.1:8298", "--http-listen=8080")
    assert "server 127.0.0.1:8299;\n    server 127.0.0.1:8298;" in printed
    assert f'root "{tmp_path}/public/county";' in printed
    assert printed.count("listen 8080;") == 2
    assert printed.count("listen [::]:8080;") == 2
    assert "proxy_pass" not in print_config("--read-only")
    assert "[::]" not in print_config("--no-ipv6")
    assert "access_log" not in print_config("--log-dir=")
    assert "set_real_ip_from 192.0.2.0/24;" in print_config("--trust=192.0.2.0/24")
    balancer = print_config("--balancer", "--origin=192.0.2.1", "--mirror=192.0.2.2")
    assert "server 192.0.2.2:80 max_fails=0 backup;" in balancer
    for refused in ("--trust=everybody", "--unlimited=x"):
        with pytest.raises(CommandError, match="192"):
            print_config(refused)


@pytest.mark.parametrize("host", ["a b", "a;b", "a{", "$host", "a\nb", "", "-a", "例.cn"])
def test_name_that_would_break_out_of_the_configuration_is_refused(tmp_path: Path, host: str) -> None:
    write_table(tmp_path, site_entry("city", host=host, port=None))
    with pytest.raises(UnusableName):
        nginx_config(read_routes(tmp_path / "sites.json"), NginxOptions(output_dir=tmp_path))


def test_shipped_configurations_are_what_the_command_makes(tmp_path: Path) -> None:
    """`deploy/nginx/` holds examples with one plain and one https site."""
    write_table(
        tmp_path,
        {**site_entry("city", host=CITY, port=None), "base_url": f"https://{CITY}"},
        site_entry("county", host=COUNTY, port=None),
    )
    routes, output = read_routes(tmp_path / "sites.json"), Path("/var/lib/jiyue/public")
    made = {
        "jiyue.conf": nginx_config(routes, NginxOptions(output_dir=output)),
        "mirror.conf": nginx_config(
            routes, NginxOptions(output_dir=output, upstreams=(), balancers=("192.0.2.10",))
        ),
        "balancer.conf": balancer_config(routes, BalancerOptions(origin="192.0.2.11", mirror="192.0.2.12")),
    }
    for name, text in made.items():
        assert (ROOT / "deploy" / "nginx" / name).read_text(encoding="utf-8") == text, name
