//! Turkish, Spanish and Portuguese: the default tables with a few letters changed (TS 23.038 A.2.1-A.3.3).

use super::{Table, VOID};
use crate::text::gsm7;

/// The default alphabet (6.2.1).
pub(super) const DEFAULT: Table = gsm7::DEFAULT;

/// The default extension table (6.2.1.1).
pub(super) const EXTENSION: Table = changed([VOID; 128], &gsm7::EXTENSION);

/// A.3.1.
pub(super) const TURKISH_LOCKING: Table = changed(
    DEFAULT,
    &[(0x04, '€'), (0x07, 'ı'), (0x0B, 'Ğ'), (0x0C, 'ğ'), (0x1C, 'Ş'), (0x1D, 'ş'), (0x40, 'İ'), (0x60, 'ç')],
);

/// A.2.1.
pub(super) const TURKISH_SINGLE: Table = changed(
    EXTENSION,
    &[(0x47, 'Ğ'), (0x49, 'İ'), (0x53, 'Ş'), (0x63, 'ç'), (0x67, 'ğ'), (0x69, 'ı'), (0x73, 'ş')],
);

/// A.2.2.
#[rustfmt::skip]
pub(super) const SPANISH_SINGLE: Table = changed(EXTENSION, &[
    (0x09, 'ç'), (0x41, 'Á'), (0x49, 'Í'), (0x4F, 'Ó'), (0x55, 'Ú'), (0x61, 'á'), (0x69, 'í'), (0x6F, 'ó'),
    (0x75, 'ú'),
]);

/// A.3.3.
#[rustfmt::skip]
pub(super) const PORTUGUESE_LOCKING: Table = changed(DEFAULT, &[
    (0x04, 'ê'), (0x06, 'ú'), (0x07, 'í'), (0x08, 'ó'), (0x09, 'ç'), (0x0B, 'Ô'), (0x0C, 'ô'), (0x0E, 'Á'),
    (0x0F, 'á'), (0x12, 'ª'), (0x13, 'Ç'), (0x14, 'À'), (0x15, '∞'), (0x16, '^'), (0x17, '\\'), (0x18, '€'),
    (0x19, 'Ó'), (0x1A, '|'), (0x1C, 'Â'), (0x1D, 'â'), (0x1E, 'Ê'), (0x24, 'º'), (0x40, 'Í'), (0x5B, 'Ã'),
    (0x5C, 'Õ'), (0x5D, 'Ú'), (0x60, '~'), (0x7B, 'ã'), (0x7C, 'õ'), (0x7D, '`'),
]);

/// A.2.3.
#[rustfmt::skip]
pub(super) const PORTUGUESE_SINGLE: Table = changed(EXTENSION, &[
    (0x05, 'ê'), (0x09, 'ç'), (0x0B, 'Ô'), (0x0C, 'ô'), (0x0E, 'Á'), (0x0F, 'á'), (0x12, 'Φ'), (0x13, 'Γ'),
    (0x15, 'Ω'), (0x16, 'Π'), (0x17, 'Ψ'), (0x18, 'Σ'), (0x19, 'Θ'), (0x1F, 'Ê'), (0x41, 'À'), (0x49, 'Í'),
    (0x4F, 'Ó'), (0x55, 'Ú'), (0x5B, 'Ã'), (0x5C, 'Õ'), (0x61, 'Â'), (0x69, 'í'), (0x6F, 'ó'), (0x75, 'ú'),
    (0x7B, 'ã'), (0x7C, 'õ'), (0x7F, 'â'),
]);

pub(super) const fn changed(mut table: Table, changes: &[(u8, char)]) -> Table {
    let mut row = 0;
    while row < changes.len() {
        let (septet, c) = changes[row];
        table[septet as usize] = c;
        row += 1;
    }
    table
}
