//! Taking the terminal over and giving it back.

use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use super::job::{JobSignal, JobSignals, somebody_can_resume};
use super::writer::{Tty, is_frame_unfinished, was_synchronized};
use super::{mouse, raw_mode, title};

/// Whether the terminal is ours at the moment. There is one terminal per process, and the panic
/// hook must know without holding a [`Screen`].
static OURS: AtomicBool = AtomicBool::new(false);

/// The terminal, ours until this is dropped.
#[derive(Debug)]
pub struct Screen {
    _only_by_enter: (),
}

/// How a wish to stop went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suspension {
    /// Stopped and continued; nothing that was drawn is on the screen any more: paint all of it.
    Resumed,
    /// Not stopped, since no shell could continue us; the screen is as it was.
    NobodyToResume,
}

impl Screen {
    /// Takes the terminal, and writes `questions` to it: the answers arrive as input.
    pub fn enter(questions: &[u8]) -> io::Result<Self> {
        // Made first, so that its drop cleans up after a failure half way.
        let screen = Self { _only_by_enter: () };
        enter(questions)?;
        Ok(screen)
    }

    /// Gives the terminal back, stops, and takes it again when continued. For the Ctrl-Z key
    /// (`whole_group`: the shell's job, with any parent that waits for us) and for a `SIGTSTP` from
    /// outside (whose sender chose whom to stop).
    pub async fn suspend(
        &mut self,
        signals: &mut JobSignals,
        whole_group: bool,
    ) -> io::Result<Suspension> {
        if !somebody_can_resume() {
            return Ok(Suspension::NobodyToResume);
        }
        restore();
        if whole_group {
            signals.stop_group().await?;
        }
        signals.stop_self().await?;
        enter(b"")?;
        Ok(Suspension::Resumed)
    }

    /// Lends the terminal to another program until it ends, and takes it back. When that program is
    /// stopped, so are we, or the shell would wait for us.
    pub async fn lend(
        &mut self,
        signals: &mut JobSignals,
        mut program: tokio::process::Command,
    ) -> io::Result<std::process::ExitStatus> {
        restore();
        let ended = run(signals, &mut program).await;
        enter(b"")?;
        ended
    }

    /// Takes the mouse, or gives it back to the terminal; it stays so whenever the terminal is ours.
    pub fn capture_mouse(on: bool) -> io::Result<()> {
        if mouse::want(on) && OURS.load(Ordering::SeqCst) {
            Tty.write_all(if on { mouse::ON } else { mouse::OFF })?;
        }
        Ok(())
    }

    /// Makes it the title of the window until the terminal is given back. Writes nothing where it is.
    pub fn set_title(title: &str) -> io::Result<()> {
        match title::change(title) {
            bytes if bytes.is_empty() => Ok(()),
            bytes => Tty.write_all(&bytes),
        }
    }

    /// Whether the mouse is ours: what comes of it else was on its way too long.
    pub fn has_mouse() -> bool {
        mouse::is_wanted()
    }

    /// Takes the terminal again, whatever was done to it while we were stopped unawares. The
    /// caller paints everything afterwards.
    pub fn resume() -> io::Result<()> {
        restore();
        enter(b"")
    }
}

async fn run(
    signals: &mut JobSignals,
    program: &mut tokio::process::Command,
) -> io::Result<std::process::ExitStatus> {
    let mut child = program.spawn()?;
    loop {
        tokio::select! {
            ended = child.wait() => return ended,
            signal = signals.next() => {
                if signal == JobSignal::Stop && somebody_can_resume() {
                    signals.stop_self().await?;
                }
            }
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// The terminal's columns and rows.
pub fn size() -> (u16, u16) {
    match rustix::termios::tcgetwinsize(rustix::stdio::stdout()) {
        Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
        // Serial lines do not know. What was written down for them counts, as it does for pagers.
        _ => written_down(|name| std::env::var(name).ok()),
    }
}

/// Columns and rows as the environment has them, or those of the terminals of old.
fn written_down(variable: impl Fn(&str) -> Option<String>) -> (u16, u16) {
    let number = |name| variable(name)?.trim().parse::<u16>().ok().filter(|number| *number > 0);
    (number("COLUMNS").unwrap_or(80), number("LINES").unwrap_or(24))
}

/// Width and height of a cell in pixels, where the terminal told the system.
pub fn cell_size() -> Option<(u16, u16)> {
    let size = rustix::termios::tcgetwinsize(rustix::stdio::stdout()).ok()?;
    let cell = (size.ws_xpixel.checked_div(size.ws_col)?, size.ws_ypixel.checked_div(size.ws_row)?);
    (cell.0 > 0 && cell.1 > 0).then_some(cell)
}

fn enter(questions: &[u8]) -> io::Result<()> {
    OURS.store(true, Ordering::SeqCst);
    // First, because it is the step that waits: continued in the background (`bg`), setting modes
    // stops us until `fg`, and before that no byte must go out.
    raw_mode::enable()?;
    let mut bytes = Vec::new();
    bytes.extend_from_slice(TAKE);
    bytes.extend(title::again());
    if mouse::is_wanted() {
        bytes.extend_from_slice(mouse::ON);
    }
    bytes.extend_from_slice(questions);
    Tty.write_all(&bytes)
}

/// Gives the terminal back as it was. Does nothing when it is not ours, so that it may be called
/// from the guard, from the panic hook and before a stop, in any order.
pub fn restore() {
    if OURS.swap(false, Ordering::SeqCst) {
        // Whoever is here is leaving. If the terminal is gone, nobody is left to tell.
        drop(Tty.write_all(&farewell(is_frame_unfinished(), was_synchronized())));
        drop(raw_mode::disable());
    }
}

/// Leaves a terminal that takes nothing any more: it can be told nothing either, but its line is as it was.
pub fn abandon() {
    if OURS.swap(false, Ordering::SeqCst) {
        drop(raw_mode::disable());
    }
}

/// The second screen, so that the shell's stays as it is; pastes in brackets; whether somebody looks,
/// which decides whether notifications are raised; no wrapping, so that a glyph which the terminal
/// takes for wider than we do cannot push the rest of the screen; no cursor. Modes of
/// DEC and xterm: `DECSET` in the control sequences of xterm.
const TAKE: &[u8] = b"\x1b[?1049h\x1b[?2004h\x1b[?1004h\x1b[?7l\x1b[?25l";
/// All of that back, and the colours of the terminal.
const GIVE_BACK: &[u8] = b"\x1b[?2004l\x1b[?1004l\x1b[?7h\x1b[?25h\x1b[?1049l\x1b[m";

/// No cell of ours, and the cursor at the beginning.
const NOTHING_LEFT: &[u8] = b"\x1b[m\x1b[H\x1b[J";

/// What a terminal needs to hear before the shell has it again.
fn farewell(unfinished: bool, synchronized: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    // A frame cut short may have left the terminal waiting for its end, or with margins.
    if synchronized {
        bytes.extend_from_slice(b"\x1b[?2026l");
    }
    if unfinished {
        bytes.extend_from_slice(b"\x1b[?69l\x1b[r");
    }
    // Also where it is off: a terminal that reports into a shell is worse than a few bytes.
    bytes.extend_from_slice(mouse::OFF);
    bytes.extend_from_slice(title::farewell());
    // A terminal without a second screen, as GNU screen has it by itself, would go on in the middle of ours.
    bytes.extend_from_slice(NOTHING_LEFT);
    bytes.extend_from_slice(GIVE_BACK);
    bytes
}

/// Threads of this name read files that mean harm, and may panic without anybody being troubled.
const CONTAINED: &str = "contained";

/// From here on a panic gives the terminal back before it is reported, so that the report can be
/// read and the shell used.
pub fn install_panic_hook() {
    let previous = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        // Its maker waits for it, and says what it means.
        if std::thread::current().name() == Some(CONTAINED) {
            return;
        }
        restore();
        previous(panic);
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_farewell_turns_everything_off_in_order() {
        let text = String::from_utf8(farewell(true, true)).unwrap();
        let places: Vec<_> = [
            "?2026l",
            "?69l",
            "[r",
            "?1006l",
            "?1002l",
            "?1000l",
            "[H",
            "[J",
            "?2004l",
            "?1004l",
            "?7h",
            "?25h",
            "?1049l\x1b[m",
        ]
        .iter()
        .map(|part| text.find(part).unwrap_or_else(|| panic!("{part} is missing: {text:?}")))
        .collect();
        assert!(places.is_sorted(), "{text:?}");
        let text = String::from_utf8(farewell(true, false)).unwrap();
        assert!(!text.contains("2026") && text.contains("?69l"), "{text:?}");
    }

    #[test]
    fn a_terminal_that_does_not_know_its_size_has_that_of_the_environment() {
        let of = |columns: &str, lines: &str| {
            let (columns, lines) = (columns.to_owned(), lines.to_owned());
            written_down(move |name| Some(if name == "LINES" { &lines } else { &columns }.clone()))
        };
        assert_eq!(of("132", "43"), (132, 43));
        assert_eq!(of("0", "many"), (80, 24));
        assert_eq!(written_down(|_| None), (80, 24));
    }

    #[test]
    fn restoring_what_is_not_ours_does_nothing() {
        restore();
        restore();
        assert!(!OURS.load(Ordering::SeqCst));
    }
}
