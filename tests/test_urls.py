"""Every address of the console: who may go there, inside and outside their folder.

A new address needs a line in ENTRIES. The key is its name with the names of its parameters; a
parameter ``pk`` or ``token`` names what there is in tests/small_zone.py, others are values.
Each method that the address takes has a rule; a method without one has to be refused.
"""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.small_zone import DEVICE_PASSWORD, ROLES, WHERE, SmallZone, small_zone

pytestmark = pytest.mark.django_db
GONE_BY = "/sign-in/"
Rule = dict[str, list[str]]


def rule(admin: str, operator: str, monitor: str, watcher: str, **others: str) -> Rule:
    """Return what each role meets inside and outside its folder; "in": asked to sign in.

    The first three hold their role in one folder; ``watcher`` is a Monitor of the whole zone.
    """
    told = {"admin": admin, "operator": operator, "monitor": monitor, "watcher": watcher}
    told = {"zone": "ok ok", "nobody": "in in", **told, **others}
    return {role: words.split() for role, words in told.items()}


OPEN = rule("ok ok", "ok ok", "ok ok", "ok ok", nobody="ok ok")
ALL = rule("ok ok", "ok ok", "ok ok", "ok ok")  # each their own, or of it what they may see
ZONE = rule("403 403", "403 403", "403 403", "403 403")  # a right in the whole zone
WATCH = rule("403 403", "403 403", "403 403", "ok ok")  # whoever sees the whole zone
SEEN = rule("ok 404", "ok 404", "ok 404", "ok ok")  # whoever may see the object
ORDER = rule("ok 404", "ok 404", "403 404", "403 403")  # whoever may give it orders
ADMIN = rule("ok 404", "403 404", "403 404", "403 403")  # administrators of its folder
CREDENTIALS = rule("403 404", "403 404", "403 404", "403 403")  # its credential is the zone's (D26)
SHARED = CREDENTIALS  # whoever may configure the zone
TICKED_ORDER = rule("ok 403", "ok 403", "403 403", "403 403")  # what is ticked, not addressed
TICKED_ADMIN = rule("ok 403", "403 403", "403 403", "403 403")
TICKED_DELETE = rule("ok ok", "403 ok", "403 ok", "403 403")  # none of what they do not see
TICKED_SEEN = rule("ok ok", "ok ok", "403 ok", "403 403")
ADMIN_ANYWHERE = rule("ok ok", "403 403", "403 403", "403 403")
# Agents call these with a token or a signature, and no session
NO_JSON = rule(*["400 400"] * 4, zone="400 400", nobody="400 400")
NO_SIGNATURE = rule(*["403 403"] * 4, zone="403 403", nobody="403 403")
NO_DIGEST = rule(*["401 401"] * 4, zone="401 401", nobody="401 401")
BY_AGENTS = {"devices:agent_enrol()", "devices:agent_report()", "amt:alert_event(token)"}
NOT_THEIRS = rule("404 404", "404 404", "404 404", "404 404", zone="404 404")


@dataclass
class Entry:
    """What one address takes."""

    get: Rule | None = None
    post: Rule | None = None
    args: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)

    @property
    def methods(self) -> dict[str, Rule]:
        return {name: rule for name in ("get", "post") if (rule := getattr(self, name))}


def entry(get: Rule | None = None, post: Rule | None = None, **args: str) -> Entry:
    """Return an entry; ``post_pk="device"`` is what a POST (or a GET) sends as ``pk``."""
    data = {name.removeprefix("post_"): args.pop(name) for name in [*args] if "post_" in name}
    return Entry(get, post, args, data)


ENTRIES: dict[str, Entry] = {
    "devices:home()": entry(ALL),
    "devices:search()": entry(ALL),
    "devices:find()": entry(ALL),
    # People
    "devices:sign_in()": entry(OPEN, OPEN),
    "devices:sign_in_link(token)": entry(OPEN, OPEN, token="token"),
    "devices:sign_out()": entry(post=ALL),
    "devices:change_password()": entry(ALL, ALL),
    "devices:preferences()": entry(ALL, ALL),
    # Administrators
    "devices:administrators()": entry(ZONE),
    "devices:new_administrator()": entry(ZONE, ZONE),
    "devices:person(pk)": entry(ZONE, pk="user"),
    "devices:edit_person(pk)": entry(ZONE, ZONE, pk="user"),
    "devices:disable_person(pk)": entry(post=ZONE, pk="user"),
    "devices:enable_person(pk)": entry(post=ZONE, pk="user"),
    "devices:reset_person(pk)": entry(post=ZONE, pk="user"),
    "devices:assign_role(pk)": entry(ZONE, ZONE, pk="user"),
    "devices:change_role(pk)": entry(ZONE, ZONE, pk="assignment"),
    "devices:remove_role(pk)": entry(post=ZONE, pk="assignment"),
    # Audit and comments
    "devices:audit()": entry(ZONE),
    "devices:audit_csv()": entry(ZONE),
    "devices:device_audit(pk)": entry(SEEN, pk="device"),
    "devices:comment()": entry(ALL, ALL),
    "devices:comments()": entry(ZONE),
    # Messages
    "devices:messages()": entry(ALL),
    "devices:messages_csv()": entry(ALL),
    "devices:open_messages()": entry(ALL),
    "devices:device_messages(pk)": entry(SEEN, pk="device"),
    "devices:acknowledge_messages()": entry(post=TICKED_SEEN, post_pk="message"),
    "devices:delete_messages()": entry(post=TICKED_DELETE, post_pk="message"),
    # Devices
    "devices:devices()": entry(ALL),
    "devices:folder(pk)": entry(SEEN, pk="folder"),
    "devices:states()": entry(ALL),
    "devices:quick_tasks()": entry(post=ALL, post_pk="device"),
    "devices:choose_columns()": entry(post=ALL),
    "devices:export()": entry(ALL),
    "devices:filter_inventory()": entry(ALL, ALL),
    "devices:fact_names()": entry(ALL),
    "devices:fact_values()": entry(ALL),
    "devices:searches()": entry(ALL),
    "devices:searches_menu()": entry(ALL),
    "devices:save_search()": entry(ALL, ALL),
    "devices:saved_search(pk)": entry(SEEN, pk="saved"),
    "devices:edit_search(pk)": entry(SHARED, SHARED, pk="saved"),
    "devices:delete_search(pk)": entry(post=SHARED, pk="saved"),
    "devices:device(pk)": entry(SEEN, pk="device"),
    "devices:device_state(pk)": entry(SEEN, pk="device"),
    "devices:device_tasks(pk)": entry(SEEN, pk="device"),
    "devices:device_new()": entry(ADMIN_ANYWHERE, ADMIN_ANYWHERE),
    "devices:device_edit(pk)": entry(ADMIN, ADMIN, pk="device"),
    "devices:device_edit_ticked()": entry(TICKED_ADMIN, post_pk="device"),
    "devices:devices_delete()": entry(post=TICKED_DELETE, post_pk="device", post_confirmed="1"),
    "devices:devices_move()": entry(post=ALL, post_pk="device"),  # opens a dialog
    # Folders
    "devices:folder_lookup()": entry(ADMIN_ANYWHERE),
    "devices:folder_new(pk)": entry(ADMIN, ADMIN, pk="folder"),
    "devices:folder_rename(pk)": entry(ADMIN, ADMIN, pk="folder"),
    "devices:folder_move(pk)": entry(ADMIN, ADMIN, pk="folder"),
    "devices:folder_delete(pk)": entry(ADMIN, ADMIN, pk="folder"),
    # Servers
    "devices:servers()": entry(WATCH),
    "devices:server_lookup()": entry(ADMIN_ANYWHERE),
    "devices:server(pk)": entry(WATCH, pk="server"),
    "devices:server_rename(pk)": entry(ZONE, ZONE, pk="server"),
    "devices:server_runs_on(pk)": entry(post=ZONE, pk="server"),
    "devices:server_delete(pk)": entry(ZONE, ZONE, pk="server"),
    # Help
    "devices:help()": entry(ALL),
    "devices:help(slug)": entry(ALL, slug="devices-job"),
    "devices:help_code(code)": entry(ALL, code="sign-in-refused"),
    # Tasks
    "devices:jobs()": entry(ALL),
    "devices:running()": entry(ALL),
    "devices:task_status()": entry(ALL),
    "devices:job(pk)": entry(SEEN, pk="job"),
    "devices:job_line(pk)": entry(SEEN, pk="item"),
    "devices:job_stop(pk)": entry(post=ORDER, pk="job"),
    "devices:job_csv(pk)": entry(SEEN, pk="job"),
    # Settings by level
    "devices:configuration()": entry(ZONE),
    "devices:zone_settings(page)": entry(ZONE, ZONE, page="power-orders"),
    "devices:setting_overrides(page)": entry(ZONE, page="power-orders"),
    "devices:folder_settings(pk)": entry(SEEN, ADMIN, pk="folder"),
    "devices:folder_settings(pk, page)": entry(SEEN, ADMIN, pk="folder", page="power-orders"),
    "devices:device_settings(pk)": entry(SEEN, ADMIN, pk="device"),
    "devices:device_settings(pk, page)": entry(SEEN, ADMIN, pk="device", page="power-orders"),
    # Power: a dialog belongs to whoever opened it
    "power:dialog()": entry(NOT_THEIRS, ALL, post_pk="device", post_intent="dialog"),
    "power:order()": entry(post=NOT_THEIRS, post_intent="dialog"),
    "power:read_state()": entry(post=TICKED_ORDER, post_pk="device"),
    "power:chart()": entry(ALL),
    "power:panel(pk)": entry(SEEN, pk="device"),
    "power:job_actions(pk)": entry(SEEN, pk="job"),
    "power:retry(pk)": entry(post=ORDER, pk="ended", post_intent="dialog"),
    # Schedules
    "power:calendar()": entry(ALL),
    "power:calendar_csv()": entry(ALL),
    "power:calendar_feed(pk)": entry(SEEN, SEEN, pk="folder"),
    "power:calendar_ics(token)": entry(OPEN, token="feed"),
    "power:folder_calendar(pk)": entry(SEEN, pk="folder"),
    "power:device_schedules(pk)": entry(SEEN, pk="device"),
    "power:schedule(entry)": entry(SEEN, entry="schedule"),
    "power:schedule_list()": entry(post=SEEN, post_folder="folder"),
    "power:schedule_editor()": entry(
        post=ADMIN, post_folder="folder", post_open="1", post_action="off"
    ),
    "power:skip()": entry(post=ADMIN, post_event="event"),
    "power:pause(pk)": entry(ADMIN, ADMIN, pk="folder"),
    "power:resume(pk)": entry(post=ADMIN, pk="folder"),
    "power:release(pk)": entry(post=ADMIN, pk="device"),
    # Discovered
    "amt:discovered()": entry(WATCH),
    "amt:discovered_device(pk)": entry(WATCH, pk="heard"),
    "amt:examine_discovered(pk)": entry(post=ZONE, pk="heard"),
    "amt:forget_discovered()": entry(post=ZONE, post_pk="heard"),
    "amt:rediscover()": entry(post=ZONE, post_pk="heard"),
    "amt:add_discovered()": entry(post=ZONE, post_pk="heard"),
    "amt:discovery_tasks()": entry(WATCH),
    "amt:inventories()": entry(ZONE, ZONE),
    "amt:read_all_inventories()": entry(post=ZONE),
    "amt:reconciliation()": entry(ZONE, ZONE),
    "amt:start_reconciliation()": entry(post=ZONE),
    "amt:reconciliation_run(pk)": entry(WATCH, pk="reconciled"),
    "amt:decide_reconciled(pk)": entry(
        post=ZONE, pk="reconciled", post_pk="question", post_same="0"
    ),
    "amt:take_back_decision(pk)": entry(post=ZONE, pk="decision"),
    "amt:new_discovery_task()": entry(ZONE, ZONE),
    "amt:discovery_task(pk)": entry(ZONE, ZONE, pk="search"),
    "amt:delete_discovery_task(pk)": entry(post=ZONE, pk="search_to_go"),
    "amt:run_discovery_task(pk)": entry(post=ZONE, pk="search"),
    "amt:discovery_run(pk)": entry(WATCH, pk="scan"),
    "amt:stop_discovery_run(pk)": entry(post=ZONE, pk="scan"),
    "amt:provision()": entry(post=ZONE, post_pk="heard"),
    "amt:unprovision()": entry(post=ZONE, post_pk="device"),
    "amt:orphaned()": entry(WATCH),
    "amt:close_orphan(pk)": entry(post=ZONE, pk="orphan"),
    "amt:manage_orphan(pk)": entry(post=ZONE, pk="lost"),
    # Certificates
    "amt:certificates()": entry(ZONE),
    "amt:certificates_panel()": entry(ZONE),
    "amt:home_notes()": entry(WATCH),
    "amt:create_certificate()": entry(ZONE, ZONE),
    "amt:create_request()": entry(ZONE, ZONE),
    "amt:import_certificate()": entry(ZONE, ZONE),
    "amt:zone_hashes()": entry(ZONE),
    "amt:mebx_card(kind)": entry(ZONE, kind="enterprise"),
    "amt:setup_file()": entry(ZONE, ZONE),
    "amt:zone_change()": entry(ZONE, ZONE),
    "amt:certificate(pk)": entry(ZONE, pk="certificate"),
    "amt:delete_certificate(pk)": entry(ZONE, ZONE, pk="certificate"),
    "amt:download_certificate(pk)": entry(ZONE, pk="certificate"),
    "amt:download_request(pk)": entry(ZONE, pk="request"),
    "amt:delete_request(pk)": entry(post=ZONE, pk="request"),
    # Intel AMT
    "amt:settings(pk)": entry(SEEN, ADMIN, pk="device"),
    "amt:delete_settings(pk)": entry(post=CREDENTIALS, pk="device"),
    "amt:confirm_identity(pk)": entry(post=CREDENTIALS, pk="device"),
    "amt:find_again(pk)": entry(post=ADMIN, pk="device"),
    "amt:use_again(pk)": entry(post=CREDENTIALS, pk="reimaged"),
    "devices:agent_program()": entry(OPEN),
    "devices:agent_enrol()": entry(post=NO_JSON),
    "devices:agent_report()": entry(post=NO_SIGNATURE),
    "devices:agents()": entry(ADMIN_ANYWHERE, ADMIN_ANYWHERE),
    "devices:withdraw_token(pk)": entry(post=ADMIN, pk="agent_token"),
    "devices:install_agent(pk)": entry(post=ADMIN, pk="device"),
    "devices:revoke_agent(pk)": entry(post=ADMIN, pk="device"),
    "amt:inventory(pk)": entry(SEEN, pk="device"),
    "amt:read_inventory(pk)": entry(post=ORDER, pk="device"),
    "amt:alert_event(token)": entry(post=NO_DIGEST, token="alerts"),
    "amt:subscribe_alerts(pk)": entry(post=ADMIN, pk="device"),
    "amt:unsubscribe_alerts(pk)": entry(post=ADMIN, pk="device"),
    "amt:subscribe_selected()": entry(post=TICKED_ADMIN, post_pk="device"),
    "amt:unsubscribe_selected()": entry(post=TICKED_ADMIN, post_pk="device"),
    "amt:inventory_json(pk)": entry(SEEN, pk="device"),
    "amt:inventory_csv(pk)": entry(SEEN, pk="device"),
    "amt:inventories_csv()": entry(ALL, ALL),
    "amt:inventories_json()": entry(ALL, ALL),
    "amt:panel(pk)": entry(SEEN, pk="device"),
    "amt:test_device(pk)": entry(post=ORDER, pk="device"),
    "amt:test_result(pk)": entry(SEEN, pk="device"),
    "amt:test_connection()": entry(post=TICKED_ORDER, post_pk="device"),
    "amt:read_inventories()": entry(post=TICKED_ORDER, post_pk="device"),
    "amt:test_credential()": entry(post=ZONE, post_pk="device"),
    "amt:try_again(pk)": entry(post=ZONE, pk="device"),
    "amt:csv_import()": entry(ADMIN_ANYWHERE, ADMIN_ANYWHERE),
    # Credential Vault
    "vault:credentials()": entry(ZONE),
    "vault:panel()": entry(ZONE),
    "vault:new()": entry(ZONE, ZONE),
    "vault:lookup()": entry(ZONE),
    "vault:chosen(what)": entry(ZONE, what="edit", post_pk="credential"),
    "vault:activate(pk)": entry(post=ZONE, pk="secret"),
    "vault:retire(pk)": entry(post=ZONE, pk="secret"),
    "vault:credential(pk)": entry(ZONE, pk="credential"),
    "vault:where_used(pk)": entry(ZONE, pk="credential"),
    "vault:edit(pk)": entry(ZONE, ZONE, pk="credential"),
    "vault:change_password(pk)": entry(ZONE, ZONE, pk="credential"),
    "vault:delete(pk)": entry(ZONE, ZONE, pk="credential"),
}


def patterns(
    resolver: Any = None, spaces: tuple[str, ...] = ()
) -> Iterator[tuple[str, URLPattern]]:
    """Yield every address that the console answers, by its key in ENTRIES."""
    for each in (resolver or get_resolver()).url_patterns:
        if isinstance(each, URLResolver):
            yield from patterns(each, (*spaces, each.namespace) if each.namespace else spaces)
        else:
            name = ":".join((*spaces, each.name or str(each.pattern)))
            yield f"{name}({', '.join(each.pattern.converters)})", each


KNOWN = [key for key, _ in patterns() if key in ENTRIES]
CASES = [(key, method) for key in KNOWN for method in ENTRIES[key].methods]


@pytest.fixture(scope="module")
def zone(django_db_setup, django_db_blocker) -> Iterator[SmallZone]:
    """Return one zone for all tests of this file; each takes back what it did."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield small_zone()
        transaction.set_rollback(True)


def value(place: Any, name: str, word: str) -> Any:
    """Return an argument: the key of what the zone has of that name, or the word itself."""
    if name not in {"pk", "token", "intent", "folder", "entry", "event"}:
        return word
    thing = getattr(place, word)
    return thing if isinstance(thing, str) else thing.pk


def address(key: str, place: Any) -> str:
    args = {name: value(place, name, word) for name, word in ENTRIES[key].args.items()}
    return reverse(key.partition("(")[0], kwargs=args)


def ask(client: Client, key: str, method: str, place: Any, **headers: str) -> Any:
    data = {name: value(place, name, word) for name, word in ENTRIES[key].data.items()}
    return getattr(client, method)(address(key, place), data, headers=headers)


def met(response: Any) -> str:
    """Return what somebody met: ok, in (asked to sign in), or the number of the refusal."""
    if response.status_code == 302 and response.url.startswith(GONE_BY + "?next="):
        return "in"
    if response.status_code == 401 and response.headers.get("HX-Redirect", "").startswith(GONE_BY):
        return "in"
    fine = response.status_code in {200, 204, 286, 302, 410, 422}
    return "ok" if fine else str(response.status_code)


def test_every_address_has_an_entry_and_every_entry_an_address():
    keys = [key for key, _ in patterns()]

    assert sorted(set(keys) - set(ENTRIES)) == [], "these need a line in ENTRIES"
    assert sorted(set(ENTRIES) - set(keys)) == [], "these lines have no address any more"
    assert len(keys) == len(set(keys)), "two addresses have one name and the same parameters"


@pytest.mark.parametrize(("key", "method"), CASES)
def test_everybody_meets_what_their_role_says(zone, key, method):
    before, found = zone.outside(), {role: [] for role in ROLES}
    for role, where in product(ROLES, WHERE):
        with transaction.atomic():
            answer = ask(zone.browser(role), key, method, zone.places[where])
            found[role].append(met(answer))
            no_secret_in(answer)
            if role not in {"zone", "watcher"}:
                assert zone.outside() == before
            transaction.set_rollback(True)

    assert found == ENTRIES[key].methods[method]


@pytest.mark.parametrize(("key", "method"), CASES)
def test_part_of_a_page_has_the_rights_of_the_page(zone, key, method):
    rights = ENTRIES[key].methods[method]
    for role, where in [("operator", "inside"), ("monitor", "outside"), ("nobody", "inside")]:
        with transaction.atomic():
            browser, place = zone.browser(role), zone.places[where]
            answer = ask(browser, key, method, place, **{"HX-Request": "true"})
            assert met(answer) == rights[role][WHERE.index(where)], (role, where)
            transaction.set_rollback(True)


def no_secret_in(answer: Any) -> None:
    text = b"".join(answer) if answer.streaming else answer.content
    for secret in (DEVICE_PASSWORD, "pbkdf2_", "argon2", "md5$"):
        assert secret.encode() not in text


def test_other_methods_are_refused(zone):
    for key, method in product(KNOWN, ["get", "post", "put", "delete"]):
        if method not in ENTRIES[key].methods:
            answer = ask(zone.browser("zone"), key, method, zone.places["inside"])
            assert answer.status_code == 405, (key, method)


WITH_OBJECT = [(key, method) for key, method in CASES if "pk" in ENTRIES[key].args]


def test_what_does_not_exist_is_not_found(zone):
    place, browser = zone.places["inside"], zone.browser("zone")
    for key, method in WITH_OBJECT:
        pk = str(value(place, "pk", ENTRIES[key].args["pk"]))
        for unknown in [str(uuid.uuid4())] if "-" in pk else ["987654321", "9" * 30]:
            answer = getattr(browser, method)(address(key, place).replace(pk, unknown, 1))
            assert answer.status_code == 404, (key, method)


def test_post_without_the_token_is_refused(zone):
    browser = zone.browser("zone", enforce_csrf_checks=True)
    posts = {key for key, method in CASES if method == "post"}
    for key in sorted(posts - BY_AGENTS):
        answer = ask(browser, key, "post", zone.places["inside"])
        assert answer.status_code == 403, key
        assert "This form is too old" in answer.text, key
