"""The sentences that code writes, by key and language.

`{company}` and the like are filled in by `domain.wording.say`; a line whose value is empty falls
away. Nothing is promised here that the rules do not keep.
"""

from domain.values import Language

SENTENCES: dict[str, dict[Language, str]] = {
    "notice": {
        "es": "Hola, soy el asistente virtual de {company}.\n{person}\n"
        "Cómo cuidamos tus datos: {privacy}",
        "en": "Hi, I'm the virtual assistant of {company}.\n{person}\n"
        "How we look after your data: {privacy}",
        "pt": "Olá, sou o assistente virtual da {company}.\n{person}\n"
        "Como cuidamos dos seus dados: {privacy}",
    },
    "person_offered": {
        "es": "Si prefieres hablar con una persona, dímelo cuando quieras.",
        "en": "If you would rather talk to a person, just tell me.",
        "pt": "Se preferir falar com uma pessoa, é só me dizer.",
    },
    "clarify": {
        "es": "Perdona, no estoy seguro de haberte entendido. ¿Me lo cuentas con otras palabras?",
        "en": "Sorry, I'm not sure I understood. Could you say it in other words?",
        "pt": "Desculpe, não sei se entendi bem. Pode me dizer com outras palavras?",
    },
    "apology": {
        "es": "Disculpa, ahora mismo no puedo responderte bien. Tu mensaje quedó guardado; "
        "escríbeme de nuevo en unos minutos o dime si prefieres hablar con una persona.",
        "en": "Sorry, I can't answer you properly right now. Your message is saved; please write "
        "again in a few minutes, or tell me if you would rather talk to a person.",
        "pt": "Desculpe, agora não consigo responder bem. Sua mensagem ficou salva; escreva de "
        "novo em alguns minutos ou me diga se prefere falar com uma pessoa.",
    },
    "handoff_asked": {
        "es": "Claro. Ya avisé a una persona de nuestro equipo, que te escribe por aquí: {when}.",
        "en": "Of course. I have told a person on our team, who will write to you here: {when}.",
        "pt": "Claro. Já avisei uma pessoa da nossa equipe, que vai te escrever por aqui: {when}.",
    },
    "handoff_low_confidence": {
        "es": "Esto te lo responde mejor una persona de nuestro equipo. Ya la avisé y te escribe "
        "por aquí: {when}.",
        "en": "A person on our team can answer this better than I can. I have told them, and they "
        "will write to you here: {when}.",
        "pt": "Uma pessoa da nossa equipe responde isso melhor do que eu. Já avisei e ela vai te "
        "escrever por aqui: {when}.",
    },
    "handoff_unresolved": {
        "es": "Veo que no te estoy ayudando como quisiera. Ya avisé a una persona de nuestro "
        "equipo, que te escribe por aquí: {when}.",
        "en": "I see that I'm not helping you as I should. I have told a person on our team, who "
        "will write to you here: {when}.",
        "pt": "Vejo que não estou te ajudando como deveria. Já avisei uma pessoa da nossa equipe, "
        "que vai te escrever por aqui: {when}.",
    },
    "handoff_offer": {
        "es": "Eso no te lo puedo asegurar yo. ¿Quieres que te escriba una persona de nuestro "
        "equipo?",
        "en": "I can't answer that for certain. Would you like a person on our team to write to "
        "you?",
        "pt": "Isso eu não posso garantir. Quer que uma pessoa da nossa equipe te escreva?",
    },
    "offer": {
        "es": "¿Cuál de estos horarios te queda bien para una llamada? ({zone})",
        "en": "Which of these times suits you for a call? ({zone})",
        "pt": "Qual destes horários fica bom para uma ligação? ({zone})",
    },
    "offer_again": {
        "es": "Esa opción ya no está vigente. Estos horarios están libres ({zone}):",
        "en": "That option is no longer open. These times are free ({zone}):",
        "pt": "Essa opção não vale mais. Estes horários estão livres ({zone}):",
    },
    "slot_taken": {
        "es": "Ese horario acaba de ocuparse, disculpa. Estos siguen libres ({zone}):",
        "en": "Sorry, that time has just been taken. These are still free ({zone}):",
        "pt": "Desculpe, esse horário acabou de ser ocupado. Estes continuam livres ({zone}):",
    },
    "no_slots": {
        "es": "Ahora no encuentro horarios libres. ¿Qué días te vendrían bien?",
        "en": "I can't find a free time at the moment. Which days would suit you?",
        "pt": "Agora não encontro horários livres. Que dias seriam bons para você?",
    },
    "no_slots_then": {
        "es": "En esos días no me queda ningún horario libre.",
        "en": "There is no free time left on those days.",
        "pt": "Nesses dias não tenho mais nenhum horário livre.",
    },
    "booked": {
        "es": "¡Listo! Tu llamada con {rep} queda para el {when}.\nEnlace: {link}",
        "en": "Done! Your call with {rep} is booked for {when}.\nLink: {link}",
        "pt": "Pronto! Sua ligação com {rep} está marcada para {when}.\nLink: {link}",
    },
    "moved": {
        "es": "Hecho, tu llamada queda ahora para el {when}, con {rep}.\nEnlace: {link}",
        "en": "Done, your call is now on {when}, with {rep}.\nLink: {link}",
        "pt": "Feito, sua ligação fica agora para {when}, com {rep}.\nLink: {link}",
    },
    "cancelled": {
        "es": "Tu llamada del {when} quedó cancelada. Si quieres otro horario, dímelo.",
        "en": "Your call on {when} is cancelled. If you want another time, just tell me.",
        "pt": "Sua ligação de {when} foi cancelada. Se quiser outro horário, é só me dizer.",
    },
    "nothing_to_cancel": {
        "es": "No tienes ninguna llamada agendada. ¿Quieres que busquemos un horario?",
        "en": "You have no call booked. Would you like to find a time?",
        "pt": "Você não tem nenhuma ligação marcada. Quer que a gente procure um horário?",
    },
    "calendar_unavailable": {
        "es": "Ahora mismo no puedo ver la agenda y no quiero darte un horario que no sea seguro. "
        "Escríbeme en unos minutos y lo intento otra vez.",
        "en": "I can't see the calendar right now, and I don't want to give you a time that is not "
        "certain. Write to me in a few minutes and I'll try again.",
        "pt": "Agora não consigo ver a agenda e não quero te dar um horário que não seja certo. "
        "Me escreva em alguns minutos e eu tento de novo.",
    },
    "opted_out": {
        "es": "Listo, {company} no te escribirá más por aquí. Si cambias de idea, envía ALTA.",
        "en": "Done, {company} will not write to you here any more. If you change your mind, send "
        "START.",
        "pt": "Pronto, {company} não vai mais te escrever por aqui. Se mudar de ideia, envie "
        "VOLTAR.",
    },
    "opted_in": {
        "es": "¡Qué bueno tenerte de vuelta! {company} puede escribirte otra vez. ¿En qué te "
        "ayudo?",
        "en": "Good to have you back! {company} may write to you again. How can I help?",
        "pt": "Que bom ter você de volta! {company} pode te escrever de novo. Como posso ajudar?",
    },
    "cannot_open": {
        "es": "Todavía no puedo abrir audios, imágenes ni otros archivos. ¿Me lo cuentas por "
        "escrito?",
        "en": "I can't open voice notes, pictures or other files yet. Could you write it to me?",
        "pt": "Ainda não consigo abrir áudios, imagens nem outros arquivos. Pode me escrever?",
    },
    "today": {"es": "hoy mismo", "en": "today", "pt": "ainda hoje"},
    "later_today": {
        "es": "hoy a partir de las {hour} ({zone})",
        "en": "today from {hour} ({zone})",
        "pt": "hoje a partir das {hour} ({zone})",
    },
    "another_day": {
        "es": "el {day}, a partir de las {hour} ({zone})",
        "en": "on {day}, from {hour} ({zone})",
        "pt": "{day}, a partir das {hour} ({zone})",
    },
    "zone": {"es": "hora de {city}", "en": "{city} time", "pt": "horário de {city}"},
    "reason_asked": {
        "es": "pidió hablar con una persona",
        "en": "asked for a person",
        "pt": "pediu para falar com uma pessoa",
    },
    "reason_low_confidence": {
        "es": "el asistente no está seguro de su respuesta",
        "en": "the assistant is not sure of its answer",
        "pt": "o assistente não tem certeza da resposta",
    },
    "reason_unresolved": {
        "es": "varios mensajes seguidos sin resolver",
        "en": "several messages in a row unresolved",
        "pt": "várias mensagens seguidas sem solução",
    },
    "reason_taken_over": {
        "es": "una persona tomó la conversación",
        "en": "a person took the conversation over",
        "pt": "uma pessoa assumiu a conversa",
    },
    "declined": {"es": "no quiso decir", "en": "declined to say", "pt": "não quis dizer"},
    "name": {"es": "nombre", "en": "name", "pt": "nome"},
    "company": {"es": "empresa", "en": "company", "pt": "empresa"},
    "email": {"es": "correo", "en": "email", "pt": "email"},
    "intent": {"es": "busca", "en": "wants", "pt": "busca"},
    "budget": {"es": "presupuesto", "en": "budget", "pt": "orçamento"},
    "authority": {"es": "decide", "en": "decides", "pt": "decide"},
    "need": {"es": "necesidad", "en": "need", "pt": "necessidade"},
    "timeline": {"es": "plazo", "en": "timeline", "pt": "prazo"},
}
