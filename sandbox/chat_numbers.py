"""Phone numbers for the chat page: new ones of a country, typed ones checked, all in one form."""

import random

import phonenumbers

COUNTRIES = ("CO", "MX", "AR", "CL", "PE", "EC", "BR", "PT", "ES", "US", "GB", "DE")
_TRIES = 200
_RANDOM_DIGITS = 6


def fresh_number(country: str, dice: random.Random) -> str:
    """A mobile number that the country could have given out, in digits.

    Raises ValueError for a country that is not offered.
    """
    if country not in COUNTRIES:
        raise ValueError(f"{country} is not offered")
    kind = phonenumbers.PhoneNumberType.MOBILE
    example = phonenumbers.example_number_for_type(country, kind)
    if example is None:
        raise ValueError(f"{country} has no mobile numbers")
    pattern = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    for _ in range(_TRIES):
        end = "".join(str(dice.randrange(10)) for _ in range(_RANDOM_DIGITS))
        number = pattern[:-_RANDOM_DIGITS] + end
        if phonenumbers.is_valid_number(phonenumbers.parse(number)):
            return number.removeprefix("+")
    return pattern.removeprefix("+")


def typed_number(written: str) -> str:
    """What somebody typed, in digits. Raises ValueError when it is no international number."""
    with_plus = written.strip() if written.strip().startswith("+") else f"+{written.strip()}"
    try:
        number = phonenumbers.parse(with_plus)
    except phonenumbers.NumberParseException as error:
        raise ValueError("not an international phone number") from error
    if not phonenumbers.is_possible_number(number):
        raise ValueError("not an international phone number")
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164.removeprefix("+")


def readable(digits: str) -> str:
    """A number as people write it: +57 300 1234567."""
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return f"+{digits}"
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def dial_code(country: str) -> str:
    """The country's prefix: +57."""
    return f"+{phonenumbers.country_code_for_region(country)}"
