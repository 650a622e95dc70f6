"""SIPp as a phone and as a caller: what each answer of a phone makes of a message, and RFC 3261's small print."""

from harness.carrier import Carrier
from harness.case import case, check, equal, over
from harness.phone import Sipp
from harness.process import until

CODE = "Your code is 123-456"
# A phone that has not answered is given up after 64 T1 (timer F); then the validity has passed.
TIMER_F = 32


# These two take longest, so they begin first.


@case
def sipp_stays_silent_over_udp(world):
    """MESSAGE is repeated as timer E says (RFC 3261 17.1.2.2: T1 doubling up to T2), then given up; EXPIRED."""
    world.start()
    Sipp(world, "phone_registers", "udp", "phone_stays_silent").registered()
    carrier = Carrier(world)
    message = carrier.submit(CODE, validity_period="000000000010000R")
    equal("the receipt", carrier.receipt(message, TIMER_F + 15)["stat"], "EXPIRED")
    sent = world.capture.rows("sip.Method == MESSAGE", "frame.time_relative", "sip.Via.branch")
    check("all have the branch of the first", len({branch for _, branch in sent}) == 1)
    times = [float(time) for time, _ in sent]
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    wanted = [0.5, 1, 2, 4, 4, 4, 4, 4, 4, 4]
    check(f"the gaps {gaps} are {wanted}", len(gaps) == len(wanted))
    check(f"the gaps {gaps} are {wanted}", all(abs(gap - want) < 0.25 for gap, want in zip(gaps, wanted)))


@case
def sipp_stays_silent_over_tcp(world):
    """Over TCP nothing is repeated (RFC 3261 17.1.2.2); after timer F the message is given up and has expired."""
    world.start()
    Sipp(world, "phone_registers", "tcp", "phone_stays_silent").registered()
    carrier = Carrier(world)
    message = carrier.submit(CODE, validity_period="000000000010000R")
    equal("the receipt", carrier.receipt(message, TIMER_F + 15)["stat"], "EXPIRED")
    equal("how often it was sent", len(world.capture.rows("sip.Method == MESSAGE", "frame.number")), 1)


@over("udp", "tcp")
def sipp_takes_a_text(world, transport):
    """It registers with digest and answers 200; the carrier hears DELIVRD under the id that it was given."""
    world.start()
    phone = Sipp(world, "phone_registers", transport, "phone_answers_200").registered()
    carrier = Carrier(world)
    message = carrier.submit(CODE)
    equal("the text", phone.texts(), [CODE])
    receipt = carrier.receipt(message)
    equal("the receipt", (receipt["stat"], receipt["err"]), ("DELIVRD", "000"))
    equal("the story", world.node.story(message)["state"], "delivered")


@over("udp", "tcp")
def sipp_takes_a_hundred_texts(world, transport):
    """A hundred texts to one phone: each comes once, in the order in which they were sent."""
    world.start()
    phone = Sipp(world, "phone_registers", transport, "phone_answers_200").registered()
    carrier = Carrier(world)
    sent = [f"Text {number} of a hundred" for number in range(100)]
    messages = [carrier.submit(text) for text in sent]
    for message in messages:
        equal("the receipt", carrier.receipt(message, 30)["stat"], "DELIVRD")
    equal("the texts", phone.texts(100), sent)


@over("udp", "tcp")
def sipp_declines_603(world, transport):
    """603 is the person's word: REJECTD, and no second attempt."""
    world.start()
    phone = Sipp(world, "phone_registers", transport, "phone_answers_603").registered()
    carrier = Carrier(world)
    receipt = carrier.receipt(carrier.submit(CODE))
    equal("the receipt", (receipt["stat"], receipt["err"]), ("REJECTD", "013"))
    equal("the attempts", phone.texts(), [CODE])


@over("udp", "tcp")
def sipp_is_busy_486(world, transport):
    """486 is temporary: the message waits, and its validity ends before the next attempt is due."""
    world.start()
    phone = Sipp(world, "phone_registers", transport, "phone_answers_486").registered()
    carrier = Carrier(world)
    message = carrier.submit(CODE, validity_period="000000000004000R")
    equal("the text", phone.texts(), [CODE])
    receipt = carrier.receipt(message, 20)
    equal("the receipt", (receipt["stat"], receipt["err"]), ("EXPIRED", "031"))
    equal("the attempts", phone.texts(), [CODE])


@over("udp", "tcp")
def sipp_comes_late(world, transport):
    """The message waits for the phone and goes out when it registers."""
    world.start()
    carrier = Carrier(world)
    message = carrier.submit(CODE)
    equal("the story before", world.node.story(message)["state"], "waiting")
    phone = Sipp(world, "phone_registers", transport, "phone_answers_200").registered()
    equal("the text", phone.texts(), [CODE])
    equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")


@over("udp", "tcp")
def sipp_and_sipp_have_one_account(world, transport):
    """Two devices of an account both get the text; the carrier hears one receipt."""
    world.start()
    phones = [Sipp(world, "phone_registers", transport, "phone_answers_200").registered() for _ in range(2)]
    carrier = Carrier(world)
    message = carrier.submit(CODE)
    for phone in phones:
        equal("the text", phone.texts(), [CODE])
    equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")
    equal("how many receipts", len(carrier.delivered), 1)


@case
def sipp_is_still_registered_after_a_crash(world):
    """Registrations and accepted messages survive a kill -9: the phone need not register again."""
    node = world.start()
    phone = Sipp(world, "phone_registers", "udp", "phone_answers_200").registered()
    # A registration is written behind the answer: what a crash may take is the last moment's.
    until("the registration is stored", 10, lambda: node.stored("SELECT count(*) FROM binding") == 1)
    node.kill()
    node.start()
    carrier = Carrier(world)
    message = carrier.submit(CODE)
    equal("the text", phone.texts(), [CODE])
    equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")


@over("udp", "tcp")
def sipp_has_the_wrong_password(world, transport):
    """401 twice, and no binding."""
    world.start()
    phone = Sipp(world, "phone_wrong_password_401", transport, password="wrong")
    phone.passes()
    carrier = Carrier(world)
    equal("the message", world.node.story(carrier.submit(CODE))["state"], "waiting")


@over("udp", "tcp")
def sipp_unregisters(world, transport):
    """Expires: 0 and Contact: * take the bindings away; the 200 lists what is left."""
    world.start()
    Sipp(world, "phone_unregisters_200", transport).passes()


@over("udp", "tcp")
def sipp_asks_what_is_bound(world, transport):
    """A REGISTER without Contact changes nothing and is told the bindings."""
    world.start()
    Sipp(world, "phone_asks_200", transport).passes()


@case
def sipp_registers_too_briefly(world):
    """423 with Min-Expires."""
    world.start()
    Sipp(world, "phone_too_brief_423").passes()


@over("udp", "tcp")
def sipp_pings_with_options(world, transport):
    """OPTIONS: 200 with Allow and Accept."""
    world.start()
    Sipp(world, "caller_options_200", transport).passes()


@over("udp", "tcp")
def sipp_calls(world, transport):
    """INVITE: 405 with Allow."""
    world.start()
    Sipp(world, "caller_invite_405", transport).passes()


@over("udp", "tcp")
def sipp_frobnicates(world, transport):
    """A method that nobody knows: 501 or 405."""
    world.start()
    Sipp(world, "caller_unknown_method_501", transport).passes()


@over("udp", "tcp")
def sipp_writes_to_sipp(world, transport):
    """An app's text to another account's app: 202, then the text arrives."""
    world.start()
    phone = Sipp(world, "phone_registers", transport, "phone_answers_200", number="444555666").registered()
    Sipp(world, "phone_sends_202", transport, peer="444555666", text="Hello from SIPp").passes()
    equal("the text", phone.texts(), ["Hello from SIPp"])
