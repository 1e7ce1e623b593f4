"""Who asks: the address of the connection, unless a trusted proxy names another."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.client_identity import client_identity, is_trusted, networks_of
from search.config import SearchSettings

NEAR = ("127.0.0.1", "10.0.0.0/8", "2001:db8:ffff::/48")
ADDRESSES = st.ip_addresses().map(str)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "X-Forwarded-For": st.one_of(st.text(), st.lists(ADDRESSES).map(", ".join)),
        "Forwarded": st.one_of(st.text(), ADDRESSES.map("for={}".format)),
    },
)


@given(peer=ADDRESSES, headers=HEADERS)
def test_nobody_is_believed_who_is_not_trusted(peer: str, headers: dict[str, str]) -> None:
    assert client_identity(peer, headers, ()) == client_identity(peer, {}, ())


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({}, "127.0.0.1"),
        ({"X-Forwarded-For": "198.51.100.7"}, "198.51.100.7"),
        ({"x-forwarded-for": "198.51.100.7:4711"}, "198.51.100.7"),
        ({"X-Forwarded-For": "1.1.1.1, 198.51.100.7"}, "198.51.100.7"),
        ({"X-Forwarded-For": "1.1.1.1, 198.51.100.7, 10.1.2.3"}, "198.51.100.7"),
        ({"X-Forwarded-For": "10.1.2.3"}, "10.1.2.3"),
        ({"X-Forwarded-For": "198.51.100.7, unknown"}, "127.0.0.1"),
        ({"X-Forwarded-For": "198.51.100.7, , 10.1.2.3,"}, "198.51.100.7"),
        ({"X-Forwarded-For": ""}, "127.0.0.1"),
        ({"Forwarded": "for=198.51.100.7;proto=https;by=10.0.0.1"}, "198.51.100.7"),
        ({"Forwarded": 'for=1.1.1.1, proto=http;For="198.51.100.7:80"'}, "198.51.100.7"),
        ({"Forwarded": 'for="[2001:db8:1:2:3::4]:80"'}, "2001:db8:1:2::/64"),
        ({"Forwarded": "for=_hidden, by=10.0.0.1"}, "127.0.0.1"),
        ({"X-Forwarded-For": "2001:db8:1:2::9"}, "2001:db8:1:2::/64"),
        ({"X-Forwarded-For": "::ffff:198.51.100.7"}, "198.51.100.7"),
        ({"X-Forwarded-For": "198.51.100.7", "Forwarded": "for=198.51.100.7"}, "198.51.100.7"),
        ({"X-Forwarded-For": "198.51.100.7", "Forwarded": "for=1.1.1.1"}, "127.0.0.1"),
    ],
)
def test_whom_a_trusted_proxy_names(headers: dict[str, str], named: str) -> None:
    assert client_identity("127.0.0.1", headers, NEAR) == named
    assert client_identity("::ffff:127.0.0.1", headers, NEAR) == named


def test_a_network_of_ipv6_is_one_asker() -> None:
    assert client_identity("2001:db8:1:2:3::4", {}, ()) == client_identity(
        "2001:db8:1:2:9::9", {}, ()
    )
    assert client_identity("2001:db8:1:2:3::4", {}, ()) != client_identity(
        "2001:db8:1:3:3::4", {}, ()
    )


def test_a_peer_without_an_address_is_itself() -> None:
    assert client_identity("", {"X-Forwarded-For": "1.1.1.1"}, NEAR) == ""
    assert not is_trusted("", NEAR)


def test_what_is_no_network_is_refused() -> None:
    with pytest.raises(ValueError, match="does not appear"):
        networks_of(["proxy.example"])
    with pytest.raises(ValueError, match="trusted_proxies"):
        SearchSettings(trusted_proxies=("10.0.0.1/8",))
    assert SearchSettings(trusted_proxies=NEAR).trusted_proxies == NEAR
