"""The catalogue of codes: whole, without dead entries, and the source of all that is said."""

import ast
import re
from html import unescape
from pathlib import Path

import pytest
from django.conf import settings

from amt.codes import setting_up
from amt.protocol.errors import AmtError
from devices import codes, levels
from devices.management.commands.codes import document
from devices.models import JobItem
from devices.models.rights import Role
from tests.factories import person
from tests.test_urls import KNOWN
from vault.errors import VaultError

APPS = ("devices", "vault", "amt", "power")
# Written to no line: the row then belongs to another worker, whose own words count.
UNSEEN = {"lease-lost", "amt-error"}
ALL = codes.declared()


def tree(base: type[Exception]) -> set[type[Exception]]:
    return {base}.union(*(tree(each) for each in base.__subclasses__()))


def sources() -> list[ast.Module]:
    root = Path(settings.BASE_DIR)
    paths = [path for app in APPS for path in root.glob(f"{app}/**/*.py")]
    skipped = ("codes.py", "codes", "migrations", "simulator")
    wanted = [path for path in paths if not any(part in skipped for part in path.parts)]
    return [ast.parse(path.read_text()) for path in wanted]


def written() -> set[str]:
    """Return each code that the source writes to a line or gives an error, as a constant."""
    found = set()
    for node in (node for module in sources() for node in ast.walk(module)):
        match node:
            case ast.keyword(arg="code" | "error_code", value=value):
                found |= constants(value)
            case ast.Assign(targets=[ast.Name(id="code")], value=value):
                found |= constants(value)
            case ast.Attribute(value=ast.Name(id="codes"), attr=str(name)):
                entry = getattr(setting_up, name, None)
                found |= {entry.code} if isinstance(entry, codes.Code) else set()
            case ast.Call(func=ast.Name(id="Code"), args=[ast.Constant(value=str(text)), *_]):
                found.add(text)
    return found


def constants(value: ast.expr) -> set[str]:
    match value:
        case ast.Constant(value=str(text)):
            return {text}
        case ast.IfExp(body=one, orelse=other):
            return constants(one) | constants(other)
        case ast.BoolOp(values=values):
            return set().union(*map(constants, values))
    return set()


def of_errors() -> set[str]:
    """Return each code that an error of a device or of the vault may bear."""
    kinds = tree(AmtError) | tree(VaultError)
    return {code for kind in kinds for code in (kind.code, *getattr(kind, "codes", ()))}


def test_every_code_that_can_be_written_is_explained():
    told = {code.code for code in ALL}
    form_errors = {"in-use", "last-active"}  # of the vault's forms, not of lines

    assert {"worker-lost", "server-silent", "left-out", "stopped", "name-unknown"} <= written()
    assert (written() | of_errors()) - told - UNSEEN - form_errors - {""} == set()


def test_no_entry_explains_what_nobody_writes():
    told = {code.code for code in ALL}

    assert told - written() - of_errors() == set()


def test_every_class_of_error_is_raised_somewhere():
    calls = {
        node.id
        for module in sources()
        for node in ast.walk(module)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }

    assert {kind.__name__ for kind in tree(AmtError) | tree(VaultError)} <= calls


@pytest.mark.parametrize("code", ALL, ids=lambda code: code.code)
def test_entry_is_whole_and_keeps_the_rules_of_wording(code):
    assert code.ends
    assert set(code.ends) <= set(JobItem.FINAL)
    assert code.group in codes.GROUPS
    assert code.sent in codes.SENT
    assert code.step in {"", *codes.STEPS}
    assert len(code.sentence) <= 140
    assert len(code.code) <= 32, "it fits the column of a line"
    assert {*code.settings} <= {key.name for key in levels.declared()}
    for text in (code.sentence, code.cause, code.next_step, *code.checks):
        assert text[-1] in ".?", text
        assert not re.search(r"please|successful|invalid|oops|error occurred|!", text, re.I), text


def test_every_step_leads_to_an_address_of_the_console():
    names = {key.partition("(")[0] for key in KNOWN}

    assert {step.url_name for step in codes.STEPS.values()} <= names
    assert {code.step for code in ALL} <= {"", *codes.STEPS}


@pytest.mark.django_db
def test_list_and_pages_of_help_are_made_of_the_catalogue(client):
    client.force_login(person(Role.MONITOR))
    listed = unescape(client.get("/help/codes/").text)

    for code in ALL:
        page = client.get(f"/help/codes/{code.code}/")
        assert page.status_code == 200
        text = unescape(page.text)
        for part in (code.sentence, code.cause, code.next_step, code.what_was_sent, *code.checks):
            assert part in text, code.code
        assert f'href="/help/codes/{code.code}/"' in listed
        assert code.sentence in listed
    assert client.get("/help/codes/no-such-code/").status_code == 404


@pytest.mark.django_db
def test_settings_of_a_code_are_linked_for_those_who_may_change_them(client):
    for role, linked in [(Role.ADMINISTRATOR, True), (Role.MONITOR, False)]:
        client.force_login(person(role))
        text = client.get("/help/codes/tls-too-old/").text
        assert "TLS 1.0 and 1.1 allowed" in text
        assert ("/configuration/settings/amt-connections/" in text) == linked


def test_documentation_is_made_of_the_catalogue():
    assert (Path(settings.BASE_DIR) / "docs/codes.md").read_text() == document()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("sign-in-refused", "Sign-in refused"),
        ("tls-too-old", "TLS too old"),
        ("http-status", "HTTP status"),
        ("unreachable", "Unreachable"),
    ],
)
def test_code_is_said_in_words(code, words):
    assert codes.title(code) == words
