//! Frames on their way to the terminal, each in one write.
//!
//! ratatui flushes several times while it draws one frame. Each flush would be a packet of its own
//! over SSH and a moment in which half a frame is on the screen. So ratatui writes to a
//! [`FrameBuffer`], whose `flush` does nothing, and [`FrameSender::send`] sends what has gathered.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Synchronised output: the terminal shows nothing of what is between these until the second.
const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Collects one frame. Clones write to the same frame.
#[derive(Debug, Clone, Default)]
pub struct FrameBuffer {
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl FrameBuffer {
    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        // Bytes are bytes: a panic elsewhere cannot have left them half valid.
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for FrameBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Sends finished frames and counts them.
#[derive(Debug)]
pub struct FrameSender<W = Tty> {
    buffer: FrameBuffer,
    out: W,
    synchronized: bool,
    last: Vec<u8>,
    bytes: u64,
    frames: u64,
}

impl<W: Write> FrameSender<W> {
    pub fn new(out: W) -> Self {
        Self {
            buffer: FrameBuffer::default(),
            out,
            synchronized: false,
            last: Vec::new(),
            bytes: 0,
            frames: 0,
        }
    }

    /// The end that ratatui's backend writes to.
    pub fn buffer(&self) -> FrameBuffer {
        self.buffer.clone()
    }

    /// Wraps frames in the synchronised-output mode. For terminals that said they have it.
    pub const fn set_synchronized(&mut self, synchronized: bool) {
        self.synchronized = synchronized;
    }

    /// Sends what has gathered; how many bytes that was. Nothing gathered, nothing written.
    pub fn send(&mut self) -> io::Result<usize> {
        let mut frame = std::mem::take(&mut *self.buffer.lock());
        // ratatui resets colours and cursor even when no cell changed. Cells are addressed
        // absolutely, so that a frame equal to the last one would change nothing.
        if frame.is_empty() || frame == self.last {
            return Ok(0);
        }
        self.last.clone_from(&frame);
        if self.synchronized {
            frame.splice(..0, BEGIN.iter().copied());
            frame.extend_from_slice(END);
        }
        self.out.write_all(&frame)?;
        self.out.flush()?;
        let sent = frame.len();
        self.bytes += sent as u64;
        self.frames += 1;
        // Hands the allocation back, unless someone is writing the next frame already.
        frame.clear();
        let mut waiting = self.buffer.lock();
        if waiting.is_empty() {
            *waiting = frame;
        }
        Ok(sent)
    }

    /// Sends something that is no part of a frame, at once and in one write.
    pub fn pass(&mut self, sequence: &[u8]) -> io::Result<()> {
        self.out.write_all(sequence)?;
        self.out.flush()?;
        self.bytes += sequence.len() as u64;
        Ok(())
    }

    /// What is on the terminal is not what was sent last; the next frame goes out in any case.
    pub fn forget_last(&mut self) {
        self.last.clear();
    }

    /// Forgets a frame that is not worth sending any more.
    pub fn discard(&mut self) {
        self.buffer.lock().clear();
    }

    /// Bytes sent so far.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub const fn frames(&self) -> u64 {
        self.frames
    }
}

/// Standard output without the standard library's lock and line buffer: the buffer would split a
/// frame at its last newline, and the lock could be held by a thread that panics.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tty;

impl Write for Tty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            match rustix::io::write(rustix::stdio::stdout(), bytes) {
                // A program before us may have left the terminal non-blocking.
                Err(rustix::io::Errno::AGAIN) => std::thread::sleep(Duration::from_millis(1)),
                result => return Ok(result?),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
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
    fn a_frame_is_one_write_however_often_it_was_flushed() {
        let mut sender = FrameSender::new(Writes::default());
        let mut buffer = sender.buffer();
        for part in ["one\n", "two", "three"] {
            buffer.write_all(part.as_bytes()).unwrap();
            buffer.flush().unwrap();
        }
        assert_eq!(sender.send().unwrap(), 12);
        assert_eq!(sender.out.0, [b"one\ntwothree".to_vec()]);
        assert_eq!((sender.bytes(), sender.frames()), (12, 1));
    }

    #[test]
    fn no_change_is_no_byte() {
        let mut sender = FrameSender::new(Writes::default());
        sender.set_synchronized(true);
        sender.buffer().write_all(b"stale").unwrap();
        sender.discard();
        assert_eq!(sender.send().unwrap(), 0);
        assert!(sender.out.0.is_empty());
    }

    #[test]
    fn a_synchronised_frame_is_wrapped_within_the_same_write() {
        let mut sender = FrameSender::new(Writes::default());
        sender.set_synchronized(true);
        sender.buffer().write_all(b"x").unwrap();
        sender.send().unwrap();
        assert_eq!(sender.out.0, [b"\x1b[?2026hx\x1b[?2026l".to_vec()]);
    }
}
