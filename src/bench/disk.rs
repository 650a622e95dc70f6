//! The disk alone: what a commit costs at the least.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// How often one writer can append 4 KB and make it durable, measured for half a second.
pub(crate) fn syncs_per_second(dir: &Path) -> Result<f64, Failure> {
    let path = dir.join("disk-probe");
    let mut file = File::create(&path)?;
    let start = Instant::now();
    let mut count = 0_u32;
    while start.elapsed() < Duration::from_millis(500) {
        file.write_all(&[0x55; 4096])?;
        file.sync_data()?;
        count += 1;
    }
    let rate = f64::from(count) / start.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(rate)
}
