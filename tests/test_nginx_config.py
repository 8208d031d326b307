"""What `jiyue nginx-config` makes: accepted by nginx, shipped as examples, proof against names."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jiyue.front.nginx import (
    BalancerOptions,
    NginxOptions,
    UnusableName,
    balancer_config,
    nginx_config,
)
from jiyue.front.sites import read_routes
from jiyue.front.tests.factories import publish_sample_sites, site_entry, write_table
from jiyue.front.tests.serving import CITY, COUNTY, front_environment, nginx_command
from tests.plumbing.services import ROOT, require_service

pytestmark = pytest.mark.slow


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


def run_command(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "jiyue", "nginx-config", *arguments],
        env=front_environment(folder),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_command_prints_the_configuration_or_says_what_is_missing(tmp_path: Path) -> None:
    refused = run_command(tmp_path)
    assert refused.returncode == 1
    assert "sites.json" in refused.stderr
    assert "Traceback" not in refused.stderr
    publish_sample_sites(tmp_path / "public")
    printed = run_command(tmp_path, "--upstream=127.0.0.1:8299", "--http-listen=8080")
    assert printed.returncode == 0, printed.stderr
    assert "server 127.0.0.1:8299;" in printed.stdout
    assert f'root "{tmp_path}/public/county";' in printed.stdout
    assert printed.stdout.count("listen 8080;") == 2
    assert printed.stdout.count("listen [::]:8080;") == 2


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
