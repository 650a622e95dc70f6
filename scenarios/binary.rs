//! Where the binary under test is.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::SystemTime;

/// The `iwf` that stands beside the running test, built by the same profile.
///
/// `cargo test --workspace` has built it already. When it is absent or older than its sources, because this
/// package alone is tested, cargo is asked for it, once.
///
/// # Panics
///
/// When it can't be built: there is nothing to test then.
pub fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().expect("a running test has a path");
        // target/debug/deps/cases-0123 -> target/debug
        let folder = test.ancestors().nth(2).expect("a test is two folders below the target folder");
        let binary = folder.join(format!("iwf{}", std::env::consts::EXE_SUFFIX));
        if stale(&binary) {
            build(folder);
        }
        assert!(binary.exists(), "cargo built no {}", binary.display());
        binary
    })
}

/// The folders whose sources are in the binary.
const SOURCES: [&str; 7] = ["model", "sip", "smpp", "relay", "store", "node", "sim"];

fn stale(binary: &Path) -> bool {
    let Some(built) = modified(binary) else {
        return true;
    };
    let sources = workspace().join("src");
    SOURCES.iter().any(|folder| newest(&sources.join(folder)).is_some_and(|changed| changed > built))
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|about| about.modified()).ok()
}

/// When the last source below a folder changed; tests, which are not in the binary, aside.
fn newest(folder: &Path) -> Option<SystemTime> {
    let entries = std::fs::read_dir(folder).ok()?.filter_map(Result::ok).map(|entry| entry.path());
    entries
        .filter(|path| !path.file_stem().is_some_and(|name| name == "tests" || name == "examples"))
        .filter_map(|path| if path.is_dir() { newest(&path) } else { modified(&path) })
        .max()
}

fn build(folder: &Path) {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "-p", "iwf-node", "--bin", "iwf"]).current_dir(workspace());
    // Where this test was built is where its binary belongs.
    command.env("CARGO_TARGET_DIR", folder.parent().unwrap_or(folder));
    if folder.ends_with("release") {
        command.arg("--release");
    }
    // What cargo tells this test of its own package would have ring built anew, and all that needs it, at each turn.
    for (name, _) in std::env::vars_os() {
        let of_package = ["CARGO_PKG_", "CARGO_MANIFEST_"];
        if name.to_str().is_some_and(|name| of_package.iter().any(|prefix| name.starts_with(prefix))) {
            command.env_remove(name);
        }
    }
    let built = command.status().expect("cargo runs, for it runs this test");
    assert!(built.success(), "cargo could not build the binary under test");
}
