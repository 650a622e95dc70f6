//! What the commands say on standard output.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes a line, or several.
///
/// # Errors
/// `BrokenPipe` when the reader has gone, as in `iwf account list | head`; see [`is_over`].
pub(super) fn say(lines: impl Display) -> io::Result<()> {
    writeln!(io::stdout(), "{lines}")
}

/// Whether a command ended only because nobody reads on: no failure.
pub(super) fn is_over(failure: &(dyn std::error::Error + 'static)) -> bool {
    failure.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
