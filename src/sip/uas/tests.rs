//! RFC 3261 8.2 and interworking.md C.5, step by step; the ways of REGISTER and MESSAGE through digest.
