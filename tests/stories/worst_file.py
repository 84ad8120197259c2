"""A file as bad as the worst of real ones, made anew: what is wrong with it is known exactly."""

import random

FIRST_NORTH, FIRST_EAST = 4_466_900, 2_789_200
"""A corner of Lecce in Gauss–Boaga east (EPSG:3004)."""

STREETS = ("Via Garibaldi", "Viale degli Studenti", "Piazza Sant’Oronzo", "Via Umberto I")


def roadworks(month: int, *, sites: int = 60) -> bytes:
    """Road works of a month as an office exports them: title rows, Latin-1, decimal commas,
    amounts with a euro sign, positions in Gauss–Boaga that nothing names, short and long rows,
    a day that does not exist, a sum and footnotes. Same sites each month, other costs."""
    chance = random.Random(20_260_000 + month)
    lines = [
        "Comune di Lecce – Settore Lavori Pubblici;;;;;;",
        f"Cantieri stradali, mese {month:02}/2026;;;;;;",
        ";;;;;;",
        "Codice;Via;Inizio;Importo [€];Lunghezza (m);X;Y",
    ]
    total = 0.0
    for number in range(1, sites + 1):
        cost = chance.randint(90_000, 9_900_000) / 100
        total += cost
        start = f"{chance.randint(1, 28):02}/{month:02}/2026"
        east = FIRST_EAST + 41.25 * (number % 10)
        north = FIRST_NORTH + 37.5 * (number // 10)
        lines.append(
            f"C{number:03};{STREETS[number % 4]};{start};€ {_italian(cost)};"
            f"{_italian(12.5 + number)};{_plain(east)};{_plain(north)}"
        )
    lines[9] = lines[9].replace(
        lines[9].split(";")[2], f"31/{month:02}/2026" if month == 4 else "n.d."
    )
    lines[14] = ";".join(lines[14].split(";")[:4])  # a short row
    lines[20] += ";da verificare;urgente"  # a long row, which is kept aside
    lines[30] = lines[30].replace("€ ", "circa € ")
    lines += [
        f"Totale;;;€ {_italian(total)};;;",
        "Fonte: ufficio strade;;;;;;",
        "(1) importi IVA inclusa;;;;;;",
    ]
    return "\r\n".join(lines).encode("cp1252")


def _italian(value: float) -> str:
    return f"{value:,.2f}".replace(",", " ").replace(".", ",").replace(" ", ".")


def _plain(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")
