"""The libraries that a case can be played with, behind one face: `submit`, `receipt`, `outcome`, `receipts`."""

import functools

from harness.carrier import Carrier
from harness.case import case
from scripted import NetSmpp, NodeSmpp

LIBRARIES = {"smpplib": Carrier, "node_smpp": NodeSmpp, "net_smpp": NetSmpp}


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
