"""The digest of RFC 2617 and 7616, and what AMT's challenges look like."""

from __future__ import annotations

from hashlib import md5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amt.protocol.errors import AmtBadAnswer
from amt.protocol.http.digest import Challenge, Digest, read_challenge

AMT_CHALLENGE = (
    'Digest realm="Digest:2517B2332AFD88353D5F5FD352697901", nonce="s3cret/nonce==",'
    'stale="false",qop="auth-int, auth"'
)


def response(header: str) -> str:
    return header.partition('response="')[2].partition('"')[0]


@pytest.mark.parametrize(
    ("user", "password", "realm", "nonce", "own", "expected"),
    [
        (
            "Mufasa",
            "Circle Of Life",
            "testrealm@host.com",
            "dcd98b7102dd2f0e8b11d0f600bfb0c093",
            "0a4f113b",
            "6629fae49393a05397450978507c4ef1",  # RFC 2617, 3.5
        ),
        (
            "Mufasa",
            "Circle of Life",
            "http-auth@example.org",
            "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
            "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            "8ca523f5e9506fed4657c9700eebdbec",  # RFC 7616, 3.9.1
        ),
    ],
)
def test_the_examples_of_both_rfcs_come_out(
    user: str, password: str, realm: str, nonce: str, own: str, expected: str
) -> None:
    digest = Digest(user, password)
    digest.accept(Challenge(realm, nonce, "auth", stale=False))

    header = digest.authorization("GET", "/dir/index.html", b"", client_nonce=own)

    assert response(header) == expected


def test_auth_int_covers_the_body() -> None:
    digest = Digest("admin", "secret")
    digest.accept(Challenge("Digest:A", "n", "auth-int", stale=False))

    header = digest.authorization("POST", "/wsman", b"<body/>", client_nonce="c")

    first = md5(b"admin:Digest:A:secret").hexdigest()
    second = md5(f"POST:/wsman:{md5(b'<body/>').hexdigest()}".encode()).hexdigest()
    assert response(header) == md5(f"{first}:n:00000001:c:auth-int:{second}".encode()).hexdigest()
    assert "qop=auth-int,nc=00000001" in header


def test_a_challenge_without_qop_is_answered_the_old_way() -> None:
    digest = Digest("admin", "secret")
    digest.accept(read_challenge(['Digest realm="r", nonce="n"']))

    header = digest.authorization("POST", "/wsman", b"")

    first, second = md5(b"admin:r:secret").hexdigest(), md5(b"POST:/wsman").hexdigest()
    assert response(header) == md5(f"{first}:n:{second}".encode()).hexdigest()
    assert "qop" not in header
    assert "cnonce" not in header


def test_the_list_of_qop_is_stripped_and_the_body_is_covered_where_offered() -> None:
    challenge = read_challenge([AMT_CHALLENGE])

    assert challenge.qop == "auth-int"
    assert challenge.realm == "Digest:2517B2332AFD88353D5F5FD352697901"
    assert challenge.nonce == "s3cret/nonce=="
    assert not challenge.stale


@pytest.mark.parametrize(
    ("header", "qop", "stale"),
    [
        ('Digest realm="r", nonce="n", qop="auth"', "auth", False),
        ('digest nonce="n",realm="r",qop=auth,stale=TRUE', "auth", True),
        ('Digest realm="r", nonce="n", qop="auth,auth-int", stale="true"', "auth-int", True),
        ('Digest realm="r", nonce="n", algorithm=MD5', "", False),
    ],
)
def test_other_ways_to_write_a_challenge_are_read(header: str, qop: str, stale: bool) -> None:
    challenge = read_challenge(["Negotiate", header])

    assert (challenge.realm, challenge.nonce) == ("r", "n")
    assert (challenge.qop, challenge.stale) == (qop, stale)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["Negotiate"],
        ['Basic realm="router"'],
        ['Digest nonce="n"'],
        ['Digest realm="r"'],
        ['Digest realm="r", nonce="n", algorithm=SHA-256'],
        ['Digest realm="r", nonce="n", qop="auth-conf"'],
        ['Digest realm="r\udcff", nonce="n"'],
        [f'Digest realm="{"r" * 101}", nonce="n"'],
        [f'Digest realm="r", nonce="{"n" * 1000}"'],
    ],
)
def test_a_challenge_that_cannot_be_amts_is_refused(headers: list[str]) -> None:
    with pytest.raises(AmtBadAnswer) as caught:
        read_challenge(headers)

    assert caught.value.reason == "not-amt"


def test_the_count_goes_up_and_starts_again_with_a_new_nonce() -> None:
    digest = Digest("admin", "secret")
    digest.accept(Challenge("r", "one", "auth", stale=False))
    counts = [digest.authorization("POST", "/wsman", b"") for _ in range(2)]
    digest.accept(Challenge("r", "two", "auth", stale=False))
    counts.append(digest.authorization("POST", "/wsman", b""))

    found = [header.partition("nc=")[2][:8] for header in counts]
    assert found == ["00000001", "00000002", "00000001"]


@given(
    st.text(
        alphabet=st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=100
    )
)
def test_any_realm_and_nonce_survive_the_quoting(text: str) -> None:
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')

    challenge = read_challenge([f'Digest realm="{quoted}", nonce="{quoted}x"'])

    assert (challenge.realm, challenge.nonce) == (text, text + "x")


@given(st.text(max_size=300))
def test_no_header_makes_it_stumble(text: str) -> None:
    try:
        challenge = read_challenge([f"Digest {text}"])
    except AmtBadAnswer:
        return
    assert challenge.realm
    assert challenge.nonce
