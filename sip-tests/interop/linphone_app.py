"""linphone as its app is used: each text that comes is read at once, and what its user writes goes out in CPIM. linphonec
can do neither, so this drives liblinphone itself: linphone_app.py SETTINGS, and a line "URI TEXT" for each text."""

import ctypes
import queue
import sys
import threading
import time

_LIBRARY = ctypes.CDLL("liblinphone.so.10")
_RECEIVED = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
_OBJECT, _TEXT, _FLAG = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
# What each function gives, and what it takes.
_SIGNATURES = {
    "linphone_factory_get": (_OBJECT,),
    "linphone_factory_create_core_3": (_OBJECT, _OBJECT, _TEXT, _TEXT, _OBJECT),
    "linphone_factory_create_core_cbs": (_OBJECT, _OBJECT),
    "linphone_core_cbs_set_message_received": (None, _OBJECT, _RECEIVED),
    "linphone_core_add_callbacks": (None, _OBJECT, _OBJECT),
    "linphone_core_start": (_FLAG, _OBJECT),
    "linphone_core_iterate": (None, _OBJECT),
    "linphone_core_get_default_account": (_OBJECT, _OBJECT),
    "linphone_account_get_state": (_FLAG, _OBJECT),
    "linphone_account_get_params": (_OBJECT, _OBJECT),
    "linphone_account_params_clone": (_OBJECT, _OBJECT),
    "linphone_account_params_enable_cpim_in_basic_chat_room": (None, _OBJECT, _FLAG),
    "linphone_account_set_params": (_FLAG, _OBJECT, _OBJECT),
    "linphone_address_as_string_uri_only": (_TEXT, _OBJECT),
    "linphone_chat_message_get_from_address": (_OBJECT, _OBJECT),
    "linphone_chat_message_get_utf8_text": (_TEXT, _OBJECT),
    "linphone_chat_room_mark_as_read": (None, _OBJECT),
    "linphone_core_get_chat_room_from_uri": (_OBJECT, _OBJECT, _TEXT),
    "linphone_chat_room_create_message_from_utf8": (_OBJECT, _OBJECT, _TEXT),
    "linphone_chat_message_send": (None, _OBJECT),
}
_REGISTERED = 2  # LinphoneRegistrationOk


class _Linphone:
    """The functions, by their names without the first word."""

    def __getattr__(self, name):
        function = getattr(_LIBRARY, f"linphone_{name}")
        function.restype, *function.argtypes = _SIGNATURES[f"linphone_{name}"]
        return function


_linphone = _Linphone()


@_RECEIVED
def _received(_core, room, message):
    sender = _linphone.address_as_string_uri_only(_linphone.chat_message_get_from_address(message))
    print(f"{sender.decode()}: {_linphone.chat_message_get_utf8_text(message).decode()}", flush=True)
    _linphone.chat_room_mark_as_read(room)


def _start(settings):
    factory = _linphone.factory_get()
    core = _linphone.factory_create_core_3(factory, settings.encode(), None, None)
    callbacks = _linphone.factory_create_core_cbs(factory)
    _linphone.core_cbs_set_message_received(callbacks, _received)
    _linphone.core_add_callbacks(core, callbacks)
    account = _linphone.core_get_default_account(core)
    params = _linphone.account_params_clone(_linphone.account_get_params(account))
    _linphone.account_params_enable_cpim_in_basic_chat_room(params, 1)
    _linphone.account_set_params(account, params)
    _linphone.core_start(core)
    return core


def _main(settings):
    core, written, told = _start(settings), queue.Queue(), False
    threading.Thread(target=lambda: [written.put(line) for line in sys.stdin], daemon=True).start()
    while True:
        _linphone.core_iterate(core)
        if not told and _linphone.account_get_state(_linphone.core_get_default_account(core)) == _REGISTERED:
            told = True
            print("registered", flush=True)
        while not written.empty():
            to, text = written.get().strip().split(" ", 1)
            room = _linphone.core_get_chat_room_from_uri(core, to.encode())
            _linphone.chat_message_send(_linphone.chat_room_create_message_from_utf8(room, text.encode()))
        time.sleep(0.02)  # liblinphone does its work when it is called


_main(sys.argv[1])
