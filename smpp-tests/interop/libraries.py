"""The libraries that a case can be played with, behind one face: `submit`, `receipt`, `outcome`, `receipts`."""

import functools

import alphabet
from harness.carrier import Carrier
from harness.case import case
from scripted import NetSmpp, NodeSmpp



class Smpplib(Carrier):
    """smpplib; it cuts texts itself and leaves those that come as they are."""

    @property
    def incoming(self):
        """The texts that have come so far, receipts not among them, part by part."""
        texts = [pdu for pdu in self.delivered if pdu.esm_class & 0x3C == 0]
        names = ("source_addr", "destination_addr")
        return [{"pdu": pdu, **{name: getattr(pdu, name).decode() for name in names}} for pdu in texts]

    def texts(self, count=1, seconds=10):
        """Waits for so many whole texts and gives them in the order in which they became whole."""

        def enough():
            came = alphabet.joined(self._piece(told["pdu"]) for told in self.incoming)
            return came if len(came) >= count else None

        return self.read_until(f"{count} texts", seconds, enough)

    def _piece(self, pdu):
        header, octets = alphabet.split(pdu.short_message, pdu.esm_class)
        return header, alphabet.text_of(octets, pdu.data_coding)


LIBRARIES = {"smpplib": Smpplib, "node_smpp": NodeSmpp, "net_smpp": NetSmpp}


def by_each(function):
    """Makes a function of a world and a library one case for each library."""
    return by(*LIBRARIES)(function)


def by(*names):
    """Makes a function of a world and a library one case for each of these."""

    def register(function):
        for name in names:
            one = functools.partial(function, library=LIBRARIES[name])
            one.__name__, one.__doc__ = f"{name}_{function.__name__}", function.__doc__
            case(one)
        return function

    return register
