//! `iwf demo`: the whole story on loopback, before the eyes of a newcomer.
//!
//! A node of this very binary runs with a fresh store; the carrier and the phone of `iwf-sim` use it as
//! strangers would. Each step is told as it happens.

mod ladder;

use std::time::{Duration, Instant};

use iwf_sim::carrier::{Accepted, Carrier, CarrierError, CarrierOptions, Receipt, Submission};
use iwf_sim::node::{Installation, Node, NodeError};
use iwf_sim::phone::{Phone, PhoneError, PhoneOptions, Text};
use tokio::sync::mpsc::Receiver;
use tokio::time::{sleep, timeout};

use ladder::{Ladder, seconds};

/// Why the demo did not go as it should.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// Files and processes.
    #[error("the demo cannot run here: {0}")]
    Io(#[from] std::io::Error),
    /// The node.
    #[error(transparent)]
    Node(#[from] NodeError),
    /// The phone.
    #[error("the phone failed: {0}")]
    Phone(#[from] PhoneError),
    /// The carrier.
    #[error("the carrier failed: {0}")]
    Carrier(#[from] CarrierError),
    /// Something did not come.
    #[error("{0} did not come within {WHOLE:?}; look at node.log in the directory that --keep leaves")]
    Missing(&'static str),
    /// Something else came.
    #[error("{what} is {found:?} and should be {expected:?}")]
    Differs {
        /// What was looked at.
        what: &'static str,
        /// What it is.
        found: String,
        /// What it should be.
        expected: String,
    },
}

/// How long it may take as a whole.
const WHOLE: Duration = Duration::from_secs(20);

const DID: &str = "111222333";
const PROVISIONING: &str = r#"[[carrier]]
name = "Carrier1"
system_id = "carrier1"
password = "secret1"

[[account]]
username = "111222333"
password = "secret"
dids = ["111222333"]
"#;

/// Runs the demo. With `keep` its directory, with store, log and configuration, stays for inspection.
pub(crate) async fn run(keep: bool) -> Result<(), DemoError> {
    let start = Instant::now();
    let mut installation = Installation::new(&std::env::current_exe()?, Vec::new())?;
    if keep {
        installation.keep();
    }
    let played = timeout(WHOLE, Stage::new(start).play(&mut installation)).await;
    played.map_err(|_| DemoError::Missing("the end of the story"))??;
    say(start, "Everything went as it should.");
    if keep {
        println!("\nIts store, log and configuration stay in {}.", installation.directory().display());
    }
    Ok(())
}

fn say(start: Instant, what: impl std::fmt::Display) {
    println!("{:>10}  {what}", seconds(start.elapsed()));
}

/// Who is there.
struct Stage {
    start: Instant,
}

/// The two who use the node, and what comes to them.
struct Users {
    phone: Phone,
    texts: Receiver<Text>,
    carrier: Carrier,
    receipts: Receiver<Receipt>,
}

impl Stage {
    fn new(start: Instant) -> Self {
        Self { start }
    }

    async fn play(&self, installation: &mut Installation) -> Result<(), DemoError> {
        installation.import(PROVISIONING).await?;
        self.say(format_args!("The admin made the carrier Carrier1 and an account that owns {DID}."));
        let node = installation.start().await?;
        let at = node.addresses();
        self.say(format_args!(
            "A node runs with a fresh store: SMPP on {:?}, SIP on {:?} (UDP) and {:?} (TCP).",
            at.smpp, at.sip_udp, at.sip_tcp
        ));
        let mut users = self.enter(&node).await?;
        let greeting = Submission::new("4915112345678", DID, "Hello from the other network");
        self.tell(&greeting, &mut users, installation).await?;
        let code = Submission::new("ACME Bank", DID, "Your code is 123-456");
        self.tell(&code, &mut users, installation).await?;
        users.carrier.unbind().await?;
        users.phone.unregister().await?;
        self.say("The carrier unbound and the app unregistered.");
        installation.stop(node).await?;
        self.say("The node was told to stop (SIGTERM) and ended in order.");
        Ok(())
    }

    async fn enter(&self, node: &Node) -> Result<Users, DemoError> {
        let at = node.addresses();
        let missing = || DemoError::Missing("an address of the node");
        let options = PhoneOptions::new(DID, "secret", *at.sip_udp.first().ok_or_else(missing)?);
        let (phone, texts) = Phone::start(options).await?;
        let registration = phone.register().await?;
        let exchanges: Vec<&str> = registration.exchanges.iter().map(|said| said.what.as_str()).collect();
        self.say(format_args!(
            "The app of {DID} registered for {} s: {}.",
            registration.granted,
            exchanges.join(", ")
        ));
        let server = *at.smpp.first().ok_or_else(missing)?;
        let (carrier, receipts) = Carrier::bind(server, &CarrierOptions::new("carrier1", "secret1")).await?;
        self.say("Carrier1 bound as a transceiver (SMPP 3.4).");
        Ok(Users { phone, texts, carrier, receipts })
    }

    /// One text on its whole way, its ladder and its story.
    async fn tell(
        &self,
        submission: &Submission,
        users: &mut Users,
        installation: &Installation,
    ) -> Result<(), DemoError> {
        println!();
        let Submission { from, to, text, .. } = submission;
        self.say(format_args!("Carrier1 submits \"{text}\" from {from} to {to} and asks for a receipt."));
        let accepted = users.carrier.submit(submission).await?;
        self.say(format_args!("The node has it, durably: message {}.", accepted.id));
        let shown = users.texts.recv().await.ok_or(DemoError::Missing("the text"))?;
        self.say(format_args!("The app shows \"{}\" from {}.", shown.body, shown.sender));
        equal("the text", &shown.body, text)?;
        equal("the sender", &shown.sender, from)?;
        let receipt = users.receipts.recv().await.ok_or(DemoError::Missing("the receipt"))?;
        self.say(format_args!("Carrier1 hears: {} {}, error {}.", receipt.id, receipt.stat, receipt.err));
        equal("the id of the receipt", &receipt.id, &accepted.id)?;
        equal("the state in the receipt", &receipt.stat, "DELIVRD")?;

        println!("\n{}", ladder(&accepted, &shown, &receipt).draw(self.start));
        // What the carrier answered is written shortly after it came.
        while installation.story(&accepted.id).await?["receipt"] != "acknowledged" {
            sleep(Duration::from_millis(10)).await;
        }
        println!("{}", installation.story_text(&accepted.id).await?);
        Ok(())
    }

    fn say(&self, what: impl std::fmt::Display) {
        say(self.start, what);
    }
}

fn ladder(accepted: &Accepted, shown: &Text, receipt: &Receipt) -> Ladder {
    let mut ladder = Ladder::new("Carrier1", "iwf", "app");
    ladder.carrier_says(accepted.sent_at, "submit_sm".to_owned());
    ladder.carrier_hears(accepted.answered_at, "submit_sm_resp ESME_ROK".to_owned());
    ladder.phone_hears(shown.at, format!("MESSAGE {}", shown.cseq));
    let answer = shown.answer.map_or_else(|| "nothing".to_owned(), |status| status.to_string());
    ladder.phone_says(shown.at, answer);
    ladder.carrier_hears(receipt.at, format!("deliver_sm {}", receipt.stat));
    ladder.carrier_says(receipt.at, "deliver_sm_resp ESME_ROK".to_owned());
    ladder
}

fn equal(what: &'static str, found: &str, expected: &str) -> Result<(), DemoError> {
    if found == expected {
        return Ok(());
    }
    Err(DemoError::Differs { what, found: found.to_owned(), expected: expected.to_owned() })
}
