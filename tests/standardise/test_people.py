"""What columns about people are known by, and what is left alone."""

import pytest

from citycommons.standardise.people import about

PLAIN = [f"Lamp {n} does not work since Monday." for n in range(190)]


@pytest.mark.parametrize("name", ["cf", "CF", "C.F.", "cod_fiscale", "cf_richiedente", "utente_cf"])
def test_a_codice_fiscale_is_about_a_person(name):
    assert about(name, ["RSSMRA85T10A562S", "VRDGPP13R10B293P", ""])


def test_cf_of_figures_is_none():
    assert about("cf", ["1.20", "0.95", "1.10"]) == ""


@pytest.mark.parametrize(
    "contact",
    [
        "Please write to ada.lovelace@city.example, thank you.",
        "Call me: +49 251 492-3300",
        "Rückruf unter 0049 (251) 4923300 erbeten",
        "tel. 0832 123456, la mattina",
        "Mobil: 0171/1234567",
        "+390832123456",
    ],
)
def test_texts_that_hold_contacts_are_about_persons(contact):
    assert about("remarks", PLAIN + [contact] * 10)
    assert about("remarks", PLAIN * 10 + [contact] * 20)  # 1 in 100, of many
    assert about("remarks", PLAIN + [contact] * 2) == ""


@pytest.mark.parametrize(
    "text",
    [
        "+51.956512 +7.635712",
        "2026-03-01 00:00:00",
        "2026-03-01T00:00:00+01:00",
        "00123456789012",
        "as in icon@2x.png here",
        "https://maps.example/@51.9,7.6,15z",
        "DE-48143 0815-4711",
        "+1200000 m³",
        "Hotel 12, Platz 1",
        "978-3-16-148410-0",
    ],
)
def test_other_figures_are_not(text):
    assert about("remarks", [text] * 50) == ""
