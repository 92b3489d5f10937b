//! Frames on their way to the terminal, each in one write: a second one would be a packet of its
//! own over SSH and a moment in which half a frame is on the screen.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Synchronised output: the terminal shows nothing of what is between these until the second.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";
/// Bytes of a frame that is not worth them: a few words and the row that they go on in, which are read in
/// one go.
const SHORT: usize = 128;

/// Whether a frame was begun and its end not written. There is one terminal per process, and the
/// panic hook must know without holding a [`FrameSender`].
static UNFINISHED: AtomicBool = AtomicBool::new(false);

/// Whether any frame was wrapped: a terminal that never was is not told to leave the mode either.
static SYNCHRONIZED: AtomicBool = AtomicBool::new(false);

pub(super) fn was_synchronized() -> bool {
    SYNCHRONIZED.load(Ordering::SeqCst)
}

pub(super) fn is_frame_unfinished() -> bool {
    UNFINISHED.load(Ordering::SeqCst)
}

/// Sends finished frames.
#[derive(Debug)]
pub struct FrameSender<W = Tty> {
    out: W,
    synchronized: bool,
    wrapped: Vec<u8>,
}

impl<W: Write> FrameSender<W> {
    pub const fn new(out: W) -> Self {
        Self { out, synchronized: false, wrapped: Vec::new() }
    }

    /// Wraps frames in the synchronised-output mode, but for the shortest. For terminals that said they have it.
    pub const fn set_synchronized(&mut self, synchronized: bool) {
        self.synchronized = synchronized;
    }

    /// Sends a frame; how many bytes that was. An empty frame is not written.
    pub fn send(&mut self, frame: &[u8]) -> io::Result<usize> {
        if frame.is_empty() {
            return Ok(0);
        }
        let frame = if self.synchronized && frame.len() > SHORT {
            SYNCHRONIZED.store(true, Ordering::SeqCst);
            self.wrapped.clear();
            for part in [BEGIN, frame, END] {
                self.wrapped.extend_from_slice(part);
            }
            &self.wrapped
        } else {
            frame
        };
        UNFINISHED.store(true, Ordering::SeqCst);
        self.out.write_all(frame)?;
        self.out.flush()?;
        UNFINISHED.store(false, Ordering::SeqCst);
        Ok(frame.len())
    }

    /// Sends something that is no part of a frame, at once and in one write.
    pub fn pass(&mut self, sequence: &[u8]) -> io::Result<()> {
        self.out.write_all(sequence)?;
        self.out.flush()
    }
}

/// Standard output without the standard library's lock and line buffer: the buffer would split a
/// frame at its last newline, and the lock could be held by a thread that panics.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tty;

/// When the write began that is under way, in milliseconds of this process and one more; 0 where none is.
static WRITING_SINCE: AtomicU64 = AtomicU64::new(0);

fn clock() -> u64 {
    static START: OnceLock<Instant> = OnceLock::new();
    let passed = START.get_or_init(Instant::now).elapsed();
    u64::try_from(passed.as_millis()).unwrap_or(u64::MAX - 1) + 1
}

/// How long the terminal has not taken what is being written; nothing where nothing waits.
pub fn stuck_for() -> Duration {
    match WRITING_SINCE.load(Ordering::SeqCst) {
        0 => Duration::ZERO,
        since => Duration::from_millis(clock().saturating_sub(since)),
    }
}

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        WRITING_SINCE.store(clock(), Ordering::SeqCst);
        let written = write(bytes);
        WRITING_SINCE.store(0, Ordering::SeqCst);
        written
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write(bytes: &[u8]) -> io::Result<usize> {
    loop {
        match rustix::io::write(rustix::stdio::stdout(), bytes) {
            // A program before us may have left the terminal non-blocking.
            Err(rustix::io::Errno::AGAIN) => std::thread::sleep(Duration::from_millis(1)),
            result => return Ok(result?),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Remembers every write by itself.
    #[derive(Default)]
    struct Writes(Vec<Vec<u8>>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.push(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_frame_is_one_write_and_an_empty_one_none() {
        let mut sender = FrameSender::new(Writes::default());
        assert_eq!(sender.send(b"one\ntwo").unwrap(), 7);
        assert_eq!(sender.send(b"").unwrap(), 0);
        assert_eq!(sender.out.0, [b"one\ntwo".to_vec()]);
    }

    #[test]
    fn a_synchronised_frame_is_wrapped_within_the_same_write() {
        let mut sender = FrameSender::new(Writes::default());
        sender.set_synchronized(true);
        assert_eq!(sender.send(b"").unwrap(), 0);
        let frame = "x".repeat(SHORT + 1);
        sender.send(frame.as_bytes()).unwrap();
        assert_eq!(sender.out.0, [format!("\x1b[?2026h{frame}\x1b[?2026l").into_bytes()]);
    }

    #[test]
    fn a_few_words_are_not_wrapped() {
        let mut sender = FrameSender::new(Writes::default());
        sender.set_synchronized(true);
        assert_eq!(sender.send(b"x").unwrap(), 1);
        assert_eq!(sender.out.0, [b"x".to_vec()]);
    }
}
