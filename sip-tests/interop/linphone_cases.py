"""linphone, which answers every text with a notification of its own (RFC 5438)."""

from harness.carrier import Carrier
from harness.case import check, equal, over
from harness.phone import Linphone
from harness.process import until

TEXTS = ["Your code is 123-456", "مرحبا 😀"]


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
