"""What citizens write: sentences in four languages by subject; {street} is filled in."""

from types import MappingProxyType

LANGUAGES = ("it", "en", "de", "fr")
MESSAGES = MappingProxyType(
    {
        "traffic": {
            "it": (
                "Da settimane in {street} è tutto un ingorgo.",
                "Troppe auto in {street}, attraversare è pericoloso.",
            ),
            "en": (
                "For weeks {street} has been one long queue.",
                "Too many cars in {street}; crossing is dangerous.",
            ),
            "de": (
                "Seit Wochen steht in {street} alles still.",
                "Zu viele Autos in {street}, das Queren ist gefährlich.",
            ),
            "fr": (
                "Depuis des semaines, {street} est un embouteillage.",
                "Trop de voitures {street}, traverser est dangereux.",
            ),
        },
        "noise": {
            "it": (
                "Musica fino alle tre di notte in {street}.",
                "I furgoni in {street} svegliano tutti alle cinque.",
            ),
            "en": (
                "Music until three at night in {street}.",
                "Vans in {street} wake everybody at five.",
            ),
            "de": (
                "Musik bis drei Uhr nachts in {street}.",
                "Lieferwagen in {street} wecken um fünf Uhr alle.",
            ),
            "fr": (
                "De la musique jusqu’à trois heures {street}.",
                "Les camionnettes {street} réveillent tout le monde à cinq heures.",
            ),
        },
        "waste": {
            "it": (
                "I cassonetti di {street} sono pieni da giorni.",
                "Rifiuti abbandonati accanto alla fontana in {street}.",
            ),
            "en": (
                "The containers in {street} have been full for days.",
                "Rubbish was left by the fountain in {street}.",
            ),
            "de": (
                "Die Container in {street} sind seit Tagen voll.",
                "Neben dem Brunnen in {street} liegt Müll.",
            ),
            "fr": (
                "Les conteneurs de {street} débordent depuis des jours.",
                "Des déchets près de la fontaine, {street}.",
            ),
        },
        "lighting": {
            "it": ("Tre lampioni spenti in {street}.", "In {street} di sera non si vede nulla."),
            "en": (
                "Three lamps are out in {street}.",
                "One sees nothing in {street} in the evening.",
            ),
            "de": ("In {street} sind drei Laternen aus.", "Abends sieht man in {street} nichts."),
            "fr": ("Trois lampadaires éteints, {street}.", "Le soir on ne voit rien {street}."),
        },
        "cycling": {
            "it": (
                "La ciclabile di {street} finisce nel nulla.",
                "Mancano rastrelliere in {street}.",
            ),
            "en": (
                "The cycle lane in {street} ends in nothing.",
                "There are no cycle stands in {street}.",
            ),
            "de": ("Der Radweg in {street} endet im Nichts.", "In {street} fehlen Fahrradständer."),
            "fr": (
                "La piste cyclable de {street} finit nulle part.",
                "Il manque des arceaux à vélos {street}.",
            ),
        },
        "green": {
            "it": (
                "Un ramo pericolante sopra la panchina in {street}.",
                "Piantate alberi in {street}, d’estate si soffoca.",
            ),
            "en": (
                "A branch hangs loose over the bench in {street}.",
                "Plant trees in {street}; summers are stifling.",
            ),
            "de": (
                "Über der Bank in {street} hängt ein loser Ast.",
                "Pflanzt Bäume in {street}, im Sommer ist es stickig.",
            ),
            "fr": (
                "Une branche menace de tomber {street}.",
                "Plantez des arbres {street}, on étouffe l’été.",
            ),
        },
        "praise": {
            "it": (
                "Grazie per la nuova fontana in {street}!",
                "Ufficio anagrafe gentile e veloce, bravi.",
            ),
            "en": (
                "Thank you for the new fountain in {street}!",
                "Friendly and quick at the registry, well done.",
            ),
            "de": (
                "Danke für den neuen Brunnen in {street}!",
                "Freundlich und schnell im Bürgeramt, danke.",
            ),
            "fr": (
                "Merci pour la nouvelle fontaine {street} !",
                "Accueil aimable et rapide à l’état civil, bravo.",
            ),
        },
    }
)
OCCUPATIONS = (
    "employee", "pensioner", "pupil or student", "homemaker", "shop assistant", "nurse", "teacher",
    "builder", "farmer", "driver", "cook", "waiter", "engineer", "accountant", "electrician",
    "plumber", "carpenter", "physician", "lawyer", "architect", "pharmacist", "notary", "librarian",
    "goldsmith", "bookbinder", "restorer of frescoes", "organ builder", "bell founder",
    "beekeeper", "puppeteer", "glass blower", "lute maker", "veterinarian", "translator",
    "surveyor", "piano tuner", "falconer", "mosaicist", "clockmaker", "cartographer",
)  # fmt: skip
CHAPTERS = (
    ("Schools", 4_200_000), ("Social services", 5_100_000), ("Streets and bridges", 3_300_000),
    ("Public lighting", 640_000), ("Waste", 3_900_000), ("Parks and gardens", 820_000),
    ("Culture and library", 1_150_000), ("Sport", 480_000), ("Municipal police", 1_600_000),
    ("Registry office", 710_000), ("Public transport", 1_900_000), ("Cycling", 260_000),
    ("Housing", 930_000), ("Tourism", 310_000), ("Administration", 2_800_000),
    ("Debt service", 1_400_000),
)  # fmt: skip
