"""What journeys need besides people and devices: verify windows short enough to wait for."""

from typing import Any

import pytest

from devices.models import Setting


@pytest.fixture
def quick(transactional_db: None) -> Any:
    """Let nobody wait longer than 5 s for evidence; return a function for other settings."""

    def setting(key: str, value: Any) -> None:
        Setting.objects.update_or_create(
            key=key, folder=None, device=None, defaults={"value": value}
        )

    setting("power.verify_seconds", 5)
    return setting
