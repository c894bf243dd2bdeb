"""Saved searches: kept, opened, shared, changed; each person finds only what they may see."""

import pytest
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import reverse

from devices.models import AuditEntry, SavedSearch
from devices.models.rights import Role
from devices.services import searches
from tests import factories

pytestmark = pytest.mark.django_db
FILTER = "mode=smb&fact=known%7CBIOS%3A+Version"


def save(by, name="Mine", query=FILTER, *, is_shared=False) -> SavedSearch:
    query = QueryDict(query)
    return searches.save_search(name=name, is_shared=is_shared, query=query, by=by)


def test_a_filter_is_saved_with_its_folder_and_opened_by_its_address(client):
    lab, user = factories.folder("Lab"), factories.person()
    client.force_login(user)
    query = f"folder={lab.pk}&{FILTER}&sort=power"
    dialog = client.get(f"{reverse('devices:save_search')}?{query}").content.decode()
    assert "In Lab:" in dialog
    assert "BIOS: Version is known" in dialog
    answer = client.post(reverse("devices:save_search"), {"name": "SMB", "filter": query})
    search = SavedSearch.objects.get()
    assert answer.headers["HX-Redirect"] == search.get_absolute_url()
    assert (search.owner, search.folder, search.is_shared) == (user, lab, False)
    opened = client.get(search.get_absolute_url())
    assert opened.url == f"{lab.get_absolute_url()}?{FILTER}"
    assert client.get(opened.url).context["listing"].is_filtered
    entry = AuditEntry.objects.get(verb="search.save")
    assert (entry.target_name, entry.new["folder"]) == ("SMB", "Lab")


def test_a_search_shows_only_what_its_reader_may_see(client):
    lab = factories.folder("Lab")
    factories.device("Mine", lab, mode="smb")
    factories.device("Theirs", mode="smb")
    search = save(factories.person(), query="mode=smb", is_shared=True)
    client.force_login(factories.person(Role.MONITOR, lab))
    page = client.get(search.get_absolute_url(), follow=True)
    assert [device.name for device in page.context["page"].rows] == ["Mine"]


def test_own_searches_and_those_of_hidden_folders_are_nobody_elses(client):
    lab, other = factories.folder("Lab"), factories.folder("Other")
    boss, monitor = factories.person(), factories.person(Role.MONITOR, lab)
    own = save(boss, "Own")
    hidden = save(boss, "Of Other", f"folder={other.pk}&mode=smb", is_shared=True)
    seen = save(boss, "Of Lab", f"folder={lab.pk}&mode=smb", is_shared=True)
    assert list(SavedSearch.objects.visible_to(monitor)) == [seen]
    client.force_login(monitor)
    for search in (own, hidden):
        assert client.get(search.get_absolute_url()).status_code == 404
        assert client.post(reverse("devices:delete_search", args=[search.pk])).status_code == 404
    for name in ("searches", "searches_menu"):
        page = client.get(reverse(f"devices:{name}")).content.decode()
        assert "Of Lab" in page
        assert "Own" not in page
        assert "Other" not in page


def test_a_folder_that_one_may_not_see_any_more_is_not_named(client):
    lab, other = factories.folder("Lab"), factories.folder("Hush")
    user = factories.person(Role.MONITOR, lab, other)
    search = save(user, query=f"folder={other.pk}&mode=smb")
    user.assignments.filter(folder=other).delete()
    client.force_login(type(user).objects.get(pk=user.pk))
    page = client.get(reverse("devices:searches")).content.decode()
    assert "a folder that you may not see" in page
    assert "Hush" not in page
    assert client.get(search.get_absolute_url(), follow=True).status_code == 404


def test_sharing_takes_the_right_to_change_settings_of_the_zone(client):
    lab = factories.folder("Lab")
    admin = factories.person(Role.ADMINISTRATOR, lab)
    client.force_login(admin)
    assert "Everybody may use it" not in client.get(reverse("devices:save_search")).content.decode()
    sent = {"name": "Mine", "filter": "mode=smb", "is_shared": "on"}
    client.post(reverse("devices:save_search"), sent)
    assert not SavedSearch.objects.get().is_shared
    shared = save(factories.person(), "Shared", is_shared=True)
    for name in ("edit_search", "delete_search"):
        address = reverse(f"devices:{name}", args=[shared.pk])
        assert client.post(address, {"name": "Taken over"}).status_code == 403


def test_a_search_is_renamed_shared_and_deleted_with_audit(client):
    user = factories.person()
    client.force_login(user)
    search = save(user)
    save(user, "Other")
    address = reverse("devices:edit_search", args=[search.pk])
    refused = client.post(address, {"name": "OTHER"})
    assert refused.status_code == 422
    assert "There is a search named OTHER already." in refused.content.decode()
    client.post(address, {"name": "New name", "is_shared": "on"})
    search.refresh_from_db()
    assert (search.name, search.is_shared) == ("New name", True)
    entry = AuditEntry.objects.get(verb="search.change")
    assert entry.old == {"name": "Mine", "shared": False}
    client.post(reverse("devices:delete_search", args=[search.pk]))
    assert not SavedSearch.objects.filter(pk=search.pk).exists()
    assert AuditEntry.objects.filter(verb="search.delete").exists()


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("", "no filter to save"),
        ("sort=power", "no filter to save"),
        ("folder=999&mode=smb", "cannot be read"),
        ("fact=wide%7Copen", "cannot be read"),
    ],
)
def test_what_finds_nothing_sensible_is_not_saved(query, sentence):
    with pytest.raises(ValidationError, match=sentence):
        save(factories.person(), query=query)


@pytest.mark.parametrize("name", ["", "\0", "\u200b", "n" * 101])
def test_a_name_must_be_one(client, name):
    client.force_login(factories.person())
    answer = client.post(reverse("devices:save_search"), {"name": name, "filter": FILTER})
    assert answer.status_code == 422
    assert not SavedSearch.objects.exists()


def test_a_name_that_is_too_long_is_not_cut_but_refused(client):
    user = factories.person()
    client.force_login(user)
    search = save(user)
    for name in ("save_search", "edit_search"):
        address = reverse(f"devices:{name}", args=[search.pk] if name == "edit_search" else [])
        assert "maxlength" not in client.get(f"{address}?mode=smb").content.decode()
        answer = client.post(address, {"name": "n" * 120, "filter": FILTER})
        assert "Name has 120 characters; 100 at most." in answer.content.decode()


def test_nobody_saves_more_than_a_hundred():
    user = factories.person()
    made = [SavedSearch(owner=user, name=f"S{number}") for number in range(searches.MOST)]
    SavedSearch.objects.bulk_create(made)
    with pytest.raises(ValidationError, match="You have 100 saved searches"):
        save(user)


def test_pages_of_searches_cost_the_same_with_many(client, django_assert_max_num_queries):
    user = factories.person()
    places = [factories.folder() for _ in range(30)]
    for place in places:
        save(user, place.name, f"folder={place.pk}&mode=smb", is_shared=True)
    client.force_login(user)
    for name in ("searches", "searches_menu"):
        with django_assert_max_num_queries(8):
            client.get(reverse(f"devices:{name}"))
