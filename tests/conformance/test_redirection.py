"""Serial over LAN with Debian's amtterm and MeshCentral's stack, unchanged."""

import pytest

from .peers import PASSWORD, amtterm, node

OLD_AND_NEW = ("2.6", "7.1", "11.8", "16.1")


@pytest.mark.parametrize("profile", OLD_AND_NEW)
def test_amtterm_shows_the_console_and_what_is_typed(fleet, profile):
    (device,) = fleet(profile=profile, redirection=True)

    shown = amtterm(device.address, typed="hello-there")

    assert "Serial console of a simulated host." in shown
    assert "hello-there" in shown
    assert device.redirection is None


def test_amtterm_with_a_wrong_password_gets_no_console(fleet):
    (device,) = fleet(redirection=True)

    shown = amtterm(device.address, password="wrong")

    assert "Serial console" not in shown
    assert device.failed_sign_ins == 1


@pytest.mark.parametrize("port", ["16994", "16995"])
def test_meshcentral_opens_the_same_console(fleet, port):
    (device,) = fleet(redirection=True)

    text = node("sol.js", device.address, port, "admin", PASSWORD, "1", "hello-mesh").text

    assert "hello-mesh" in text


def test_meshcentral_with_a_wrong_password_gets_no_console(fleet):
    (device,) = fleet(redirection=True)

    text = node("sol.js", device.address, "16994", "admin", "wrong", "1", "hello-mesh").text

    assert "Serial console" not in text


def test_nothing_listens_where_redirection_is_off(fleet):
    (device,) = fleet(redirection=False)

    assert "Serial console" not in amtterm(device.address)
