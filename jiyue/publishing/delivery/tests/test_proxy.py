"""nginx as the deployment page sets it up before an object store."""

import gzip
import re
import subprocess
import time
from pathlib import Path

import pytest
import requests

from jiyue.publishing.delivery.objects import ObjectStore
from tests.plumbing.object_store import free_ports
from tests.plumbing.services import ROOT, require_service

PAGE = "<p>新</p>" * 100


@pytest.fixture
def proxy(object_options, object_server, tmp_path):
    """nginx with the configuration of the deployment page, as far as it is about files."""
    program = require_service("nginx")
    with ObjectStore(object_options, "portal") as store:
        store.write("index.html", PAGE.encode())
        store.write("a/1.html", PAGE.encode())
        store.write("404.html", b"<p>not here</p>")
        store.write("media/x.png", b"\x89PNG")
    host = object_server.endpoint.removeprefix("http://")
    text = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    block = re.search(r"    upstream jiyue_store .*?\n\n(?=\S)", text, re.DOTALL)[0]
    block = block.replace("store.inner:9000", host)
    block = block.replace("/bucket/prefix/SITE", f"/{object_options.bucket}/{object_options.prefix}/portal")
    outside, inside = block.split("    # in the server block", 1)
    [port] = free_ports(1)
    file = tmp_path / "nginx.conf"
    file.write_text(
        f"daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log warn; events {{}}\n"
        f"http {{ access_log off;\n{_temporary(tmp_path)}{outside}\n"
        f"server {{ listen 127.0.0.1:{port};\n#{inside}}} }}\n"
    )
    with subprocess.Popen([program, "-p", str(tmp_path), "-c", str(file)]) as process:
        end = time.monotonic() + 20
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            if process.poll() is not None or time.monotonic() > end:
                pytest.fail((tmp_path / "error.log").read_text())
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
        process.terminate()


def _temporary(folder: Path) -> str:
    names = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    return "".join(f"{name}_temp_path {folder}/{name};\n" for name in names)


@pytest.mark.req("OPS-03")
def test_visitors_get_pages_of_the_bucket_with_the_right_copy_and_nothing_else(proxy):
    with requests.Session() as session:
        session.headers = {"Cookie": "x=1", "Authorization": "Bearer of-another"}
        plain = session.get(f"{proxy}/")
        assert (plain.status_code, plain.content) == (200, PAGE.encode())
        assert plain.headers["Content-Type"] == "text/html; charset=utf-8"
        assert plain.headers["Cache-Control"] == "no-cache"
        assert "Content-Encoding" not in plain.headers
        assert "Accept-Encoding" in plain.headers["Vary"]
        packed = session.get(f"{proxy}/a/1.html", headers={"Accept-Encoding": "br, gzip"}, stream=True)
        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed.raw.read()).decode() == PAGE
        assert packed.headers["Content-Type"] == "text/html; charset=utf-8"
        picture = session.get(f"{proxy}/media/x.png", headers={"Accept-Encoding": "gzip"})
        assert (picture.content, picture.headers["Content-Type"]) == (b"\x89PNG", "image/png")
        for path in (
            "/never.html",
            "/a/1.html.gz",
            "/.probe",
            "/A.html",
            "/x%0d%0aX:y",
            "/%20",
        ):
            missing = session.get(f"{proxy}{path}")
            assert missing.status_code == 404, path
        assert "not here" in session.get(f"{proxy}/never.html").text
        for method in ("PUT", "POST", "DELETE"):
            assert session.request(method, f"{proxy}/a/1.html", data=b"x").status_code in (403, 404, 405)
        assert session.get(f"{proxy}/a/1.html").content == PAGE.encode()
