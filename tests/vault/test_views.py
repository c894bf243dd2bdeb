from uuid import uuid4

import pytest
from django.urls import reverse

from devices.models import AuditEntry
from tests import factories
from tests.vault.conftest import use
from vault import crypto, services
from vault.models import Credential, Secret

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}
NEW = {
    "name": "ME Labs",
    "login_name": "admin",
    "password": "P@ssw0rd",
    "password_again": "P@ssw0rd",
    "folder": "Labs/North",
    "description": "As in MEBx",
}


@pytest.fixture
def keeper(client):
    client.force_login(factories.person())
    return client


def url(name, *args):
    return reverse(f"vault:{name}", args=args)


def text(response):
    return response.content.decode()


# The list


def test_the_list_shows_what_a_credential_is_and_how_often_it_is_used(keeper, in_use):
    Credential.objects.update(folder="Labs", description="Set in MEBx")

    page = text(keeper.get(url("credentials")))

    assert "ME Labs" in page
    assert "Set in MEBx" in page
    assert f'href="{url("where_used", in_use.pk)}"' in page
    assert "is used by 1 device" in page


def test_an_empty_vault_offers_to_make_a_credential(keeper):
    assert "No credentials yet" in text(keeper.get(url("credentials")))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=north", ["ME North"]),
        ("q=labs+admin", ["ME Hall", "ME North"]),
        ("q=mebx", ["ME Hall"]),
        ("folder=Labs", ["ME Hall", "ME North"]),
        ("folder=Labs/North", ["ME North"]),
        ("folder=Lab", []),
        ("q=%00north%25", []),
    ],
)
def test_search_and_folders_narrow_the_list(keeper, query, found):
    factories.credential("ME North", folder="Labs/North")
    factories.credential("ME Hall", folder="Labs", description="MEBX of 2024")
    factories.credential("ME Office")

    rows = keeper.get(f"{url('credentials')}?{query}").context["page"].rows

    assert [row.name for row in rows] == found


@pytest.mark.parametrize("sort", ["name", "-name", "login", "folder", "used", "-used", "changed"])
def test_every_column_sorts_and_pages(keeper, sort):
    for number in range(30):
        factories.credential(f"ME {number:02}", folder=f"F{number % 3}")
    first = keeper.get(f"{url('credentials')}?sort={sort}&size=25").context["page"]
    second = keeper.get(f"{url('credentials')}?{first.next_query}").context["page"]

    assert len({row.pk for row in [*first.rows, *second.rows]}) == 30


def test_a_search_gets_only_the_list(keeper):
    page = text(keeper.get(f"{url('credentials')}?q=x", **HTMX))

    assert page.lstrip().startswith('<section class="card" id="credential-list"')


def test_queries_of_the_list_do_not_grow(keeper, django_assert_num_queries):
    factories.credential(folder="A/B")
    keeper.get(url("credentials"))
    with django_assert_num_queries(LIST_QUERIES):
        keeper.get(url("credentials"))
    for number in range(20):
        use(factories.credential(folder=f"A/{number}"), factories.device())
    with django_assert_num_queries(LIST_QUERIES):
        keeper.get(url("credentials"))


LIST_QUERIES = 7


def test_configuration_shows_the_first_credentials_as_a_panel(keeper, in_use):
    for number in range(8):
        factories.credential(f"ME {number}")

    panel = text(keeper.get(url("panel"), **HTMX))

    assert url("credential", in_use.pk) not in panel
    assert panel.count("<tr>") == 9
    assert "More credentials" in panel


# Create


def test_a_dialog_asked_for_by_its_address_opens_over_its_page(keeper):
    kept = factories.credential()

    assert keeper.get(url("new")).headers["Location"] == url("credentials") + "?do=new"
    for name, word in [("edit", "edit"), ("change_password", "password"), ("delete", "delete")]:
        at = keeper.get(url(name, kept.pk)).headers["Location"]
        assert at == f"{url('credential', kept.pk)}?do={word}"


def test_a_new_credential_is_kept_and_the_list_comes_back(keeper):
    assert 'value="admin"' in text(keeper.get(url("new"), **HTMX))

    response = keeper.post(url("new"), NEW, **HTMX)

    assert response.headers["HX-Redirect"] == url("credentials")
    kept = Credential.objects.get()
    assert (kept.name, kept.folder, kept.login_name) == ("ME Labs", "Labs/North", "admin")
    assert list(crypto.reveal(kept.secrets.active()).values()) == ["P@ssw0rd"]


@pytest.mark.parametrize(
    ("changed", "field", "sentence"),
    [
        ({"name": ""}, "name", "Credential name is needed."),
        ({"name": "me taken"}, None, "The vault already has a credential of that name."),
        ({"login_name": "a:b"}, "login_name", "holds no colon"),
        ({"login_name": ""}, "login_name", "is needed"),
        ({"password": "passw0rd!", "password_again": "passw0rd!"}, "password", "a capital letter"),
        ({"password": "", "password_again": ""}, "password", "A password is needed."),
        ({"password_again": "P@ssw0rD"}, "password_again", "Both passwords must be equal."),
        ({"password_again": ""}, "password_again", "Enter the password a second time."),
        ({"password": "P@ssw0rd "}, "password_again", "Both passwords must be equal."),
        ({"name": "a\0b"}, "name", "no null characters."),
        ({"folder": "x" * 201}, "folder", "has 201 characters; 200 at most."),
    ],
)
def test_a_refused_form_names_field_and_rule(keeper, changed, field, sentence):
    factories.credential("ME Taken")

    response = keeper.post(url("new"), {**NEW, **changed}, **HTMX)

    assert response.status_code == 422
    errors = response.context["form"].errors[field or "__all__"]
    assert any(sentence in error for error in errors)
    assert Credential.objects.count() == 1


def test_a_refused_form_keeps_the_words_but_not_the_password(keeper):
    page = text(keeper.post(url("new"), {**NEW, "password_again": "Other-passw0rd"}, **HTMX))

    assert "ME Labs" in page
    assert "P@ssw0rd" not in page
    assert "Other-passw0rd" not in page


def test_the_rules_are_listed_beside_the_field(keeper):
    page = text(keeper.get(url("new"), **HTMX))

    for rule in ("8 to 32 characters", "A capital letter", "Both are equal"):
        assert rule in page
    assert 'autocomplete="new-password"' in page


def test_help_is_one_click_away(keeper):
    """S26; the address of help belongs to the frame."""
    page = keeper.get(url("credentials"))

    assert page.context["help_slug"] == "vault-credentials"


# Edit


def test_a_credential_is_edited(keeper):
    kept = factories.credential("ME Labs")
    form = keeper.get(url("edit", kept.pk), **HTMX).context["form"]
    values = {"name": "ME Halls", "login_name": "admin", "folder": "Halls", "description": ""}

    response = keeper.post(url("edit", kept.pk), {**values, "seen": form.initial["seen"]}, **HTMX)

    assert response.headers["HX-Redirect"] == url("credential", kept.pk)
    kept.refresh_from_db()
    assert (kept.name, kept.folder) == ("ME Halls", "Halls")


def test_saving_over_a_newer_version_shows_both_values_and_asks(keeper):
    kept = factories.credential("ME Labs")
    seen = keeper.get(url("edit", kept.pk), **HTMX).context["form"].initial["seen"]
    theirs = {"login_name": "operator", "folder": "", "description": ""}
    services.change_credential(credential=kept, name="ME Labs", **theirs, by=None)
    mine = {"name": "ME Labs", "login_name": "root", "folder": "", "description": "", "seen": seen}

    first = keeper.post(url("edit", kept.pk), mine, **HTMX)
    assert first.status_code == 422
    assert "saved “operator”, yours “root”" in text(first)

    again = {**mine, "seen": first.context["form"]["seen"].value()}
    assert keeper.post(url("edit", kept.pk), again, **HTMX).status_code == 200
    kept.refresh_from_db()
    assert kept.login_name == "root"


@pytest.mark.parametrize(
    ("what", "words"),
    [("edit", "Edit credential"), ("password", "Change password of"), ("delete", "OK: delete it")],
)
def test_the_ticked_credential_opens_its_dialog(keeper, what, words):
    kept = factories.credential()

    assert words in text(keeper.get(url("chosen", what), {"pk": kept.pk}, **HTMX))


@pytest.mark.parametrize(
    ("what", "query"), [("edit", {}), ("edit", {"pk": "nonsense"}), ("nonsense", {"pk": uuid4()})]
)
def test_nothing_ticked_or_nonsense_is_not_found(keeper, what, query):
    assert keeper.get(url("chosen", what), query, **HTMX).status_code == 404


# Passwords


def test_a_changed_password_is_used_from_now_on_and_the_old_one_kept(keeper):
    kept = factories.credential(password="Old-passw0rd")
    both = {"password": "New-passw0rd", "password_again": "New-passw0rd"}

    response = keeper.post(url("change_password", kept.pk), both, **HTMX)

    assert response.headers["HX-Redirect"] == url("credential", kept.pk)
    assert list(crypto.reveal(kept.secrets.active()).values()) == ["New-passw0rd"]
    assert kept.secrets.get(state="retired").retired_at


def test_the_page_shows_states_and_times_of_passwords_and_never_a_password(keeper):
    kept = factories.credential(password="Old-passw0rd")
    services.change_password(credential=kept, password="New-passw0rd", by=None)
    services.add_secret(credential=kept, password="Next-passw0rd", amt_uuid=uuid4(), by=None)

    page = text(keeper.get(url("credential", kept.pk)))

    for word in ("Active", "Candidate", "Retired", "AMT UUID", "kept encrypted, never shown"):
        assert word in page
    assert "passw0rd" not in page


def test_queries_of_the_page_do_not_grow(keeper, django_assert_num_queries):
    kept = factories.credential()
    keeper.get(url("credential", kept.pk))
    with django_assert_num_queries(PAGE_QUERIES):
        keeper.get(url("credential", kept.pk))
    for _ in range(5):
        services.change_password(credential=kept, password="New-passw0rd", by=None)
    with django_assert_num_queries(PAGE_QUERIES):
        keeper.get(url("credential", kept.pk))


PAGE_QUERIES = 6


def test_a_candidate_is_taken_into_use_or_put_away(keeper):
    kept = factories.credential()
    first, second = (
        services.add_secret(credential=kept, password="New-passw0rd", by=None) for _ in range(2)
    )

    keeper.post(url("activate", first.pk))
    keeper.post(url("retire", second.pk))

    assert kept.secrets.active().get() == first
    assert kept.secrets.filter(state="retired").count() == 2


def test_the_last_active_password_cannot_be_put_away(keeper):
    secret = factories.credential().secrets.get()

    page = keeper.post(url("retire", secret.pk), follow=True)

    assert "A credential keeps one active password." in text(page)
    assert Secret.objects.get().state == "active"


# Delete, where used


def test_a_used_credential_says_where_and_stays(keeper, in_use):
    page = text(keeper.get(url("delete", in_use.pk), **HTMX))
    assert url("where_used", in_use.pk) in page
    assert "OK: delete it" not in page

    response = keeper.post(url("delete", in_use.pk), **HTMX)
    assert response.status_code == 422
    assert "ME Labs is in use, so it stays." in text(response)
    assert Credential.objects.exists()


def test_an_unused_credential_is_deleted(keeper):
    kept = factories.credential()

    response = keeper.post(url("delete", kept.pk), **HTMX)

    assert response.headers["HX-Redirect"] == url("credentials")
    assert not Credential.objects.exists()


def test_where_used_lists_the_devices(keeper, in_use, django_assert_num_queries):
    assert "PC-1" in text(keeper.get(url("where_used", in_use.pk)))
    with django_assert_num_queries(USED_QUERIES):
        keeper.get(url("where_used", in_use.pk))
    for number in range(2, 12):
        use(in_use, factories.device(f"PC-{number}"))
    with django_assert_num_queries(USED_QUERIES):
        page = keeper.get(url("where_used", in_use.pk))
    assert page.context["page"].total == 11
    assert page.context["hidden"] == 0


USED_QUERIES = 7


# Look-up


def test_the_look_up_offers_one_choice_with_name_and_id(keeper):
    kept = factories.credential("ME Labs", folder="Labs")

    page = text(keeper.get(url("lookup"), {"field": "credential"}, **HTMX))

    assert f'value="{kept.pk}" data-text="ME Labs"' in page
    assert "Credential Lookup" in page
    assert "checked" not in page


def test_the_look_up_searches(keeper):
    factories.credential("ME Labs")
    factories.credential("ME Halls")

    found = keeper.get(url("lookup"), {"q": "hall"}, **HTMX).context["rows"]

    assert [row.name for row in found] == ["ME Halls"]


def test_a_long_look_up_says_that_there_is_more(keeper):
    for _ in range(51):
        factories.credential()

    assert "Only the first 50 are shown." in text(keeper.get(url("lookup"), **HTMX))


def test_a_credential_made_in_the_look_up_is_chosen_there(keeper):
    assert "?lookup" in text(keeper.get(url("new") + "?lookup", **HTMX))

    page = text(keeper.post(url("new") + "?lookup", NEW, **HTMX))

    assert f'value="{Credential.objects.get().pk}" data-text="ME Labs"' in page
    assert "checked" in page


# Rights


def addresses():
    kept = factories.credential()
    secret = kept.secrets.get()
    pages = ["credentials", "panel", "new", "lookup"]
    own = ["credential", "where_used", "edit", "change_password", "delete"]
    return [
        *(("get", url(name)) for name in pages),
        *(("get", url(name, kept.pk)) for name in own),
        ("get", f"{url('chosen', 'edit')}?pk={kept.pk}"),
        ("post", url("new")),
        *(("post", url(name, kept.pk)) for name in own[2:]),
        *(("post", url(name, secret.pk)) for name in ("activate", "retire")),
    ]


@pytest.mark.parametrize("role", ["power-operator", "monitor"])
def test_other_roles_see_nothing_of_the_vault(client, role):
    client.force_login(factories.person(role))

    assert {getattr(client, verb)(at).status_code for verb, at in addresses()} == {403}


def test_an_administrator_of_one_folder_sees_nothing_of_the_vault(client):
    client.force_login(factories.person("administrator", factories.folder()))

    assert {getattr(client, verb)(at).status_code for verb, at in addresses()} == {403}


def test_who_is_not_signed_in_is_sent_to_the_sign_in(client):
    for verb, at in addresses():
        assert getattr(client, verb)(at).status_code == 302
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("name", ["credential", "where_used", "edit", "delete", "change_password"])
def test_what_does_not_exist_is_not_found(keeper, name):
    assert keeper.get(url(name, uuid4())).status_code == 404
