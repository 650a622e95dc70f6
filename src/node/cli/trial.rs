//! `iwf route try`: what the routes of a file would have made of the traffic of the last time.

use std::path::{Path, PathBuf};

use clap::Args;
use hyper::Method;

use super::Failure;
use super::client::{Need, Target};
use super::import::faults;
use super::output::say;
use super::table::{Table, plain};
use crate::api::{Leg, Tried};
use crate::config;
use crate::provisioning::{Plan, as_remote};

/// `iwf route try FILE --since 1h`
#[derive(Debug, Args)]
pub(super) struct Try {
    /// The provisioning file with all routes that there would be; what else it has is added to what there is
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How far to look back: 90s, 30m, 1h or 7d
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = seconds)]
    since: u64,
    /// As JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    target: Target,
}

impl Try {
    pub(super) fn run(self) -> Result<(), Failure> {
        let directory = self.file.parent().unwrap_or(Path::new(""));
        let document = config::read_document(&self.file)?;
        Plan::of_file(document.clone(), directory)?;
        let body = as_remote(&document, directory)?;
        let path = format!("/v1/routing/try?seconds={}", self.since);
        let tried: Tried = self.target.ask(Need::Existing, async |client| {
            let heard = client.send(Method::POST, &path, &[], Some(&body)).await?;
            match faults(&document, &heard) {
                Some(faults) => Err(faults.into()),
                None => heard.read(),
            }
        })?;
        if self.json {
            return Ok(say(serde_json::to_string_pretty(&tried)?)?);
        }
        Ok(say(render(&tried).trim_end())?)
    }
}

fn seconds(text: &str) -> Result<u64, String> {
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).unwrap_or_default();
    let unit = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err("a number with s, m, h or d behind it is needed".to_owned()),
    };
    let number: u64 =
        number.parse().map_err(|_| "a number with s, m, h or d behind it is needed".to_owned())?;
    number.checked_mul(unit).ok_or_else(|| "is too long".to_owned())
}

fn render(tried: &Tried) -> String {
    let mut page = format!("{} routed messages from {} to {}\n", tried.messages, tried.since, tried.until);
    let figures = [
        (tried.same, "over the same connection"),
        (tried.elsewhere, "over another connection"),
        (tried.nowhere, "over none any more"),
        (tried.somewhere, "over one, and none now"),
    ];
    for (count, what) in figures {
        page += &format!("  {count} {what}\n");
    }
    for cost in &tried.costs {
        page += &format!("\ncost now {}, then {}\n", cost.before, cost.after);
    }
    if !tried.moves.is_empty() {
        page.push('\n');
        let mut table = Table::new(["MESSAGES", "NOW", "THEN", "SUCH AS"]);
        for moved in &tried.moves {
            let such = moved.examples.iter().map(|one| format!("{} to {}", one.message, one.to));
            let such = such.take(1).collect::<String>();
            table.row([moved.messages.to_string(), way(&moved.before), way(&moved.after), such]);
        }
        page += &table.render();
    }
    page.push('\n');
    tried.notes.iter().for_each(|note| page += &format!("- {}\n", plain(note)));
    page
}

fn way(leg: &Leg) -> String {
    match (leg.route.as_str(), leg.connection.as_str()) {
        ("", _) => "no route".to_owned(),
        (route, "") => format!("{route}, nowhere"),
        (route, connection) => format!("{route}, {connection}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_time_has_its_unit() {
        assert_eq!(
            ["90s", "30m", "1h", "7d"].map(|text| seconds(text).ok()),
            [90, 1800, 3600, 604_800].map(Some)
        );
        for wrong in ["", "1", "h", "1w", "-1h", "99999999999999999999d", "1é"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_would_change_is_told_in_figures() {
        let leg = |route, connection| json!({"route": route, "connection": connection});
        let tried = json!({
            "since": "2026-11-21T21:00:00Z",
            "until": "2026-11-21T22:00:00Z",
            "messages": 12, "same": 7, "elsewhere": 4, "nowhere": 1, "somewhere": 0,
            "costs": [{"before": "0.12 EUR", "after": "0.08 EUR"}],
            "moves": [
                {"before": leg("all", "dear"), "after": leg("own", "cheap"), "messages": 4,
                 "examples": [{"message": "123456789012345678", "to": "491511"}]},
                {"before": leg("all", "dear"), "after": leg("", ""), "messages": 1, "examples": []},
            ],
            "notes": ["Something."],
        });
        let expected = "\
12 routed messages from 2026-11-21T21:00:00Z to 2026-11-21T22:00:00Z
  7 over the same connection
  4 over another connection
  1 over none any more
  0 over one, and none now

cost now 0.12 EUR, then 0.08 EUR

MESSAGES  NOW        THEN        SUCH AS
4         all, dear  own, cheap  123456789012345678 to 491511
1         all, dear  no route

- Something.
";
        assert_eq!(render(&serde_json::from_value(tried).unwrap()), expected);
    }
}
