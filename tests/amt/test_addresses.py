"""Where a password may be sent."""

import pytest
from django.core.exceptions import ValidationError

from amt import addresses


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("10.20.2.9", "10.20.2.9"),
        (" 10.20.2.9 ", "10.20.2.9"),
        ("PC-7.Campus.Example.", "pc-7.campus.example"),
        ("pc7", "pc7"),
        ("2001:db8::0:7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("fd00::1", "fd00::1"),
        ("9.campus.example", "9.campus.example"),
    ],
)
def test_an_address_or_a_name_is_kept_in_one_form(text, kept):
    assert addresses.check(text, practice=False) == kept


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("10.20.2.999", '"10.20.2.999" is not an address. Each part goes from 0 to 255.'),
        ("10.20.2", "It takes 4 numbers"),
        ("10.20..2", "It takes 4 numbers"),
        ("10.20.2.010", "No part begins with 0."),
        ("10.20.2.99999999999", "Each part goes from 0 to 255."),
        ("169.254.3.4", "link-local"),
        ("224.0.0.5", "multicast"),
        ("255.255.255.255", "broadcast"),
        ("0.0.0.0", "no address of a device"),
        ("0.1.2.3", "not an address of a device"),
        ("250.1.1.1", "reserved"),
        ("127.0.0.1", "loopback"),
        ("::1", "loopback"),
        ("::", "no address of a device"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:169.254.1.1", "link-local"),
        ("fe80::1", "link-local"),
        ("fe80::1%eth0", "one network card"),
        ("ff02::1", "multicast"),
        ("2001:db8::g", "not an IPv6 address"),
        ("10.20.2.9:16992", "Leave out the port"),
        ("http://10.20.2.9", "is a link"),
        ("10.20.2.0/24", "is a link"),
        ("-pc.example", "no hyphen first or last"),
        ("pc_7.example", "letters, digits and hyphens"),
        ("pc..example", "1 to 63"),
        ("a" * 64 + ".example", "1 to 63"),
        (".".join(["abcdefgh"] * 30), "at most 253"),
        ("pc.example.7", "Its last part is a number"),
        ("localhost", "this server itself"),
        ("a.localhost", "this server itself"),
        ("pc 7", "letters, digits"),
        ("pc\n7", "letters, digits"),
        ("pc\x007", "letters, digits"),
        ("düne.example", "letters, digits"),
    ],
)
def test_what_is_refused_names_the_rule(text, rule):
    with pytest.raises(ValidationError) as refused:
        addresses.check(text, practice=False)

    assert rule in refused.value.messages[0]


@pytest.mark.parametrize("text", ["127.0.0.1", "127.20.0.9", "::1", "localhost", "pc7.localhost"])
def test_a_practice_zone_reaches_loopback(text):
    assert addresses.check(text, practice=True) == text


@pytest.mark.parametrize("text", ["10.20.2.9", "2001:db8::7", "pc7.example", "::ffff:10.1.1.1"])
def test_a_practice_zone_reaches_nothing_else(text):
    with pytest.raises(ValidationError, match="practice zone"):
        addresses.check(text, practice=True)
