"""User Comments: what people wrote about pages (D27)."""

from django.db import transaction

from devices import audit
from devices.models import Comment, User


@transaction.atomic
def save_comment(*, page: str, text: str, by: User) -> Comment:
    """Keep a comment for the administrators."""
    comment = Comment.objects.create(user=by, user_name=by.get_username(), page=page, text=text)
    audit.record(by, "comment.create", comment, new={"page": page})
    return comment
