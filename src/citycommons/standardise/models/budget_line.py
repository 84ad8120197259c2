"""Budget lines: Fiscal Data Package (Open Knowledge), OCDS for the names of parties."""

from citycommons.standardise.models.model import Model
from citycommons.standardise.models.terms import INT, KIND, MEASURE, NUM, STR, TEXT, of

MODEL = Model(
    id="budget-line",
    title={"en": "Budget lines", "de": "Haushalt", "fr": "Budget", "it": "Bilancio"},
    source="Fiscal Data Package, Open Contracting Data Standard",
    words=("budget", "haushalt", "haushaltsplan", "expenditure", "spending", "dépenses",
           "subventions", "subsidies", "spese", "bilancio", "ausgaben", "einnahmen", "subsidie"),
    fields=(
        of("year", INT, KIND, "year; fiscal year; financial year; jahr; haushaltsjahr; année; "
            "exercice; annee; anno; esercizio; jaar", needed=True, least=1900, most=2200),
        of("amount", NUM, MEASURE, "amount; value; budget; spend; betrag; ansatz; summe; "
            "ergebnis; montant; montant voté; crédits; importo; stanziamento; impegnato; bedrag",
            unit="EUR", needed=True),
        of("direction", STR, KIND, "direction; revenue or expenditure; einnahme ausgabe; art; "
            "sens; recette dépense; entrata uscita; entrata spesa",
            codes={"expenditure": "expenditure; spending; aufwand; ausgabe; ausgaben; "
                   "auszahlung; dépense; depense; d; spesa; uscita; spese",
                   "revenue": "revenue; income; ertrag; einnahme; einnahmen; einzahlung; "
                   "recette; r; entrata; entrate"}),
        of("phase", STR, KIND, "phase; budget phase; planstatus; étape; fase",
            codes={"proposed": "proposed; entwurf; proposé; proposto",
                   "approved": "approved; ansatz; plan; voté; vote; approvato; previsione",
                   "adjusted": "adjusted; nachtrag; modifié; assestato; variazione",
                   "executed": "executed; actual; ergebnis; ist; réalisé; mandaté; consuntivo"}),
        of("function", STR, KIND, "function; functional classification; product; produktgruppe; "
            "produkt; produktbereich; fonction; nature fonction; missione; programma; funzione"),
        of("account", STR, KIND, "account; economic classification; sachkonto; konto; kontenart; "
            "compte; nature; chapitre; conto; capitolo; titolo; piano dei conti"),
        of("unit", STR, KIND, "administrative unit; department; amt; dezernat; teilhaushalt; "
            "direction; service; centro di responsabilità; settore; ufficio"),
        of("payee", STR, TEXT, "payee; supplier; beneficiary; recipient; empfänger; "
            "zahlungsempfänger; bénéficiaire; beneficiaire; tiers; beneficiario; fornitore"),
        of("description", STR, TEXT, "description; purpose; label; bezeichnung; zweck; libellé; "
            "libelle; objet; descrizione; oggetto; causale"),
    ),
)  # fmt: skip
