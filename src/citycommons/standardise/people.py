"""Columns about people: by their names in four languages, and by what stands in them."""

import re

_CONTACT = re.compile(
    r"(?:^|[\W_])(?:e ?mail|email|courriel|mail|posta elettronica|pec|tel|telefon(?:nummer)?|phone|"
    r"t[eé]l[eé]phone|telefono|mobil(?:e|nummer|telefon)?|handy(?:nummer)?|cellulare|portable|fax)"
    r"(?:$|[\W_])",
    re.IGNORECASE,
)
_NAME = re.compile(
    r"^(?:vor ?name|vornamen|nach ?name|familien ?name|geburts ?name|personen? ?name|"
    r"first ?names?|given ?names?|last ?names?|family ?name|sur ?name|fore ?name|full ?name|"
    r"pr[eé]noms?|nom de famille|nom patronymique|nom et pr[eé]nom|nom pr[eé]nom|"
    r"cognome|nome e cognome|cognome e nome|nominativo)$",
    re.IGNORECASE,
)
_IDENTITY = re.compile(
    r"(?:^|[\W_])(?:geburts ?(?:datum|tag|jahr|ort)|date of birth|birth ?(?:date|day)|"
    r"date de naissance|data (?:di )?nascita|cod(?:ice)? fiscale|steuer ?id|"
    r"sozialversicherungs ?nummer|passport|reisepass|personalausweis|kfz ?kennzeichen|"
    r"license plate|plaque d ?immatriculation|targa|iban)(?:$|[\W_])",
    re.IGNORECASE,
)
_PERHAPS = re.compile(
    r"^(?:name|nom|nome|ansprechpartner(?:in)?|kontakt(?:person)?|contact(?: person| name)?|"
    r"referente|responsabile|responsable|eigent[uü]mer(?:in)?|owner|propri[eé]taire|proprietario|"
    r"antragsteller(?:in)?|applicant|demandeur|richiedente|bearbeiter(?:in)?|melder(?:in)?|"
    r"reporter|author|autor(?:in)?|auteur|autore|k[uü]nstler(?:in)?|artist)$",
    re.IGNORECASE,
)
_ROLE = (
    r"customer|client[ei]?|kund(?:e|in|en)|utent[ei]|subscriber|abonn[eé]e?s?|abonnent(?:in)?|"
    r"intestatari[oa]|titolare|titulaire|inhaber(?:in)?|holder|tenant|mieter(?:in)?|inquilin[oa]|"
    r"locataire|resident|bewohner(?:in)?|residente|citizen|b[uü]rger(?:in)?|cittadin[oa]|citoyen|"
    r"employee|mitarbeiter(?:in)?|dipendente|employ[eé]e?|driver|fahrer(?:in)?|conducente|"
    r"patient(?:in)?|paziente|pupil|sch[uü]ler(?:in)?|alunn[oa]|[eé]l[eè]ve"
)
_SOMEBODY = re.compile(
    rf"^(?:(?:name|nome|nom) (?:d[eiu]l? |de la |des |der |de l |dell )?)?(?:{_ROLE})"
    r"(?:s|n)? ?(?:name|names|nome|nom)?$",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"^[^@\s]+@[^@\s]+\.[A-Za-z]{2,}$")
_PHONE = re.compile(r"^(?:\+|00|\(?0)[\d\s()/.\-]{6,20}$")
_FISCAL_NAME = re.compile(r"^c\.? ?f\.?$|[\W_](?:cf|c f)$|^cf ", re.IGNORECASE)
_FISCAL = re.compile(
    r"^[A-Z]{6}[0-9L-V]{2}[A-EHLMPR-T][0-9L-V]{2}[A-Z][0-9L-V]{3}[A-Z]$", re.IGNORECASE
)
_EMAIL_WITHIN = re.compile(r"[\w.+-]@(?:[A-Za-z][\w-]*\.)+[A-Za-z]{2,}")
# With the country's number, or after a word that says what it is; else any figures would do.
_PHONE_WITHIN = re.compile(
    r"(?<![\w.,+])(?:\+[1-9]|00[1-9]\d{0,2}[\s/(])\d{0,2}[\s/()-]{0,3}\d(?:[\s/()-]{0,2}\d){6,11}(?![\w.,])|"
    r"\b(?:tel|telefon|telefono|t[eé]l[eé]phone|t[eé]l|phone|mobil|mobile|handy|cell|cellulare|"
    r"portable|fax)\b\.?:?\s{0,3}[+(]?\d[\s/()-]{0,2}\d(?:[\s/().-]{0,2}\d){4,13}",
    re.IGNORECASE,
)
_MANY_CONTACTS, _CONTACT_SHARE = 20, 0.05
_LONGEST_TEXT = 2000  # characters of a value that are looked through
_PERSON = re.compile(
    r"^(?:(?:herrn?|frau|dr|prof|mr|mrs|ms|mme|mlle|m|monsieur|madame|sig|sig\.ra|dott|dott\.ssa|"
    r"ing|avv|arch)\b\.?\s*)+\S+",
    re.IGNORECASE,
)
_WORDS = re.compile(r"^[A-ZÀ-Þ][\w'’\-]+(?:,?\s+(?:(?:von|van|de|di|del|della|le|la)\s+)?"
                    r"[A-ZÀ-Þ][\w'’.\-]*){1,3}$")  # fmt: skip
_GIVEN = frozenset(
    """
    anna maria peter thomas michael andreas stefan stephan christian martin sabine claudia julia
    katharina sandra monika petra ursula hans karl klaus wolfgang jürgen heinz werner frank uwe anke
    markus daniel tobias jan lukas felix paul max laura lena lea sophie sarah lisa nina eva
    jean pierre michel philippe alain nicolas patrick françois frédéric julien antoine marie
    nathalie isabelle sylvie catherine françoise martine christine valérie camille chloé manon
    giuseppe giovanni antonio mario luigi francesco angelo vincenzo pietro salvatore carlo marco
    andrea luca matteo alessandro stefano roberto paolo rosa giulia francesca chiara sara elena
    paola silvia alessia martina john james robert david william richard joseph charles
    christopher matthew anthony mark steven mary patricia jennifer linda elizabeth barbara susan
    jessica margaret karen nancy emma olivia jack george harry mohamed mohammed ali ahmed fatima
    mehmet mustafa ayşe emine
    """.split()  # noqa: SIM905 (a list of a hundred names reads worse)
)


def about(name: str, sample: list[str]) -> str:
    """By what a column is known to be about people, in words; empty when it is not.

    A name alone decides only where it can mean nothing else; “name” needs values that are people's.
    """
    plain = re.sub(r"[\W_]+", " ", name).strip()
    some = [text.strip() for text in sample[:200] if text.strip()]
    if some and _share(some, _EMAIL.match) > 0.5:
        return "e-mail addresses stand in it"
    if _IDENTITY.search(plain):
        return f"it is called “{name}”"
    if _NAME.match(plain) and not any(re.search(r"\d", text) for text in some[:20]):
        return f"it is called “{name}”"
    if not some:
        return ""
    if _FISCAL_NAME.search(plain) and _share(some, _FISCAL.match) > 0:
        return f"it is called “{name}” and holds codici fiscali"
    contacts = sum(1 for text in map(str.strip, sample) if _holds_contact(text[:_LONGEST_TEXT]))
    if contacts >= min(_MANY_CONTACTS, max(1.0, _CONTACT_SHARE * len(sample))):
        return "e-mail addresses or telephone numbers stand in its texts"
    if _CONTACT.search(plain) and _share(some, _is_contact) > 0.5:
        return f"it is called “{name}” and holds telephone numbers or addresses"
    if (_PERHAPS.match(plain) or _SOMEBODY.match(plain)) and _share(some, _is_person) >= 0.5:
        return f"it is called “{name}” and holds names of people"
    return ""


def _share(some: list[str], test: object) -> float:
    assert callable(test)  # noqa: S101
    return sum(1 for text in some if test(text)) / len(some)


def _holds_contact(text: str) -> bool:
    return ("@" in text and bool(_EMAIL_WITHIN.search(text))) or bool(_PHONE_WITHIN.search(text))


def _is_contact(text: str) -> bool:
    return bool(_PHONE.match(text) or _EMAIL.match(text))


def _is_person(text: str) -> bool:
    if _PERSON.match(text):
        return True
    if not _WORDS.match(text):
        return False
    return any(word in _GIVEN for word in re.split(r"[\s,.\-]+", text.casefold()))
