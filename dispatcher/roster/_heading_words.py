"""The words of a heading, and what those mean that speak of telephones: English, Spanish, French, without accents.

`TelMóvil`, `tel_movil` and `telmovil` are the same two words. A heading that is nobody's word is kept as it is.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: What words say. `never`: a line that gets no messages; `about`: the column tells something of a number (its network,
#: a consent) and holds none; `maybe`: so, unless it is said that it is a number; `asks`: a question begins. Whose it
#: is: `own` of the row's person, `side` of the same in another role, `buyer` of whoever paid for them, `third` of
#: somebody else.
_WORDS = """
mobile: mobile mobiles mob mobil cell cells cel celular celulares cellular cellphone cellphones cellno
    cellulaire cellulaires movil moviles portable portables gsm smartphone iphone handphone msisdn wireless
    celphone mbl cellulare handy mobiel mobiele mobiltelefon mobilnummer
sms: sms mms text texts texting textable
phone: phone phones phn ph telephone telephones telefon telefono telefonos telefone tel tels tele telf telef tlf
    tfno tfn tlfno fono fon whatsapp telefonico telefonica telephonique telefonicos telefoon telefonnummer
    telefoonnummer rufnummer
number: number numbers numero numeros num nums nbr nmbr nro nr no nos n nummer
contact: contact contacts contacto contactos
recipient: recipient recipients destination destinatario destinatarios destinataire destinataires receiver dest
home: home house casa hogar domicile domicilio maison residence residencia residential residentiel residentielle
    residencial res hm household family familia famille familiar
work: work works business biz bus office oficina bureau travail trabajo empresa entreprise company job
    employment professional professionnel profesional prof pro laboral wk corporate organization organisation
    org societe sociedad compania organismo firm direct directo directe hq headquarters
day: day days daytime evening evenings night dia noche jour soir seasonal
fixed: fixed fijo fija fixe landline landlines linea ligne terrestre
first: primary main principal principale primaire primario primaria first 1st pri premier primero preferred
    preferido prefere best
second: secondary second secondaire secundario secundaria segundo deuxieme 2nd sec third 3rd
aside: other others otro otra otros autre autres alternate alternative alt alternativo alterno additional
    adicional additionnel backup extra car vacation temporary old former previous all automovil voiture coche
    auto vehicle
own: customer customers client clients cliente clientes lead member members membre miembro socio patient
    paciente guest guests huesped donor donors donante donateur student students estudiante alumno eleve
    etudiant child children enfant hijo player camper athlete person personal perso personne persona individual
    attendee attendees participant participante registrant subscriber user usuario utilisateur applicant
    candidate volunteer benevole voluntario employee empleado employe staff worker resident tenant homeowner
    prospect constituent supporter voter passenger rider driver borrower policyholder insured account acct
    private prive particular adherent responder respondent debtor learner pupil invitee caller owner
    proprietaire propietario consumer shopper visitor entrant head residents parishioner congregant cust pt stu
parent: parent parents guardian guardians mother mothers father fathers mom mum mama dad papa padre madre padres
    tutor mere pere responsable apoderado acudiente caregiver carer cuidador
buyer: buyer buyers acheteur acheteuse comprador compradora payer payeur pagador purchaser orderer
partner: spouse spouses partner partners conjoint conyuge pareja coapplicant coborrower cosigner
side: billing bill facturation facturacion shipping ship envio entrega delivery livraison mailing address
    adresse direccion
third: emergency emergencia emergencias urgence ice assistant assistants assistante asistente referral referred
    referrer reference references referencia physician doctor doctors medico medecin pharmacy farmacia pharmacie
    insurance seguro assurance attorney lawyer abogado agent agente rep salesperson manager gerente supervisor
    teacher coach counselor employer landlord vendor supplier proveedor fournisseur store shop tienda magasin
    branch location venue hotel restaurant clinic hospital school escuela ecole church seller vendedor vendeur
    representative callback kin dealer broker provider ayudante rappel devolucion assigned dispatcher salesrep
    sales
never: fax faxes telecopie telecopieur facsimile facsimil pager pagers beeper telex isdn tty tdd radio modem
    skype voicemail voip switchboard tollfree hotline toll localizador buscapersonas radiotelefono
    radiotelephone radiomessagerie recepteur rnis rdsi telefax telecopia sip
label: label labels type types tipo tipos kind libelle etiqueta etiquette
about: carrier carriers operator operador operateur network red reseau status estado estatus statut verified
    verificado verifie verification valid validity valido valide invalid validated validation opt optin optins
    optout optouts opted consent consents consented consentement consentimiento subscription subscriptions
    subscribed subscribe unsubscribe unsubscribed suscripcion suscrito abonnement abonne desabonne permission
    permissions permiso permitted allowed allow allows accept accepts accepted acepta accepte agree agrees
    agreed agreement authorized authorised autorizado autorise ok okay dnc donotcall donottext dont not
    preference preferences preferencia method methods metodo methode mode channel canal extension extensions ext
    extn exten poste interno country countries pais pays code codes codigo area lada prefix prefijo indicatif
    dial region date dates fecha time times hora heure timezone created updated modified since until last ultimo
    dernier count counts total totals qty quantity cantidad nombre note notes notas comment comments comentario
    comentarios remarque description descripcion id ids identifier uuid guid sid key token hash name names nom
    noms nombres apellido apellidos prenom email emails mail mails correo courriel url link website web source
    origen origine fuente reason motivo sent received delivered failed bounced bounce error errors result
    response responded clicked opened score rating rank usage billed cost price amount plan data minutes
    segments direction sender from model make brand device os version app application imei serial sim
    blacklisted blacklist blocked suppressed suppression unreachable reachable confirmed eligible enabled
    disabled active activo actif unsub dnd stop bool boolean flag issue missing duplicate duplicates match
    matches quality confidence legal lookup litigator tag tags gender language langue idioma list lists report
    export roster directory lista listado liste reporte rapport log history bad wrong disconnected incorrect
    group groups groupe grupo
maybe: marketing promo promotional promotions reminder reminders alert alerts notification notifications update
    updates message messages messaging messenger mensaje mensajes campaign newsletter news call calls texto
owned: service services holder
asks: is has have can may should does do did was were will would wants want receive receives send
filler: the a an of for de del la le les el du des d l s your my our me us usa ca canada please enter what que
    cual quel votre su tu at on by in and or y et e to used use complete full intl international national e164
    format formatted raw clean cleaned normalized original value values valor valeur digits digit only optional
    required current line info information details with 10digit default field reach you we where get new nuevo
    nouveau
"""
#: Word → what it says.
SENSE_OF = {
    word: line.partition(":")[0]
    for line in _WORDS.replace("\n    ", " ").split("\n")
    for word in line.partition(":")[2].split()
}

#: Not telephones, though their ends look like it.
_NO_TELEPHONES = frozenset(
    (
        "microphone",
        "headphone",
        "headphones",
        "earphone",
        "saxophone",
        "francophone",
        "anglophone",
        "allophone",
    )
) | frozenset(("automobile", "snowmobile", "immobile"))
#: How to write the number: not what the column is about.
_INSTRUCTION = re.compile(
    r"\b(?:with|w/|incl\w*|con|avec)\b[^)\]]*\b(?:code|codes|codigo|indicatif|lada|prefix|prefijo|ext|extension)\b",
    re.IGNORECASE,
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ONE_WORD = re.compile(r"whatsapp|iphone", re.IGNORECASE)
_WORD = re.compile(r"e\.?164|10 ?digits?|1st|2nd|3rd|[^\W\d_]+|\d+|#", re.IGNORECASE)
_HEADING_MOST, _WORD_MOST = 200, 40
#: Parts of words written together; the short ones only beside a long one.
_LONG, _SHORT = 5, frozenset(("to", "no", "ph", "id", "ok"))
_PARTS = frozenset(word for word in SENSE_OF if len(word) > 2) | _SHORT
#: Words of which anything may stand before: `leadphone`, `tenantmobile`.
_ENDS = ("phonenumber", "cellphone", "telephone", "telefono", "mobile", "celular", "phone")


@lru_cache(maxsize=4096)
def words_of(heading: str) -> tuple[str, ...]:
    """The words of a heading, small and without accents; a number is a word, and so is `#`."""
    if len(heading) > _HEADING_MOST:
        return ()
    plain = unicodedata.normalize("NFKD", heading.replace("°", "o"))
    plain = "".join(
        char for char in plain if not (unicodedata.combining(char) or unicodedata.category(char) == "Cf")
    )
    plain = _ONE_WORD.sub(lambda found: found[0].lower(), plain)
    plain = _INSTRUCTION.sub(" ", _CAMEL.sub(" ", plain) if _is_camel(plain) else plain)
    found = [word.casefold().replace(".", "").replace(" ", "") for word in _WORD.findall(plain)]
    return tuple(part for word in found for part in _parts(word))


def _is_camel(text: str) -> bool:
    """Whether capitals begin words here. In `PHONe` or `cELL pHONE` they do not."""
    return not re.search(r"\b[a-z][A-Z]{2,}\b|\b[A-Z]{2,}[a-z]\b", text)


def _parts(word: str) -> tuple[str, ...]:
    """One word, or the words that were written together as one."""
    if word in SENSE_OF or word in _NO_TELEPHONES or not word.isalpha() or len(word) > _WORD_MOST:
        return (word,)
    parts = _cut(word)
    if parts and any(len(part) >= _LONG or part in ("cell", "tel", "sms", "mms") for part in parts):
        return parts
    end = next((end for end in _ENDS if word.endswith(end) and len(word) > len(end) + 2), None)
    return (word,) if end is None else (word.removesuffix(end), *_parts(end))


def _cut(word: str) -> tuple[str, ...]:
    """The fewest known words that make up this one, none if it cannot be."""
    best: list[tuple[str, ...] | None] = [(), *[None] * len(word)]
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - 16), end):
            before, part = best[start], word[start:end]
            if before is None or part not in _PARTS:
                continue
            if best[end] is None or len(before) + 1 < len(best[end] or ()):
                best[end] = (*before, part)
    return best[-1] or ()
