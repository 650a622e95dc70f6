"""Net::SMPP as a carrier: binds, receipts, and what it asks for besides."""

from harness.case import case, check, equal
from harness.phone import taker
from scripted import NetSmpp

CODE = b"Your code is 123-456"
ROK, RBINDFAIL = 0x00, 0x0D


@case
def net_smpp_writes_to_sipp(world):
    """bind_transceiver, submit_sm with registered_delivery, the text on a SIPp phone, the receipt acknowledged."""
    world.start()
    phone, carrier = taker(world), NetSmpp(world)
    equal("our system_id", carrier.bound["system_id"], "iwf")
    message = carrier.submit(CODE)
    equal("the text", phone.texts(), [CODE.decode()])
    receipt = carrier.receipt(message)
    equal("esm_class", receipt["esm_class"], 0x04)
    equal("message_state", receipt["message_state"], 2)
    equal("addresses", (receipt["source_addr"], receipt["destination_addr"]), ("111222333", "15551234"))
    check("the receipt's text tells the same", f"id:{message} " in receipt["short_message"])
    acknowledged = f"smpp.command_id == 0x80000005 && tcp.dstport == {world.node.smpp}"
    check("deliver_sm_resp was sent", world.capture.rows(acknowledged, "frame.number"))


@case
def net_smpp_sends_a_payload(world):
    """data_sm, and submit_sm with message_payload instead of short_message."""
    world.start()
    phone, carrier = taker(world), NetSmpp(world)
    fields = {"source_addr": "15551234", "destination_addr": "111222333", "registered_delivery": 1}
    data = carrier.ask("data_sm", **fields, data_coding=0, message_payload=b"by data")
    equal("the status of data_sm_resp", data["command_status"], ROK)
    equal("the receipt", carrier.outcome(data["message_id"]), "DELIVRD")
    equal("the receipt", carrier.outcome(carrier.submit(b"", message_payload=b"by payload")), "DELIVRD")
    equal("the texts", phone.texts(2), ["by data", "by payload"])


@case
def net_smpp_keeps_the_link_alive(world):
    """enquire_link both ways."""
    world.start(smpp="enquire_link_seconds = 1")
    carrier = NetSmpp(world)
    equal("the status", carrier.ask("enquire_link")["command_status"], ROK)
    carrier.came("enquire_link", count=2)
    carrier.submit(CODE)


@case
def net_smpp_has_the_wrong_password(world):
    """ESME_RBINDFAIL; the next connection with the right one is bound."""
    world.start()
    NetSmpp(world, password="wrong", status=RBINDFAIL)
    equal("the answer", NetSmpp(world).ask("unbind")["command"], "unbind_resp")


@case
def net_smpp_speaks_3_3_and_5_0(world):
    """interface_version 0x33 and 0x50: the message id and the receipt are what each version can read."""
    world.start()
    taker(world)
    for version in (0x33, 0x50):
        carrier = NetSmpp(world, interface_version=version)
        message = carrier.submit(CODE)
        receipt = carrier.came("deliver_sm")
        check(f"the receipt is for {message}", f"id:{message} " in receipt["short_message"])
        check("TLVs are for those who know them", ("receipted_message_id" in receipt) == (version > 0x33))
        carrier.ask("unbind")
