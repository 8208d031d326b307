"""nginx as `jiyue nginx-config` sets it up before an object store, here before a real one."""

import gzip

import pytest
import requests

from jiyue.front.sites import read_routes
from jiyue.front.tests.factories import publish_sample_sites
from jiyue.front.tests.serving import COUNTY, running, start_nginx
from jiyue.publishing.delivery.objects import ObjectStore
from jiyue.publishing.delivery.options import StoreAddress
from tests.plumbing.ports import free_port
from tests.plumbing.services import require_service

PAGE = "<p>新</p>" * 100


@pytest.fixture
def proxy(object_options, object_server, tmp_path):
    """The address of nginx; it serves the county's site out of the bucket."""
    require_service("nginx")
    publish_sample_sites(tmp_path / "public", city_port=None)
    with ObjectStore(object_options, "county") as store:
        store.write("index.html", PAGE.encode())
        store.write("a/1.html", PAGE.encode())
        store.write("404.html", b"<p>not here</p>")
        store.write("405.html", b"<p>not so</p>")
        store.write("media/x.png", b"\x89PNG")
    address = StoreAddress(
        object_options.bucket, object_options.prefix, object_server.endpoint, object_options.region
    )
    routes, port = read_routes(tmp_path / "public" / "sites.json"), free_port()
    nginx = start_nginx(tmp_path / "nginx", routes, port, free_port(), store=address)
    with running(nginx, port, tmp_path / "nginx.log"):
        yield f"http://127.0.0.1:{port}"


@pytest.mark.req("OPS-03")
def test_visitors_get_pages_of_the_bucket_with_the_right_copy_and_nothing_else(proxy):
    with requests.Session() as session:
        session.headers = {"Host": COUNTY, "Cookie": "x=1", "Authorization": "Bearer of-another"}
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
