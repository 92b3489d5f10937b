//! A PDF as the text of its pages.
//!
//! The file may loop, lie, nest without end or unpack to a multiple of the memory there is, so it is
//! read by a thread of its own: with room for deep nesting, not waited for when it takes too long,
//! and a panic in it is an answer like any other. Start with [`read`]. The invariant: nothing is
//! unpacked that was not first found to be small enough.

mod font;
mod guard;
mod lines;
mod matrix;
mod names;
mod page;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use hayro_syntax::{DecryptionError, LoadPdfError, Pdf, PdfData};

use page::Reader;

/// A thread of this name is expected to panic now and then, and says so to nobody but its maker.
pub const CONTAINED: &str = "contained";
/// Objects may be nested some hundred levels deep.
const STACK: usize = 64 << 20;
/// How often it is looked whether anybody still waits, and how often until it is given up.
const TICK: Duration = Duration::from_millis(20);
const TICKS: usize = 20 * 50;
/// More pages and letters are left out.
pub const MOST_PAGES: usize = 5_000;
const MOST_LETTERS: usize = 8 << 20;

/// The text of the pages, one behind the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pages {
    pub text: String,
    /// The line that each page starts in; these lines only say which page it is.
    pub starts: Vec<usize>,
    /// How many pages there are, the ones that were left out among them.
    pub count: usize,
    /// Letters that the file draws without saying which they are.
    pub unknown: usize,
    /// What is not shown, and why.
    pub problem: Option<String>,
}

impl Pages {
    fn of_problem(problem: &str) -> Self {
        Self { problem: Some(problem.to_owned()), ..Self::default() }
    }

    /// The page that a line of the text is on, from 0.
    pub fn page_at(&self, line: usize) -> usize {
        self.starts.partition_point(|start| *start <= line).saturating_sub(1)
    }
}

/// Reads the pages of a PDF. `None` when nobody waits any more.
pub(super) fn read(bytes: &Arc<[u8]>, gone: &dyn Fn() -> bool) -> Option<Pages> {
    let (done, answer) = sync_channel(1);
    let given_up = Arc::new(AtomicBool::new(false));
    let bytes = Arc::clone(bytes);
    let flag = Arc::clone(&given_up);
    let reading =
        thread::Builder::new().name(CONTAINED.to_owned()).stack_size(STACK).spawn(move || {
            let is_gone = || flag.load(Ordering::Relaxed);
            // Nobody listens any more once it took too long.
            let _ = done.send(read_here(bytes, &is_gone));
        });
    if reading.is_err() {
        return Some(Pages::of_problem("there is no memory to read the PDF with"));
    }
    for tick in 0..TICKS {
        // What is there by then is better than nothing.
        if tick == TICKS / 2 {
            given_up.store(true, Ordering::Relaxed);
        }
        match answer.recv_timeout(TICK) {
            Ok(pages) => return Some(pages),
            Err(RecvTimeoutError::Disconnected) => {
                return Some(Pages::of_problem(
                    "the PDF is broken in a way that is not understood",
                ));
            }
            Err(RecvTimeoutError::Timeout) if gone() => {
                given_up.store(true, Ordering::Relaxed);
                return None;
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
    given_up.store(true, Ordering::Relaxed);
    Some(Pages::of_problem("the PDF takes too long to read"))
}

/// Bytes as the library wants to hold them.
struct Held(Arc<[u8]>);

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn read_here(bytes: Arc<[u8]>, gone: &dyn Fn() -> bool) -> Pages {
    if let Err(problem) = guard::check(&bytes) {
        return Pages::of_problem(problem);
    }
    let pdf = match Pdf::new(PdfData::from(Arc::new(Held(bytes)))) {
        Ok(pdf) => pdf,
        Err(LoadPdfError::Decryption(DecryptionError::PasswordProtected)) => {
            return Pages::of_problem("the PDF is encrypted; its pages need a password");
        }
        Err(LoadPdfError::Decryption(_)) => {
            return Pages::of_problem("the PDF is encrypted in a way that is not understood");
        }
        Err(LoadPdfError::Invalid) => {
            return Pages::of_problem("the PDF is broken: no pages were found in it");
        }
    };
    let pages = pdf.pages();
    let mut out = Pages { count: pages.len(), ..Pages::default() };
    let mut lines = 0;
    let mut reader = Reader::default();
    for (at, page) in pages.iter().enumerate() {
        if gone() || at == MOST_PAGES || out.text.len() > MOST_LETTERS || reader.is_tired() {
            out.problem = Some(format!("only the first {at} of {} pages are shown", pages.len()));
            break;
        }
        let mut text = format!("-- page {} of {} --\n", at + 1, pages.len());
        text.push_str(&reader.text_of(page));
        text.push('\n');
        out.starts.push(lines);
        lines += text.matches('\n').count();
        out.text.push_str(&text);
    }
    out.unknown = reader.unknown();
    out
}
