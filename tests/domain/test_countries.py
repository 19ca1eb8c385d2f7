import pytest

from domain.contact import Address
from domain.countries import prefix


@pytest.mark.parametrize(
    ("phone", "code"),
    [
        ("12025550141", "1"),
        ("79161234567", "7"),
        ("573001234567", "57"),
        ("5215512345678", "52"),
        ("34600111222", "34"),
        ("351912345678", "351"),
        ("59171234567", "591"),
        ("50212345678", "502"),
        ("971501234567", "971"),
        ("886912345678", "886"),
    ],
)
def test_a_number_belongs_to_its_calling_code(phone: str, code: str) -> None:
    assert prefix(Address(phone=phone, bsuid="XX.1")) == code


def test_a_user_id_names_its_country() -> None:
    assert prefix(Address(bsuid="CO.1349")) == "CO."
    assert prefix(Address(bsuid="strange")) == "strange"
