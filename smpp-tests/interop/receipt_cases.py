"""Receipts, by every library: the id of the submit_sm_resp, the true end, once, and only where they can be taken."""

import datetime

from alphabet import gsm
from harness.case import check, equal
from harness.phone import taker
from harness.process import until
from libraries import by_each

CODE = gsm("Your code is 123-456")
SUBMIT_SM_RESP, DELIVER_SM = 0x80000004, 0x00000005


@by_each
def hears_of_each_once(world, library):
    """Twenty texts on one transceiver: a receipt for each, never before its submit_sm_resp."""
    world.start()
    phone, carrier = taker(world), library(world)
    messages = [carrier.submit(CODE) for _ in range(20)]
    equal("how many ids", len(set(messages)), 20)
    for message in messages:
        equal("the receipt", carrier.outcome(message), "DELIVRD")
    equal("how often each was told", [carrier.receipts(message) for message in messages], [1] * 20)
    equal("how many texts", len(phone.texts(20)), 20)
    _answered_first(world, messages)


def _answered_first(world, messages):
    told = f"tcp.srcport == {world.node.smpp} && (smpp.message_id || smpp.receipted_message_id)"
    answered, early = set(), []
    for responses, receipts in world.capture.rows(told, "smpp.message_id", "smpp.receipted_message_id"):
        # Where a segment holds both, the dissector's lists don't say which comes first: then both have come.
        answered |= set(responses.split(","))
        early += [receipt for receipt in receipts.split(",") if receipt and receipt not in answered]
    equal("receipts before their responses", early, [])
    check("the capture has all responses", answered >= set(messages))


@by_each
def is_away_when_it_is_delivered(world, library):
    """The carrier leaves, the app comes and has the text: the receipt waits for the next receiver."""
    node = world.start()
    carrier = library(world)
    message = carrier.submit(CODE)
    carrier.leave()
    phone = taker(world)
    equal("how many texts", len(phone.texts()), 1)
    until("it is delivered", 10, lambda: node.story(message)["state"] == "delivered", every=0.2)
    transmitter, receiver = library(world, "bind_transmitter"), library(world, "bind_receiver")
    equal("the receipt", receiver.outcome(message), "DELIVRD")
    equal("what the transmitter was sent", transmitter.receipts(message), 0)
    equal("how often it was told", receiver.receipts(message), 1)


@by_each
def lets_it_expire(world, library):
    """Nobody registers within the validity, relative or absolute in a time zone: EXPIRED, absent subscriber."""
    world.start()
    carrier = library(world)
    east = datetime.timezone(datetime.timedelta(hours=3))
    end = datetime.datetime.now(east) + datetime.timedelta(seconds=3)
    absolute = f"{end:%y%m%d%H%M%S}012+"  # twelve quarters of an hour
    for validity in ("000000000002000R", absolute):
        message = carrier.submit(CODE, validity_period=validity)
        told = carrier.told_of(message, 15)
        equal("the receipt", (told["stat"], told["dlvrd"], told["err"]), ("EXPIRED", "000", "027"))
