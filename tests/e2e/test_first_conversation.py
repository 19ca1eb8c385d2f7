"""From a signed webhook to a booked call, and to a person."""

from tests.e2e.conftest import Company

ANA = "573001112233"


async def test_a_lead_is_led_through_all_stages_to_a_booked_call(company: Company) -> None:
    said = await company.says(ANA, "hola")
    assert "asistente" in said
    await company.says(ANA, "Soy Ana, de Acme, y busco paneles solares para mi empresa")
    await company.says(ANA, "Queremos bajar la factura de luz de la bodega")
    await company.says(ANA, "unos 20 mil dólares")
    await company.says(ANA, "decido yo")
    offer = await company.says(ANA, "el próximo mes")
    assert offer.count("[") == 3
    booked = await company.taps(ANA, _first_choice(company))
    assert "llamada" in booked
    rows = await company.fetch("SELECT status FROM bookings")
    assert [row["status"] for row in rows] == ["confirmed"]


def _first_choice(company: Company) -> str:
    offers = [m for m in company.received(ANA) if m.kind == "interactive"]
    return offers[-1].content["interactive"]["action"]["buttons"][0]["reply"]["id"]
