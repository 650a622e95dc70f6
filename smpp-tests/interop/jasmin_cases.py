"""Jasmin as the vendor on the far side: what its own customers bind to."""

from centre import Centre
from harness.carrier import Carrier
from harness.case import case, equal
from harness.process import until
from jasmin import Jasmin

TO = "222333444"


@case
def jasmin_takes_texts_and_tells_of_them(world):
    """Through Jasmin to a message centre behind it, in letters of every kind; its receipts come back under its own ids."""
    upstream = Centre(world)
    jasmin = Jasmin(world, upstream.port)
    upstream.came("bind_transceiver", 120)
    world.start(provisioning=upstream.provisioning(port=jasmin.port), centre=jasmin.port)
    carrier = Carrier(world)
    until("we are bound", 20, lambda: "bound" in world.node.command("connection", "binds", "vendor-a"))
    texts = ["Your code is 123-456", "user_name@host costs $5", "5€ {net} [~10%]", "مرحبا بالعالم", "😀👍🏽"]
    messages = [carrier.submit(text, to=TO) for text in texts]
    equal("the texts", sorted(upstream.texts(len(texts), 120)), sorted(texts))
    for message in messages:
        equal("the receipt", carrier.outcome(message, 120), "DELIVRD")
        equal("it is told once", carrier.receipts(message), 1)
    upstream.behaves(stat="UNDELIV", err="034")
    equal("the receipt", carrier.outcome(carrier.submit("nobody there", to=TO), 120), "UNDELIV")
    until("nothing waits", 20, lambda: world.node.metric("iwf_messages_waiting") == 0)
