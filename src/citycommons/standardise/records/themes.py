"""Themes as codes of the European data-theme table, from addresses, codes and words.

References
----------
EU Publications Office: authority table data-theme. ISO 19115: MD_TopicCategoryCode.
"""

import re
from collections import Counter
from collections.abc import Iterable

CODES = ("AGRI", "ECON", "EDUC", "ENER", "ENVI", "GOVE", "HEAL", "INTR", "JUST", "REGI", "SOCI",
         "TECH", "TRAN")  # fmt: skip

_WORDS = {
    "AGRI": "agriculture farming fisheries forestry food landwirtschaft fischerei forstwirtschaft "
    "ernährung agricoltura pesca foreste alimentazione sylviculture pêche alimentation agrar "
    "forstwesen lebensmittel",
    "ECON": "economy finance business budget economics trade wirtschaft finanzen haushalt gewerbe "
    "steuern handel economia finanze bilancio commercio imprese économie finances commerce "
    "entreprises budget emploi arbeit lavoro employment tourismus turismo tourism tourisme "
    "arbeitsmarkt",
    "EDUC": "education culture sport sports bildung kultur freizeit schule schulen istruzione "
    "cultura scuola éducation formation loisirs patrimoine museum museen musei musées biblioteche "
    "bibliotheken libraries leisure enseignement",
    "ENER": "energy energie energia énergie strom elektrizität électricité electricity",
    "ENVI": "environment climate weather air water waste umwelt klima wetter luft wasser abfall "
    "ambiente clima aria acqua rifiuti environnement climat eau déchets biota oceans inlandwaters "
    "climatologymeteorologyatmosphere natur nature natura naturschutz biodiversity biodiversité "
    "bäume trees alberi arbres lärm noise rumore bruit luftqualität",
    "GOVE": "government administration politics elections politik wahlen verwaltung regierung "
    "governo amministrazione elezioni politica gouvernement élections citoyenneté transparency "
    "transparenz trasparenza transparence partizipation",
    "HEAL": "health healthcare gesundheit gesundheitswesen salute sanità santé",
    "INTR": "international internationales internazionale",
    "JUST": "justice law legal recht justiz giustizia legge droit safety sicherheit sicurezza "
    "sécurité polizei police polizia kriminalität",
    "REGI": "regions cities city housing buildings planning regionen städte bauen wohnen "
    "stadtplanung stadtentwicklung geodaten geographie geologie geobasisdaten infrastruktur "
    "regioni città territorio urbanistica edilizia régions villes urbanisme logement territoire "
    "habitat boundaries planningcadastre structure location imagerybasemapsearthcover elevation",
    "SOCI": "population society social demography bevölkerung gesellschaft soziales demographie "
    "demografie popolazione società sociale demografia société démographie jugend familie",
    "TECH": "science technology research wissenschaft technologie forschung technik scienza "
    "tecnologia ricerca sciences technologies recherche digitalisierung",
    "TRAN": "transport transportation traffic mobility verkehr mobilität trasporti trasporto "
    "traffico mobilità transports mobilité circulation déplacements stationnement parking parken "
    "parkplätze parcheggi parkings cycling radverkehr ciclabili vélo öpnv fahrrad",
}
_BY_WORD = {word: code for code, words in _WORDS.items() for word in words.split()}
_PHRASES = {
    "public sector": "GOVE",
    "öffentlicher sektor": "GOVE",
    "settore pubblico": "GOVE",
    "secteur public": "GOVE",
    "public safety": "JUST",
    "public transport": "TRAN",
    "trasporto pubblico": "TRAN",
    "services sociaux": "SOCI",
}
_SPLIT = re.compile(r"[,;/&+|()]|\b(?:und|and|et|e|ed|y|oder)\b", re.I)


def theme_of(themes: Iterable[str], keywords: Iterable[str] = ()) -> str:
    """The code most of the themes mean, the first of equals; else what all keywords agree on."""
    found = Counter(code for said in themes if (code := code_of(said)))
    if found:
        return found.most_common(1)[0][0]
    by_word = {code for word in keywords if (code := _BY_WORD.get(word.casefold().strip(), ""))}
    return by_word.pop() if len(by_word) == 1 else ""


def code_of(said: str) -> str:
    """The code of one theme; empty where its words mean none, or two of them equally."""
    last = re.split(r"[/#]", said.strip().rstrip("/"))[-1] if "://" in said else said.strip()
    if last.upper() in CODES:
        return last.upper()
    text = last.replace("-", " ").replace("_", " ").casefold()
    for phrase, code in _PHRASES.items():
        if phrase in text:
            return code
    votes: Counter[str] = Counter()
    for piece in _SPLIT.split(text):
        words = [_BY_WORD[word] for word in piece.split() if word in _BY_WORD]
        votes.update(words[:1])
    ranked = votes.most_common(2)
    if not ranked or (len(ranked) == 2 and ranked[0][1] == ranked[1][1]):
        return ""
    return ranked[0][0]
