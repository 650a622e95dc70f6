"""Kamailio beside us: as the registrar whose database we read, and as the edge through which apps register here."""

import re

from harness import kamailio
from harness.carrier import Carrier
from harness.case import case, check, equal, over
from harness.phone import Baresip, LinphoneApp, Softswitch
from harness.process import until

CODE = "Your code is 123-456"


def _with_registrar(world):
    server = kamailio.registrar(world)
    _follow(world, server.database)
    return server


def _follow(world, database, more=""):
    world.start(sip=f'[registrar]\ndatabase = "{database.url}"\npoll_seconds = 1\n{more}')


@over("udp", "tcp")
def kamailio_keeps_the_app(world, transport):
    """An app that registered with a Kamailio gets a text through it, because its database says where it is."""
    server = _with_registrar(world)
    phone = Baresip(world, transport, port=server.port).registered()
    equal("the contacts that Kamailio keeps", server.contacts(), 1)
    carrier = Carrier(world)
    message = carrier.submit(CODE)
    phone.shows("+15551234", CODE)
    equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")


@case
def kamailio_keeps_the_app_in_postgres(world):
    """The same with PostgreSQL, to which Kamailio writes the time of its clock on the wall: five hours behind UTC here, so
    that no contact would hold if it were read as UTC."""
    server = kamailio.registrar_with_postgres(world, TZ="EST5")
    _follow(world, server.database, "utc_offset_minutes = -300\n")
    phone = Baresip(world, port=server.port).registered()
    equal("the contacts that Kamailio keeps", server.contacts(), 1)
    carrier = Carrier(world)
    message = carrier.submit(CODE)
    phone.shows("+15551234", CODE)
    equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")
    # One that comes when others are known is found by the time of its row.
    other = Baresip(world, number="444555666", port=server.port).registered()
    carrier.submit(CODE, to="444555666")
    other.shows("+15551234", CODE)
    equal("whether the database is read", world.node.metric("iwf_registrar_failing"), 0)
    told = world.node.command("doctor")
    check("the doctor finds nothing odd about its clock", "utc_offset" not in told)


@case
def kamailio_keeps_an_app_that_comes_late(world):
    """A text that waits leaves when the app registers with the Kamailio."""
    server = _with_registrar(world)
    carrier = Carrier(world)
    message = carrier.submit(CODE)
    equal("the story", world.node.story(message)["state"], "waiting")
    phone = Baresip(world, port=server.port).registered()
    phone.shows("+15551234", CODE)
    equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")
    equal("how often it is shown", phone.said().count(CODE), 1)


@case
def kamailio_is_the_proxy(world):
    """Without its database: texts are sent to a Kamailio, which knows where the app is."""
    server = kamailio.registrar(world)
    world.start(sip=f'[sip.proxy]\nuri = "sip:127.0.0.1:{server.port}"\n')
    phone = Baresip(world, port=server.port).registered()
    carrier = Carrier(world)
    message = carrier.submit(CODE)
    phone.shows("+15551234", CODE)
    equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")


@case
def kamailio_is_what_the_doctor_says(world):
    """`iwf doctor` names the product, the version of its table and how many of its users are ours."""
    server = _with_registrar(world)
    phone = Baresip(world, port=server.port).registered()
    told = until("the doctor sees the contact", 30, lambda: _doctor(world))
    check("it names Kamailio", re.search(r"one of Kamailio, version \d+ of `location`, with 1 contacts", told))
    check("it knows the user", "1 contacts belong to accounts here, 0 of them with a Path" in told)
    check("it asks the server", re.search(rf"leads to contacts, UDP 127.0.0.1:{server.port}, answers", told))
    check("it knows that the node runs", "The node runs and has its addresses" in told)
    Carrier(world).submit(CODE)
    phone.shows("+15551234", CODE)


def _doctor(world):
    told = world.node.command("doctor")
    return told if "with 1 contacts" in told else None


@case
def kamailio_is_the_edge(world):
    """An app registers here through a Kamailio, which stands in the Path: a text goes the same way back."""
    world.start()
    server = kamailio.edge(world)
    phone = Baresip(world, port=server.port).registered()
    carrier = Carrier(world)
    message = carrier.submit(CODE)
    phone.shows("+15551234", CODE)
    equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")
    rows = world.capture.rows(f"sip.Method == MESSAGE && udp.dstport == {server.port}", "sip.Route")
    check("the text has the Path as its Route", any(str(server.port) in str(row) for row in rows))


@case
def kamailio_users_are_adopted(world):
    """`iwf account adopt` makes accounts of its users, once: they get texts through it, and may register here as well."""
    server = _with_registrar(world)
    user = "INSERT INTO subscriber (username, domain, password) VALUES ('777888999', '127.0.0.1', 'secret')"
    server.database.run(user)
    equal("what is adopted", world.node.command("account", "adopt"), "added account 777888999\n")
    until("the account is in force", 20, lambda: world.node.metric("iwf_provisioning_revision") == 2)
    check("nothing is adopted twice", "added" not in world.node.command("account", "adopt"))
    there = Baresip(world, number="777888999", port=server.port).registered()
    here = Baresip(world, "tcp", number="777888999").registered()
    until("the contact is read", 20, lambda: world.node.metric("iwf_registrar_contacts") == 1)
    Carrier(world).submit(CODE, to="777888999")
    there.shows("+15551234", CODE)
    here.shows("+15551234", CODE)


@case
def kamailio_knows_a_contact_no_more(world):
    """A 404 of the edge in the Path of a row is no word on the account: the text waits, and leaves when the row is written
    anew."""
    database = kamailio.Sqlite(world)
    _follow(world, database)
    gone = Softswitch(world, "edge_knows_nobody_404", "udp")
    there = Softswitch(world, "phone_answers_200", "udp")
    contact = "sip:111222333@192.0.2.7:5060"
    database.put("111222333", contact, f"<sip:127.0.0.1:{gone.port};lr>")
    until("the contact is read", 20, lambda: world.node.metric("iwf_registrar_contacts") == 1)
    carrier = Carrier(world)
    message = carrier.submit(CODE)
    gone.texts()
    equal("the story", world.node.story(message)["state"], "waiting")
    database.put("111222333", contact, f"<sip:127.0.0.1:{there.port};lr>")
    there.texts(20)
    equal("the receipt", carrier.receipt(message)["stat"], "DELIVRD")
    equal("how often the edge was asked that knows nobody", len(gone.texts()), 1)
    sent = world.capture.rows(f"sip.Method == MESSAGE && udp.dstport == {there.port}", "sip.r-uri", "sip.Route")
    equal("what was sent", sent, [(contact, f"<sip:127.0.0.1:{there.port};lr>")])


@case
def kamailio_database_fails(world):
    """While the database can't be read what was read holds, and the metrics say so."""
    server = _with_registrar(world)
    phone = Baresip(world, port=server.port).registered()
    until("the contact is read", 20, lambda: world.node.metric("iwf_registrar_contacts") == 1)
    server.database.run("ALTER TABLE location RENAME TO location_of_yesterday")
    until("the reading fails", 20, lambda: world.node.metric("iwf_registrar_failing") == 1)
    Carrier(world).submit(CODE)
    phone.shows("+15551234", CODE)
    server.database.run("ALTER TABLE location_of_yesterday RENAME TO location")
    until("it is read again", 20, lambda: world.node.metric("iwf_registrar_failing") == 0)


@case
def kamailio_brings_texts_of_apps(world):
    """An app behind the edge writes to another one behind it: challenged through the edge, and delivered through it."""
    world.start()
    server = kamailio.edge(world)
    reader = Baresip(world, port=server.port).registered()
    writer = LinphoneApp(world, number="444555666", port=server.port).registered()
    writer.sends("sip:111222333@127.0.0.1", CODE)
    reader.shows("444555666", CODE)
    ours = f'sip.Method == MESSAGE && udp.srcport == {world.node.udp} && sip.Content-Type contains "text/plain"'
    sent = world.capture.rows(ours, "udp.dstport")
    equal("where the text went", sent, [(str(server.port),)])
