//! A set of rows, such as those that are shown: one bit each, with the counts that make "the 70,000th
//! row in it" and "how many are in it before this one" cost the same at any length.

/// Bits summed up in one count.
const BLOCK: usize = 512;
const WORDS: usize = BLOCK / 64;

#[derive(Debug, Clone, Default)]
pub(super) struct RowSet {
    words: Vec<u64>,
    /// Set bits before each block; one more than there are blocks, once counted.
    before: Vec<u32>,
    len: usize,
    count: usize,
}

impl FromIterator<bool> for RowSet {
    fn from_iter<T: IntoIterator<Item = bool>>(bits: T) -> Self {
        let mut set = Self::default();
        set.extend(bits);
        set
    }
}

impl Extend<bool> for RowSet {
    fn extend<T: IntoIterator<Item = bool>>(&mut self, bits: T) {
        let from = self.len;
        for bit in bits {
            if self.len.is_multiple_of(64) {
                self.words.push(0);
            }
            if bit && let Some(word) = self.words.last_mut() {
                *word |= 1 << (self.len % 64);
            }
            self.len += 1;
        }
        self.recount(from);
    }
}

impl RowSet {
    /// Rows that it tells about, those outside of it too.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Rows in it.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    pub(super) fn contains(&self, row: usize) -> bool {
        row < self.len && self.words[row / 64] >> (row % 64) & 1 == 1
    }

    /// Rows in it before this one.
    pub(super) fn rank(&self, row: usize) -> usize {
        let row = row.min(self.len);
        let block = row / BLOCK;
        let words = &self.words[block * WORDS..row / 64];
        let whole: u32 = words.iter().map(|word| word.count_ones()).sum();
        let part = match row % 64 {
            0 => 0,
            bits => (self.words[row / 64] & ((1 << bits) - 1)).count_ones(),
        };
        (self.before.get(block).copied().unwrap_or(0) + whole + part) as usize
    }

    /// The row in it that has so many of it before.
    pub(super) fn select(&self, rank: usize) -> Option<usize> {
        if rank >= self.count {
            return None;
        }
        let block = self.before.partition_point(|before| *before as usize <= rank) - 1;
        let mut left = rank - self.before[block] as usize;
        for (at, word) in self.words.iter().enumerate().skip(block * WORDS) {
            let ones = word.count_ones() as usize;
            if left < ones {
                return Some(at * 64 + place_of_bit(*word, left));
            }
            left -= ones;
        }
        None
    }

    /// The first row in it from this one on; one that is near costs next to nothing.
    pub(super) fn next(&self, from: usize) -> Option<usize> {
        let near = self.words.iter().enumerate().skip(from / 64).take(WORDS);
        let mut wanted = u64::MAX << (from % 64);
        for (at, word) in near {
            let ahead = word & std::mem::replace(&mut wanted, u64::MAX);
            if ahead != 0 {
                return Some(at * 64 + ahead.trailing_zeros() as usize);
            }
        }
        self.select(self.rank(from))
    }

    /// The last row in it before this one; one that is near costs next to nothing.
    pub(super) fn previous(&self, before: usize) -> Option<usize> {
        let before = before.min(self.len);
        let near = (0..=before / 64).rev().take(WORDS);
        let mut wanted = (1 << (before % 64)) - 1;
        for at in near {
            let word = self.words.get(at).copied().unwrap_or(0);
            let behind = word & std::mem::replace(&mut wanted, u64::MAX);
            if behind != 0 {
                return Some(at * 64 + 63 - behind.leading_zeros() as usize);
            }
        }
        self.select(self.rank(before).checked_sub(1)?)
    }

    /// Tells about rows up to this one, of which the further ones are all in it, or none.
    pub(super) fn grow(&mut self, len: usize, are_in: bool) {
        let from = self.len;
        if len <= from {
            return;
        }
        self.words.resize(len.div_ceil(64), 0);
        self.len = len;
        if are_in {
            self.words[from / 64] |= u64::MAX << (from % 64);
            self.words[from / 64 + 1..].fill(u64::MAX);
            self.clear_behind_the_last();
        }
        self.recount(from);
    }

    fn clear_behind_the_last(&mut self) {
        if let Some(word) = self.words.last_mut().filter(|_| !self.len.is_multiple_of(64)) {
            *word &= (1 << (self.len % 64)) - 1;
        }
    }

    /// Takes single rows in or out; costs what lies behind the first of them.
    pub(super) fn set(&mut self, rows: impl IntoIterator<Item = (usize, bool)>) {
        let mut first = self.len;
        for (row, is_in) in rows.into_iter().filter(|(row, _)| *row < self.len) {
            let bit = 1 << (row % 64);
            if is_in {
                self.words[row / 64] |= bit;
            } else {
                self.words[row / 64] &= !bit;
            }
            first = first.min(row);
        }
        self.recount(first);
    }

    /// Forgets the rows from this one on.
    pub(super) fn truncate(&mut self, len: usize) {
        if len >= self.len {
            return;
        }
        self.words.truncate(len.div_ceil(64));
        self.len = len;
        self.clear_behind_the_last();
        self.recount(len);
    }

    fn recount(&mut self, from: usize) {
        let block = (from / BLOCK).min(self.before.len().saturating_sub(1));
        self.before.truncate(block + 1);
        if self.before.is_empty() {
            self.before.push(0);
        }
        for words in self.words[block * WORDS..].chunks(WORDS) {
            let ones: u32 = words.iter().map(|word| word.count_ones()).sum();
            let last = self.before.last().copied().unwrap_or(0);
            self.before.push(last + ones);
        }
        self.count = self.before.last().copied().unwrap_or(0) as usize;
    }
}

/// Where the bit is that has so many of the word's below it; there must be one.
fn place_of_bit(word: u64, mut below: usize) -> usize {
    let (mut word, mut place) = (word, 0);
    for half in [32, 16, 8, 4, 2, 1] {
        let low = word & ((1 << half) - 1);
        let ones = low.count_ones() as usize;
        if below < ones {
            word = low;
        } else {
            below -= ones;
            word >>= half;
            place += half;
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_bit_is_found_by_how_many_are_below_it() {
        for word in [1, 1 << 63, u64::MAX, 0x8000_0001_0000_8001, 0b1011_0100] {
            let bits = (0..64).filter(|at| word >> at & 1 == 1);
            for (below, place) in bits.enumerate() {
                assert_eq!(place_of_bit(word, below), place, "{word:#x}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn it_counts_like_a_list_of_booleans(
            bits in prop::collection::vec(any::<bool>(), 0..1_300),
            more in prop::collection::vec(any::<bool>(), 0..700),
            cut in 0_usize..1_300,
            grown in 0_usize..300,
            are_in in any::<bool>(),
            changed in prop::collection::vec((0_usize..2_000, any::<bool>()), 0..20),
        ) {
            let mut set: RowSet = bits.iter().copied().collect();
            let mut plain = bits;
            set.truncate(cut);
            plain.truncate(cut);
            set.extend(more.iter().copied());
            plain.extend(more);
            set.grow(plain.len() + grown, are_in);
            plain.resize(plain.len() + grown, are_in);
            for (row, show) in &changed {
                if let Some(bit) = plain.get_mut(*row) { *bit = *show; }
            }
            set.set(changed);
            let rows: Vec<usize> = (0..plain.len()).filter(|row| plain[*row]).collect();
            prop_assert_eq!(set.len(), plain.len());
            prop_assert_eq!(set.count(), rows.len());
            for (rank, row) in rows.iter().enumerate() {
                prop_assert_eq!(set.select(rank), Some(*row));
                prop_assert_eq!(set.rank(*row), rank);
            }
            prop_assert_eq!(set.select(rows.len()), None);
            for row in 0..=plain.len() {
                prop_assert_eq!(set.contains(row), plain.get(row) == Some(&true));
                prop_assert_eq!(set.next(row), rows.iter().copied().find(|r| *r >= row));
                prop_assert_eq!(set.previous(row), rows.iter().copied().rfind(|r| *r < row));
            }
        }
    }
}
