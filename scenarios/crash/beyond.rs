//! Texts that go on to a second environment, while both are killed in turn.
//!
//! The first one owns no number: whatever its carriers submit it gives to the second, over two binds, and hears from it
//! what became of it. A text whose submit was not answered is given again, and is another one there: a phone may show it
//! twice, where the story of one or the other says "in doubt".

use std::sync::Arc;
use std::time::Duration;

use iwf_scenarios::binary;
use iwf_sim::node::{Installation, Node};
use tokio::time::sleep;

use crate::ledger::Ledger;
use crate::load::Load;
use crate::{
    CARRIERS, PHONES, Random, WINDOW, accounts, carriers, drain, phones, register, setting, username,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_killed_environments_lose_nothing_that_the_first_acknowledged() {
    let (cycles, seed) = (setting("IWF_CRASH_CYCLES", 6), setting("IWF_CRASH_SEED", 1));
    let mut random = Random(seed);
    let (mut near, mut far) = (installation(), installation());
    far.import(&(accounts((0..PHONES).map(username)) + FIRST)).await.unwrap();
    let mut far_node = far.start().await.unwrap();
    let at = far_node.addresses().clone();
    near.import(&(carriers() + &second(at.smpp[0]))).await.unwrap();
    let mut near_node = near.start().await.unwrap();
    let ledger = Arc::new(Ledger::default());
    let phones = phones(at.sip_udp[0], at.sip_tcp[0], &ledger).await;
    register(&phones, true).await;
    let load = Load::start(near_node.addresses().smpp[0], CARRIERS, WINDOW, &ledger);
    for cycle in 0..cycles {
        // The moment is what is being tried, so it is a matter of time and not of progress.
        sleep(Duration::from_millis(300 + random.next() % 1200)).await;
        if cycle % 2 == 0 {
            near_node = again(near_node, &mut near).await;
        } else {
            far_node = again(far_node, &mut far).await;
            register(&phones, false).await;
        }
    }
    load.stop_submitting();
    drain(|| ledger.missing()).await;
    load.end().await;
    near.stop(near_node).await.unwrap();
    far.stop(far_node).await.unwrap();

    let verdict = ledger.check(&near, Some(&far)).await;
    println!("two environments, seed {seed}, killed {cycles} times: {verdict}");
    let faults = verdict.faults.iter().take(10).map(String::as_str).collect::<Vec<_>>().join("\n");
    assert!(verdict.faults.is_empty(), "{faults}\n{}\n{}", near.log_tail(), far.log_tail());
    assert!(verdict.acknowledged > 0, "no load, so nothing was tried");
}

fn installation() -> Installation {
    Installation::new(binary(), Vec::new()).expect("a folder can be made")
}

async fn again(node: Node, installation: &mut Installation) -> Node {
    node.kill().await.expect("a process can be killed");
    installation.start().await.expect("it starts again")
}

/// The first environment, as the second one knows it.
const FIRST: &str = "[[carrier]]\nname = \"near\"\nsystem_id = \"near\"\npassword = \"secret\"\nwindow = 1000\n\
                     [carrier.profile]\nenvironment = true\npart_wait = 2\n";

/// The second environment, as the first one knows it.
fn second(address: std::net::SocketAddr) -> String {
    format!(
        "[[carrier]]\nname = \"far\"\n[carrier.profile]\nenvironment = true\n\
         [[connection]]\nname = \"far\"\ncarrier = \"far\"\naddress = \"{address}\"\nsystem_id = \"near\"\n\
         password = \"secret\"\nversion = \"5.0\"\nbinds = 2\nwindow = 50\n\
         [[route]]\nname = \"far\"\nto = \"%\"\nvia = \"far\"\n"
    )
}
