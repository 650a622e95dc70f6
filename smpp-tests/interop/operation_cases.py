"""query_sm, cancel_sm, replace_sm, submit_multi, by the libraries that have them."""

from alphabet import gsm
from harness.case import check, equal
from harness.phone import taker
from libraries import by, by_each

ROK, RCANCELFAIL, RREPLACEFAIL, RINVDSTADR = 0x00, 0x11, 0x13, 0x0B
ENROUTE, DELIVERED, DELETED = 1, 2, 4
FIRST, SECOND, END = gsm("first"), gsm("second"), gsm("the end")


@by_each
def asks_after_a_message(world, library):
    """query_sm: on its way while it waits, delivered with a date when it is; what is not known has an error."""
    world.start()
    carrier = library(world)
    message = carrier.submit(FIRST)
    waits = carrier.query(message)
    equal("the state", waits["message_state"], ENROUTE)
    check("it has no final date", not waits["final_date"])
    taker(world)
    equal("the receipt", carrier.outcome(message), "DELIVRD")
    done = carrier.query(message)
    equal("the state", done["message_state"], DELIVERED)
    check("it has a final date", done["final_date"])
    for wrong in (carrier.query("100000000000000000"), carrier.query(message, source_addr="15550000")):
        check("what is not known is an error", wrong["command_status"] != ROK)
    carrier.submit(FIRST)


@by("node_smpp", "net_smpp")
def takes_a_message_back(world, library):
    """cancel_sm while it waits: it never comes, its receipt says DELETED; once delivered it is too late."""
    world.start()
    carrier = library(world)
    message = carrier.submit(FIRST)
    equal("the status", carrier.cancel(message), ROK)
    equal("the receipt", carrier.outcome(message), "DELETED")
    equal("the state", carrier.query(message)["message_state"], DELETED)
    equal("the status of a second one", carrier.cancel(message), ROK)
    phone = taker(world)
    last = carrier.submit(END)
    equal("the texts", phone.texts(), ["the end"])
    equal("the receipt", carrier.outcome(last), "DELIVRD")
    equal("the status of one that is too late", carrier.cancel(last), RCANCELFAIL)


@by("node_smpp", "net_smpp")
def takes_all_back(world, library):
    """cancel_sm without a message id: all that waits from that sender for that recipient, and no other."""
    world.start()
    carrier = library(world)
    mine = [carrier.submit(FIRST), carrier.submit(SECOND)]
    other = carrier.submit(END, source_addr="15559999")
    equal("the status", carrier.cancel(""), ROK)
    for message in mine:
        equal("the receipt", carrier.outcome(message), "DELETED")
    phone = taker(world)
    equal("the texts", phone.texts(), ["the end"])
    equal("the receipt", carrier.outcome(other), "DELIVRD")
    equal("the status when none waits", carrier.cancel(""), RCANCELFAIL)


@by("node_smpp", "net_smpp")
def writes_it_anew(world, library):
    """replace_sm while it waits: the new text comes under the old id; afterwards it is too late."""
    world.start()
    carrier = library(world)
    message = carrier.submit(FIRST)
    equal("the status", carrier.replace(message, SECOND), ROK)
    phone = taker(world)
    equal("the texts", phone.texts(), ["second"])
    equal("the receipt", carrier.outcome(message), "DELIVRD")
    equal("the status of one that is too late", carrier.replace(message, FIRST), RREPLACEFAIL)


@by_each
def replaces_what_waits(world, library):
    """replace_if_present_flag: what the same sender has waiting for the same recipient gives way."""
    world.start()
    carrier = library(world)
    first = carrier.submit(FIRST, service_type="VMN")
    second = carrier.submit(SECOND, service_type="VMN", replace_if_present_flag=1)
    equal("the receipt of the first", carrier.outcome(first), "DELETED")
    phone = taker(world)
    equal("the receipt of the second", carrier.outcome(second), "DELIVRD")
    carrier.submit(END)
    equal("the texts", phone.texts(2), ["second", "the end"])


@by("node_smpp", "net_smpp")
def writes_to_several(world, library):
    """submit_multi: each recipient has the text and a receipt, and the one that nobody owns is named with its error."""
    world.start()
    carrier = library(world)
    numbers = ["111222333", "999888777", "444555666"]
    phones = [taker(world, number=number) for number in (numbers[0], numbers[2])]
    response = carrier.submit_multi(FIRST, numbers)
    equal("the status", response["command_status"], ROK)
    equal("who has it not", response["unsuccessful"], [("999888777", RINVDSTADR)])
    equal("the texts", [phone.texts() for phone in phones], [["first"], ["first"]])
    served = {"message_state": DELIVERED}
    receipts = [carrier.came("deliver_sm", source_addr=number, **served) for number in (numbers[0], numbers[2])]
    for receipt in receipts:
        equal("the id of each receipt", receipt["receipted_message_id"], response["message_id"])
