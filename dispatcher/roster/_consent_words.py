"""The words in which files speak of consent, in English, Spanish and French: `HasOptedOutOfSms` is five of them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_WORDS = {
    "text": "sms mms rcs txt txts text texts texting texted textmessage textmessages message messages "
    "messaging texto textos texter textear mensaje mensajes mensajeria tcpa a2p",
    "phone": "phone phones telephone mobile wireless cell cellphone cellular tel telefono movil celular "
    "portable cellulaire",
    "land": "home work office business landline fixed domicile travail bureau casa trabajo oficina fijo fixe "
    "fax",
    "call": "call calls calling caller voice voicemail robocall robocalls ringless telemarketing llamar "
    "llamada llamadas llamen appel appels appeler appelez",
    "mail": "email emails mail mails mailing mailings directmail postal post letter letters newsletter "
    "newsletters print catalog correo correos courriel courriels courrier carta cartas boletin boletines "
    "infolettre infolettres",
    "app": "push app apps whatsapp viber telegram messenger",
    "site": "web website site browser online facebook instagram linkedin social",
    "any": "marketing market promo promotion promotional communication comms contact contacted contacting "
    "solicit solicitation notification alert update reminder offer advertising outreach disturb contactar "
    "contacto comunicacion notificaciones ofertas publicidad mercadeo comercial molestar contacter contactez "
    "offres publicite commercial sollicitation deranger",
    "agree": "consent consented consenting subscribed subscribe resubscribed consentement consentimiento "
    "consiente suscrito suscripto abonne inscrit",
    "agree, weakly": "accept accepted acceptance agree agreed agreement allow allowed ok okay permit "
    "permitted permission authorize authorized authorization authorise authorised authorisation contactable "
    "willing granted acepto aceptado aceptacion autorizo autorizado autorizacion permiso permitido acceptee "
    "accord daccord autorise autorisation",
    "member": "subscriber subscription suscripcion suscriptor abonado abonnement inscription",
    "verb": "enable enabled eligible reachable enrolled can may want wants send receive receives receiving "
    "get gets desea quiere recibir recibe enviar envien souhaite veut recevoir recoit envoyer envoyez",
    "refuse": "unsubscribe unsubscribed unsubscription unsub unsubbed blacklist blacklisted blocklist "
    "blocklisted suppressed suppression dnc dnd dnt desuscrito desuscripto desinscrit desinscription "
    "desabonne desabonnement",
    "refuse, weakly": "ineligible block blocked stop stopped revoke revoked withdraw withdrawn decline "
    "declined refused reject rejected deny denied exclude excluded exclusion remove removed disallow "
    "disallowed forbidden opposition oppose refus bloque bloqueado excluido excluir revocado denegado negado "
    "rechazado rechazo baja bajas exclu retrait",
    "not": "not no never non ne pas dont doesnt didnt hasnt isnt without sin sans nunca jamais",
    "opt": "opt opts opted optd opting",
    "in": "in into",
    "out": "out outs off",
    "state": "state status statut estado estatus preference preferences preferencia preferencias",
    "preferred": "preferred prefered prefers preferido preferida prefere",
    "time": "date dates time timestamp datetime at when since fecha hora heure quand depuis",
    "meta": "source sources ip reason reasons method methods url link page form forms formulario formulaire "
    "keyword keywords id ids campaign campaigns title type types version language lang country code count "
    "counts number numbers numero num name names note notes comment comments location agent proof disclosure "
    "confirmation created updated modified changed score rating rate origen origine fuente motivo razon "
    "raison motif length key token tag tags template wording frequency limit provider nombre",
    "filler": "carrier is has have had i me my us we our you your the a an to of for from with by via and or "
    "on this that do does did be been will would please e y o et ou de del des du la le les el los las al un "
    "una para por pour sur es est customer customers client clients profile member members user users person "
    "people lead global current currently all any only list program channel "
    "channels group flag value field indicator box checkbox double single express expressed written explicit "
    "prior verbal first last latest long longer anymore plus also si oui dado dada lista liste s",
}
_TAGS: dict[str, str] = {word: tag for tag, words in _WORDS.items() for word in words.split()}
_ALONE = "a e i o s y an un es me my us be by ip id la le el al may can want get ok"
#: Words that run together with others: `smsoptin`, `donottext`. Short ones with other meanings are no part of one.
_JOINED = frozenset(_TAGS) - frozenset(_ALONE.split())

_ACCENTS = re.compile(r"[\u0300-\u036f]")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_TOKEN = re.compile(r"[^\W\d_]+|\d+")
#: What is written in other words first: `No.` and `no of` are numbers and no refusals.
_IN_OTHER_WORDS = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"\bno\.|\bn[°º]|\bno\s+of\b", " number "),
        (r"\bun[\s-]+(?=subscri)", "un"),
        (r"\b(?:black|block)[\s_-]+list(?:ed)?\b|\bliste[\s_-]+noire\b|\blista[\s_-]+negra\b", "blacklist"),
        (r"\btextable\b", "text ok"),
        (r"\bn['\u2019]", "ne "),
        (r"\b[ld]['\u2019]", ""),
        (r"['\u2019]", ""),
    )
)
#: `refusées` is `refuse`, `suscritas` is `suscrito`.
_ENDINGS, _STEM, _LONGEST = ("s", "e", "es", "ee", "ees", "a", "as"), 5, 40


def tag_of(word: str) -> str:
    """The kind of a word, empty if nobody knows it."""
    return _TAGS.get(word, "")


def words_of(text: str) -> tuple[str, ...]:
    """The words of a heading or a cell, without accents, apart where they run together."""
    plain = _ACCENTS.sub("", unicodedata.normalize("NFKD", text))
    plain = _CAMEL.sub(" ", plain).casefold()
    for pattern, words in _IN_OTHER_WORDS:
        plain = pattern.sub(words, plain)
    return tuple(part for word in _TOKEN.findall(plain) for part in _taken_apart(word))


def _taken_apart(word: str) -> tuple[str, ...]:
    if word in _TAGS or len(word) > _LONGEST:
        return (word,)
    for ending in _ENDINGS:
        stem = word.removesuffix(ending)
        if len(stem) >= _STEM and (
            masculine := next((form for form in (stem, stem + "o") if form in _TAGS), "")
        ):
            return (masculine,)
    return _parts(word) or (word,)


@lru_cache(maxsize=4096)
def _parts(word: str) -> tuple[str, ...]:
    """Known words that a word consists of, the longest first; none if it does not."""
    for end in range(len(word), 1, -1):
        if word[:end] in _JOINED:
            if end == len(word):
                return (word,)
            if rest := _parts(word[end:]):
                return (word[:end], *rest)
    return ()
