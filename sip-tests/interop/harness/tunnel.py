"""TLS for programs that have none of their own: what comes to a port in the clear goes on over TLS."""

import socket
import ssl
import threading


class Tunnel:
    """A port on loopback that leads to another one over TLS, as stunnel does; the certificate is verified."""

    def __init__(self, port, authority, name="localhost"):
        self._context = ssl.create_default_context(cafile=authority)
        self._to = ("127.0.0.1", port)
        self._name = name
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._open, daemon=True).start()

    def _open(self):
        while True:
            try:
                near, _ = self._door.accept()
            except OSError:
                return
            far = self._context.wrap_socket(socket.create_connection(self._to), server_hostname=self._name)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=(source, sink), daemon=True).start()

    def stop(self):
        self._door.close()


def _carry(source, sink):
    try:
        while octets := source.recv(65536):
            sink.sendall(octets)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
