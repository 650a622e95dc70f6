//! `iwf message list|show|cancel`: what waits, the story of one message with the time of every step, and taking one back.

use clap::Subcommand;
use hyper::Method;
use iwf_model::MessageId;

use super::Failure;
use super::client::{Need, Target};
use super::output::say;
use super::table::{Table, plain};
use crate::api::{Told, Waiting, encoded};

/// What to do with messages.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show what waits
    List {
        /// For this account
        #[arg(long, value_name = "USERNAME", conflicts_with = "to_carrier")]
        to_account: Option<String>,
        /// For the receivers of this carrier
        #[arg(long, value_name = "NAME")]
        to_carrier: Option<String>,
        /// Of this account
        #[arg(long, value_name = "USERNAME", conflicts_with = "from_carrier")]
        from_account: Option<String>,
        /// Of this carrier
        #[arg(long, value_name = "NAME")]
        from_carrier: Option<String>,
        /// With this sender
        #[arg(long, value_name = "TEXT")]
        source: Option<String>,
        /// To this number
        #[arg(long, value_name = "NUMBER")]
        destination: Option<String>,
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Tell the story of a message; its text is not shown
    Show {
        /// The id, as its submit_sm_resp, its receipt or the log has it
        id: String,
        /// As JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        target: Target,
    },
    /// Take a message that waits back: it ends as cancelled
    Cancel {
        /// The id
        id: String,
        #[command(flatten)]
        target: Target,
    },
}

impl Command {
    pub(super) fn run(self) -> Result<(), Failure> {
        match self {
            Self::List {
                to_account,
                to_carrier,
                from_account,
                from_carrier,
                source,
                destination,
                json,
                target,
            } => {
                let filters = [
                    ("to_account", to_account),
                    ("to_carrier", to_carrier),
                    ("from_account", from_account),
                    ("from_carrier", from_carrier),
                    ("source", source),
                    ("destination", destination),
                ];
                list(&filters, json, &target)
            }
            Self::Show { id, json, target } => show(&id, json, &target),
            Self::Cancel { id, target } => cancel(&id, &target),
        }
    }
}

fn list(filters: &[(&str, Option<String>)], json: bool, target: &Target) -> Result<(), Failure> {
    let mut path = "/v1/messages?limit=1000".to_owned();
    for (name, value) in filters {
        if let Some(value) = value {
            path += &format!("&{name}={}", encoded(value));
        }
    }
    let rows: Vec<Waiting> = target.ask(Need::Existing, async |client| client.list(&path).await)?;
    if json {
        return Ok(say(serde_json::to_string_pretty(&rows)?)?);
    }
    let mut table = Table::new(["ID", "FROM", "TO", "RECIPIENT", "ACCEPTED", "DUE", "ATTEMPTS", "CAUSE"]);
    for row in rows {
        table.row([
            row.id,
            row.source,
            row.destination,
            row.recipient,
            row.accepted_at,
            row.due_at,
            row.attempts.to_string(),
            row.cause,
        ]);
    }
    Ok(say(table.render().trim_end())?)
}

fn show(id: &str, json: bool, target: &Target) -> Result<(), Failure> {
    let id = read(id)?;
    let told: Told = target
        .ask(Need::Existing, async |client| client.get(&path(id)).await?.known(|| unknown(id))?.read())?;
    if json {
        say(serde_json::to_string_pretty(&told)?)?;
    } else {
        say(render(&told).trim_end())?;
    }
    Ok(())
}

fn cancel(id: &str, target: &Target) -> Result<(), Failure> {
    let id = read(id)?;
    target.ask(Need::Node, async |client| {
        let heard = client.send(Method::DELETE, &path(id), &[], None).await?;
        heard.known(|| unknown(id))?.done()?;
        Ok(say(format_args!("cancelled message {id}"))?)
    })
}

fn read(id: &str) -> Result<MessageId, Failure> {
    Ok(id.parse().map_err(|error| format!("{id}: {error}"))?)
}

fn path(id: MessageId) -> String {
    format!("/v1/messages/{id}")
}

fn unknown(id: MessageId) -> String {
    format!(
        "there is no message {id} in this store; was it accepted by another node, or is --data another directory?"
    )
}

/// The story for people.
fn render(told: &Told) -> String {
    let cause = match (told.reason.as_ref().unwrap_or(&told.cause).as_str(), told.code) {
        ("", _) => String::new(),
        (cause, 0) => format!(" ({cause})"),
        (cause, code) => format!(" ({cause}, {code})"),
    };
    let doubt = if told.in_doubt { ", in doubt: a device may have it twice" } else { "" };
    let end = match (&told.finished_at, &told.expires_at) {
        (Some(finished), _) => format!("finished     {finished}\n"),
        (None, Some(expires)) => format!("expires      {expires}\n"),
        (None, None) => String::new(),
    };
    let mut table = Table::new(["TIME", "AFTER", "STEP", "DETAIL"]);
    for step in &told.steps {
        let after = format!("+{}.{:03} s", step.after_ms / 1000, step.after_ms % 1000);
        table.row([step.at.clone(), after, step.step.to_owned(), step.detail.clone()]);
    }
    format!(
        "message      {}\nstate        {}{cause}\nfrom         {} of {}\nto           {} of {}\n\
         accepted     {}\n{end}attempts     {}{doubt}\nreceipt      {}\n\n{}",
        told.id,
        told.state,
        plain(&told.source),
        plain(&told.origin),
        plain(&told.destination),
        plain(&told.recipient),
        told.accepted_at,
        told.attempts,
        told.receipt,
        table.render(),
    )
}

#[cfg(test)]
mod tests {
    use crate::api::ToldStep;

    use super::*;

    #[test]
    fn a_story_shows_every_step_with_its_time_and_what_became_of_the_receipt() {
        let expected = "\
message      123456789012345678
state        delivered (delivered, 200)
from         ACME\\u{1b}[2J of a removed carrier (1)
to           111222333 of a removed account (2)
accepted     2026-11-21T09:30:00.000Z
finished     2026-11-21T09:30:02.040Z
attempts     1
receipt      acknowledged

TIME                      AFTER     STEP                  DETAIL
2026-11-21T09:30:00.000Z  +0.000 s  accepted
2026-11-21T09:30:02.030Z  +2.030 s  attempt               sip:111222333@192.0.2.7:5060 200
2026-11-21T09:30:02.040Z  +2.040 s  finished              delivered
2026-11-21T09:30:02.100Z  +2.100 s  receipt-acknowledged  Carrier1
";
        let step = |after_ms, at: &str, step: &str, detail: &str| {
            let [at, step, detail] = [&format!("2026-11-21T09:30:{at}Z"), step, detail].map(str::to_owned);
            ToldStep { at, after_ms, step, detail }
        };
        let text = str::to_owned;
        let told = Told {
            id: text("123456789012345678"),
            state: text("delivered"),
            cause: text("delivered"),
            reason: None,
            code: 200,
            origin: text("a removed carrier (1)"),
            recipient: text("a removed account (2)"),
            source: text("ACME\u{1b}[2J"),
            destination: text("111222333"),
            accepted_at: text("2026-11-21T09:30:00.000Z"),
            expires_at: None,
            finished_at: Some(text("2026-11-21T09:30:02.040Z")),
            attempts: 1,
            in_doubt: false,
            receipt: text("acknowledged"),
            steps: vec![
                step(0, "00.000", "accepted", ""),
                step(2_030, "02.030", "attempt", "sip:111222333@192.0.2.7:5060 200"),
                step(2_040, "02.040", "finished", "delivered"),
                step(2_100, "02.100", "receipt-acknowledged", "Carrier1"),
            ],
        };
        assert_eq!(render(&told), expected);
    }
}
