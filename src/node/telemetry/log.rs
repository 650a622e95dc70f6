//! The log: lines on standard error, for people or as JSON.
//!
//! What peers sent is logged by length and place, never by content. Where a name of theirs is needed,
//! nothing in it can end the line and begin one of its own: in JSON it is a string, in a line for people
//! line ends are escaped here and other control characters by `tracing_subscriber`.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::EnvFilter;

use crate::config::{LogConfig, LogFormat};

/// Starts logging for the process. A second call changes nothing.
pub(crate) fn init(config: &LogConfig) {
    let filter = EnvFilter::builder().parse_lossy(&config.level);
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(|| OneLine(io::stderr()));
    let started = match config.format {
        LogFormat::Human => lines.with_ansi(io::stderr().is_terminal()).try_init(),
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).try_init(),
    };
    drop(started);
}

/// Writes what it is given at once, an event, as one line.
struct OneLine<W>(W);

impl<W: Write> Write for OneLine<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let line = event.strip_suffix(b"\n").unwrap_or(event);
        if line.iter().any(|octet| matches!(octet, b'\n' | b'\r')) {
            self.0.write_all(&escaped(line))?;
            self.0.write_all(&event[line.len()..])?;
        } else {
            self.0.write_all(event)?;
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn escaped(line: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(line.len() + 8);
    for octet in line {
        match octet {
            b'\n' => escaped.extend_from_slice(b"\\n"),
            b'\r' => escaped.extend_from_slice(b"\\r"),
            other => escaped.push(*other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_whatever_is_in_it() {
        let mut written = OneLine(Vec::new());
        written.write_all(b"refused name=a\r\nINFO all is well\n").unwrap();
        written.write_all(b"next\n").unwrap();
        assert_eq!(written.0, b"refused name=a\\r\\nINFO all is well\nnext\n");
    }
}
