//! `admin.token` in the data directory: what the command line on the same machine shows the node. Who can read the data
//! directory may administer the node.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The file; dropping it removes it.
pub(crate) struct TokenFile {
    path: PathBuf,
}

/// The name of the file within the data directory.
pub(crate) const FILE: &str = "admin.token";

impl TokenFile {
    /// Writes the token where its owner alone can read it.
    pub(crate) fn write(data: &Path, token: &str) -> Self {
        let path = data.join(FILE);
        if let Err(error) = write(&path, token) {
            tracing::warn!(path = %path.display(), %error, "the command line will have no token for this node");
        }
        Self { path }
    }
}

impl Drop for TokenFile {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.path));
    }
}

/// A file that a killed node has left is replaced, whatever its rights are.
fn write(path: &Path, token: &str) -> io::Result<()> {
    let next = path.with_extension("token.next");
    match std::fs::remove_file(&next) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    writeln!(options.open(&next)?, "{token}")?;
    std::fs::rename(&next, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_owner_alone_reads_it_and_it_goes_with_the_node() {
        let data = std::env::temp_dir().join(format!("iwf-token-{}", std::process::id()));
        std::fs::create_dir_all(&data).unwrap();
        let path = data.join(FILE);
        std::fs::write(&path, "of a node that was killed").unwrap();
        let file = TokenFile::write(&data, "iwf_local_1");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "iwf_local_1\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        drop(file);
        assert!(!path.exists());
        std::fs::remove_dir_all(&data).unwrap();
    }
}
