"""The words of the page by which a rep acts on a handoff, by key and language."""

from domain.values import Language

WORDS: dict[str, dict[Language, str]] = {
    "waits_for_you": {
        "es": "Te espera a ti.",
        "en": "It is waiting for you.",
        "pt": "Está esperando por você.",
    },
    "waits_for": {
        "es": "Ahora le toca a {rep}; también puedes tomarla tú.",
        "en": "It is {rep}'s turn now; you can take it, too.",
        "pt": "Agora é a vez de {rep}; você também pode assumir.",
    },
    "yours": {
        "es": "La tienes tú. El asistente guarda silencio.",
        "en": "You have it. The assistant is silent.",
        "pt": "Está com você. O assistente fica em silêncio.",
    },
    "taken": {
        "es": "La tiene {rep}.",
        "en": "{rep} has it.",
        "pt": "Está com {rep}.",
    },
    "unclaimed": {
        "es": "Nadie la tomó a tiempo y el asistente sigue con la persona. Todavía puedes tomarla.",
        "en": "Nobody took it in time, and the assistant goes on with the lead. You can still "
        "take it.",
        "pt": "Ninguém assumiu a tempo e o assistente continua com a pessoa. Você ainda pode "
        "assumir.",
    },
    "over": {
        "es": "Ya terminó: el asistente tiene la conversación.",
        "en": "It is over: the assistant has the conversation.",
        "pt": "Já terminou: o assistente está com a conversa.",
    },
    "claim": {"es": "Yo me encargo", "en": "I take it", "pt": "Eu assumo"},
    "spoke": {"es": "Ya hablé con la persona", "en": "I have spoken to them", "pt": "Já falei"},
    "snooze": {
        "es": "Dame 15 minutos más",
        "en": "Give me 15 more minutes",
        "pt": "Me dê mais 15 minutos",
    },
    "give_back": {
        "es": "Devolver al asistente",
        "en": "Give it back to the assistant",
        "pt": "Devolver ao assistente",
    },
    "needed": {"es": "Hacía falta", "en": "It was needed", "pt": "Era preciso"},
    "not_needed": {"es": "No hacía falta", "en": "It was not needed", "pt": "Não era preciso"},
    "was_it_needed": {
        "es": "¿Hacía falta pasar esta conversación a una persona?",
        "en": "Did this conversation need a person?",
        "pt": "Esta conversa precisava de uma pessoa?",
    },
    "why": {"es": "Por qué", "en": "Why", "pt": "Por quê"},
    "brief": {"es": "En breve", "en": "In short", "pt": "Em resumo"},
    "known": {"es": "Lo que se sabe", "en": "What is known", "pt": "O que se sabe"},
    "open": {"es": "Falta saber", "en": "Still open", "pt": "Falta saber"},
    "last_messages": {"es": "Últimos mensajes", "en": "Last messages", "pt": "Últimas mensagens"},
    "by_in": {"es": "Cliente", "en": "Lead", "pt": "Cliente"},
    "by_out": {"es": "Asistente", "en": "Assistant", "pt": "Assistente"},
    "by_rep": {"es": "Equipo", "en": "Team", "pt": "Equipe"},
    "not_delivered": {"es": "no le llegó", "en": "not delivered", "pt": "não chegou"},
    "no_link": {
        "es": "Este enlace no existe.",
        "en": "There is no such link.",
        "pt": "Este link não existe.",
    },
    "expired": {
        "es": "Este enlace ya venció.",
        "en": "This link has expired.",
        "pt": "Este link expirou.",
    },
    "unavailable": {
        "es": "Ahora mismo no se puede. Inténtalo de nuevo en un minuto.",
        "en": "This cannot be done right now. Try again in a minute.",
        "pt": "Agora não é possível. Tente de novo em um minuto.",
    },
    "use_the_page": {
        "es": "Abre el enlace y usa sus botones.",
        "en": "Open the link and use its buttons.",
        "pt": "Abra o link e use os botões.",
    },
}
