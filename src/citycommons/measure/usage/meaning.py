"""What the dataset of the portal's own usage promises, and what its columns mean."""

from citycommons.core.types import (
    Category,
    Dataset,
    DatasetId,
    Field,
    FieldRole,
    FieldType,
    PublisherId,
)

_TITLE = {
    "en": "Use of this portal",
    "de": "Nutzung dieses Portals",
    "fr": "Utilisation de ce portail",
    "it": "Uso di questo portale",
}
_DESCRIPTION = {
    "en": "How often each dataset was looked at and taken in each month, by people and by "
    "programs, by door and format. Counted by the COUNTER Code of Practice for Research Data; "
    "robots are left out. Counts below five of a dataset in a month are left out, and of every "
    "sum; doors and formats are rounded down to fives, and what is then missing stands in the "
    "row without door and format, so that all rows of a metric add up. An investigation is any "
    "look, a request is one that took data; unique ones are counted by session.",
    "de": "Wie oft jeder Datensatz in jedem Monat angesehen und bezogen wurde, von Menschen und "
    "von Programmen, nach Zugang und Format. Gezählt nach dem COUNTER Code of Practice for "
    "Research Data, ohne Robots. Zahlen unter fünf je Datensatz und Monat fehlen, auch in jeder "
    "Summe; Zugänge und Formate sind auf Fünfer abgerundet, der Rest steht in der Zeile ohne "
    "Zugang und Format, so dass alle Zeilen einer Kennzahl sich zur Summe ergänzen. Eine "
    "Betrachtung (investigation) ist jeder Blick, ein Bezug (request) einer, der Daten mitnahm; "
    "die eindeutigen zählen Sitzungen.",
    "fr": "Combien de fois chaque jeu de données a été consulté et obtenu chaque mois, par des "
    "personnes et par des programmes, par voie d’accès et par format. Compté selon le COUNTER "
    "Code of Practice for Research Data, sans les robots. Les nombres inférieurs à cinq par jeu "
    "et par mois sont omis, aussi dans les sommes ; voies et formats sont arrondis à cinq près "
    "par défaut, et le reste figure dans la ligne sans voie ni format, de sorte que toutes les "
    "lignes d’une mesure s’additionnent.",
    "it": "Quante volte ogni dataset è stato visto e preso in ogni mese, da persone e da "
    "programmi, per via di accesso e formato. Contato secondo il COUNTER Code of Practice for "
    "Research Data, senza i robot. I numeri inferiori a cinque per dataset e mese mancano, anche "
    "nelle somme; vie e formati sono arrotondati per difetto a cinque, e il resto sta nella riga "
    "senza via né formato, così che tutte le righe di una misura si sommano.",
}
_KEY = ("month", "dataset", "access_method", "metric", "channel", "format")


def _field(name: str, meaning: dict[str, str], role: FieldRole = FieldRole.CATEGORY) -> Field:
    types = {FieldRole.TIME: FieldType.DATE, FieldRole.MEASURE: FieldType.INTEGER}
    return Field(
        name=name,
        type=types.get(role, FieldType.STRING),
        role=role,
        description=meaning,
        evidence="declared",
        unit="1" if role is FieldRole.MEASURE else "",
    )


_FIELDS = (
    _field(
        "month", {"en": "First day of the month", "de": "Erster Tag des Monats"}, FieldRole.TIME
    ),
    _field("dataset", {"en": "Id of the dataset", "de": "Kennung des Datensatzes"}),
    _field("publisher", {"en": "Id of its publisher", "de": "Kennung seines Herausgebers"}),
    _field(
        "access_method",
        {
            "en": "regular: people; machine: programs that people run",
            "de": "regular: Menschen; machine: Programme, die Menschen laufen lassen",
        },
    ),
    _field(
        "metric",
        {
            "en": "COUNTER's metric: total or unique, investigations or requests",
            "de": "Kennzahl von COUNTER: gesamt oder eindeutig, Betrachtungen oder Bezüge",
        },
    ),
    _field(
        "channel",
        {
            "en": "Door: page, file, api, a standard's name; empty: not told apart",
            "de": "Zugang: page, file, api, Name eines Standards; leer: nicht unterschieden",
        },
    ),
    _field(
        "format",
        {
            "en": "Format that was sent; empty: none, not said, or not told apart",
            "de": "Gesendetes Format; leer: keines, nicht gesagt oder nicht unterschieden",
        },
    ),
    _field(
        "count",
        {"en": "How often; five or more", "de": "Wie oft; fünf oder mehr"},
        FieldRole.MEASURE,
    ),
)


def described(id: DatasetId, publisher: PublisherId) -> Dataset:
    """The entry in the catalogue."""
    return Dataset(
        id=id,
        title=_TITLE,
        description=_DESCRIPTION,
        publisher=publisher,
        license="CC0-1.0",
        category=Category.TRANSPARENCY,
        theme="GOVE",
        keywords=("usage", "open data", "COUNTER"),
        frequency="MONTHLY",
        fields=_FIELDS,
        key=_KEY,
    )
