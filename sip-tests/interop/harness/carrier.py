"""A carrier: smpplib, the Python client library that many of them use."""

import itertools
import logging
import re
import select
import ssl
import time

import smpplib.client
import smpplib.consts
import smpplib.exceptions
import smpplib.gsm

from .process import Failure

# What is in a receipt of ours.
RECEIPT = re.compile(
    r"id:(?P<id>\S*) sub:(?P<sub>\d{3}) dlvrd:(?P<dlvrd>\d{3}) submit date:(?P<submitted>\d{10,12}) "
    r"done date:(?P<done>\d{10,12}) stat:(?P<stat>[A-Z]{5,7}) err:(?P<err>\w{3}) text:"
)


_NUMBERS = itertools.count(1)


class Carrier:
    """One bind of a carrier. Everything happens in the calls: there is no thread behind it."""

    name = "smpplib"

    def __init__(self, world, bind="bind_transceiver", tls=None, **fields):
        log = f"{self.name}-{next(_NUMBERS)}"
        port = world.node.smpp_tls if tls else world.node.smpp
        how = {"timeout": 10, "logger_name": f"{world.directory}/{log}", "allow_unknown_opt_params": True}
        self.client = smpplib.client.Client("127.0.0.1", port, ssl_context=tls, **how)
        self._keep_log(world.directory / f"{log}.log")
        self.client.set_message_sent_handler(lambda pdu: self._answers.update({pdu.sequence: pdu}))
        self.client.set_error_pdu_handler(lambda pdu: self._answers.update({pdu.sequence: pdu}))
        self.client.set_query_resp_handler(lambda pdu: self._answers.update({pdu.sequence: pdu}))
        self.client.set_message_received_handler(self._received)
        self._answers = {}
        # The deliver_sm that came, in their order.
        self.delivered = []
        world.at_end(self.leave)
        self.client.connect()
        # The bind response; a refusal is smpplib's PDUError.
        self.bound = getattr(self.client, bind)(**{"system_id": "carrier1", "password": "secret1"} | fields)

    def _keep_log(self, file):
        handler = logging.FileHandler(file)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        self.client.logger.setLevel(logging.DEBUG)
        self.client.logger.propagate = False
        self.client.logger.addHandler(handler)

    def _received(self, pdu):
        self.delivered.append(pdu)
        return smpplib.consts.SMPP_ESME_ROK

    def read_until(self, what, seconds, probe):
        """Reads PDUs until `probe` gives something true."""
        deadline = time.monotonic() + seconds
        while not (found := probe()):
            left = deadline - time.monotonic()
            if left <= 0:
                raise Failure(f"smpplib: {what}: not within {seconds} s")
            if self._has_more() or select.select([self.client._socket], [], [], left)[0]:
                self.client.read_once()
        return found

    def _has_more(self):
        """Whether TLS has octets that were read with those before them: `select` knows nothing of these."""
        return isinstance(self.client._socket, ssl.SSLSocket) and self.client._socket.pending()

    def send(self, text, to="111222333", receipt=True, **more):
        """Sends a short text, coded by smpplib's own rules, or octets as they are; the sequence number."""
        fields = {"short_message": text}
        if isinstance(text, str):
            (fields["short_message"], *others), fields["data_coding"], fields["esm_class"] = smpplib.gsm.make_parts(text)
            if others:
                raise Failure(f"{text!r} is no single message")
        fields |= {"source_addr_ton": smpplib.consts.SMPP_TON_INTL, "source_addr_npi": smpplib.consts.SMPP_NPI_ISDN}
        fields |= {"dest_addr_ton": smpplib.consts.SMPP_TON_INTL, "dest_addr_npi": smpplib.consts.SMPP_NPI_ISDN}
        fields |= {"source_addr": "15551234", "destination_addr": to, "registered_delivery": int(receipt)}
        return self.client.send_message(**fields | more).sequence

    def answer(self, sequence, seconds=10):
        """The response with that sequence number."""
        return self.read_until(f"a response to {sequence}", seconds, lambda: self._answers.pop(sequence, None))

    def submit(self, text, **more):
        """Submits and gives the message id of the submit_sm_resp."""
        response = self.answer(self.send(text, **more))
        if response.is_error():
            raise Failure(f"submit_sm_resp has status {response.status:#x}")
        return response.message_id.decode()

    def receipt(self, message, seconds=10):
        """The receipt of a message: its text's fields, with the deliver_sm as `pdu`."""

        def found():
            for pdu in self.delivered:
                told = RECEIPT.fullmatch(pdu.short_message.decode("ascii"))
                if told and told["id"] == message:
                    return {**told.groupdict(), "pdu": pdu}
            return None

        return self.read_until(f"a receipt for {message}", seconds, found)

    def submit_long(self, text):
        """Submits a text in as many parts as smpplib makes of it; the message ids."""
        parts, coding, kind = smpplib.gsm.make_parts(text)
        return [self.submit(part, data_coding=coding, esm_class=kind) for part in parts]

    def told_of(self, message, seconds=10):
        """Waits for the receipt of a message; the fields of its text: stat, dlvrd, err, ..."""
        return self.receipt(message, seconds)

    def outcome(self, message, seconds=10):
        """Waits for the receipt of a message; what its text says of it: DELIVRD, EXPIRED."""
        return self.told_of(message, seconds)["stat"]

    def receipts(self, message):
        """How many receipts of that message have come so far."""
        return sum(pdu.receipted_message_id == message.encode() for pdu in self.delivered)

    def query(self, message, source_addr="15551234"):
        """Asks after a message: message_state, final_date, error_code."""
        asked = {"message_id": message, "source_addr_ton": 1, "source_addr_npi": 1, "source_addr": source_addr}
        pdu = self.answer(self.client.query_message(**asked).sequence)
        told = {name: getattr(pdu, name, None) for name in ("message_state", "final_date", "error_code")}
        return told | {"command_status": pdu.status}

    def leave(self):
        """Unbinds as smpplib does, if still bound."""
        client = self.client
        if client._socket is None:
            return
        try:
            if client.state not in (smpplib.consts.SMPP_CLIENT_STATE_OPEN, smpplib.consts.SMPP_CLIENT_STATE_CLOSED):
                client.unbind()
        except smpplib.exceptions.ConnectionError:
            pass
        client.disconnect()
        for handler in list(client.logger.handlers):
            handler.close()
            client.logger.removeHandler(handler)
