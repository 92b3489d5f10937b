//! Which events of two sessions stand for each other.
//!
//! First what is the same in both, then, between that, what is of one sort: a call of the same tool with
//! other arguments is a change, and not one removed and one added. Start with [`align`]. The invariant:
//! put together, the rows are both sessions, each event once and in order.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;
use std::time::Instant;

use similar::{Algorithm, DiffOp, capture_diff_slices_deadline};

use super::content::Content;

/// Events that stand for each other, or one that stands alone, by their places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Row {
    Same { old: usize, new: usize },
    Changed { old: usize, new: usize },
    Removed { old: usize },
    Added { new: usize },
}

impl Row {
    pub fn is_change(self) -> bool {
        !matches!(self, Self::Same { .. })
    }

    pub fn old_at(self) -> Option<usize> {
        match self {
            Self::Same { old, .. } | Self::Changed { old, .. } | Self::Removed { old } => Some(old),
            Self::Added { .. } => None,
        }
    }

    pub fn new_at(self) -> Option<usize> {
        match self {
            Self::Same { new, .. } | Self::Changed { new, .. } | Self::Added { new } => Some(new),
            Self::Removed { .. } => None,
        }
    }
}

/// After `deadline` what is left is taken as it comes: right, but with more changes than need be.
pub(super) fn align(old: &[Content], new: &[Content], deadline: Option<Instant>) -> Vec<Row> {
    let [a, b] = numbered(old, new, Content::fingerprint);
    let [sorts_a, sorts_b] = numbered(old, new, |content| content.sort.as_str());
    let same = common(&a, &b, deadline);
    let mut rows = Vec::with_capacity(a.len().max(b.len()));
    let (mut at, mut to) = (0, 0);
    // What is behind the last that is the same is a gap as well.
    for anchor in same.iter().map(Some).chain([None]) {
        let (old, new) = anchor.copied().unwrap_or((a.len(), b.len()));
        let gap = (at..old, to..new);
        let paired = common(&sorts_a[gap.0.clone()], &sorts_b[gap.1.clone()], deadline);
        between(&mut rows, &gap, &paired);
        if anchor.is_some() {
            rows.push(Row::Same { old, new });
        }
        (at, to) = (old + 1, new + 1);
    }
    rows
}

/// The rows between two that are the same; `paired` are places within the gap.
fn between(rows: &mut Vec<Row>, gap: &(Range<usize>, Range<usize>), paired: &[(usize, usize)]) {
    let (mut olds, mut news) = gap.clone();
    for (old, new) in paired {
        let (old, new) = (gap.0.start + old, gap.1.start + new);
        rows.extend((olds.start..old).map(|old| Row::Removed { old }));
        rows.extend((news.start..new).map(|new| Row::Added { new }));
        rows.push(Row::Changed { old, new });
        (olds.start, news.start) = (old + 1, new + 1);
    }
    rows.extend(olds.map(|old| Row::Removed { old }));
    rows.extend(news.map(|new| Row::Added { new }));
}

/// Numbers in the place of what is compared: each is looked at once, however often it is compared.
fn numbered<'a, K: Eq + Hash>(
    old: &'a [Content],
    new: &'a [Content],
    key: impl Fn(&'a Content) -> K,
) -> [Vec<u32>; 2] {
    let mut numbers: HashMap<K, u32> = HashMap::new();
    [old, new].map(|side| {
        let number = |content| {
            let next = u32::try_from(numbers.len()).unwrap_or(u32::MAX);
            *numbers.entry(key(content)).or_insert(next)
        };
        side.iter().map(number).collect()
    })
}

/// Places of what both have, in order. What only one of them has takes no part in the search, which
/// costs the more the more is different.
fn common(a: &[u32], b: &[u32], deadline: Option<Instant>) -> Vec<(usize, usize)> {
    let in_both = {
        let highest = a.iter().chain(b).copied().max().map_or(0, |most| most as usize + 1);
        let mut seen = vec![0_u8; highest];
        for number in a {
            seen[*number as usize] |= 1;
        }
        for number in b {
            seen[*number as usize] |= 2;
        }
        move |number: u32| seen[number as usize] == 3
    };
    let kept = |side: &[u32]| -> (Vec<usize>, Vec<u32>) {
        let kept = side.iter().copied().enumerate().filter(|(_, number)| in_both(*number));
        kept.unzip()
    };
    let ((places_a, a), (places_b, b)) = (kept(a), kept(b));
    let mut out = Vec::new();
    for op in capture_diff_slices_deadline(Algorithm::Myers, &a, &b, deadline) {
        if let DiffOp::Equal { old_index, new_index, len } = op {
            let pairs = (old_index..old_index + len).zip(new_index..new_index + len);
            out.extend(pairs.map(|(old, new)| (places_a[old], places_b[new])));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::content::Said;
    use super::*;

    /// `a1`: of sort `a`, saying `1`.
    fn contents(words: &[String]) -> Vec<Content> {
        let content = |word: &String| Content {
            sort: word[..1].to_owned(),
            failed: false,
            said: Said::Text(word[1..].to_owned()),
        };
        words.iter().map(content).collect()
    }

    fn rows(old: &str, new: &str) -> String {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let row = |row: &Row| match row {
            Row::Same { .. } => '=',
            Row::Changed { .. } => '~',
            Row::Removed { .. } => '-',
            Row::Added { .. } => '+',
        };
        let (old, new) = (contents(&words(old)), contents(&words(new)));
        align(&old, &new, None).iter().map(row).collect()
    }

    #[test]
    fn what_is_of_one_sort_stands_for_each_other() {
        assert_eq!(rows("y1 c1 o1 a1", "y1 c2 o1 a1"), "=~==");
        assert_eq!(rows("y1 c1 o1 a1", "y1 a1"), "=--=");
        assert_eq!(rows("y1 a1", "y1 c1 o1 a2 a1"), "=+++=");
        assert_eq!(rows("y1 c1 o1 a1", "y1 c2 o2 d1 a2"), "=~~+~");
        assert_eq!(rows("", "a1"), "+");
        assert_eq!(rows("", ""), "");
    }

    #[test]
    fn when_time_is_out_both_are_still_whole() {
        let words: Vec<String> = (0..400).map(|n| format!("a{}", n * 7 % 31)).collect();
        let other: Vec<String> = (0..400).map(|n| format!("a{}", n * 11 % 29)).collect();
        let rows = align(&contents(&words), &contents(&other), Some(Instant::now()));
        assert_eq!(rows.iter().filter_map(|row| row.old_at()).count(), 400);
        assert_eq!(rows.iter().filter_map(|row| row.new_at()).count(), 400);
    }

    proptest! {
        #[test]
        fn the_rows_are_both_sessions(
            old in prop::collection::vec("[ab][12]", 0..20),
            new in prop::collection::vec("[ab][12]", 0..20),
        ) {
            let (a, b) = (contents(&old), contents(&new));
            let rows = align(&a, &b, None);
            let olds: Vec<usize> = rows.iter().filter_map(|row| row.old_at()).collect();
            let news: Vec<usize> = rows.iter().filter_map(|row| row.new_at()).collect();
            prop_assert_eq!(olds, (0..a.len()).collect::<Vec<_>>());
            prop_assert_eq!(news, (0..b.len()).collect::<Vec<_>>());
            for row in rows {
                match row {
                    Row::Same { old, new } => prop_assert_eq!(&a[old], &b[new]),
                    Row::Changed { old, new } => {
                        prop_assert_eq!(&a[old].sort, &b[new].sort);
                        prop_assert_ne!(&a[old], &b[new]);
                    }
                    Row::Removed { .. } | Row::Added { .. } => {}
                }
            }
        }
    }
}
