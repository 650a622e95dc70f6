"""A vendor's message centre, node-smpp, behind a connection: texts of a carrier go there, and its receipts come back."""

import smpplib.gsm
from centre import Centre
from harness.carrier import Carrier
from harness.case import case, check, equal
from harness.phone import taker
from harness.process import until

CODE = "Your code is 123-456"
TO = "222333444"
RX_P_APPN = 0x65


def _world(world, connection="", **behaviour):
    """A vendor that the node is bound to, and a carrier."""
    centre = Centre(world, **behaviour)
    world.start(provisioning=centre.provisioning(connection), centre=centre.port)
    centre.came("bind_transceiver")
    return centre, Carrier(world)


def _idle(world):
    """Nothing waits any more."""
    until("nothing waits", 20, lambda: world.node.metric("iwf_messages_waiting") == 0)


@case
def vendor_takes_a_text(world):
    """bind_transceiver with what is provisioned; submit_sm with a validity and a receipt asked for; the receipt goes back."""
    centre, carrier = _world(world)
    bind = centre.came("bind_transceiver")
    equal("who we are", (bind["system_id"], bind["password"]), ("iwf", "secret"))
    message = carrier.submit(CODE, to=TO)
    equal("the text", centre.texts(), [CODE])
    submit = centre.came("submit_sm")
    equal("from and to", (submit["from"], submit["to"]), ("15551234", TO))
    equal("registered_delivery", submit["registered_delivery"], 1)
    check("validity_period is there", submit["validity_period"])
    equal("the receipt", carrier.outcome(message), "DELIVRD")
    _idle(world)


def _ids(world, ids, receipt_ids):
    _, carrier = _world(world, ids=ids, receipt_ids=receipt_ids)
    messages = [carrier.submit(CODE, to=TO) for _ in range(3)]
    for message in messages:
        equal("the receipt", carrier.outcome(message), "DELIVRD")
        equal("it is told once", carrier.receipts(message), 1)
    _idle(world)


@case
def vendor_answers_in_hexadecimal_and_tells_in_decimal(world):
    """The same number in two forms."""
    _ids(world, "hex", "decimal")


@case
def vendor_answers_in_decimal_and_tells_in_hexadecimal(world):
    """The other way round, in capital letters with zeros before it."""
    _ids(world, "decimal", "HEX")


@case
def vendor_pads_its_ids(world):
    """Zeros before the number in one place only."""
    _ids(world, "decimal", "padded")


@case
def vendor_has_uuids(world):
    """Letters, digits and dashes."""
    _ids(world, "uuid", "uuid")


@case
def vendor_is_slow_and_throttles(world):
    """Answers after 300 ms, the first four of them ESME_RTHROTTLED: all arrive, in their order."""
    centre, carrier = _world(world, 'window = "4"', delay=300, throttle=4)
    texts = [f"{CODE} {number}" for number in range(12)]
    messages = [carrier.submit(text, to=TO) for text in texts]
    came = centre.texts(len(texts))
    equal("the texts", sorted(came), sorted(texts))
    for message in messages:
        equal("the receipt", carrier.outcome(message, 30), "DELIVRD")
    _idle(world)


@case
def vendor_tells_too_early_and_twice(world):
    """The receipt comes before the submit_sm_resp, and again: the carrier hears it once."""
    _, carrier = _world(world, early=True, times=2, delay=200)
    messages = [carrier.submit(CODE, to=TO) for _ in range(3)]
    for message in messages:
        equal("the receipt", carrier.outcome(message, 30), "DELIVRD")
    _idle(world)
    for message in messages:
        equal("it is told once", carrier.receipts(message), 1)


@case
def vendor_has_errors_of_its_own(world):
    """0x401 is what the connection says it is, 0x402 a refusal as all of a vendor's own are."""
    centre, carrier = _world(world, 'vendor_errors = "0x401=unknown-user"', status=0x401)
    equal("what was named", carrier.told_of(carrier.submit(CODE, to=TO))["stat"], "UNDELIV")
    centre.behaves(status=0x402)
    equal("what was not", carrier.told_of(carrier.submit(CODE, to=TO))["stat"], "REJECTD")
    _idle(world)


@case
def vendor_can_t_deliver(world):
    """Its receipt says so, with an error of letters; so does ours."""
    _, carrier = _world(world, stat="UNDELIV", err="EC1")
    equal("the receipt", carrier.outcome(carrier.submit(CODE, to=TO)), "UNDELIV")
    _idle(world)


def _long(carrier, text):
    """Submits a long text to the vendor's number; the message ids."""
    parts, coding, kind = smpplib.gsm.make_parts(text)
    return [carrier.submit(part, to=TO, data_coding=coding, esm_class=kind) for part in parts]


@case
def vendor_gets_long_texts(world):
    """Each part of a long text is a submit_sm with its own id; the carrier hears of each of its parts."""
    centre, carrier = _world(world)
    messages = _long(carrier, "0123456789" * 40)
    centre.came("submit_sm", 30, 3)
    headers = [told["udh"] for told in centre.told("submit_sm")]
    equal("parts with a header", [bool(header) for header in headers], [True] * 3)
    for message in messages:
        equal("the receipt", carrier.outcome(message, 30), "DELIVRD")
    _idle(world)


@case
def vendor_delivers_to_a_phone(world):
    """deliver_sm to a number of ours is on the phone; to a number of nobody's it is refused for good."""
    centre, _ = _world(world)
    phone = taker(world)
    fields = {"source_addr": "4915112345678", "source_addr_ton": 1, "source_addr_npi": 1, "dest_addr_ton": 1, "dest_addr_npi": 1}
    answer = centre.delivers(**fields, destination_addr="111222333", short_message="good morning")
    equal("the answer", answer["answered"], 0)
    equal("the text", phone.texts(), ["good morning"])
    answer = centre.delivers(**fields, destination_addr="999888777", short_message="nobody's")
    equal("the answer", answer["answered"], RX_P_APPN)


@case
def vendor_is_away_for_a_while(world):
    """Texts wait while nobody is bound there, and go when somebody is."""
    centre = Centre(world)
    world.start(provisioning=centre.provisioning('state = "stopped"'), centre=centre.port)
    carrier = Carrier(world)
    message = carrier.submit(CODE, to=TO)
    equal("none went", centre.told("submit_sm"), [])
    world.node.command("connection", "start", "vendor-a")
    equal("the text", centre.texts(), [CODE])
    equal("the receipt", carrier.outcome(message, 30), "DELIVRD")
    check("the bind is shown", "bound" in world.node.command("connection", "binds", "vendor-a"))
    world.node.command("connection", "stop", "vendor-a")
    centre.came("unbind")
