//! What the terminal says that it can do.
//!
//! Asked once, when the screen is taken over, and never waited for: frames are plain until the
//! answers arrive between the keys. Last comes a question that every terminal answers, so that
//! leaving early does not leave answers to the shell.
//!
//! The terminal behind tmux is asked only once there is something to draw there. tmux takes its answers for
//! keys of whatever pane has the keyboard, which is ours when somebody has just opened a picture.

use std::time::{Duration, Instant};

use super::Passthrough;
use super::pictures::Graphics;

/// Synchronised output?
const SYNCHRONIZED: &[u8] = b"\x1b[?2026$p";
/// Pictures as kitty takes them?
const KITTY_PICTURES: &str = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\";
/// Which colour is the background (OSC 11)?
const BACKGROUND: &[u8] = b"\x1b]11;?\x1b\\";
/// Left and right margins? Which name, how large is a cell? And, answered by all: what are you?
const OTHERS: &[u8] = b"\x1b[?69$p\x1b[>q\x1b[16t\x1b[c";

/// Which name? Of the terminal behind tmux, this and [`KITTY_PICTURES`] are asked, and at last what it is. What
/// takes the latter for a title, as another tmux does, gets back the one it had.
const NAME: &str = "\x1b[>q";
const KEEP_TITLE: &str = "\x1b[22;2t";
const OLD_TITLE: &str = "\x1b[23;2t";
const IDENTITY: &str = "\x1b[c";

/// Longest that answers are waited for when leaving.
const PATIENCE: Duration = Duration::from_millis(500);

/// Where nobody says how large a cell is, at least its proportions are likely.
const USUAL_CELL: (u16, u16) = (10, 20);

/// How a terminal is asked for, and given, pictures as kitty takes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KittyWay {
    Direct,
    BehindTmux,
}

/// What goes beyond the oldest terminals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Capabilities {
    /// Showing a frame at once, however its bytes arrive (mode 2026).
    pub synchronized: bool,
    /// Moving the rows of a pane that is narrower than the screen (mode 69).
    pub left_right_margins: bool,
    /// Drawing pictures as kitty does.
    pub kitty_pictures: Option<KittyWay>,
}

impl Capabilities {
    pub const NONE: Self =
        Self { synchronized: false, left_right_margins: false, kitty_pictures: None };
    pub const ALL: Self = Self {
        synchronized: true,
        left_right_margins: true,
        kitty_pictures: Some(KittyWay::Direct),
    };

    /// The same without synchronised output, even where the terminal has it.
    #[must_use]
    pub const fn unsynchronized(self) -> Self {
        Self { synchronized: false, ..self }
    }

    /// What is worth asking the terminal that these variables of the environment tell of. The
    /// console of Linux prints a part of what it does not understand, as terminals of old do, and tmux and
    /// screen take the question about pictures for the title of the window. tmux hands it on where it is told
    /// to, if it is certain to be tmux: screen would hand on the envelope, too.
    pub fn worth_asking(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let Some(term) = set("TERM").filter(|term| !prints_questions(term)) else {
            return Self::NONE;
        };
        let tmux = term.starts_with("tmux") || set("TMUX").is_some();
        let screen = set("STY").is_some();
        let kitty_pictures = match (tmux, screen) {
            (true, false) => Some(KittyWay::BehindTmux),
            (false, false) if !term.starts_with("screen") => Some(KittyWay::Direct),
            _ => None,
        };
        Self { kitty_pictures, ..Self::ALL }
    }
}

/// Whether a terminal shows what it is asked.
fn prints_questions(term: &str) -> bool {
    let is_of_old = |rest: &str| rest.starts_with(|digit: char| digit.is_ascii_digit());
    term == "dumb"
        || ["linux", "ansi", "cons25"].iter().any(|name| term.starts_with(name))
        || term.strip_prefix("vt").is_some_and(is_of_old)
}

/// Whether the environment tells of GNU screen, and of nothing that pretends to be it.
fn is_gnu_screen(variable: &impl Fn(&str) -> Option<String>) -> bool {
    let set = |name| variable(name).filter(|value| !value.is_empty());
    let named = set("TERM").is_some_and(|term| term.starts_with("screen"));
    set("TMUX").is_none() && (named || set("STY").is_some())
}

/// Whether the terminal is on another machine than this process, by what sshd sets.
pub fn is_remote(variable: impl Fn(&str) -> Option<String>) -> bool {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    ["SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT"].into_iter().any(is_set)
}

/// What the terminal is not to be told, by its environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Manners {
    /// It draws what is slanted as something else.
    pub no_italics: bool,
    /// It keeps titles on a stack (XTWINOPS 22 and 23), so that ours need not stay.
    pub keeps_titles: bool,
}

impl Manners {
    pub fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let set = |name| variable(name).filter(|value| !value.is_empty());
        let is_screen = is_gnu_screen(&variable);
        let term = set("TERM").unwrap_or_default();
        let known = ["xterm", "tmux", "foot", "alacritty", "wezterm", "ghostty", "kitty", "vte"];
        let known = known.iter().any(|name| term.starts_with(name));
        let keeps_titles = !is_screen && (known || set("TMUX").is_some());
        Self { no_italics: is_screen, keeps_titles }
    }
}

/// One answer of the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// A mode, and whether it can be set.
    Mode(u16, bool),
    /// It takes pictures in one of these ways.
    Pictures(Graphics),
    /// It is known to draw no picture where text says so.
    NoPlaceholders,
    /// Width and height of a cell in pixels.
    Cell(u16, u16),
    /// Red, green and blue of the background.
    Background([u8; 3]),
    /// What the terminal is; the last of the answers.
    Identity,
}

/// The terminal behind tmux.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Behind {
    #[default]
    Unasked,
    Asked,
    /// It takes pictures, but not as text.
    Unfit,
}

/// The questions and what was answered so far.
#[derive(Debug, Clone, Copy)]
pub struct Probe {
    allowed: Capabilities,
    found: Capabilities,
    iterm2: bool,
    sixel: bool,
    cell: Option<(u16, u16)>,
    behind: Behind,
    moved: bool,
    /// Since when answers are on their way.
    asked: Option<Instant>,
}

impl Probe {
    /// Uses no more than what is `allowed`, whatever the terminal can.
    pub const fn new(allowed: Capabilities) -> Self {
        Self {
            allowed,
            found: Capabilities::NONE,
            iterm2: false,
            sixel: false,
            cell: None,
            behind: Behind::Unasked,
            moved: false,
            asked: None,
        }
    }

    /// What to write to the terminal; nothing when no answer would count.
    pub fn ask(&mut self, now: Instant) -> Vec<u8> {
        if self.allowed == Capabilities::NONE {
            return Vec::new();
        }
        self.asked = Some(now);
        let Capabilities { synchronized, kitty_pictures, .. } = self.allowed;
        let questions = [
            synchronized.then_some(SYNCHRONIZED),
            (kitty_pictures == Some(KittyWay::Direct)).then_some(KITTY_PICTURES.as_bytes()),
            Some(BACKGROUND),
            Some(OTHERS),
        ];
        questions.into_iter().flatten().collect::<Vec<_>>().concat()
    }

    /// Asks the terminal behind tmux, unless it was or need not be; a picture is there to be drawn.
    pub fn ask_behind(&mut self, now: Instant) -> Option<Vec<u8>> {
        let can = self.allowed.kitty_pictures == Some(KittyWay::BehindTmux);
        let wanted = can && self.behind == Behind::Unasked && self.graphics().is_none();
        if !wanted || self.outstanding(now).is_some() {
            return None;
        }
        self.behind = Behind::Asked;
        self.asked = Some(now);
        let questions = [NAME, KEEP_TITLE, KITTY_PICTURES, OLD_TITLE, IDENTITY].concat();
        Some(Passthrough::Tmux.wrap(&questions))
    }

    /// What was proven of the terminal behind tmux holds no longer.
    pub fn doubt_behind(&mut self) {
        self.moved = false;
        self.behind = Behind::Unasked;
        self.found.kitty_pictures =
            self.found.kitty_pictures.filter(|way| *way == KittyWay::Direct);
    }

    /// The window has another size: somebody may have attached another terminal. It is asked once somebody
    /// opens a picture, and not now: whoever splits the window has the keyboard elsewhere.
    pub const fn behind_may_be_another(&mut self) {
        self.moved = true;
    }

    /// No picture is there to be drawn: with the next one a terminal that did not answer is asked again.
    pub fn rest_behind(&mut self) {
        if self.found.kitty_pictures.is_none() || self.moved {
            self.doubt_behind();
        }
    }

    /// Whether answers are those of the terminal behind tmux.
    const fn hears_behind(&self) -> bool {
        self.asked.is_some() && !matches!(self.behind, Behind::Unasked)
    }

    pub const fn hear(&mut self, answer: Answer) {
        match answer {
            // What tmux takes itself, it said before.
            Answer::Pictures(Graphics::Sixel) if self.hears_behind() => {}
            Answer::Pictures(Graphics::Iterm2) | Answer::NoPlaceholders if self.hears_behind() => {
                self.behind = Behind::Unfit;
                self.found.kitty_pictures = None;
            }
            Answer::Mode(2026, can) => self.found.synchronized = can && self.allowed.synchronized,
            Answer::Mode(69, can) => {
                self.found.left_right_margins = can && self.allowed.left_right_margins;
            }
            // Whoever draws is told.
            Answer::Mode(..) | Answer::Background(_) | Answer::NoPlaceholders => {}
            Answer::Pictures(Graphics::Kitty | Graphics::KittyBehindTmux) => {
                let asked = match self.allowed.kitty_pictures {
                    Some(KittyWay::BehindTmux) => matches!(self.behind, Behind::Asked),
                    _ => true,
                };
                if asked {
                    self.found.kitty_pictures = self.allowed.kitty_pictures;
                }
            }
            Answer::Pictures(Graphics::Iterm2) => self.iterm2 = true,
            Answer::Pictures(Graphics::Sixel) => self.sixel = true,
            Answer::Cell(width, height) => self.cell = Some((width, height)),
            Answer::Identity => self.asked = None,
        }
    }

    pub const fn capabilities(&self) -> Capabilities {
        self.found
    }

    /// The best way to draw pictures that was answered, and the size of a cell in pixels. Where that
    /// decides how large a picture is, it must be known.
    pub fn graphics(&self) -> Option<(Graphics, (u16, u16))> {
        let usual = self.cell.unwrap_or(USUAL_CELL);
        match (self.found.kitty_pictures, self.iterm2, self.sixel, self.cell) {
            (Some(KittyWay::Direct), ..) => Some((Graphics::Kitty, usual)),
            (Some(KittyWay::BehindTmux), ..) => Some((Graphics::KittyBehindTmux, usual)),
            (_, true, ..) => Some((Graphics::Iterm2, usual)),
            (.., true, Some(cell)) => Some((Graphics::Sixel, cell)),
            _ => None,
        }
    }

    /// When the questions were asked; `None` when the last is answered, or there were none.
    pub const fn asked(&self) -> Option<Instant> {
        self.asked
    }

    /// How long answers may still be on their way; `None` when all are here or will not come.
    pub fn outstanding(&self, now: Instant) -> Option<Duration> {
        let waited = now.saturating_duration_since(self.asked?);
        PATIENCE.checked_sub(waited).filter(|left| !left.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_allowed_and_was_answered_counts() {
        let now = Instant::now();
        let mut probe = Probe::new(Capabilities::ALL.unsynchronized());
        assert_eq!(probe.ask(now), [KITTY_PICTURES.as_bytes(), BACKGROUND, OTHERS].concat());
        for answer in [Answer::Mode(2026, true), Answer::Mode(69, true), Answer::Mode(25, true)] {
            probe.hear(answer);
        }
        let margins = Capabilities { left_right_margins: true, ..Capabilities::NONE };
        assert_eq!(probe.capabilities(), margins);
        probe.hear(Answer::Mode(69, false));
        assert_eq!(probe.capabilities(), Capabilities::NONE);
    }

    #[test]
    fn pictures_are_drawn_in_the_best_way_that_was_proven() {
        let mut probe = Probe::new(Capabilities::ALL);
        assert_eq!(probe.graphics(), None);
        probe.hear(Answer::Pictures(Graphics::Sixel));
        assert_eq!(probe.graphics(), None, "as large as nobody knows");
        probe.hear(Answer::Cell(9, 18));
        assert_eq!(probe.graphics(), Some((Graphics::Sixel, (9, 18))));
        probe.hear(Answer::Pictures(Graphics::Iterm2));
        probe.hear(Answer::Pictures(Graphics::Kitty));
        assert_eq!(probe.graphics(), Some((Graphics::Kitty, (9, 18))));
    }

    /// What is worth asking where only these variables are set.
    fn worth_asking(set: &[(&str, &str)]) -> Capabilities {
        let value = |name: &str| set.iter().find(|(known, _)| *known == name);
        Capabilities::worth_asking(|name| value(name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn where_nothing_counts_nothing_is_asked() {
        let now = Instant::now();
        for term in ["", "dumb", "linux", "linux-16color", "vt100", "vt220", "ansi"] {
            let mut probe = Probe::new(worth_asking(&[("TERM", term)]));
            assert_eq!(
                (probe.ask(now), probe.asked(), probe.outstanding(now)),
                (vec![], None, None)
            );
        }
        assert_eq!(worth_asking(&[("TERM", "vte-256color")]), Capabilities::ALL);
        assert_eq!(worth_asking(&[("TERM", "xterm-256color"), ("TMUX", "")]), Capabilities::ALL);
    }

    #[test]
    fn gnu_screen_has_neither_italics_nor_a_stack_of_titles_and_tmux_both() {
        let of = |set: &[(&str, &str)]| {
            let value = |name: &str| set.iter().find(|(known, _)| *known == name);
            let manners =
                Manners::of_environment(|name| value(name).map(|(_, value)| (*value).to_owned()));
            (manners.no_italics, manners.keeps_titles)
        };
        assert_eq!(of(&[("TERM", "screen-256color")]), (true, false));
        assert_eq!(of(&[("TERM", "xterm-256color"), ("STY", "1.pts")]), (true, false));
        assert_eq!(of(&[("TERM", "screen"), ("TMUX", "/tmp/t,1,0")]), (false, true));
        assert_eq!(of(&[("TERM", "xterm-kitty")]), (false, true));
        assert_eq!(of(&[("TERM", "linux")]), (false, false));
        assert_eq!(of(&[("TERM", "rxvt-unicode-256color")]), (false, false));
    }

    #[test]
    fn what_tmux_and_screen_take_for_a_title_is_not_sent_there() {
        for inside in [
            &[("TERM", "tmux-256color")][..],
            &[("TERM", "screen")],
            &[("TERM", "xterm-256color"), ("TMUX", "/tmp/tmux-0/default,1,0")],
            &[("TERM", "xterm"), ("STY", "1.pts-0")],
        ] {
            let questions = Probe::new(worth_asking(inside)).ask(Instant::now());
            assert!(!questions.windows(2).any(|pair| pair == b"\x1b_"), "{inside:?}");
            assert!(questions.starts_with(SYNCHRONIZED) && questions.ends_with(b"\x1b[c"));
        }
        for unclear in [
            &[("TERM", "screen"), ("STY", "1.pts-0"), ("TMUX", "/tmp/tmux-0/default,1,0")][..],
            &[("TERM", "screen-256color")],
        ] {
            assert_eq!(worth_asking(unclear).kitty_pictures, None, "{unclear:?}");
        }
        // As over SSH.
        let tmux = worth_asking(&[("TERM", "tmux-256color")]);
        assert_eq!(tmux.kitty_pictures, Some(KittyWay::BehindTmux));
    }

    #[test]
    fn behind_tmux_is_asked_for_a_picture_and_only_what_draws_it_as_text_counts() {
        let now = Instant::now();
        let set = &[("TERM", "tmux-256color"), ("TMUX", "/tmp/tmux-0/default,1,0")];
        let asked = || {
            let mut probe = Probe::new(worth_asking(set));
            probe.ask(now);
            probe.hear(Answer::Pictures(Graphics::Kitty));
            assert_eq!(probe.ask_behind(now), None, "tmux did not say all yet");
            probe.hear(Answer::Identity);
            assert_eq!(probe.graphics(), None, "it was not asked for that");
            let question = String::from_utf8(probe.ask_behind(now).unwrap()).unwrap();
            assert!(question.starts_with("\x1bPtmux;\x1b\x1b[>q") && question.ends_with("\x1b\\"));
            assert!(question.contains("\x1b\x1b_Gi=31,") && question.contains(";AAAA\x1b\x1b\\"));
            assert_eq!(
                (probe.asked(), probe.ask_behind(now + PATIENCE)),
                (Some(now), None),
                "once"
            );
            probe
        };
        let mut kitty = asked();
        kitty.hear(Answer::Pictures(Graphics::Kitty));
        kitty.hear(Answer::Pictures(Graphics::Sixel));
        kitty.hear(Answer::Identity);
        assert_eq!(kitty.graphics(), Some((Graphics::KittyBehindTmux, USUAL_CELL)));
        kitty.rest_behind();
        assert_eq!(kitty.ask_behind(now), None, "that is known");
        kitty.behind_may_be_another();
        assert!(kitty.graphics().is_some(), "until no picture is drawn");
        kitty.rest_behind();
        assert_eq!(kitty.graphics(), None);
        assert!(kitty.ask_behind(now).is_some());
        kitty.hear(Answer::Pictures(Graphics::Kitty));
        kitty.hear(Answer::Identity);
        kitty.doubt_behind();
        assert_eq!(kitty.graphics(), None);
        assert!(kitty.ask_behind(now).is_some());
        for name in [Answer::Pictures(Graphics::Iterm2), Answer::NoPlaceholders] {
            let mut other = asked();
            for answer in [name, Answer::Pictures(Graphics::Kitty), Answer::Identity] {
                other.hear(answer);
            }
            assert_eq!(other.graphics(), None, "{name:?}");
        }
        let mut silent = asked();
        silent.rest_behind();
        assert_eq!(silent.ask_behind(now), None, "it may still answer");
        assert!(silent.ask_behind(now + PATIENCE).is_some());
    }

    #[test]
    fn answers_are_outstanding_until_the_last_and_not_for_ever() {
        let now = Instant::now();
        let mut probe = Probe::new(Capabilities::ALL);
        assert_eq!(probe.outstanding(now), None);
        probe.ask(now);
        probe.hear(Answer::Mode(2026, true));
        assert_eq!(probe.outstanding(now), Some(PATIENCE));
        assert_eq!(probe.outstanding(now + PATIENCE), None);
        probe.hear(Answer::Identity);
        assert_eq!(probe.outstanding(now), None);
    }
}
