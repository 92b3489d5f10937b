//! A pipe on its way into a file without a name, so that it can be read at any place.
//!
//! A thread of its own copies; it ends with the pipe, with an error, or when nobody holds the
//! archive any more.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write as _};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::Duration;

/// What a pipe holds on Linux, times four.
const BLOCK: usize = 256 * 1024;

#[derive(Debug, Default)]
struct Progress {
    length: u64,
    complete: bool,
    failure: Option<String>,
}

#[derive(Debug)]
pub(super) struct Spool {
    pub(super) file: File,
    progress: Mutex<Progress>,
    grown: Condvar,
}

impl Spool {
    pub(super) fn start(reader: impl Read + Send + 'static) -> io::Result<Arc<Self>> {
        let spool = Arc::new(Self {
            file: tempfile::tempfile()?,
            progress: Mutex::default(),
            grown: Condvar::new(),
        });
        let weak = Arc::downgrade(&spool);
        thread::Builder::new().name("spool".into()).spawn(move || copy(reader, &weak))?;
        Ok(spool)
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn length(&self) -> u64 {
        self.progress().length
    }

    pub(super) fn is_complete(&self) -> bool {
        self.progress().complete
    }

    pub(super) fn failure(&self) -> Option<String> {
        self.progress().failure.clone()
    }

    /// Waits until more than `known` bytes are there or no more will come.
    pub(super) fn wait_beyond(&self, known: u64, patience: Duration) -> bool {
        let waits = |progress: &mut Progress| progress.length <= known && !progress.complete;
        let waited = self.grown.wait_timeout_while(self.progress(), patience, waits);
        let (mut progress, _) = waited.unwrap_or_else(PoisonError::into_inner);
        !waits(&mut progress)
    }

    fn advance(&self, step: impl FnOnce(&mut Progress)) {
        step(&mut self.progress());
        self.grown.notify_all();
    }
}

fn copy(mut reader: impl Read, spool: &Weak<Spool>) {
    let mut block = vec![0; BLOCK];
    loop {
        let read = match reader.read(&mut block) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read,
        };
        let Some(spool) = spool.upgrade() else { return };
        let written = read.and_then(|count| {
            // A reader that claims more than it was given room for is a broken one.
            let bytes = block.get(..count).ok_or(ErrorKind::InvalidData)?;
            (&spool.file).write_all(bytes).map(|()| count as u64)
        });
        match written {
            Ok(0) => return spool.advance(|progress| progress.complete = true),
            Ok(count) => spool.advance(|progress| progress.length += count),
            Err(error) => {
                return spool.advance(|progress| {
                    progress.complete = true;
                    progress.failure = Some(error.to_string());
                });
            }
        }
    }
}
