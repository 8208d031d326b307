"""Which site answers: by host name, by port, after changes of the routing table."""

import json
from pathlib import Path
from unittest import mock

import pytest
from django.db import OperationalError

from jiyue.front.tests.factories import CITY_PORT, COUNTY_PORT, publish, site_entry, write_table
from jiyue.front.tests.visitor import Visitor
from jiyue.front.views import health


@pytest.mark.parametrize(
    ("host", "port", "name"),
    [
        (f"127.0.0.1:{CITY_PORT}", CITY_PORT, "云汀市"),
        (f"127.0.0.1:{COUNTY_PORT}", COUNTY_PORT, "青苇县"),
        (f"localhost:{COUNTY_PORT}", COUNTY_PORT, "青苇县"),
        (f"[::1]:{COUNTY_PORT}", COUNTY_PORT, "青苇县"),
        ("city.example.cn", 9999, "云汀市"),
        ("COUNTY.example.cn.:9999", 9999, "青苇县"),
        ("county.example.cn", CITY_PORT, "青苇县"),
    ],
)
def test_host_name_or_port_choose_the_site(visitor: Visitor, host: str, port: int, name: str) -> None:
    visitor.host, visitor.port = host, port
    assert name in visitor.get("/").text


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("elsewhere.example.com", CITY_PORT),
        ("", CITY_PORT),
        ("127.0.0.1", 9999),
        ("city.example.cn.evil", 80),
    ],
)
@pytest.mark.parametrize("path", ["/", "/search/", "/correction/", "/views/1", "/robots.txt"])
def test_unknown_host_gets_no_site(visitor: Visitor, host: str, port: int, path: str) -> None:
    visitor.host, visitor.port = host, port
    answer = visitor.get(path)
    assert answer.status == 404
    assert "云汀市" not in answer.text


def test_new_site_is_served_without_a_restart(visitor: Visitor, output: Path) -> None:
    visitor.host = "new.example.cn"
    assert visitor.get("/").status == 404
    publish(output / "new", "/index.html", "新站")
    table = json.loads((output / "sites.json").read_text())
    write_table(output, *table, site_entry("new", host="new.example.cn", port=None))
    assert visitor.get("/").text == "新站"
    write_table(output, *table)
    assert visitor.get("/").status == 404


@pytest.mark.parametrize(
    "broken", ["", "{", "[{}]", '[{"key": 1}]', '[{"key":"a","frame":{"menu":[]}}]', "3"]
)
def test_broken_table_leaves_the_known_sites_up(
    visitor: Visitor, output: Path, broken: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert visitor.get("/").status == 200
    (output / "sites.json").write_text(broken)
    assert visitor.get("/").status == 200
    assert visitor.get("/").status == 200
    assert [record.message for record in caplog.records].count("front.sites_unreadable") == 1


def test_table_from_a_newer_publisher_is_logged_not_guessed(
    visitor: Visitor, output: Path, caplog: pytest.LogCaptureFixture
) -> None:
    entry = site_entry("city", host="city.example.cn", port=CITY_PORT)
    entry["frame"]["unheard_of"] = 1  # type: ignore[index]
    write_table(output, entry)
    assert visitor.get("/").status == 404
    assert "front.sites_unreadable" in caplog.text


@pytest.mark.django_db
def test_process_without_published_sites_says_so(visitor: Visitor, output: Path) -> None:
    assert visitor.get("/health/").status == 200
    (output / "sites.json").unlink()
    answer = visitor.get("/health/")
    assert (answer.status, answer.json) == (503, {"missing": ["sites.json"]})
    assert visitor.get("/").status == 404


def test_own_page_for_what_is_not_found_comes_in_the_look_of_the_site(visitor: Visitor) -> None:
    assert visitor.get("/nothing-here").text.endswith("未找到页面")
    visitor.host = "county.example.cn"
    answer = visitor.get("/nothing-here")
    assert answer.status == 404
    assert "青苇县人民政府" in answer.text


def test_process_without_its_database_is_alive_but_not_ready(visitor: Visitor) -> None:
    with mock.patch.object(health.connection, "cursor", side_effect=OperationalError("gone")):
        answer = visitor.get("/health/")
        assert visitor.get("/health/ready/").status == 503
    assert (answer.status, answer.json) == (503, {"missing": ["database"]})
    assert visitor.get("/health/live/").status == 200
