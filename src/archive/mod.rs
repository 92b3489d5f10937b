//! A session in a JSONL file: one event a line as the service sent it, with an optional first
//! line `{"session": …}`, and in each event an optional `"hidden"`, which is ours: whether the agent
//! no longer sees it. `{"hidden": …, "event": {…}}` is an older form of that. Of any size, and
//! read-only.
//!
//! Owns the bytes on disk and the way from a line to an event; holds no event itself. Start with
//! [`Reader`], which walks the file once and says of each line where it lies and what a glance at
//! it tells; [`Archive::event`] reads a line when it comes into view.
//!
//! | what | found when |
//! |---|---|
//! | not UTF-8, not from `{` to `}`, cut off at the end of the file | the file is walked |
//! | broken inside (a missing quote or bracket, a control character) | the line comes into view; while walking only where a glance needs the whole line |
//! | whole records beside NUL bytes or torn ones on a line of up to 4 MB | the file is walked |
//! | a key twice, a type that its content does not fit | the line comes into view; in a file of up to 16 MB the file is walked |
//! | anything behind the first 64 KB of a long line | not looked for, and `Viewed::clipped` says so |
//!
//! Files are never mapped into memory: one that shrinks under a map would kill the process, here
//! it is an error. The invariant: what a glance takes from a line by its quick way, the slow way
//! through a JSON parser takes too.

mod block;
mod clip;
mod fault;
mod foreign;
mod growth;
mod header;
mod preamble;
mod reader;
mod recover;
mod remaining;
mod scan;
mod shrink;
mod spool;
#[cfg(test)]
mod tests;
mod view;
pub mod written;

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileExt as _, FileTypeExt as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

pub use fault::Summary;
pub use preamble::{Direction, Preamble};
pub use reader::{Chunk, ChunkPlace, Reader};
pub use scan::Look;
pub use view::event;

use growth::Growth;
use spool::Spool;
use view::Counted;

/// A longer line comes into view clipped.
pub const CLIP: usize = 64 * 1024;

/// Where a line lies, without its newline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Line {
    pub offset: u64,
    pub length: u64,
}

impl Line {
    fn end(self) -> u64 {
        self.offset.saturating_add(self.length)
    }
}

/// The bytes of a session. Cheap to clone; may be read from several threads at once.
#[derive(Clone, Debug)]
pub struct Archive {
    backing: Arc<Backing>,
    /// Where the lines were counted to last.
    counted: Arc<Mutex<Counted>>,
}

#[derive(Debug)]
enum Backing {
    File {
        file: File,
        /// As long as it was when that was last looked at.
        length: AtomicU64,
        growth: OnceLock<Growth>,
    },
    Pipe(Arc<Spool>),
}

impl Archive {
    fn of(backing: Backing) -> Self {
        Self { backing: Arc::new(backing), counted: Arc::default() }
    }

    fn of_file(file: File, length: u64) -> Self {
        Self::of(Backing::File { file, length: AtomicU64::new(length), growth: OnceLock::new() })
    }

    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let about = file.metadata()?;
        let kind = about.file_type();
        if kind.is_fifo() {
            return Self::spool(file);
        }
        let what = if kind.is_dir() {
            "it is a directory"
        } else if !kind.is_file() {
            "it is neither a regular file nor a pipe"
        } else {
            return Ok(Self::of_file(file, about.len()));
        };
        Err(io::Error::new(ErrorKind::InvalidInput, what))
    }

    /// A pipe: a thread copies it to a file that has no name.
    pub fn spool(reader: impl Read + Send + 'static) -> io::Result<Self> {
        Spool::start(reader).map(|spool| Self::of(Backing::Pipe(spool)))
    }

    /// Bytes known so far.
    pub fn length(&self) -> u64 {
        match &*self.backing {
            Backing::File { length, .. } => length.load(Ordering::Acquire),
            Backing::Pipe(spool) => spool.length(),
        }
    }

    /// False while a pipe still delivers.
    pub fn is_complete(&self) -> bool {
        match &*self.backing {
            Backing::File { .. } => true,
            Backing::Pipe(spool) => spool.is_complete(),
        }
    }

    /// Whether more may be appended after the end was reached.
    fn may_grow(&self) -> bool {
        matches!(&*self.backing, Backing::File { .. })
    }

    /// Why a pipe ended before its end.
    pub fn failure(&self) -> Option<String> {
        match &*self.backing {
            Backing::File { .. } => None,
            Backing::Pipe(spool) => spool.failure(),
        }
    }

    /// Waits until a pipe has delivered more than `known` bytes or has ended; false if neither
    /// happened in time. Never waits for a file.
    pub fn wait_beyond(&self, known: u64, patience: Duration) -> bool {
        match &*self.backing {
            Backing::File { .. } => true,
            Backing::Pipe(spool) => spool.wait_beyond(known, patience),
        }
    }

    /// Waits until a file is longer than it was known to be, and takes that for known; false if it is
    /// not in time. Fails where it became shorter. What is new in a pipe is known by itself.
    pub fn wait_for_growth(&self, patience: Duration) -> io::Result<bool> {
        let Backing::File { file, length, growth } = &*self.backing else { return Ok(false) };
        let watched = if let Some(growth) = growth.get() {
            growth
        } else {
            let begun = Growth::watch(file)?;
            growth.get_or_init(|| begun)
        };
        let known = length.load(Ordering::Acquire);
        let mut now = file.metadata()?.len();
        if now == known {
            watched.wait(patience)?;
            now = file.metadata()?.len();
        }
        if now < known {
            return Err(shrunk());
        }
        length.store(now, Ordering::Release);
        Ok(now > known)
    }

    /// The exact bytes of a line.
    pub fn read(&self, line: Line) -> io::Result<Vec<u8>> {
        self.read_start(line, usize::MAX)
    }

    /// The first `limit` bytes of a line, or all of a shorter one.
    pub fn read_start(&self, line: Line, limit: usize) -> io::Result<Vec<u8>> {
        // Checked before room is made for it: a line that was kept may be of another file.
        if line.end() > self.length() {
            return Err(shrunk());
        }
        let mut bytes = vec![0; to_size(line.length).min(limit)];
        self.fill(line.offset, &mut bytes)?;
        Ok(bytes)
    }

    /// Fills `bytes` from `offset` on, or fails.
    fn fill(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        let file = match &*self.backing {
            Backing::File { file, .. } => file,
            Backing::Pipe(spool) => &spool.file,
        };
        file.read_exact_at(bytes, offset).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => shrunk(),
            _ => error,
        })
    }
}

fn shrunk() -> io::Error {
    io::Error::new(ErrorKind::UnexpectedEof, "the file became shorter while it was open")
}

/// Lengths in memory are lengths of buffers, which are far below the largest `usize`.
fn to_size(length: u64) -> usize {
    usize::try_from(length).unwrap_or(usize::MAX)
}
