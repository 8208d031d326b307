import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiyue.core.addresses import client_address
from jiyue.organizations.sign_ins.addresses import (
    NetworkRefused,
    is_inside,
    normal_address,
    normal_networks,
    place_of,
)

pytestmark = pytest.mark.unit
PROXIES = ["127.0.0.1", "::1"]


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("10.20.3.7", "10.20.3.7"),
        (" 10.20.3.7 ", "10.20.3.7"),
        ("::ffff:10.20.3.7", "10.20.3.7"),
        ("::FFFF:0a14:0307", "10.20.3.7"),
        ("2001:0DB8:0:0::7", "2001:db8::7"),
    ],
)
def test_an_address_has_one_spelling(written, plain):
    assert normal_address(written) == plain


@pytest.mark.parametrize(
    "text", ["", "10.20.3", "010.020.003.007", "10.20.3.7:80", "fe80::1%eth0", "老王", "::g"]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(NetworkRefused):
        normal_address(text)


@pytest.mark.parametrize(
    "texts",
    [
        ["0.0.0.0/0"],
        ["::/0"],
        ["0.0.0.0/1", "128.0.0.0/1"],
        [f"{first}.0.0.0/8" for first in range(256)],
        ["::ffff:0:0/96"],
        ["2000::/3"],
        ["10.0.0.0/33"],
        ["10.0.0.0/-1"],
        ["10.0.0.0/8/8"],
        ["10.20.3.7/16"],
        ["office"],
        ["10.0.0.0/8\n0.0.0.0/0"],
    ],
)
def test_a_list_that_is_malformed_or_lets_everybody_in_is_refused(texts):
    with pytest.raises(NetworkRefused) as refusal:
        normal_networks(texts)
    assert refusal.value.fix


def test_networks_are_stored_in_one_spelling():
    typed = ["10.20.0.0/16", " 10.20.0.0/16", "::ffff:192.168.7.0/120", "2001:DB8::/48", "", "10.9.8.7"]
    assert normal_networks(typed) == ["10.20.0.0/16", "192.168.7.0/24", "2001:db8::/48", "10.9.8.7/32"]


def test_another_spelling_of_an_address_slips_past_no_list():
    assert is_inside("::ffff:10.20.3.7", ["10.20.0.0/16"])
    assert not is_inside("::ffff:10.21.3.7", ["10.20.0.0/16"])
    assert not is_inside("", ["10.20.0.0/16"])
    assert not is_inside("2001:db8::1", ["10.20.0.0/16"])


@given(st.ip_addresses())
def test_every_address_lies_in_its_own_place(address):
    assert is_inside(str(address), [place_of(str(address))])


@pytest.mark.parametrize(
    ("peer", "named", "expected"),
    [
        ("203.0.113.9", "10.20.3.7", "203.0.113.9"),  # a stranger names himself: not believed
        ("127.0.0.1", "10.20.3.7", "10.20.3.7"),
        ("::ffff:127.0.0.1", "10.20.3.7", "10.20.3.7"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "10.20.3.7, 127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "::ffff:10.20.3.7", "10.20.3.7"),
        ("", "10.20.3.7", ""),
    ],
)
def test_only_our_own_proxy_names_another_address(peer, named, expected):
    assert client_address(peer, named, trusted=PROXIES) == expected
