import pytest
from django.core.exceptions import ValidationError

from vault import passwords


@pytest.mark.parametrize("password", ["P@ssw0rd", "aA1-aaaa", "Aa1!" * 8, "Two w0rds!"])
def test_a_password_that_keeps_every_rule_is_taken(password):
    passwords.check(password)


@pytest.mark.parametrize(
    ("password", "code", "sentence"),
    [
        ("P@ssw0r", "length", "It needs 8 to 32 characters."),
        ("Aa1!" * 8 + "x", "length", "It needs 8 to 32 characters."),
        ("P@SSW0RD", "lower", "It needs a small letter, a to z."),
        ("p@ssw0rd", "upper", "It needs a capital letter, A to Z."),
        ("P@ssword", "digit", "It needs a digit, 0 to 9."),
        (
            "Passw0rd",
            "sign",
            "The underscore counts as a letter.",
        ),
        (
            "Pass_w0rd",
            "sign",
            "The underscore counts as a letter.",
        ),
        ('P@ssw0rd"', "forbidden", "It may hold no quotation mark, comma or colon."),
        ("P@ssw0rd,", "forbidden", "It may hold no quotation mark, comma or colon."),
        ("P@ssw0rd:", "forbidden", "It may hold no quotation mark, comma or colon."),
        ("P@ssw0rdä", "keyboard", "US keyboard"),
        ("P@ssw0rd\n", "keyboard", "US keyboard"),
        ("P@ssw0rd\0", "keyboard", "US keyboard"),
    ],
)
def test_the_broken_rule_is_named(password, code, sentence):
    with pytest.raises(ValidationError) as raised:
        passwords.check(password)

    (error,) = raised.value.error_list
    assert error.code == code
    assert sentence in error.message
    assert password not in str(raised.value)


def test_every_broken_rule_is_named_at_once():
    with pytest.raises(ValidationError) as raised:
        passwords.check("aaa")

    assert [error.code for error in raised.value.error_list] == ["length", "upper", "digit", "sign"]
