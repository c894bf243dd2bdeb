"""User Comments from the foot of each page (D27)."""

from django.db import models


class Comment(models.Model):
    """What a person wrote about a page."""

    user = models.ForeignKey("devices.User", models.SET_NULL, null=True, related_name="+")
    user_name = models.CharField(max_length=150)
    page = models.CharField(max_length=500)
    text = models.TextField(max_length=4000)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.user_name} about {self.page}"
