"""Templates and static files as they lie there: what the security policy and the sprite demand."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from devices import state_words

TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.html"))
SPRITE = (settings.BASE_DIR / "static" / "icons.svg").read_text()
ICONS = set(re.findall(r'<symbol id="([^"]+)"', SPRITE))


def name(path):
    return str(path.relative_to(settings.BASE_DIR))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_has_no_inline_style_or_handler_and_begins_with_a_comment(path):
    source = path.read_text()

    assert not re.search(r"\sstyle\s*=|\son[a-z]+\s*=\s*[\"']|javascript:", source)
    assert source.lstrip().startswith(("{#", "{% comment %}"))
    assert not [line for line in source.splitlines() if "{#" in line and "#}" not in line]


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_icon_of_a_template_is_in_the_sprite(path):
    used = re.findall(r"(?:{% icon |icon_name=)[\"']([a-z0-9-]+)[\"']", path.read_text())

    assert set(used) <= ICONS


def test_every_icon_of_a_state_is_in_the_sprite():
    tables = [
        state_words.POWER,
        state_words.STATUS,
        state_words.MODES,
        state_words.CONNECTIONS,
    ]
    words = [word for table in tables for word in table.values()] + [state_words.ON_OS_ASLEEP]

    assert {word.icon for word in words if word.icon} <= ICONS


def test_static_files_can_be_collected_with_hashed_names(tmp_path, settings):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }

    call_command("collectstatic", verbosity=0, interactive=False)

    assert list(tmp_path.glob("css/zcc.*.css"))


def test_our_scripts_stay_small():
    scripts = Path(settings.BASE_DIR / "static" / "js").glob("*.js")

    assert not [script.name for script in scripts if len(script.read_text().splitlines()) > 300]
