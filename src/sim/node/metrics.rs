//! What a node counts, read from the page that it serves to Prometheus.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::{Node, NodeError};

/// So long a metric may take to come to its value.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(10);

impl Node {
    /// The value of a metric, named with its labels as the page has it.
    pub async fn metric(&self, name: &str) -> Result<f64, NodeError> {
        let missing = || NodeError::NoMetric(name.to_owned());
        let mut stream = TcpStream::connect(self.addresses.admin.first().ok_or_else(missing)?).await?;
        stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: iwf\r\nConnection: close\r\n\r\n").await?;
        let mut page = String::new();
        stream.read_to_string(&mut page).await?;
        let value = page.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.and_then(|value| value.parse().ok()).ok_or_else(missing)
    }

    /// Waits until a metric has a value.
    pub async fn counts(&self, name: &str, expected: f64) -> Result<(), NodeError> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let value = self.metric(name).await?;
            if value == expected {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(NodeError::OtherValue(name.to_owned(), value, expected));
            }
            sleep(POLL).await;
        }
    }
}
