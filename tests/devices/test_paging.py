"""Pages of a list: each row once, whatever the order, at the same price."""

from datetime import timedelta

import pytest
from django.db.models import Count, F
from django.http import QueryDict
from django.utils import timezone

from devices import paging
from devices.models import Device, Folder
from tests import factories

pytestmark = pytest.mark.django_db
ORDERS = {
    "name": ["name"],
    "seen": ["power_seen_at"],
    "folder": ["folder__path", "name"],
    "state": ["power_state", "name"],
}


@pytest.fixture
def sixty() -> list[Device]:
    now = timezone.now()
    places = [factories.folder(), factories.folder()]
    return [
        factories.device(
            f"PC-{n % 20}-{n}",
            places[n % 2],
            power_state=[2, None, 8][n % 3],
            power_seen_at=now - timedelta(microseconds=n // 4) if n % 5 else None,
        )
        for n in range(60)
    ]


def page(text: str = "", rows=None, default: str = "name") -> paging.Page:
    rows = Device.objects.select_related("folder") if rows is None else rows
    query = QueryDict(f"size=25&{text}")
    return paging.paginate(rows, query, orders=ORDERS, default=default)


def walk(text: str, link: str) -> list[paging.Page]:
    pages = [page(text)]
    while query := getattr(pages[-1], f"{link}_query"):
        pages.append(page(query))
    return pages


@pytest.mark.parametrize("sort", [f"{sign}{name}" for name in ORDERS for sign in ("", "-")])
def test_each_row_comes_once_forwards_and_backwards(sixty, sort):
    forwards = walk(f"sort={sort}", "next")
    backwards = walk(f"sort={sort}&at=last", "previous")

    rows = [row.pk for each in forwards for row in each.rows]
    assert sorted(rows) == sorted(row.pk for row in sixty)
    assert rows == [row.pk for each in reversed(backwards) for row in each.rows]
    assert [each.position_text for each in forwards] == [
        "1-25 of 60",
        "26-50 of 60",
        "51-60 of 60",
    ]
    assert [each.position_text for each in reversed(backwards)] == [
        each.position_text for each in forwards
    ]


def test_rows_without_a_value_stand_last_in_either_order(sixty):
    for sort in ("seen", "-seen"):
        rows = [row.power_seen_at for each in walk(f"sort={sort}", "next") for row in each.rows]
        assert None not in rows[:48]
        assert rows[48:] == [None] * 12


def test_the_way_back_leads_over_the_same_pages(sixty):
    second = page(page().next_query)
    assert page(page(second.next_query).previous_query).rows == second.rows


def test_first_page_has_no_previous_and_the_last_no_next(sixty):
    first, last = page(), page("at=last")
    assert not first.has_previous
    assert first.has_next
    assert last.has_previous
    assert not last.has_next
    assert [row.name for row in page(last.first_query).rows] == [row.name for row in first.rows]


def test_other_words_of_the_address_are_kept_and_the_place_is_dropped_with_a_new_size(sixty):
    second = page(page("q=pc&sort=-name").next_query)
    assert QueryDict(second.next_query)["q"] == "pc"
    by_size = dict(second.size_queries)
    assert QueryDict(by_size[100]).dict() == {"size": "100", "q": "pc", "sort": "-name"}


@pytest.mark.parametrize(
    "text",
    [
        "after=nonsense",
        "after=WzEsIngiXQ==",
        "after=e30=",
        "before=WzUwLCJhIiwiMTAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwIl0=",
        "after=WzUwLCJhXHUwMDAwIiwxXQ==",
        "sort=password",
        "size=7000",
    ],
)
def test_an_address_that_cannot_be_read_shows_the_first_page(sixty, text):
    query = QueryDict(text)
    shown = paging.paginate(Device.objects.all(), query, orders=ORDERS, default="name")
    assert shown.first == 1
    assert shown.size == 50 or shown.size == 25


def test_a_page_whose_rows_are_gone_begins_again(sixty):
    third = page(page().next_query).next_query
    Device.objects.filter(pk__in=[row.pk for row in page(third).rows]).delete()
    assert page(third).first == 1


def test_rows_added_before_a_page_do_not_shift_its_number_below_one(sixty):
    second = page(page().next_query)
    for n in range(30):
        factories.device(f"A-{n}")
    before = page(second.previous_query)
    assert before.first == 1
    assert len(before.rows) == 25


def test_count_is_exact_up_to_the_limit_and_then_says_more(sixty, monkeypatch):
    monkeypatch.setattr(paging, "COUNTED", 50)
    shown = page()
    assert shown.position_text == "1-25 of more than 50"
    last = page("at=last")
    assert last.position_text == "the last 25 of more than 50"
    middle = page(last.previous_query)
    assert middle.position_text == "50-26 from the end of more than 50"
    assert page(middle.next_query).position_text == last.position_text
    assert page(middle.previous_query).position_text == "1-10 of more than 50"


def test_an_annotation_may_be_sorted_by():
    for n in range(30):
        for _ in range(n % 3):
            factories.device(where=factories.folder() if n % 2 else None)
    rows = Folder.objects.annotate(held=Count("devices"), double=F("depth") * 2)
    orders = {"held": ["held"], "double": ["double", "held"]}
    for sort in ("held", "-held", "double", "-double"):
        query, seen = f"size=25&sort={sort}", []
        while query:
            shown = paging.paginate(rows, QueryDict(query), orders=orders, default="held")
            seen += [row.pk for row in shown.rows]
            query = shown.next_query
        assert sorted(seen) == sorted(rows.values_list("pk", flat=True))


def test_an_empty_list_says_so():
    shown = page()
    assert (shown.position_text, shown.rows, shown.has_next) == ("0", [], False)


def test_a_page_costs_two_queries_wherever_it_is(sixty, django_assert_num_queries):
    second = page().next_query
    for text in ("", second, "at=last"):
        with django_assert_num_queries(2):
            page(text)
