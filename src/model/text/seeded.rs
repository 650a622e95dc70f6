//! Random texts and octets for the tests, from a seed, so that a failure repeats.

/// A small generator (xorshift64*).
pub(super) struct Seeded(pub(super) u64);

impl Seeded {
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % bound
    }

    pub(super) fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// Fewer than `most` characters of this alphabet.
    pub(super) fn text(&mut self, most: usize, alphabet: &[char]) -> String {
        (0..self.below(most)).map(|_| *self.one(alphabet)).collect()
    }

    /// Fewer than 200 octets.
    pub(super) fn octets(&mut self) -> Vec<u8> {
        (0..self.below(200)).map(|_| self.below(256) as u8).collect()
    }
}
