"""Two sites never claim one host, however it is written."""

import pytest

from jiyue.sites.hosting import hosting_refusal
from jiyue.sites.models import Site


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("host", "base_url", "field"),
    [
        ("www.a.example", "https://b.example", "host"),  # the other one's canonical address names it
        ("b.example", "http://www.a.example", "base_url"),  # only the scheme differs
        ("b.example", "https://www.a.example:443", "base_url"),
        ("b.example", "https://WWW.A.example:80/", "base_url"),
        ("b.example", "http://a.internal", "base_url"),
        ("a.internal", "http://b.example", "host"),
        ("b.example", "http://10.0.0.1:8001", "base_url"),
        ("10.0.0.1", "http://b.example", "host"),
    ],
)
def test_canonical_address_of_a_site_is_no_other_ones_host_or_address(host, base_url, field):
    Site.objects.create(key="a", name="甲", host="a.internal", base_url="https://www.a.example")
    Site.objects.create(key="c", name="丙", host="c.internal", base_url="http://10.0.0.1:8001")
    refusal = hosting_refusal(Site(), host=host, port=None, base_url=base_url)
    assert refusal is not None
    assert refusal.field == field
    assert "甲" in str(refusal.message) or "丙" in str(refusal.message)


@pytest.mark.django_db
def test_sites_on_one_address_are_told_apart_by_their_ports():
    Site.objects.create(key="a", name="甲", host="a.internal", base_url="http://10.0.0.1:8001")
    assert hosting_refusal(Site(), host="b.internal", port=8002, base_url="http://10.0.0.1:8002") is None
    own = Site.objects.get()
    assert hosting_refusal(own, host="a.internal", port=8001, base_url="https://a.internal") is None
