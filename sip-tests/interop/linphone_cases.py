"""linphone, which answers every text with a notification of its own (RFC 5438)."""

from harness.carrier import Carrier
from harness.case import case, check, equal, over
from harness.phone import Baresip, Linphone, LinphoneApp
from harness.process import until

CODE = "Your code is 123-456"
# registered_delivery: a receipt, and an acknowledgement of its reader (SMPP 3.4 5.2.17).
READ_TOO = 0x05
TEXTS = [CODE, "مرحبا 😀"]


@over("udp", "tcp")
def linphone_shows_texts(world, transport):
    """It registers with digest and shows the texts; each notification that it sends gets a 200."""
    world.start()
    phone = Linphone(world, transport).registered()
    carrier = Carrier(world)
    for text in TEXTS:
        message = carrier.submit(text)
        phone.shows("+15551234", text)
        equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")
    port = world.node.sip(transport)
    from_phone = f'sip.Method == MESSAGE && {transport}.dstport == {port}'
    to_phone = f'sip.CSeq.method == MESSAGE && {transport}.srcport == {port} && sip.Status-Code'

    def answered():
        asked = {call for (call,) in world.capture.rows(from_phone, "sip.Call-ID")}
        answers = dict(world.capture.rows(to_phone, "sip.Call-ID", "sip.Status-Code"))
        final = {call: answers[call] for call in asked if answers.get(call, "401") not in ("401", "407")}
        return final if len(final) >= len(TEXTS) else None

    codes = until("each notification has an answer", 15, answered, every=0.3)
    check(f"the answers to the notifications {codes} are 200", set(codes.values()) == {"200"})


@case
def linphone_tells_that_it_was_read(world):
    """A carrier that asks for the reader: linphone gets CPIM, shows what is in it, and that its user has read it comes to the
    carrier as an acknowledgement (esm_class 0x08)."""
    world.start()
    phone = LinphoneApp(world).registered()
    carrier = Carrier(world)
    message = carrier.submit(CODE, registered_delivery=READ_TOO)
    phone.shows("+15551234", CODE)
    equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")

    def acknowledged():
        return [pdu for pdu in carrier.delivered if pdu.esm_class & 0x3C == 0x08]

    told = carrier.read_until("the acknowledgement", 20, acknowledged)
    check("it names the message", f"id:{message}".encode() in told[0].short_message)
    sent = world.capture.rows(f"sip.Method == MESSAGE && udp.srcport == {world.node.udp}", "sip.Content-Type")
    equal("the form of the text", sent, [("message/cpim",)])


@case
def linphone_gets_plain_texts_otherwise(world):
    """Without a carrier that waits for the reader linphone gets text/plain as every app."""
    world.start()
    phone = Linphone(world).registered()
    carrier = Carrier(world)
    message = carrier.submit(CODE)
    phone.shows("+15551234", CODE)
    equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")
    sent = world.capture.rows(f"sip.Method == MESSAGE && udp.srcport == {world.node.udp}", "sip.Content-Type")
    equal("the form of the text", sent, [("text/plain;charset=UTF-8",)])


@case
def linphone_writes_cpim(world):
    """linphone writes in CPIM and asks what becomes of its text: the text arrives as text/plain at an app that reads nothing
    else, once."""
    world.start()
    writer = LinphoneApp(world, number="444555666").registered()
    reader = Baresip(world).registered()
    writer.sends("sip:111222333@127.0.0.1", CODE)
    reader.shows("444555666", CODE)
    asked = world.capture.rows(f"sip.Method == MESSAGE && udp.dstport == {world.node.udp}", "sip.Content-Type")
    check(f"it was written in CPIM: {asked}", all(kind.lower() == "message/cpim" for (kind,) in asked))


@over("udp", "tcp")
def linphone_registers_with_sha_256(world, transport):
    """Where SHA-256 alone is asked for (RFC 8760) it registers and shows texts."""
    world.start(sip='algorithm = "sha-256"\n')
    phone = Linphone(world, transport).registered()
    carrier = Carrier(world)
    message = carrier.submit(CODE)
    phone.shows("+15551234", CODE)
    equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")
    asked = world.capture.rows("sip.WWW-Authenticate || sip.Proxy-Authenticate", "sip.auth.algorithm")
    equal("the digests that were asked for", {algorithm for (algorithm,) in asked}, {"SHA-256"})


@over("udp", "tcp")
def linphone_shows_a_long_text(world, transport):
    """A thousand Arabic characters are one text on its screen."""
    world.start()
    phone = Linphone(world, transport).registered()
    carrier = Carrier(world)
    text = "مرحبا بالعالم " * 71 + "مرحبا!"
    message = carrier.submit(b"", message_payload=text.encode("utf-16-be"), data_coding=8)
    phone.shows("+15551234", text)
    equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")
