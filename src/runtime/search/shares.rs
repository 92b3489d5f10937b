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

use crate::model::timeline::{Asked, Text};

/// Bytes. What is found in a larger share is kept waiting by the rest of it.
const SHARE: u64 = 1 << 20;
/// A search is not all that the machine has to do.
const MOST_THREADS: usize = 4;

/// Looks through a range of what is asked. `look` gives what passes in a share; `tell` is given the
/// end of a share and what passes in it, one share after the other. Ends with the first that failed.
pub(super) fn look_through(
    asked: &[Asked],
    range: Range<usize>,
    look: &(dyn Fn(Range<usize>) -> io::Result<Vec<usize>> + Sync),
    tell: &mut dyn FnMut(usize, Vec<usize>),
) -> io::Result<()> {
    let shares = &*shares(asked, range);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(MOST_THREADS).min(shares.len());
    let next = &AtomicUsize::new(0);
    let (sender, results) = mpsc::channel();
    thread::scope(move |scope| {
        for _ in 0..threads {
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
        let mut early = BTreeMap::new();
        let mut told = 0;
        for (number, outcome) in results {
            early.insert(number, outcome);
            while let Some(outcome) = early.remove(&told) {
                tell(shares[told].end, outcome?);
                told += 1;
            }
        }
        Ok(())
    })
}

fn take(shares: &[Range<usize>], next: &AtomicUsize) -> Option<(usize, Range<usize>)> {
    let number = next.fetch_add(1, Ordering::Relaxed);
    Some((number, shares.get(number)?.clone()))
}

fn shares(asked: &[Asked], range: Range<usize>) -> Vec<Range<usize>> {
    let mut shares = Vec::new();
    let (mut start, mut bytes) = (range.start, 0);
    for at in range.clone() {
        if let Text::Line(line) = asked[at].text {
            bytes += line.length;
        }
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
