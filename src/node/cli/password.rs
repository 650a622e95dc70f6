//! Where a password of the command line comes from. It is never printed.

use std::io::{self, BufRead, IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::Args;

use super::Failure;

/// The ways to give a password.
#[derive(Debug, Default, Args)]
pub(super) struct PasswordArgs {
    /// The password; other users of this machine may see it while the command runs
    #[arg(long, value_name = "TEXT", conflicts_with = "password_file")]
    password: Option<String>,
    /// The file that holds the password; "-" is the standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl PasswordArgs {
    /// The password, if one was given.
    pub(super) fn given(&self) -> Result<Option<String>, Failure> {
        match (&self.password, &self.password_file) {
            (Some(password), _) => Ok(Some(password.clone())),
            (None, Some(file)) => read(file).map(Some),
            (None, None) => Ok(None),
        }
    }

    /// The password; asked for when none was given.
    pub(super) fn given_or_asked(&self) -> Result<String, Failure> {
        if let Some(password) = self.given()? {
            return Ok(password);
        }
        if io::stdin().is_terminal() {
            eprint!("Password: ");
        }
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        Ok(without_end_of_line(&line))
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    if file == Path::new("-") {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text)?;
        return Ok(without_end_of_line(&text));
    }
    let text = std::fs::read_to_string(file)
        .map_err(|error| format!("cannot read the password from {}: {error}", file.display()))?;
    Ok(without_end_of_line(&text))
}

fn without_end_of_line(text: &str) -> String {
    text.trim_end_matches(['\r', '\n']).to_owned()
}
