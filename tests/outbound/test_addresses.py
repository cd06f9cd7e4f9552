"""Where requests may go: public addresses only, however they are written."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentivox.outbound.addresses import Allowed, is_public, require_allowed
from sentivox.outbound.failure import NoAnswer
from sentivox.outbound.target import BadUrl, Target, normalised

INSIDE_4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4",
]  # fmt: skip
INSIDE_6 = ["::/96", "fc00::/7", "fe80::/10", "ff00::/8", "fec0::/10", "2001::/32", "100::/64",
            "64:ff9b:1::/48", "2001:db8::/32", "5f00::/16"]  # fmt: skip

inside_4 = st.sampled_from(INSIDE_4).flatmap(
    lambda network: st.ip_addresses(network=IPv4Network(network))
)
inside_6 = st.sampled_from(INSIDE_6).flatmap(
    lambda network: st.ip_addresses(network=IPv6Network(network))
)


def holding(address: IPv4Address) -> list[IPv6Address]:
    """IPv6 addresses that lead to an IPv4 address: mapped, NAT64 and 6to4."""
    number = int(address)
    return [
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address(int(IPv6Address("64:ff9b::")) | number),
        IPv6Address(0x2002 << 112 | number << 80 | 1),
    ]


@given(inside_4)
def test_no_inside_address_is_public_nor_what_leads_to_one(address: IPv4Address) -> None:
    assert not is_public(address)
    assert not any(map(is_public, holding(address)))


@given(inside_6)
def test_no_inside_address_of_version_6_is_public(address: IPv6Address) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4))
def test_what_leads_to_an_address_is_as_public_as_it_is(address: IPv4Address) -> None:
    assert {is_public(one) for one in holding(address)} == {is_public(address)}


@given(st.ip_addresses())
def test_what_python_calls_inside_is_not_public(address: IPv4Address | IPv6Address) -> None:
    if address.is_private or address.is_multicast or address.is_reserved or address.is_loopback:
        held = getattr(address, "ipv4_mapped", None) or address
        assert not is_public(address) or is_public(held)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111", "64:ff9b::808:808", "2400::1"]
)
def test_public_addresses_are(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.lists(st.just("1.1.1.1"), max_size=3), inside_4 | inside_6)
def test_one_inside_address_is_enough_to_refuse_a_name(
    public: list[str], inside: IPv4Address | IPv6Address
) -> None:
    with pytest.raises(NoAnswer, match="not a public address") as refused:
        require_allowed("hook.example", [*public, str(inside)], Allowed())
    assert refused.value.kind == "address"
    assert require_allowed("hook.example", ["1.1.1.1"], Allowed()) == [ip_address("1.1.1.1")]


def test_a_name_without_addresses_is_refused() -> None:
    with pytest.raises(NoAnswer, match="has no address"):
        require_allowed("hook.example", [], Allowed())


def test_an_address_with_a_zone_is_link_local() -> None:
    assert not is_public(ip_address("fe80::1%2"))


def test_what_the_operator_allows() -> None:
    allowed = Allowed(frozenset({"in.example"}), (ip_network("10.1.0.0/16"),))
    assert require_allowed("in.example", ["127.0.0.1"], allowed)
    assert require_allowed("other.example", ["10.1.2.3"], allowed)
    with pytest.raises(NoAnswer):
        require_allowed("other.example", ["10.2.0.1"], allowed)
    with pytest.raises(NoAnswer):
        require_allowed("sub.in.example", ["127.0.0.1"], allowed)


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "not a URL"),
        ("hook.example/x", "not a URL"),
        ("ftp://hook.example/", "not a URL"),
        ("https:///x", "not a URL"),
        ("https://hook.example\r\nX: y", "not a URL"),
        ("https://１２７。０。０。１/", "not a URL"),
        ("http://hook.example/", "allow_http"),
        ("https://me:secret@hook.example/", "leave out the user name"),
        ("https://inside\\@hook.example/", "leave out the user name"),
        ("https://hook.example:0/", "no port 0"),
        ("https://hook.example:70000/", "no port 70000"),
        ("https://a..b/", "not a valid name"),
        ("https://ex ample/", "not a valid name"),
        ("https://ex%61mple.com/", "not a valid name"),
        (f"https://{'a' * 64}.com/", "not a valid name"),
        ("https://127.0.0.1/", "127.0.0.1 is not a public address"),
        ("https://169.254.169.254./", "not a public address"),
        ("https://[::1]/", "::1 is not a public address"),
        ("https://[0:0:0:0:0:0:0:1]/", "::1 is not a public address"),
        ("https://[::ffff:127.0.0.1]/", "not a public address"),
        ("https://[fe80::1%25eth0]/", "not a public address"),
    ],
)
def test_a_url_that_no_request_may_go_to(url: str, why: str) -> None:
    with pytest.raises(BadUrl, match=why) as bad:
        Target.parse(url, Allowed())
    assert "secret" not in str(bad.value)
    assert "\n" not in str(bad.value)


@pytest.mark.parametrize(
    ("url", "host", "authority"),
    [
        ("https://Hook.Example/", "hook.example", "hook.example"),
        ("https://hook.example.:443/", "hook.example", "hook.example"),
        ("https://hook.example:8443/", "hook.example", "hook.example:8443"),
        ("https://bücher.example/", "xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("https://[2606:4700::1111]:8443", "2606:4700::1111", "[2606:4700::1111]:8443"),
        ("https://127.1/", "127.1", "127.1"),  # looked up, and found to be the loopback
    ],
)
def test_hosts_in_one_spelling(url: str, host: str, authority: str) -> None:
    target = Target.parse(url, Allowed())
    assert (target.host, target.authority, target.tls) == (host, authority, True)
    assert normalised(host) == host


def test_path_and_query_are_kept_and_not_shown() -> None:
    target = Target.parse("https://hook.example/a%2fb?key=s3cret&x=ü#part", Allowed())
    assert target.at("::1").raw_path == b"/a%2fb?key=s3cret&x=%C3%BC"
    assert target.at("::1").host == "::1"
    assert "s3cret" not in repr(target)


@given(st.text(max_size=50))
def test_any_text_is_a_url_or_refused(text: str) -> None:
    for url in (text, f"https://{text}"):
        try:
            target = Target.parse(url, Allowed())
        except BadUrl:
            continue
        assert target.host.isascii()
        assert normalised(target.host) == target.host
