"""Wordings with an object: `stop texting me`, `quítenme de la lista`, `ne m'envoyez plus de messages`.

All of them are read in plain words (`_optout_text.plain`), a clause at a time. Every repetition is bounded, so that the
time grows with the text and no faster.
"""

from __future__ import annotations

import re

_TEXTS = (
    r"(?:text|txt|message|messag|msg|sms|mms|spam|mail|alert|notification|offer|ad|ads|advert|promo"
    r"|reminder|update"
    r"|marketing|communication|contact|call|blast|mensaje|texto|aviso|publicidad|correo|oferta"
    r"|notificacion|messages|textos"
    r"|publicite|pub|offre|communication|courriel|alerte)\w*"
)
#: Texts and nothing else: one offer, call or update may be another matter.
_SURE = (
    r"(?:(?:text|txt|message|messag|msg|sms|mms|spam|notification|promo|marketing|communication|advert"
    r"|blast|mensaje"
    r"|texto|publicidad|publicite|courriel)\w*|(?:alert|ad|offer|update|reminder|call|email|mailing)s"
    r"|contact)"
)
_DOING = (
    r"(?:text|txt|messag|msg|send|contact|call|bother|spam|harass|writ|annoy|email|blow|pester"
    r"|receiv|gett|hit|bugg|nagg|badger|stalk|disturb)\w*"
)
_THING = (
    r"(?:all|the|these|those|this|that|your|with|please|me|us|any|my|future|further|of|getting"
    r"|more|fucking|damn|from|w|off|it|already)"
)
_MINE = r"(?:my|this|the|our)"
_NUMBER = (
    rf"(?:{_MINE} (?:cell |phone |mobile |contact )?(?:number|name|info|information|phone|cell"
    rf"|contact|details)|me|us)"
)
_ASKED = (
    r"(?:^|\b(?:please|pls|plz|kindly|just|and|so|now|again|then|you to|said|ok|stop|sir|hey|hi"
    r"|hello|thanks|but|phone|number|cell|line|minor)\s)"
)

_ENGLISH = (
    rf"\b(?:stop|quit|cease|discontinue|halt|stopping) (?:{_THING} ){{0,4}}(?:{_TEXTS}|{_DOING})",
    rf"\b(?:end|cancel) (?:{_THING} ){{0,4}}{_SURE}|\bstop wasting my time\b",
    rf"{_ASKED}(?:do not|dont|never) (?:ever |please |you ever )?(?:text|txt|message|msg|contact|call"
    rf"|bother|write|email)"
    r"(?: (?:me|us|this|here|my|again|anymore|any more)\b|$)",
    rf"{_ASKED}(?:do not|dont|never) (?:ever )?send (?:me |us )?(?:any|anymore|more|another|this|these|texts"
    rf"|anything|messages|things)\b",
    rf"{_ASKED}(?:do not|dont|never) (?:ever )?send(?: me| us)?(?: your| the| all| stupid){{0,2}}(?:$"
    rf"| {_SURE})",
    r"(?<!you )(?<!they )(?<!we )(?<!\bi )\b(?:do not|dont|never) (?:ever )?(?:text|txt|message|msg"
    r"|contact|call|bother|send|write)"
    r" (?:me|us|this|here|my)(?: \w+){0,5} (?:again|anymore|more|ever)\b",
    rf"\b(?:do not|dont|no longer|not|didnt|never) (?:want|wish|care|need(?! to)|agree|consent|wanna|ask"
    rf"|asked|sign up)"
    rf" (?:to |for |be |get |receive |have |hear |any |more |your |these |those |the |you to |you "
    rf"|this |from |getting "
    rf"|receiving |further ){{0,6}}(?:(?<!to ){_SURE}|texted|contacted|messaged|called|(?:you"
    rf"|you to) {_DOING}|(?:receiv|gett)\w+|hear from|on"
    rf" (?:this|your|the) list)",
    r"\b(?:do not|dont|no longer) (?:want|wish|care) to (?:hear from|be on)\b",
    rf"\b(?:take|get|remove|delete|drop|erase|scrub|strike|pull|want|have) {_NUMBER} (?:please "
    rf"|removed |taken |be )?"
    r"(?:off|out of (?:your|this|the) (?:list|system|database)|from(?= (?:your|this|the|all|any)))\b",
    rf"^(?:\w+ ){{0,4}}(?:remove|delete|erase|drop) {_NUMBER}(?: (?:please|now|immediately|thanks"
    rf"|thank you|asap|today)){{0,3}}$",
    r"\b(?:take|get|want|let) (?:me|us|my name|my number|this number)? ?off (?:of )?(?:this|your|the|ur|that)"
    r" (?:\w+ ){0,2}(?:list|lists|system|texts)\b",
    r"\b(?:be|been|am|get) (?:removed|deleted|taken off|unsubscribed|opted out)\b",
    r"\bi (?:have |already |just |literally |did |ve ){0,3}(?:told|asked|said|say|texted|text|sent|replied"
    r"|reply|typed"
    r"|wrote) (?:you |u |guys |people |all |multiple times |already |to |the word ){0,4}stop\b(?! (?:by|in"
    r"|over|at|for|sign))",
    rf"\b(?:turn|shut|switch) off (?:{_THING} ){{0,3}}{_TEXTS}|\b(?:turn|shut"
    rf"|switch) (?:{_THING} ){{0,3}}{_TEXTS} off\b",
    r"\b(?:please|pls|plz) (?:remove|delete|erase|drop) (?:his|her|their) (?:number|name|phone|info\w*)$",
    r"\b(?:remove|delete|unsubscribe) from (?:all |every |your |the |any ){0,2}(?:mailing |text )?lists?\b"
    rf"|\brather not (?:get|receive|have|see) (?:{_THING} ){{0,3}}{_SURE}",
    r"\bwrong (?:number|person)(?: \w+){0,3} (?:remove|delete|unsubscribe)$",
    r"\b(?:rmv|remov|unsub|unsubs) (?:me|us|my number|this number)\b",
    r"(?:^|\b(?:please|to|pls|plz|i|me|now|and|just|how do i|can i|want|kindly|ill) )unsubscribe?"
    r"(?: (?:me|us|now|please|from|this|my|immediately|asap|all)|$)",
    r"\bunsubscribe (?:me|us|my|this number)\b",
    r"\bopt(?:ing|ed)? (?:me |us |this number )?out\b|\boptout\b|\bopting me out\b",
    rf"\bno more (?:\w+ ){{0,2}}{_TEXTS}",
    r"\bleave (?:me|us) (?:the \w+ )?alone\b|\blose (?:my|this) (?:phone )?(?:number|digits)\b",
    r"\bcancel (?:my |this |the |all |these |your |me ){0,3}(?:subscription|membership with you)",
    r"\b(?:revok\w+|withdraw\w*|rescind\w*) (?:my |any |all |the )?(?:\w+ )?(?:consent|permission)\b",
    r"\bcease and desist\b|\bput (?:me|my number|this number) on (?:your|the) (?:internal )?(?:do not|dnc)\b",
)
_STEM = r"(?:envi|mand|escrib|contact|llam|textee|text|molest|recib)"
_SPANISH = (
    rf"\b(?:no|ya no|nunca|jamas) (?:me|nos) (?:vuelvan? a )?(?:{_STEM}(?:e|en|es|a|an|as|ar|ir|ees"
    rf"|een|ien|ie|ies)|vuelvan)\b",
    rf"\b(?:dej\w{{1,3}}|paren?|parar|para|cesen?|cesar|basta) (?:ya )?(?:de|con) "
    rf"(?:{_STEM}\w*|tantos? mensajes|los? mensajes|\w+me)\b",
    rf"\b(?:no|ya no) (?:quiero|deseo|queremos|quisiera|necesito) (?:que me |recibir |ser |estar |seguir "
    rf"|recibiendo |nada |mas |sus |tus "
    rf"|estos |esos |los |de "
    rf"|ningun |ningunos ){{0,4}}(?:{_TEXTS}|{_STEM}\w+)",
    r"\b(?:quit|elimin|borr|sac|saqu|retir|remuev|remov|remuevan|desuscrib|desinscrib)\w{0,3}(?:me|nos)\b",
    r"\b(?:quit|elimin|borr|retir|remuev|remov)\w{0,3} (?:mi|este) (?:numero|telefono|contacto|nombre"
    r"|celular)\b",
    r"\bcancel\w{0,3} (?:mi |la |esta |los |estos |sus ){0,2}(?:suscripcion|subscripcion|mensajes|textos)",
    rf"\b(?:no|ni un) mas (?:de )?(?:\w+ )?{_TEXTS}",
    r"\b(?:dar|darme|darse|dame|deme|denme|darnos|dan|pido|quiero|solicito) (?:la |mi |de )?baja\b",
    r"\bno (?:molestar|fastidiar|contactar|textear|enviar mas|molesten|molestes|fastidien)\b"
    r"|^deten(?:te|gase|ganse|gan|erse)$",
    r"\bdeje?n?me en paz\b|\b(?:revoco|retiro|anulo) mi (?:consentimiento|permiso|autorizacion)\b",
    rf"\bbasta (?:ya )?de {_TEXTS}|\b(?:eliminar|quitar|sacar|borrar|eliminado|borrado) de (?:la|su"
    rf"|tu|esta) lista\b",
    r"\b(?:ya no|no) (?:me |nos )?(?:envi|mand|escrib|contact|textee)\w{1,3} (?:mas|nada)\b"
    r"|\bya no (?:envi|mand|escrib)(?:e|en|es|an|a)$",
    r"\b(?:quit|elimin|borr|saqu|sac|retir)\w{0,4} de (?:la|su|tu|esta|sus) (?:\w+ )?listas?\b",
    r"\b(?:detener|detenga|detengan|suspender|suspendan|paren?|parar|terminar|eliminar"
    r"|quitar) (?:\w+ ){0,2}(?:mensajes|textos|envios?)\b",
)
_SEND = r"(?:envo(?:ye|i)\w*|ecri\w+|contact\w*|text\w+|appel\w+|derang\w+|harcel\w+|spamm?\w*|sollicit\w+)"
_FRENCH = (
    rf"\b(?:arret\w{{1,2}}|cess\w{{1,2}}|stoppez) (?:svp |donc )?(?:de |d)?(?:m ?|me |nous |les |vos "
    rf"|ces |tous |tout )"
    rf"{{0,3}}(?:{_SEND}|messages?|textos?|sms|pub\w*)",
    rf"\bn(?:e | ?)(?:plus |pas |jamais )?(?:m ?|me |nous |les ){{0,2}}(?:plus |pas )?{_SEND}(?: (?:plus|pas"
    rf"|jamais|rien))?",
    rf"\b(?:ne )?(?:veux|veut|souhaite|desire|voulons) (?:plus|pas|aucun) (?:de |d|recevoir |vos |ces"
    rf" |etre |avoir |les "
    rf"|aucun |plus ){{0,4}}(?:{_TEXTS}|sms|textos?|contacte\w*|sollicite\w*)",
    r"\b(?:retir|enlev|supprim|ot|effac|ray|desabonn|desinscri)\w{1,4} (?:moi|nous|mon (?:numero|nom"
    r"|contact)|ce numero)\b",
    r"\b(?:me |m ?)(?:desabonner|desinscrire|retirer|enlever|supprimer|effacer|rayer|oter)\b|\b(?:desabonn"
    r"|desinscri)\w{2,6} (?:svp|de|moi)\b",
    r"\b(?:etre|suis) (?:retire|enleve|supprime|desabonne|efface|raye)\w*|^pas de (?:textos?"
    r"|messages?|sms|pubs?)\b",
    r"\b(?:plus|assez) de (?:messages?|textos?|sms|pubs?)\b(?! svp plus)",
    r"\b(?:laiss|fich|fout|fous|lach)\w* (?:moi|nous) (?:tranquilles?|en paix|la paix)\b",
    r"\b(?:retir|revoqu|annul|resili|cancel|arret)\w{1,4} (?:mon |cet |l ?|notre |votre )(?:consentement"
    r"|abonnement|inscription)\b",
    r"\b(?:veux|veut|voudrais|souhaite|desire|voulons) plus (?:rien |jamais )?(?:recevoir"
    r"|etre contacte\w*)\b",
    rf"\b(?:stop|arret\w{{0,2}}|fini|halte|assez) (?:a |avec |de )?(?:aux? |des |les |vos |ces "
    rf"|tous ){{1,2}}(?:{_TEXTS}|sms)",
    r"\b(?:ne plus|plus jamais) (?:rien |vouloir )?(?:recevoir|etre (?:contact|sollicit|derang)\w*)\b",
)
REVOKES = re.compile("|".join((*_ENGLISH, *_SPANISH, *_FRENCH)))
_LIST = (
    rf"(?:{_SURE}|list\w*|system|sistema|database|base|contacts|group|grupo|thread|campaign|program|number"
    rf"|numero|phone"
    r"|telefono|rolls?|mailing|sms|textos?|stuff|crap|shit|wrong|person|time|whole|same|hell|fuck\w*|damn"
    r"|lol)"
)
#: After a request, what it is about, when that is no list and no message: `the Friday shift`, `la facture`, `una cita`.
_ELSE = re.compile(
    r" ?(?:from |off |of |de )?(?:the|du|al|a|an|that|one|two|some|hold|at|early|work|duty|el|la|los|las|un"
    r"|una|unos|lo"
    r"|le|les|une|des|\d+(?! (?:times?|x|veces|fois))) (?!phone|number|cell)((?:\w+ ?){1,4})|(?: hold"
    r"| early)$"
)
_ABOUT_US = re.compile(rf"\b{_LIST}\b")


def about_else(after: str) -> bool:
    """Whether what stands behind a request says that it is about something other than our messages."""
    said = _ELSE.match(after)
    return said is not None and not _ABOUT_US.search(said[0])


_NEVER = (
    r"(?:do not|dont|never|cant|can not|cannot|wont|will not|wouldnt|not|didnt|doesnt|hasnt"
    r"|havent|dont you dare)"
)
#: `don't stop`, `can't stop thinking`, `no paren`, `n'arrêtez pas`: somebody who stays.
STAYS = re.compile(
    rf"\b{_NEVER} (?:ever |please |pls |you |guys |dare |want |wanna |need |going |mean |meant |ask "
    rf"|asked |tell |wish "
    r"|try |trying |be |get |to ){0,5}"
    r"(?:stop|quit|end|cancel|remov|delet|unsub|opt out|opt me out|opting out|opted out|discontinu|drop|eras"
    r"|(?:take|taken|taking|get|pull|kick) (?:me |us |my name |my number )?off)\w*"
    r"|\b(?:no|nunca|tampoco) (?:quiero|quisiera|deseo|queremos|pedi|voy a|pienso|quise|he pedido) (?:que "
    r"|me |nos |la ){0,3}"
    r"(?:dar\w* de baja|baja|cancel|salir|parar|paren|desuscrib|desinscrib|borr|quit|elimin|saqu|sac)\w*"
    r"|\b(?:no|sin) (?:me |nos )?(?:den|des|saquen|saques|borres|elimines) (?:de baja|de (?:la|su"
    r"|tu) lista)\b"
    r"|\b(?:veux|voulais|souhaite|desire|voulons) pas (?:que vous )?(?:me |m ?|nous |vous |etre |d ?"
    r"|l ?){0,3}"
    r"(?:desabonn|desinscri|retir|enlev|supprim|annul|arret|quitt|resili|cess)\w*"
    r"|\bno (?:me |nos |se )?(?:paren?s?|pares|dejen?|dejes|cancelen?|cancel|quiten?|quites|borren?"
    r"|eliminen?)\b"
    r"|\bn(?:e ?)?(?:me |m ?)?(?:arret|desabonn|desinscri|retir|enlev|supprim|cess|annul|effac|ray"
    r"|ot)\w+ (?:surtout )?"
    r"(?:pas|jamais|plus)\b"
)
#: Asked, told of the past, or supposed: a person may mean anything by it.
SUPPOSED = re.compile(
    r"\b(?:when|why|if|unless|did|does|what time|how come|how long|until|till|before i|should i"
    r"|because|youll|have you|they"
    r"|we|cuando|por que|si|quand|pourquoi|she|he|it)\b"
)
#: Said of texts that did not come, or that are wanted.
WANTS = re.compile(
    r"\b(?:miss|lose)\b|\b(?:until|till|instead|unless|except|is better|(?:after|before) (?:\d|noon"
    r"|work|then))\b"
)
#: Said beside `don't call`: somebody who wants to be written to.
WRITE_TO_ME = re.compile(
    r"^(?:just |please |pls |so |only |you can |but |and ){0,2}(?:text|txt|message|msg) (?:me"
    r"|us)\b(?! (?:again|anymore|any))"
    r"|\b(?:call|calling|ring) (?:me )?(?:just |please |only )?(?:text|txt|message) (?:me|us)\b(?! (?:or"
    r"|and|ever|again|anymore|any))"
    r"|^(?:svp |mais |plutot ){0,2}(?:textez|ecrivez|texte|ecris) (?:moi|nous)\b"
    r"|^(?:mejor |pero |por favor ){0,2}(?:escriba|escriban|escribe|textee|mande|manden|manda)(?:me|nos)\b"
)
LAUGHS = re.compile(r"\b(?:lol|lmao|haha\w*|hehe\w*|jaja\w*|mdr|rofl|killing me|blush\w*|kidding|funny)\b")
DOUBTFUL = re.compile(
    r"\b(?:stop\w*|quit|cancel\w*|revok\w*|unsub\w*|optout|arret\w*|spam\w*|harass\w*|lawyer|attorney"
    r"|sue|ftc|fcc|tcpa"
    r"|crtc|lawsuit|report\w* (?:you|this|it)|opt out|opting out|opt \w+ out|wrong (?:number|person)"
    r"|wrong$|let me off|(?:remove|delete) it$|f off|remov\w* (?:me|us|my|this)"
    r"|delet\w* (?:me|us|my|this)|(?:take|get) (?:me|us) off|off (?:(?:your|the|this|ur|that) )?list"
    r"|leave (?:me"
    r"|us)|alto|parar|pare|paren"
    r"|basta|knock it off|cut it out|turn (?:it|these|this|those|them) off|turn off (?:these|this|those)"
    r"|go away|fuck\w*|piss off|buzz off|bug off|get lost|screw you|not interested|no longer"
    r" interested|no thanks"
    r"|scam\w*|block\w*|enough|discontinu\w*|cease|desist|(?:not|never|dont|nt) (?:\w+ )?(?:g[ai]ve\w*"
    r"|have) (?:\w+ ){0,2}(?:permission|consent)|no (?:le |les )?(?:autorizo|autorice|di (?:mi )?permiso)"
    r"|nautorise|autorise pas|pas (?:donne|autorise)\w*|not use this (?:number|phone)|no (?:text|txt|msg)$"
    r"|deceased|passed away|died|who is this|how"
    r" did you get|who gave you"
    r"|not (?:his|her|their|my) (?:number|phone)|never (?:signed|subscribed|asked|agreed)|did ?nt"
    r" (?:sign|subscribe|ask|agree)"
    r"|did not (?:sign|subscribe|ask|agree)|im not \w+$|lose (?:my|this)|too many (?:texts|messages)"
    r"|do not (?:text|call|contact)"
    r"|dont (?:text|call|contact) (?:me|us)"
    r"|no more|numero equivocado|equivocad\w+|no me interesa|no gracias|estafa|baja|desuscri\w*"
    r"|desinscri\w*|desabon\w*"
    r"|dejen? de|dejame|no me (?:envi|mand|escrib|llam|contact)\w+|mauvais numero|faux numero|pas"
    r" interesse\w*|non merci"
    r"|ca suffit|arnaque|cess\w+ de|resili\w*|plus de (?:messages|textos))\b"
)
#: Words of every other sentence: they only look like keywords in a text of three words at most.
DOUBTFUL_WHEN_SHORT = re.compile(r"\b(?:end|remove|delete|fin|terminar|annuler|assez)\b")
