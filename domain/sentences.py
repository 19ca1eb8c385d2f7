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
    "sorry": {
        "es": "Lamento mucho lo ocurrido.",
        "en": "I am very sorry about this.",
        "pt": "Lamento muito o que aconteceu.",
    },
    "leaves_later": {
        "es": "Claro, sin prisa. Cuando te venga bien, escríbeme y seguimos donde lo dejamos.",
        "en": "Of course, no hurry. Write to me when it suits you, and we go on from there.",
        "pt": "Claro, sem pressa. Quando for bom para você, me escreva e seguimos de onde paramos.",
    },
    "leaves_not_interested": {
        "es": "Entendido, gracias por decírmelo. Si algún día cambias de idea, aquí estamos.",
        "en": "Understood, thank you for telling me. If you ever change your mind, we are here.",
        "pt": "Entendido, obrigado por me dizer. Se um dia mudar de ideia, estamos aqui.",
    },
    "leaves_wrong_number": {
        "es": "No pasa nada, este es el chat de {company}. Que tengas un buen día.",
        "en": "No problem, this is the chat of {company}. Have a good day.",
        "pt": "Sem problema, este é o chat da {company}. Tenha um bom dia.",
    },
    "leaves_spam": {
        "es": "Gracias, pero por aquí solo atiendo consultas sobre {company}.",
        "en": "Thank you, but here I only answer questions about {company}.",
        "pt": "Obrigado, mas por aqui só respondo perguntas sobre a {company}.",
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
    "handoff_angry": {
        "es": "Lamento mucho lo ocurrido. Ya avisé a una persona de nuestro equipo, que te escribe "
        "por aquí: {when}.",
        "en": "I am very sorry about this. I have told a person on our team, who will write to you "
        "here: {when}.",
        "pt": "Lamento muito o que aconteceu. Já avisei uma pessoa da nossa equipe, que vai te "
        "escrever por aqui: {when}.",
    },
    "handoff_undelivered": {
        "es": "Disculpa: hay algo que te quería enviar y no ha salido. Ya avisé a una persona de "
        "nuestro equipo, que se encarga y te escribe por aquí: {when}.",
        "en": "Sorry: there is something that I wanted to send you and it did not go out. I have "
        "told a person on our team, who will see to it and write to you here: {when}.",
        "pt": "Desculpe: há algo que eu queria te enviar e não saiu. Já avisei uma pessoa da nossa "
        "equipe, que vai cuidar disso e te escrever por aqui: {when}.",
    },
    "handoff_failed": {
        "es": "Disculpa, no he podido responderte. Tu mensaje quedó guardado y ya avisé a una "
        "persona de nuestro equipo, que te escribe por aquí: {when}.",
        "en": "Sorry, I could not answer you. Your message is saved, and I have told a person on "
        "our team, who will write to you here: {when}.",
        "pt": "Desculpe, não consegui responder. Sua mensagem ficou salva e já avisei uma pessoa "
        "da nossa equipe, que vai te escrever por aqui: {when}.",
    },
    "document_later": {
        "es": "El archivo está tardando más de lo normal en salir. Te llega por aquí en cuanto "
        "sea posible.",
        "en": "The file is taking longer than usual to go out. It will reach you here as soon as "
        "possible.",
        "pt": "O arquivo está demorando mais que o normal para sair. Ele chega por aqui assim que "
        "for possível.",
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
    "offer_that": {
        "es": "Ese horario está libre ({zone}). ¿Te lo reservo?",
        "en": "That time is free ({zone}). Shall I book it for you?",
        "pt": "Esse horário está livre ({zone}). Posso reservar para você?",
    },
    "nearest": {
        "es": "Justo ahí no tengo nada libre. Lo más cercano ({zone}):",
        "en": "I have nothing free just then. The nearest times ({zone}):",
        "pt": "Bem aí não tenho nada livre. O mais próximo ({zone}):",
    },
    "no_more_such": {
        "es": "No me quedan más horarios así. Lo más cercano ({zone}):",
        "en": "I have no more times like that. The nearest ones ({zone}):",
        "pt": "Não tenho mais horários assim. O mais próximo ({zone}):",
    },
    "seen_all": {
        "es": "Ya te mostré todos los horarios que tengo. Empiezo otra vez ({zone}):",
        "en": "You have seen all the times I have. From the start again ({zone}):",
        "pt": "Já mostrei todos os horários que tenho. Começo de novo ({zone}):",
    },
    "day_is_over": {
        "es": "Ese día ya pasó. Lo más cercano que tengo ({zone}):",
        "en": "That day is over. The nearest times I have ({zone}):",
        "pt": "Esse dia já passou. O mais próximo que tenho ({zone}):",
    },
    "beyond_horizon": {
        "es": "Por ahora agendo hasta el {last_day}. Lo más cercano ({zone}):",
        "en": "For now I can book up to {last_day}. The nearest times ({zone}):",
        "pt": "Por enquanto agendo até {last_day}. O mais próximo ({zone}):",
    },
    "ask_zone": {
        "es": "Te los muestro en {zone}. Si estás en otro lugar, dime en qué ciudad.",
        "en": "These are in {zone}. If you are elsewhere, tell me in which city.",
        "pt": "Estão em {zone}. Se você estiver em outro lugar, me diga em que cidade.",
    },
    "more_times": {"es": "Más horarios", "en": "More times", "pt": "Mais horários"},
    "see_times": {"es": "Ver horarios", "en": "See the times", "pt": "Ver horários"},
    "booked": {
        "es": "¡Listo! Tu llamada con {rep} queda para el {when}.\nEnlace: {link}\n"
        "Ponla en tu calendario: {calendar}",
        "en": "Done! Your call with {rep} is booked for {when}.\nLink: {link}\n"
        "Put it into your calendar: {calendar}",
        "pt": "Pronto! Sua ligação com {rep} está marcada para {when}.\nLink: {link}\n"
        "Coloque na sua agenda: {calendar}",
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
    "cancel_it": {
        "es": "¿Quieres que cancele tu llamada del {when}?",
        "en": "Shall I cancel your call on {when}?",
        "pt": "Quer que eu cancele sua ligação de {when}?",
    },
    "call_moved": {
        "es": "Tu llamada con {rep} cambió de hora: ahora es el {when}.\nEnlace: {link}\nSi no te "
        "sirve, dime qué día te queda mejor.",
        "en": "Your call with {rep} has been moved: it is now on {when}.\nLink: {link}\nIf that "
        "does not suit you, tell me which day is better.",
        "pt": "Sua ligação com {rep} mudou de horário: agora é {when}.\nLink: {link}\nSe não der "
        "para você, me diga que dia é melhor.",
    },
    "call_cancelled": {
        "es": "Disculpa: {rep} tuvo que cancelar tu llamada del {when}. ¿Qué día te queda bien "
        "para otra?",
        "en": "Sorry: {rep} had to cancel your call on {when}. Which day would suit you for "
        "another?",
        "pt": "Desculpe: {rep} precisou cancelar sua ligação de {when}. Que dia fica bom para "
        "outra?",
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
    "reminder": {
        "es": "Te recuerdo tu llamada con {rep}: {when}.\nEnlace: {link}\n"
        "Si no te viene bien, dímelo y buscamos otro horario.",
        "en": "A reminder of your call with {rep}: {when}.\nLink: {link}\n"
        "If it does not suit you any more, tell me and we'll find another time.",
        "pt": "Lembrete da sua ligação com {rep}: {when}.\nLink: {link}\n"
        "Se não for mais possível, me diga e procuramos outro horário.",
    },
    "silent_qualification": {
        "es": "¿Seguimos? Si te parece, retomamos donde lo dejamos; y si no es buen momento, no "
        "pasa nada.",
        "en": "Shall we go on? We can pick up where we left off, and if it is not a good moment, "
        "that is fine.",
        "pt": "Vamos continuar? Podemos retomar de onde paramos; e se não for um bom momento, tudo "
        "bem.",
    },
    "silent_scheduling": {
        "es": "¿Buscamos un horario para tu llamada? Dime qué día te viene bien; y si no es buen "
        "momento, no pasa nada.",
        "en": "Shall we find a time for your call? Tell me which day suits you, and if it is not a "
        "good moment, that is fine.",
        "pt": "Vamos achar um horário para a sua ligação? Me diga que dia fica bom; e se não for "
        "um bom momento, tudo bem.",
    },
    "no_show": {
        "es": "No pudimos hablar en la llamada que tenías con {rep}. ¿Buscamos otro horario?",
        "en": "We missed each other on your call with {rep}. Shall we find another time?",
        "pt": "Não conseguimos falar na ligação que você tinha com {rep}. Vamos marcar outro "
        "horário?",
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
    "stale_choice": {
        "es": "Esa opción ya no está vigente. ¿Me lo dices con tus palabras?",
        "en": "That option is no longer open. Could you tell me in your own words?",
        "pt": "Essa opção não vale mais. Pode me dizer com as suas palavras?",
    },
    "cannot_open": {
        "es": "Recibí tu mensaje, pero todavía no puedo abrir ese tipo de contenido. ¿Me lo "
        "cuentas por escrito, o prefieres que lo vea una persona del equipo?",
        "en": "I got your message, but I can't open that kind of content yet. Could you write it "
        "to me, or shall a person on our team look at it?",
        "pt": "Recebi sua mensagem, mas ainda não consigo abrir esse tipo de conteúdo. Pode me "
        "escrever, ou prefere que uma pessoa da equipe veja?",
    },
    "got_audio": {
        "es": "Recibí tu audio, pero todavía no puedo escucharlo. ¿Me lo escribes, o prefieres que "
        "lo escuche una persona del equipo?",
        "en": "I received your voice note, but I can't listen to it yet. Could you write it to me, "
        "or shall a person on our team hear it?",
        "pt": "Recebi seu áudio, mas ainda não consigo ouvir. Pode me escrever, ou prefere que uma "
        "pessoa da equipe ouça?",
    },
    "got_image": {
        "es": "Recibí tu imagen, pero todavía no puedo verla. ¿Me cuentas por escrito qué muestra, "
        "o prefieres que la vea una persona del equipo?",
        "en": "I received your picture, but I can't look at it yet. Could you tell me what it "
        "shows, or shall a person on our team look at it?",
        "pt": "Recebi sua imagem, mas ainda não consigo ver. Pode me escrever o que ela mostra, ou "
        "prefere que uma pessoa da equipe veja?",
    },
    "got_video": {
        "es": "Recibí tu video, pero todavía no puedo verlo. ¿Me cuentas por escrito qué muestra, "
        "o prefieres que lo vea una persona del equipo?",
        "en": "I received your video, but I can't watch it yet. Could you tell me what it shows, "
        "or shall a person on our team watch it?",
        "pt": "Recebi seu vídeo, mas ainda não consigo assistir. Pode me escrever o que ele "
        "mostra, ou prefere que uma pessoa da equipe assista?",
    },
    "got_document": {
        "es": "Recibí tu documento, pero todavía no puedo leerlo. ¿Me escribes lo importante, o "
        "prefieres que lo lea una persona del equipo?",
        "en": "I received your document, but I can't read it yet. Could you write me what matters, "
        "or shall a person on our team read it?",
        "pt": "Recebi seu documento, mas ainda não consigo ler. Pode me escrever o que importa, ou "
        "prefere que uma pessoa da equipe leia?",
    },
    "got_sticker": {
        "es": "¡Qué buen sticker! 😄 Cuando quieras, seguimos.",
        "en": "Nice sticker! 😄 Whenever you like, we go on.",
        "pt": "Adorei a figurinha! 😄 Quando quiser, a gente continua.",
    },
    "day_used_up": {
        "es": "Por hoy llegué al límite de lo que puedo responder en un chat. Mañana seguimos con "
        "gusto. Si lo prefieres, escribe: hablar con una persona.",
        "en": "I have reached the limit of what I can answer in one chat today. I will gladly go "
        "on tomorrow. If you prefer, write: talk to a person.",
        "pt": "Por hoje cheguei ao limite do que posso responder em um chat. Amanhã continuamos "
        "com prazer. Se preferir, escreva: falar com uma pessoa.",
    },
    "files_used_up": {
        "es": "Hoy ya recibí todos los archivos que puedo guardar. Escríbeme lo importante, o "
        "envíalo mañana. Si lo prefieres, escribe: hablar con una persona.",
        "en": "I have received all the files that I can keep today. Please write me what matters, "
        "or send it tomorrow. If you prefer, write: talk to a person.",
        "pt": "Hoje já recebi todos os arquivos que posso guardar. Escreva o que importa ou envie "
        "amanhã. Se preferir, escreva: falar com uma pessoa.",
    },
    "ask_phone": {
        "es": "¿A qué número te llamamos si hace falta? Puedes compartirlo con este botón; si "
        "prefieres no darlo, igual agendamos.",
        "en": "Which number can we call you on if needed? You can share it with this button; if "
        "you would rather not, we book all the same.",
        "pt": "Para qual número ligamos se for preciso? Você pode compartilhar com este botão; se "
        "preferir não informar, agendamos do mesmo jeito.",
    },
    "got_phone": {
        "es": "¡Gracias! Ya tengo tu número.",
        "en": "Thank you! I have your number now.",
        "pt": "Obrigado! Já tenho seu número.",
    },
    "yes": {"es": "Sí", "en": "Yes", "pt": "Sim"},
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
    "when_possible": {
        "es": "en cuanto le sea posible",
        "en": "as soon as they can",
        "pt": "assim que for possível",
    },
    "handoff_unclaimed": {
        "es": "Te debo una disculpa: avisé al equipo y todavía nadie ha podido tomar tu "
        "conversación. Mientras tanto sigo contigo por aquí. Si quieres, te reservo una llamada "
        "con una persona a la hora que elijas.",
        "en": "I owe you an apology: I told the team, and nobody has been able to take your "
        "conversation yet. Meanwhile I'm still here for you. If you like, I'll book you a call "
        "with a person at a time that you choose.",
        "pt": "Devo um pedido de desculpas: avisei a equipe e ninguém conseguiu assumir a sua "
        "conversa ainda. Enquanto isso, continuo aqui com você. Se quiser, reservo uma ligação "
        "com uma pessoa no horário que você escolher.",
    },
    "handoff_unclaimed_booked": {
        "es": "Te debo una disculpa: avisé al equipo y todavía nadie ha podido tomar tu "
        "conversación. Tu llamada reservada sigue en pie, y mientras tanto sigo contigo por aquí.",
        "en": "I owe you an apology: I told the team, and nobody has been able to take your "
        "conversation yet. The call that you booked stands, and meanwhile I'm still here for you.",
        "pt": "Devo um pedido de desculpas: avisei a equipe e ninguém conseguiu assumir a sua "
        "conversa ainda. A sua ligação marcada está de pé e, enquanto isso, continuo aqui com "
        "você.",
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
    "reason_undelivered": {
        "es": "no se le pudo entregar un mensaje",
        "en": "a message could not be delivered to them",
        "pt": "não foi possível entregar uma mensagem",
    },
    "reason_failed": {
        "es": "el asistente no pudo responder a sus mensajes",
        "en": "the assistant could not answer their messages",
        "pt": "o assistente não conseguiu responder às mensagens",
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
    "timezone": {"es": "zona horaria", "en": "time zone", "pt": "fuso horário"},
}
