//! Lines in shares, which several threads look through side by side.
//!
//! Owns where a share ends, and in which order is told what came of them. Start with [`look_through`].
//! The invariant: what is decided is told from the first line on, whichever thread was quicker.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

/// Bytes. What is found in a larger share is kept waiting by the rest of it.
const SHARE: u64 = 2 << 20;
/// A search is not all that the machine has to do.
const MOST_THREADS: usize = 4;

/// Looks through a range of lines of some length each. `look` gives what passes in a share; `tell` is given
/// the end of a share and what passes in it, one share after the other. Ends with the first that failed.
pub(super) fn look_through(
    range: Range<usize>,
    length: impl Fn(usize) -> u64,
    look: &(dyn Fn(Range<usize>) -> io::Result<Vec<usize>> + Sync),
    tell: &mut dyn FnMut(usize, Vec<usize>),
) -> io::Result<()> {
    let shares = &*shares(range, length);
    let mut told = Told { shares, count: 0, early: BTreeMap::new(), tell };
    if let [share] = shares {
        return told.take(0, look(share.clone()));
    }
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let next = &AtomicUsize::new(0);
    let (sender, results) = mpsc::channel();
    thread::scope(move |scope| {
        for _ in 0..cores.min(MOST_THREADS).min(shares.len()) {
            let sender = sender.clone();
            let work = move || {
                while let Some((number, share)) = take(shares, next) {
                    // Nobody listens any more once a share failed.
                    if sender.send((number, look(share))).is_err() {
                        break;
                    }
                }
            };
            thread::Builder::new().spawn_scoped(scope, work)?;
        }
        drop(sender);
        // This thread only waits: were it busy too, one of the others could be left without a core.
        for (number, outcome) in results {
            told.take(number, outcome)?;
        }
        Ok(())
    })
}

/// What is known of shares, told in their order.
struct Told<'a> {
    shares: &'a [Range<usize>],
    count: usize,
    /// Those that wait for one before them.
    early: BTreeMap<usize, io::Result<Vec<usize>>>,
    tell: &'a mut dyn FnMut(usize, Vec<usize>),
}

impl Told<'_> {
    fn take(&mut self, number: usize, outcome: io::Result<Vec<usize>>) -> io::Result<()> {
        self.early.insert(number, outcome);
        while let Some(outcome) = self.early.remove(&self.count) {
            (self.tell)(self.shares[self.count].end, outcome?);
            self.count += 1;
        }
        Ok(())
    }
}

fn take(shares: &[Range<usize>], next: &AtomicUsize) -> Option<(usize, Range<usize>)> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    Some((number, shares.get(number)?.clone()))
}

fn shares(range: Range<usize>, length: impl Fn(usize) -> u64) -> Vec<Range<usize>> {
    let mut shares = Vec::new();
    let (mut start, mut bytes) = (range.start, 0);
    for at in range.clone() {
        bytes += length(at);
        if bytes >= SHARE {
            shares.push(start..at + 1);
            (start, bytes) = (at + 1, 0);
        }
    }
    if start < range.end {
        shares.push(start..range.end);
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two lines make a share.
    const LENGTH: u64 = SHARE / 2;

    #[test]
    fn every_share_is_told_once_and_in_order() {
        let mut told = Vec::new();
        let look = |share: Range<usize>| {
            if share.start % 4 == 1 {
                thread::yield_now();
            }
            Ok(share.filter(|at| at % 3 == 0).collect())
        };
        let mut tell = |end, passed| told.push((end, passed));
        look_through(1..1_000, |_| LENGTH, &look, &mut tell).unwrap();
        let ends: Vec<usize> = told.iter().map(|(end, _)| *end).collect();
        assert_eq!(ends, (3..1_000).step_by(2).chain([1_000]).collect::<Vec<_>>());
        let passed: Vec<usize> =
            told.into_iter().flat_map(|(_, passed): (_, Vec<_>)| passed).collect();
        assert_eq!(passed, (3..1_000).step_by(3).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_behind_a_share_that_failed_is_told() {
        let mut told = 0;
        let look = |share: Range<usize>| match share.start {
            40 => Err(io::Error::other("gone")),
            _ => Ok(Vec::new()),
        };
        let outcome = look_through(0..100, |_| LENGTH, &look, &mut |end, _| told = end);
        assert_eq!((outcome.unwrap_err().to_string(), told), ("gone".to_owned(), 40));
    }
}
