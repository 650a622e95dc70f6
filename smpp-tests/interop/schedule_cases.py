"""Texts for later, by every library and by Kannel: not before their time, whatever happens meanwhile."""

import datetime
import time

from alphabet import gsm
from harness.case import case, check, equal
from harness.phone import taker
from harness.process import until
from kannel import ACCEPTED, DELIVERED, EXPIRED, Kannel
from libraries import by, by_each

# What query_sm says of it to peers of version 5.0 and to others.
SCHEDULED, ENROUTE = 0, 1
RINVSCHED, RINVEXPIRY = 0x61, 0x62


def _sent_at(world, number):
    """When the first MESSAGE to that phone left, in seconds of the epoch."""
    to = f'sip.Method == "MESSAGE" && udp.srcport == {world.node.udp} && sip.r-uri.user == "{number}"'
    return min(float(when) for (when,) in world.capture.rows(to, "frame.time_epoch"))


def _in(seconds):
    """That time from now as SMPP writes an absolute one, half an hour behind UTC, rounded up to a tenth; and itself."""
    due = time.time() + seconds
    west = datetime.datetime.fromtimestamp(due + 0.1, datetime.timezone(datetime.timedelta(minutes=-30)))
    return f"{west:%y%m%d%H%M%S}{west.microsecond // 100000}02-", due


@by_each
def writes_for_later(world, library):
    """A relative and an absolute time; the apps register and we start anew before it: nothing comes early."""
    node = world.start()
    carrier = library(world)
    relative, absolute = "111222333", "444555666"
    due = {relative: time.time() + 4}
    messages = [carrier.submit(gsm("in 4 s"), to=relative, schedule_delivery_time="000000000004000R")]
    when, due[absolute] = _in(4)
    messages.append(carrier.submit(gsm("at that time"), to=absolute, schedule_delivery_time=when))
    for message in messages:
        check("it is scheduled", carrier.query(message)["message_state"] in (SCHEDULED, ENROUTE))
    carrier.leave()
    node.stop()
    node.start()
    phones = {number: taker(world, number=number) for number in due}
    carrier = library(world)
    equal("the texts", [phone.texts() for phone in phones.values()], [["in 4 s"], ["at that time"]])
    for number, time_due in due.items():
        check(f"{number} was not sent before its time", _sent_at(world, number) >= time_due)
    for message in messages:
        equal("the receipt", carrier.outcome(message), "DELIVRD")


@by("node_smpp", "net_smpp")
def writes_for_an_impossible_time(world, library):
    """A time that is none is refused with ESME_RINVSCHED, one after the end of the validity with ESME_RINVEXPIRY."""
    world.start()
    carrier = library(world)
    fields = {"source_addr": "15551234", "destination_addr": "111222333", "short_message": gsm("never")}
    wrong = carrier.ask("submit_sm", **fields, schedule_delivery_time="261345000000000+")
    equal("the status", wrong["command_status"], RINVSCHED)
    late = {"schedule_delivery_time": "000000010000000R", "validity_period": "000000000100000R"}
    equal("the status", carrier.ask("submit_sm", **fields, **late)["command_status"], RINVEXPIRY)
    carrier.submit(gsm("and the bind goes on"))


@case
def kannel_writes_for_later(world):
    """deferred and validity, which Kannel has in minutes: one text comes after it, the other ends with it."""
    world.start()
    phone, kannel = taker(world), Kannel(world).online()
    due = int(time.time()) + 60
    later = kannel.send("in a minute", deferred=1)
    ends = kannel.send("to nobody", to="444555666", validity=1)
    for number in (later, ends):
        kannel.report(number, ACCEPTED)
    kannel.report(kannel.send("at once"))
    until("the minute ends", 75, lambda: kannel.reports(later, DELIVERED) and kannel.reports(ends, EXPIRED), every=0.5)
    equal("the texts", phone.texts(2), ["at once", "in a minute"])
    check("stat:EXPIRED is in the text", " stat:EXPIRED " in kannel.report(ends, EXPIRED)["answer"])
    check("it was not sent before its time", _second(world) >= due)


def _second(world):
    sent = f'sip.Method == "MESSAGE" && udp.srcport == {world.node.udp}'
    return sorted(float(when) for (when,) in world.capture.rows(sent, "frame.time_epoch"))[1]
