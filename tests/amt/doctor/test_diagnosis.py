"""Each seeded cause comes first, healthy devices have none, and no gap in the facts does harm."""

import re
import subprocess
import sys
from dataclasses import fields, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amt.constants import ProvisioningState
from amt.doctor import suffixes
from amt.doctor.causes import KINDS, Certainty
from amt.doctor.checks import ROWS, Level, checks
from amt.doctor.diagnosis import diagnose
from amt.doctor.facts import (
    Attempt,
    ConsoleFacts,
    DeviceFacts,
    Ended,
    Facts,
    NameFacts,
    ReachFacts,
    Shake,
    ZoneFacts,
)
from amt.doctor.stages import STEPS
from tests.amt.certificates.samples import NOW, leaf
from tests.amt.doctor import seeds
from tests.amt.doctor.seeds import (
    ADDRESS,
    HOUR,
    NAME,
    UUID_,
    alert,
    closed,
    digest,
    factory_roots,
    good,
    healthy,
    holding,
    of,
    ours,
    root,
    usual,
)

SEEDS = seeds.seeds()


def codes(facts):
    return [cause.code for cause in diagnose(facts)]


@pytest.mark.parametrize("version", seeds.VERSIONS.values(), ids=seeds.VERSIONS)
def test_nothing_speaks_against_a_healthy_device(version):
    facts = healthy(version)

    assert diagnose(facts) == []
    assert {check.level for check in checks(facts)} == {Level.OK}


@pytest.mark.parametrize("code", SEEDS)
def test_seeded_cause_comes_first(code):
    assert codes(SEEDS[code])[:1] == [code]


@pytest.mark.parametrize("code", SEEDS)
def test_seeded_cause_is_in_its_row_of_the_table(code):
    rows = {check.name: check for check in checks(SEEDS[code])}
    first = diagnose(SEEDS[code])[0]

    assert list(rows) == list(ROWS)
    if first.kind.check:
        row = rows[first.kind.check]
        assert row.sentence == first.sentence
        assert row.level is (Level.REFUSE if first.is_certain else Level.WARN)


def test_every_kind_is_seeded():
    assert set(SEEDS) == set(KINDS)


@pytest.mark.parametrize("code", SEEDS)
def test_texts_keep_the_rules_of_wording(code):
    for cause in [*diagnose(SEEDS[code]), KINDS[code].example()]:
        assert len(cause.sentence) <= 140, cause.sentence
        assert len(cause.next_step) <= 160, cause.next_step
        for text in (cause.sentence, cause.proof, cause.next_step):
            assert text[-1] in ".?", text
            assert not re.search(r"please|successful|invalid|oops|error occurred|!|\{|\}", text)
            assert "None" not in text


def test_certain_causes_come_before_likely_ones_and_these_before_possible_ones():
    facts = of(
        device={"seen_at": NOW - 20 * HOUR, "retry_count": 12, "hashes": factory_roots()},
        names={"addresses": ("10.20.3.77",)},
    )
    ranked = [cause.certainty for cause in diagnose(facts)]

    assert ranked == sorted(ranked)
    assert set(ranked) == set(Certainty)


def test_cause_close_to_the_failure_comes_first():
    missing = of(device={"hashes": factory_roots(), "state": ProvisioningState.POST})
    refused = replace(missing, reach=replace(missing.reach, **alert("unknown_ca")))

    assert codes(missing) == ["set-up-already", "hash-missing"]
    assert codes(refused)[0] == "hash-missing"


def test_alert_of_the_device_decides_between_causes_that_are_equally_sure():
    expired = {"clock_off": timedelta(days=-3000), "trusted_suffix": None, "dhcp_suffix": None}
    facts = of(device=expired, names={"reverse": "pc-301.example.net"})
    by_suffix = replace(facts, reach=replace(facts.reach, **alert("bad_certificate")))
    by_clock = replace(facts, reach=replace(facts.reach, **alert("certificate_expired")))

    assert codes(by_suffix)[0] == "suffix-differs-by-name"
    assert codes(by_clock)[0] == "device-clock"


def test_device_that_lets_us_in_refutes_what_its_list_seemed_to_say():
    assert codes(holding(reach={"let_in": True})) == []
    assert codes(holding()) == ["hash-missing"]


def test_of_several_certificates_the_best_one_counts():
    expired = ours(leaf(NAME, ends=NOW - HOUR))

    assert codes(of(console={"certificates": (expired, usual())})) == []
    assert codes(of(console={"certificates": (expired, expired)})) == ["certificate-expired"]


def test_unknown_firmware_is_no_proof_until_the_device_breaks_off():
    unknown = {"firmware": None}

    assert codes(of(device=unknown)) == []
    causes = diagnose(of(device=unknown, reach=alert("")))
    assert {cause.certainty for cause in causes} == {Certainty.POSSIBLE}
    assert {"sha256-signature", "key-too-short"} <= {cause.code for cause in causes}


def test_guesses_give_way_to_what_is_known():
    unknown = {"firmware": None, "hashes": factory_roots()}

    assert codes(of(device=unknown, reach=alert("unknown_ca"))) == ["hash-missing"]


def test_sha1_is_enough_for_old_firmware_and_unsure_where_chipsets_differ():
    held = digest(root(), "sha1")

    assert codes(holding(held, version=(11, 8))) == []
    assert codes(holding(held, version=(15, 0))) == []
    assert codes(holding(held, version=(16, 0))) == ["hash-kind-ignored"]


def test_hash_is_given_as_mebx_takes_it_in_the_kind_of_the_firmware():
    for version, label, groups in (((3, 2), "SHA1", 10), ((16, 1), "SHA-256", 16)):
        cause = diagnose(of(version, device={"hashes": factory_roots()}))[0]
        assert cause.code == "hash-missing"
        assert cause.value.startswith(f"{label} ")
        assert len(cause.value.rpartition(" ")[2].split("-")) == groups
    without_hello = of(device={"hashes": None}, reach=alert("unknown_ca"))
    assert codes(without_hello)[0] == "hash-missing"


def test_closed_port_is_the_end_of_the_set_up_period_after_a_day():
    device = {"heard_at": NOW - 30 * HOUR}

    assert codes(of(device=device)) == []
    found = codes(of(device=device, reach=closed("port-closed")))
    assert found[:2] == ["set-up-period-over", "port-closed"]


@pytest.mark.parametrize(
    ("common_name", "suffix", "fits"),
    [
        ("amt.example.org", "example.org", True),
        ("AMT.Example.ORG", "example.org.", True),
        ("amt.example.org", "lab.example.org", True),  # two labels count below org
        ("amt.lab.example.org", "example.org", True),
        ("amt.example.org", "example.net", False),
        ("amt.badexample.org", "example.org", False),
        ("amt.example.co.uk", "example.co.uk", True),
        ("amt.example.co.uk", "other.co.uk", False),
        ("amt.campus.example", "campus.example", True),
        ("amt.campus.example", "lab.campus.example", False),  # of other domains all labels count
        ("*.example.org", "example.org", True),
        ("amt.local", "local", True),
        ("amt.example.org", "", False),
        ("", "", True),
    ],
)
def test_suffix_is_compared_as_firmware_does(common_name, suffix, fits):
    assert suffixes.matches(common_name, suffix) is fits


def test_the_doctor_needs_neither_django_nor_the_database():
    script = "import sys, amt.doctor.checks; print('django' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert out.stdout.strip() == "False"


SHAKES = st.none() | st.builds(
    Shake,
    ended=st.sampled_from(Ended),
    alert=st.sampled_from(["", "unknown_ca", "protocol_version", "certificate_expired", "odd"]),
    version=st.sampled_from(["", "TLS 1.1"]),
    is_too_old=st.booleans(),
)
DIGESTS = st.sampled_from(
    [*factory_roots(), digest(root(), "sha1"), digest(root(), "sha256"), digest(good(), "sha256")]
)
MOMENTS = st.integers(-400, 10).map(lambda hours: NOW + hours * HOUR)
OFFS = st.integers(-100_000, 100_000).map(lambda hours: hours * HOUR)
FLAGS = st.booleans()
NAMES = st.sampled_from(["", "pc", "pc-301.example.net", "amt.example.org", "x.local"])
WORDS = {
    "uuid": st.sampled_from([UUID_, None]),
    "address": st.just(ADDRESS),
    "firmware": st.sampled_from([(0, 0), (2, 4), *seeds.VERSIONS.values(), (99, 9)]),
    "state": st.sampled_from(ProvisioningState),
    "hello_version": st.sampled_from([2, 3]),
    "key_id": st.sampled_from(["", "NKLDG5DC"]),
    "hashes": st.lists(DIGESTS, max_size=3).map(tuple),
    "retry_count": st.integers(0, 99),
    "heard_at": MOMENTS,
    "seen_at": MOMENTS,
    "restarted_at": MOMENTS,
    "clock_off": OFFS,
    "ports": st.sets(st.sampled_from([16992, 16993])).map(frozenset),
    "failure": st.sampled_from(["unreachable", "port-closed", "no-route", "name-unknown"]),
    "refusal": st.sampled_from(["", "It is a multicast address."]),
    "anonymous": SHAKES,
    "proving": SHAKES,
    "addresses": st.sampled_from([(), (ADDRESS,), ("10.0.0.9", "10.0.0.8")]),
    "certificates": st.lists(
        st.sampled_from([usual(), seeds.strong(), ours(leaf("*.local", None, usages=()))]),
        max_size=2,
    ).map(tuple),
    "elsewhere": st.integers(0, 3),
    "former_roots": st.just({}),
    "running_task": st.sampled_from(["", "Task 1"]),
    "server": st.just("SRV-AMT-01"),
    "hours_here": st.integers(1, 255),
    "hours_external": st.integers(1, 255),
    "step": st.sampled_from(["", "odd", *STEPS]),
    "value": st.sampled_from([0, 2, 16, 38, 2054, 2057, 2076, 99_999]),
    "at": MOMENTS,
    "code": st.sampled_from(["", "refused", "chain-refused", "not-back", "odd"]),
}
NAMED = {"trusted_suffix", "dhcp_suffix", "server_name", "reverse"}
NEVER_NONE = {"former_roots", "step", "code"}


def some(kind):
    """Return facts of one kind with any of them known or not."""
    found = {}
    for field in fields(kind):
        known = NAMES if field.name in NAMED else WORDS.get(field.name, FLAGS)
        found[field.name] = known if field.name in NEVER_NONE else st.none() | known
    return st.builds(kind, **found)


FACTS = st.builds(
    Facts,
    now=st.just(NOW),
    device=some(DeviceFacts),
    reach=some(ReachFacts),
    names=some(NameFacts),
    console=some(ConsoleFacts),
    zone=some(ZoneFacts),
    attempt=st.none() | some(Attempt),
)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(FACTS)
def test_no_gap_in_the_facts_does_harm(facts):
    causes = diagnose(facts)

    assert len({cause.code for cause in causes}) == len(causes)
    assert [cause.certainty for cause in causes] == sorted(cause.certainty for cause in causes)
    assert [check.name for check in checks(facts, causes)] == list(ROWS)


def test_nothing_is_said_of_what_is_not_known():
    assert diagnose(Facts(now=NOW)) == []
    assert {check.level for check in checks(Facts(now=NOW))} == {Level.UNKNOWN}
