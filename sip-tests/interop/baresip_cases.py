"""baresip as people use it: on a terminal, with one account. What counts is what stands on the screen."""

from harness.carrier import Carrier
from harness.case import case, check, equal, over
from harness.phone import Baresip

CODE = "Your code is 123-456"
# Extension table of GSM 03.38, UCS-2, and beyond the 16 bits.
TEXTS = ["Price: 5€ {net} [~10%] user@host", "مرحبا بالعالم", "Grüße, ça va? 日本語 😀👍🏽"]


@over("udp", "tcp")
def baresip_shows_a_code(world, transport):
    """It registers with digest and shows the text with its sender; the carrier hears DELIVRD."""
    world.start()
    phone = Baresip(world, transport).registered()
    carrier = Carrier(world)
    message = carrier.submit(CODE)
    phone.shows("+15551234", CODE)
    equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")


@over("udp", "tcp")
def baresip_shows_unicode(world, transport):
    """GSM extension characters, Arabic and emoji stand on the screen as they were sent."""
    world.start()
    phone = Baresip(world, transport).registered()
    carrier = Carrier(world)
    for text in TEXTS:
        message = carrier.submit(text)
        phone.shows("+15551234", text)
        equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")


@over("udp", "tcp")
def baresip_takes_a_long_text(world, transport):
    """A thousand Arabic characters go to it in one request, over UDP in one datagram. Its terminal shows no text so long."""
    world.start()
    Baresip(world, transport).registered()
    carrier = Carrier(world)
    text = "مرحبا بالعالم " * 71 + "مرحبا!"
    message = carrier.submit(b"", message_payload=text.encode("utf-16-be"), data_coding=8)
    equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")
    sent = f"sip.Method == MESSAGE && {transport}.srcport == {world.node.sip(transport)}"
    if transport == "tcp":
        sent = "sip.Method == MESSAGE && tcp"
    equal("what was sent", world.capture.rows(sent, "sip.Content-Length"), [(str(len(text.encode())),)])


@over("udp", "tcp")
def baresip_comes_late(world, transport):
    """A message sent to an app that is off is shown when it is switched on."""
    world.start()
    carrier = Carrier(world)
    message = carrier.submit(CODE)
    phone = Baresip(world, transport).registered()
    phone.shows("+15551234", CODE)
    equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")
    equal("how often it is shown", phone.said().count(CODE), 1)


@case
def baresip_leaves(world):
    """It unregisters when it is ended; a message then waits."""
    world.start()
    Baresip(world).registered().stop()
    carrier = Carrier(world)
    message = carrier.submit(CODE)
    equal("the story", world.node.story(message)["state"], "waiting")
    unregistered = world.capture.rows('sip.Method == REGISTER && sip.Contact contains "expires=0"', "frame.number")
    check("it has unregistered", unregistered)


@case
def baresip_has_the_wrong_password(world):
    """It repeats a wrong password as fast as it is asked: 401 becomes 403, which it understands, and shows."""
    world.start()
    phone = Baresip(world, password="wrong")
    equal("what it says", phone.refused(), "403 Forbidden")
    check("it was not asked for ever", len(world.capture.rows("sip.Method == REGISTER", "frame.number")) < 20)
    carrier = Carrier(world)
    equal("the story", world.node.story(carrier.submit(CODE))["state"], "waiting")
