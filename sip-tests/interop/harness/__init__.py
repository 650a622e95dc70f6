"""What the interop cases of sip-tests and smpp-tests share: a fresh node, foreign programs, a capture."""
