"""User Comments: anybody writes them, administrators read them (D27)."""

import pytest
from django.urls import reverse

from devices.models import Comment
from devices.models.rights import Role
from tests.factories import person

pytestmark = pytest.mark.django_db
NEW, LIST = reverse("devices:comment"), reverse("devices:comments")


def test_anybody_who_is_signed_in_may_comment_on_a_page(client):
    user = person(Role.MONITOR)
    client.force_login(user)

    answer = client.post(NEW, {"page": "/tasks/?show=running", "text": "Too small."})
    comment = Comment.objects.get()
    assert answer.url == "/tasks/?show=running"
    assert (comment.user_name, comment.page) == (user.username, "/tasks/?show=running")


def test_dialog_closes_after_a_comment(client):
    client.force_login(person(Role.MONITOR))

    answer = client.post(NEW, {"page": "/", "text": "x"}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert "zcc:close" in answer.headers["HX-Trigger"]


def test_form_knows_which_page_it_is_about(client):
    client.force_login(person(Role.MONITOR))

    page = client.get(NEW, {"page": "/tasks/"}, headers={"HX-Request": "true"}).text
    assert 'value="/tasks/"' in page


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"page": "/", "text": ""}, "Comment is needed."),
        ({"page": "/", "text": "x" * 4001}, "Comment has 4,001 characters; 4,000 at most"),
        ({"page": "https://elsewhere.example/", "text": "x"}, "Which page?"),
        ({"page": "//elsewhere.example/", "text": "x"}, "Which page?"),
        ({"page": "javascript:alert(1)", "text": "x"}, "Which page?"),
    ],
)
def test_refused_comment_says_why(client, data, sentence):
    client.force_login(person(Role.MONITOR))

    answer = client.post(NEW, data)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not Comment.objects.exists()


def test_administrators_read_comments_and_nobody_else(client):
    Comment.objects.create(user_name="ann", page="/", text="<b>Nice</b>")
    client.force_login(person())
    assert "&lt;b&gt;Nice&lt;/b&gt;" in client.get(LIST).text

    client.force_login(person(Role.MONITOR))
    assert client.get(LIST).status_code == 403


def test_list_costs_the_same_with_more_comments(client, django_assert_num_queries):
    client.force_login(person())
    client.get(LIST)
    for rows in (1, 20):
        for _ in range(rows):
            Comment.objects.create(user_name="ann", page="/", text="x")
        with django_assert_num_queries(6):
            client.get(LIST)
