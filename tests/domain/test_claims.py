import pytest

from domain.claims import books, hands_over

BOOKED = "martes 24 de noviembre, 15:30 (hora de Bogotá)"


@pytest.mark.parametrize(
    "said",
    [
        "¡Listo, Germán! Tu llamada quedó movida al miércoles a las 15:30.",
        "¡Va! Te agendo la del sábado a las 9:00.",
        "Perfecto, te la reservo para el jueves a las 10.",
        "Tu llamada está agendada para el martes a las 12:00.",
        "Listo, agendé tu llamada con Laura.",
        "Ya cancelé tu llamada.", "Listo, tu cita quedó cancelada.",
        "Queda confirmada para el martes a las 3.",
        "Confirmado para el martes 24 a las 12:00.",
        "Your call is booked for Tuesday at 6 pm.", "I've booked you in for Tuesday.",
        "You're all set for Tuesday at 6 pm!", "I have moved your call to Friday.",
        "Your call has been cancelled.", "Great, your call is confirmed for Monday.",
        "Pronto, sua ligação está marcada para quarta às 8h.", "Agendei para quarta às 8:00.",
        "Sua ligação foi cancelada.", "Vou agendar para quarta às 8h.",
        "I've booked Tuesday at 13:00 for you.", "I have just rescheduled to Friday.",
        "Booked for Tuesday at 1 pm!", "Reservé el martes a las 13:00.",
        "Agendamos para el jueves a las 10.", "Desmarquei a ligação de terça.",
        "Mudei sua ligação para quinta.", "Adiei a reunião para sexta.",
        "No problem, I've cancelled your call.", "No te preocupes, ya cancelé tu llamada.",
        "No moví la otra, pero ya agendé tu llamada.", "Não se preocupe, já agendei.",
        "Te llamo mañana a las 10.", "Laura te llamará el martes.", "See you on Tuesday at 10!",
        "Listo, nos vemos el martes a las 10.", "Your call is on Tuesday at 10.", "You're booked!",
        "Someone will call you at 10.", "Vou te ligar amanhã às 10.", "Reservado para el martes.",
        "Te esperamos el martes a las 10.", "Laura te espera el jueves a las 10.",
        "Laura will meet you on Tuesday at 10.", "Listo, martes a las 10 con Laura.",
        "Hecho: el jueves a las 9.", "Done, Tuesday at 10.", "Combinado, terça às 10h.",
    ],
)  # fmt: skip
def test_a_call_is_not_booked_in_words(said: str) -> None:
    assert books(said, None)


@pytest.mark.parametrize(
    "said",
    [
        "¿Te lo reservo?", "Elige el horario que te quede bien y te agendo la llamada.",
        "Cuando elijas un horario, queda agendada la llamada.", "Todavía no está agendada.",
        "El siguiente paso es una llamada de 30 minutos.", "No puedo agendar para ese día.",
        "Puedo agendarte una llamada gratis.", "The next step is a call with a colleague.",
        "Shall I book it for you?", "Once you pick a time, your call is booked.",
        "Your call isn't booked yet.", "Assim que escolher um horário, sua ligação fica marcada.",
        "O próximo passo é uma ligação.", "Anoto 3500 USD como tu presupuesto.",
        "We can schedule a call.", "See you on the call.", "Quedo atento.",
        "You can cancel the call any time.", "Los sábados abrimos de 9:00 a 12:00.",
        "Prefieres no decirlo, queda anotado.", "Have you booked a hotel in Medellín yet?",
        "Mudei o seu email para ana@acme.com.", "We booked good results last year.",
        "Your call is 30 minutes long.", "La llamada es para conocer tu caso.", "Nos vemos.",
        "Un colega te llamará a la hora que elijas.", "No hay llamadas reservadas.",
        "Agendamos llamadas de lunes a sábado.", "Reservamos el derecho de admisión.",
        "Te espero por aquí.", "Te esperamos cuando quieras.", "We'd love to meet you.",
        "Listo, te muestro los horarios.", "Done, here are the times.",
    ],
)  # fmt: skip
def test_may_be_said_of_a_call(said: str) -> None:
    assert not books(said, None)


@pytest.mark.parametrize(
    ("said", "false"),
    [
        ("Tu llamada está agendada para el martes 24 de noviembre a las 15:30.", False),
        ("Tu llamada está agendada para el martes a las 3:30 pm.", False),
        ("Your call is booked.", False), ("Tu llamada está agendada para las 16:00.", True),
        ("Tu llamada quedó movida al martes a las 15:30.", True),
        ("Listo, tu llamada quedó cancelada.", True),
        ("Laura te llamará el martes a las 15:30.", False), ("See you on Tuesday!", False),
        ("Laura te llamará el martes a las 17:00.", True),
    ],
)  # fmt: skip
def test_a_booked_call_is_told_as_it_stands(*, said: str, false: bool) -> None:
    assert books(said, BOOKED) is false


@pytest.mark.parametrize(
    "said",
    [
        "Te paso con una persona del equipo.", "Le comunico con un asesor.",
        "Ya avisé a una persona del equipo.", "Un asesor te contactará pronto.",
        "Una persona del equipo te va a escribir hoy.", "Voy a pasarte con un colega.",
        "I'll connect you with a colleague.", "I'll have a colleague contact you shortly.",
        "Someone from our team will reach out.", "Let me transfer you to a specialist.",
        "I've passed this to our team.", "Vou te passar para um colega.",
        "Já avisei a equipe.", "Alguém da equipe vai entrar em contato.",
        "I'll make sure someone gets back to you.", "Someone will call you back shortly.",
        "We'll ensure that a colleague contacts you today.", "I'll let the team know.",
        "I've let our team know.", "I've informed our team.", "I have escalated this to our team.",
        "I'll raise this with the team.", "Our team will look into it.",
        "We'll get back to you soon.",
        "You'll hear from us today.", "You will be contacted shortly.", "We will call you back.",
        "Our team will respond soon.", "I'll flag it for my colleague.",
        "Claro, le aviso a Laura que llegas tarde.", "Avisaré a Laura de tu retraso.",
        "I'll let Mateo know you're running late.", "I'll tell Mateo.",
        "Te aviso si llegamos a Rosario.", "Te avisaremos cuando haya cobertura.",
        "I'll let you know when we get there.", "We'll let you know if prices drop.",
        "Te aviso assim que chegarmos aí.", "Vou te avisar se o preço baixar.",
        "Me aseguraré de que alguien te contacte.", "Alguien te llamará hoy.",
        "Voy a avisar al equipo.", "Ya informé al equipo.", "Te contactaremos pronto.",
        "Nos pondremos en contacto contigo.", "Te llamaremos pronto.",
        "Vou avisar a equipe.", "Alguém vai te ligar hoje.", "Entraremos em contato em breve.",
        "Vou garantir que alguém te responda.",
        "I've deleted all your data, Nina.", "Your number has been removed.",
        "We will delete your data.",
        "No te preocupes, ya avisé al equipo.", "Recibirás una llamada de nuestro equipo.",
        "You'll get a call from our team shortly.",
        "He borrado tus datos.", "Tus datos han sido eliminados.", "Apaguei seus dados.",
    ],
)  # fmt: skip
def test_a_person_is_not_told_in_words(said: str) -> None:
    assert hands_over(said)


@pytest.mark.parametrize(
    "said",
    [
        "Para otras ciudades lo revisa una persona del equipo.",
        "Si quieres, una persona del equipo te escribe.", "¿Quieres que te contacte una persona?",
        "Cualquier condición especial la decide una persona del equipo.",
        "Te paso los precios.", "Te paso el folleto.", "Let me know your name.",
        "If you prefer, I'll connect you with a person.", "A colleague can help you on the call.",
        "Una persona del equipo te lo confirma en la llamada.", "I'll put it simply.",
        "Uma pessoa da equipe pode esclarecer na ligação.", "I can't transfer you myself.",
        "Uma pessoa da equipe revisa isso.", "I can connect you with a person if you like.",
        "Let me know if a person should write to you.", "We'll write a proposal after the survey.",
        "You can ask us to delete your data.", "I'll let you know what our team does.",
        "A colleague decides that on the call.", "We'll look into your roof during the survey.",
        "Un colega te llamará a la hora que elijas.",
        "Nuestro equipo hace el estudio y te entrega la propuesta.",
        "I can't delete your data myself.", "No puedo avisarte yo, pero escríbenos cuando quieras.",
        "Te aviso que el estudio se paga aparte.", "Avísame si quieres otro horario.",
        "Let me know if you need another time.", "¿Quieres que le avise a Laura?",
        "Our team will survey your roof first.", "¿Quieres que avise a una persona del equipo?",
    ],
)  # fmt: skip
def test_may_be_said_of_a_person(said: str) -> None:
    assert not hands_over(said)
