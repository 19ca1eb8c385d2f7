import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.optout import wants_in, wants_out

OUT = """
dejen de molestar
ya no escriban
no me llamen más, que ya compré
deja de mandarme tantos mensajes
stop sending me these texts
STOP
stop.
Stop please
STOP STOP STOP
BAJA
Baja, por favor
quiero la baja
darme de baja
quiero darme de baja
Dame de baja de la lista
SAIR
sair!
quero sair
quero sair da lista
me descadastre
UNSUBSCRIBE
unsubscribe me
I want to unsubscribe
opt out
no me escriban más
Por favor no me escriban mas
no me manden más mensajes
no me vuelvan a escribir
no quiero recibir más mensajes
ya no quiero que me escriban
dejen de escribirme
deja de molestarme
elimíneme de su lista
basta de mensajes
stop messaging me
please stop texting me
don't contact me again
Don’t message me anymore
remove me from your list
no more messages
leave me alone
pare de me mandar mensagem
parem de enviar mensagens
não me mande mais mensagens
não quero mais receber mensagens
não quero receber mensagens
me tira da lista
me remova dessa lista
chega de mensagens
STOP. no quiero nada
Stop, ya no me interesa
STOP please, not interested
baja por favor, no me interesa
SAIR não quero mais
unsubscribe please, I don't want this
STOP sending me these
stop it
Basta
¡Basta ya!
no me contacten
não me contate
não quero mais contato
tira meu número dessa lista
"""
NOT_OUT = """
no me llamen más tarde de las 6
não me ligue mais tarde que 18h
no me mandes más fotos, con esas basta
no quiero mensajes automáticos, quiero una persona
stop sending me the price of the other kit
deja de mandarme precios y dime cuándo instalan
baja el precio
la baja de ventas nos preocupa
¿baja el precio si somos más?
stop by the office
can you stop by tomorrow?
we can't stop growing
nonstop support
quero sair na foto
quero sair do plano atual e ir para o Pro
vou sair agora, falo depois
quiero dar de baja mi plan anterior con otro proveedor
no me escribas ahora, estoy manejando
no me llamen por la mañana
no me envíes el catálogo, mejor el precio
no me mande o catálogo, só o preço
don't send me the brochure
don't text me the price, send the PDF
mis clientes no reciben mensajes
queremos enviar mensajes masivos
¿cómo se da de baja un cliente en su sistema?
how can my customers unsubscribe?
I need to stop losing leads
para de funcionar a cada hora?
no quiero perder mensajes de clientes
cancelar
cancela la reunión
no
no gracias
no me interesa
não tenho interesse
not interested
sácame de la lista de espera
me tira da lista de espera
Stop, just give me the price
basta con dos paneles
stop it from leaking
para ya
no me contacten hasta marzo
não me contate antes das 10
"""
IN = """
START
start please
ALTA
alta por favor
darme de alta
VOLTAR
quero voltar
quiero volver
suscribirme
quiero volver a recibir mensajes
pueden escribirme de nuevo
you can message me again
quero voltar a receber mensagens
"""
NOT_IN = """
no quiero recibir mensajes
não quero receber mensagens
when do we start?
la alta demanda nos supera
voltar ao plano anterior custa quanto?
start up
alta gama
hola
STOP
"""


def lines(block: str) -> list[str]:
    return block.strip().splitlines()


@pytest.mark.parametrize("text", lines(OUT))
def test_wants_out(text: str) -> None:
    assert wants_out(text)
    assert not wants_in(text)


@pytest.mark.parametrize("text", lines(NOT_OUT))
def test_does_not_want_out(text: str) -> None:
    assert not wants_out(text)


@pytest.mark.parametrize("text", lines(IN))
def test_wants_in(text: str) -> None:
    assert wants_in(text)


@pytest.mark.parametrize("text", lines(NOT_IN))
def test_does_not_want_in(text: str) -> None:
    assert not wants_in(text)


@given(st.text())
def test_never_both(text: str) -> None:
    assert not (wants_out(text) and wants_in(text))
