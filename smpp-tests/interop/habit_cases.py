"""Habits that a carrier's profile is there for, played by those who have them."""

import alphabet
from harness.case import case, check, equal
from harness.phone import taker
from kannel import ACCEPTED, BUFFERED, DELIVERED, Kannel
from scripted import NetSmpp, NodeSmpp

CODE = "Your code is 123-456"
FORWARD = 0x02
RDELIVERYFAILURE = 0xFE


@case
def net_smpp_packs_its_septets(world):
    """`packed`: eight letters in seven octets, as Net::SMPP packs them; alone and behind a header with fill bits."""
    world.start(packed="true")
    phone, carrier = taker(world), NetSmpp(world)
    texts = ["5€ {net} _@home", "seven..", "eight...", "nine....."]
    for text in texts:
        equal("the receipt", carrier.outcome(carrier.submit(alphabet.gsm(text), packed=1)), "DELIVRD")
    equal("the texts", phone.texts(len(texts)), texts)


@case
def node_smpp_writes_national_letters(world):
    """A header that names tables of Turkish, Spanish or Portuguese, with the letters as node-smpp codes them."""
    world.start()
    phone, carrier = taker(world), NodeSmpp(world)
    # Element 0x25 is the locking table, 0x24 the single shift (3GPP TS 23.040 9.2.3.24.15 and .16).
    both = {1: "Şişli'de ağaç, İstanbul ığdır", 3: "São João às 5: ações, ônus, Êxito"}
    texts = {text: bytes([6, 0x25, 1, language, 0x24, 1, language]) for language, text in both.items()}
    texts["¿Dónde está? Índice, Único, fútbol"] = bytes([3, 0x24, 1, 2])
    for text, udh in texts.items():
        equal("the receipt", carrier.outcome(carrier.submit({"udh": udh, "message": text})), "DELIVRD")
    equal("the texts", phone.texts(len(texts)), list(texts))


@case
def kannel_reads_hexadecimal_ids(world):
    """The id hexadecimal in the response and decimal in the receipt: Kannel's msg-id-type brings them together."""
    world.start(id_in_response="hex", id_in_receipt="decimal")
    taker(world)
    kannel = Kannel(world, more=["msg-id-type = 0x01"]).online()
    number = kannel.send(CODE)
    equal("the ids", kannel.report(number, DELIVERED)["id"], kannel.report(number, ACCEPTED)["id"])


@case
def kannel_hears_of_the_way(world):
    """`intermediate`: Kannel asks for it in each text, and calls back that the text waits before it says how it ended."""
    world.start(intermediate="true")
    kannel = Kannel(world).online()
    number = kannel.send(CODE)
    kannel.report(number, BUFFERED)
    taker(world)
    kannel.report(number, DELIVERED)


@case
def node_smpp_waits_for_the_end(world):
    """Transaction mode: the answer is the end of the one attempt, and there is no receipt."""
    world.start()
    carrier = NodeSmpp(world)
    fields = {"source_addr": "15551234", "destination_addr": "111222333", "esm_class": FORWARD}
    failed = carrier.ask("submit_sm", **fields, short_message="to nobody", data_coding=0)
    equal("the status", failed["command_status"], RDELIVERYFAILURE)
    phone = taker(world)
    message = carrier.submit(CODE, esm_class=FORWARD, registered_delivery=0)
    equal("the state", world.node.story(message)["state"], "delivered")
    equal("the texts", phone.texts(), [CODE])
def _leaves_out_the_second(carrier):
    parts = alphabet.headed(alphabet.cut(alphabet.gsm("a" * 153 + "b" * 153 + "c" * 10), 153), reference=9)
    return [carrier.submit(part, esm_class=0x40) for part in (parts[0], parts[2])]


@case
def net_smpp_leaves_out_a_part(world):
    """`missing_parts = deliver`: after `part_wait` what came is shown with a mark, and its parts are delivered."""
    world.start(part_wait=1)
    phone, carrier = taker(world), NetSmpp(world)
    for message in _leaves_out_the_second(carrier):
        equal("the receipt", carrier.outcome(message), "DELIVRD")
    equal("the texts", phone.texts(), ["a" * 153 + "(...)" + "c" * 10])


@case
def net_smpp_wants_all_parts_or_none(world):
    """`missing_parts = fail`: nothing is shown, and each part that came ends as EXPIRED."""
    world.start(part_wait=1, missing_parts="fail")
    phone, carrier = taker(world), NetSmpp(world)
    for message in _leaves_out_the_second(carrier):
        told = carrier.told_of(message)
        equal("the receipt", (told["stat"], told["err"]), ("EXPIRED", "039"))
    carrier.submit(alphabet.gsm("the end"))
    equal("the texts", phone.texts(), ["the end"])
