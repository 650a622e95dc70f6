//! `iwf route explain`: what would become of a text, and why.

use clap::Args;

use super::Failure;
use super::client::{Need, Target};
use super::output::say;
use super::table::{Table, plain};
use crate::api::{Explained, encoded};

/// `iwf route explain FROM TO`
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The sender: a number, or a name
    from: String,
    /// The number, as its origin would write it
    to: String,
    /// Whose text it is, such as carrier:TATA or account:1111; without it that of the account that owns FROM
    #[arg(long, value_name = "ORIGIN")]
    origin: Option<String>,
    /// When it comes, such as 2026-11-21T22:00:00Z; without it now
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// What it says, for routes that ask for that
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

impl Explain {
    pub(super) fn run(self) -> Result<(), Failure> {
        let given = [
            ("from", Some(&self.from)),
            ("to", Some(&self.to)),
            ("origin", self.origin.as_ref()),
            ("at", self.at.as_ref()),
            ("text", self.text.as_ref()),
        ];
        let given =
            given.iter().filter_map(|(name, value)| Some(format!("{name}={}", encoded(value.as_ref()?))));
        let path = format!("/v1/routing/explain?{}", given.collect::<Vec<_>>().join("&"));
        let told: Explained =
            self.target.ask(Need::Existing, async |client| client.get(&path).await?.read())?;
        if self.json {
            return Ok(say(serde_json::to_string_pretty(&told)?)?);
        }
        Ok(say(render(&told).trim_end())?)
    }
}

fn render(told: &Explained) -> String {
    let mut page = String::new();
    for look in &told.looks {
        let among = if look.literal { ", among the patterns that begin with a digit" } else { "" };
        page += &format!("from {} to {}{among}\n", plain(&told.from), plain(&look.number));
        if !look.routes.is_empty() {
            let mut table = Table::new(["  ROUTE", "PATTERN", ""]);
            for one in &look.routes {
                table.row([format!("  {}", one.route), one.pattern.clone(), one.why.clone()]);
            }
            page += &table.render();
        }
        page += "\n";
    }
    page += &format!("{}\n", plain(&told.detail));
    if !told.connections.is_empty() {
        let mut table = Table::new(["  CONNECTION", ""]);
        for way in &told.connections {
            let why = if way.used { way.why.clone() } else { format!("left out: {}", way.why) };
            table.row([format!("  {}", way.connection), why]);
        }
        page += &table.render();
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn it_is_told_line_by_line() {
        let told = json!({
            "from": "491511",
            "looks": [{"number": "2221", "literal": false, "routes": [
                {"route": "own", "pattern": "2221", "taken": false, "why": "it is disabled"},
                {"route": "rest", "pattern": "%", "taken": true, "why": "it is taken"},
            ]}],
            "accepted": true,
            "verdict": "route",
            "detail": "route rest takes it",
            "connections": [
                {"connection": "a", "used": false, "why": "it is stopped"},
                {"connection": "vendor", "used": true, "why": "bound"},
            ],
        });
        let expected = "\
from 491511 to 2221
  ROUTE  PATTERN
  own    2221     it is disabled
  rest   %        it is taken

route rest takes it
  CONNECTION
  a           left out: it is stopped
  vendor      bound
";
        assert_eq!(render(&serde_json::from_value(told).unwrap()), expected);
    }
}
