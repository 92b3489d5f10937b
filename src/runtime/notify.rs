//! Telling a person who looks elsewhere: the bell, and the sequences by which terminals raise
//! notifications, through whatever multiplexer is around us.
//!
//! Decides how, never whether something is news. Start with [`Notifier::bytes`], which is pure. The
//! invariant: of a text of the service only sanitised, shortened names get into a sequence, without
//! anything that could end it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::app::effect::Notice;
use crate::terminal::Passthrough;
use crate::text::{sanitize, signs, units, width};

/// Which way notifications take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Way {
    /// The bell, and the sequence of the terminal where it is known to have one.
    #[default]
    Auto,
    Bell,
    /// As iTerm2, `WezTerm` and Ghostty have it.
    Osc9,
    /// As rxvt and foot have it.
    Osc777,
    /// As kitty has it.
    Osc99,
    Off,
}

/// The sequences that raise a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Osc {
    Nine,
    SevenSevenSeven,
    NinetyNine,
}

const TITLE: &str = "foretop";
/// Columns that a name gets.
const NAME: usize = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Notifier {
    bell: bool,
    osc: Option<Osc>,
    passthrough: Passthrough,
    ascii: bool,
}

impl Notifier {
    /// `variable` looks an environment variable up.
    pub fn new(way: Way, variable: impl Fn(&str) -> Option<String>) -> Self {
        let (bell, osc) = match way {
            Way::Auto => (true, known_to_have(&variable)),
            Way::Bell => (true, None),
            Way::Osc9 => (false, Some(Osc::Nine)),
            Way::Osc777 => (false, Some(Osc::SevenSevenSeven)),
            Way::Osc99 => (false, Some(Osc::NinetyNine)),
            Way::Off => (false, None),
        };
        Self { bell, osc, passthrough: Passthrough::of_environment(variable), ascii: false }
    }

    /// The same for a terminal that shows nothing else.
    #[must_use]
    pub fn in_ascii(self, ascii: bool) -> Self {
        Self { ascii, ..self }
    }

    /// One notification about all of this; nothing where nothing is to be told, or nobody.
    pub fn bytes(self, notices: &[Notice]) -> Vec<u8> {
        let Some(text) = text(notices) else { return Vec::new() };
        let shown = if self.ascii { signs::all_in_ascii(&text) } else { text.as_str().into() };
        self.say(&shown)
    }

    /// A notification to see whether it arrives.
    pub fn test(self) -> Vec<u8> {
        self.say("this is a test")
    }

    /// The way in words.
    pub fn route(self) -> String {
        let osc = self.osc.map(|osc| match osc {
            Osc::Nine => "OSC 9",
            Osc::SevenSevenSeven => "OSC 777",
            Osc::NinetyNine => "OSC 99",
        });
        let through = self.passthrough.words();
        match (self.bell, osc) {
            (true, Some(osc)) => format!("the bell and {osc}{through}"),
            (true, None) => "the bell".to_owned(),
            (false, Some(osc)) => format!("{osc}{through}"),
            (false, None) => "off".to_owned(),
        }
    }

    /// `text` is clean already.
    fn say(self, text: &str) -> Vec<u8> {
        let mut out = Vec::new();
        if let Some(osc) = self.osc {
            let sequence = match osc {
                // With a word in front: what begins with a digit is something else to some.
                Osc::Nine => format!("\x1b]9;{TITLE}: {text}\x07"),
                Osc::SevenSevenSeven => format!("\x1b]777;notify;{TITLE};{text}\x07"),
                Osc::NinetyNine => {
                    format!("\x1b]99;e=1;{}\x07", STANDARD.encode(format!("{TITLE}: {text}")))
                }
            };
            out = self.passthrough.wrap(&sequence);
        }
        if self.bell {
            // Multiplexers have a bell of their own and hand it on.
            out.push(0x07);
        }
        out
    }
}

/// What the terminal raises notifications by, where the environment tells which one it is. Over
/// SSH often nothing but `TERM` comes along.
fn known_to_have(variable: impl Fn(&str) -> Option<String>) -> Option<Osc> {
    let value = |name| variable(name).unwrap_or_default();
    let is_set = |name| !value(name).is_empty();
    let (term, program) = (value("TERM"), value("TERM_PROGRAM"));
    if term.starts_with("xterm-kitty") || is_set("KITTY_WINDOW_ID") {
        return Some(Osc::NinetyNine);
    }
    if term.starts_with("foot") || term.starts_with("rxvt") {
        return Some(Osc::SevenSevenSeven);
    }
    let by_name = ["iTerm.app", "WezTerm", "ghostty"].contains(&program.as_str())
        || value("LC_TERMINAL") == "iTerm2"
        || term.starts_with("xterm-ghostty")
        || term.starts_with("wezterm");
    by_name.then_some(Osc::Nine)
}

/// What is told, in one line; `None` where there is nothing.
fn text(notices: &[Notice]) -> Option<String> {
    let session = |notice: &Notice| match notice {
        Notice::Waits { session, .. } | Notice::Fails { session } => name(session.key.as_str()),
    };
    match notices {
        [] => None,
        [Notice::Waits { tool, more, .. }] => {
            let and = if *more > 0 { format!(" and {more} more") } else { String::new() };
            Some(format!("{} waits: {}{and}", session(&notices[0]), name(tool)))
        }
        [Notice::Fails { .. }] => Some(format!("{} is failing", session(&notices[0]))),
        [first, ..] => {
            let (waits, fails): (Vec<_>, Vec<_>) =
                notices.iter().partition(|notice| matches!(notice, Notice::Waits { .. }));
            let mut parts = Vec::new();
            if !waits.is_empty() {
                parts.push(format!("{} waiting", units::counted(waits.len(), "session")));
            }
            if !fails.is_empty() {
                parts.push(format!("{} failing", units::counted(fails.len(), "session")));
            }
            Some(format!("{}, {} first", parts.join(", "), session(first)))
        }
    }
}

/// A name of the service, fit for any of the sequences.
fn name(text: &str) -> String {
    // A semicolon would begin the next part of a sequence.
    let clean = sanitize::preview(text, 4 * NAME).replace(';', ",");
    width::truncate(&clean, NAME).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::SessionRef;

    const WAYS: [Way; 5] = [Way::Auto, Way::Bell, Way::Osc9, Way::Osc777, Way::Osc99];

    fn inside(way: Way, set: &[(&str, &str)]) -> Notifier {
        Notifier::new(way, |name| {
            set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn waits(session: &str, tool: &str, more: usize) -> Notice {
        Notice::Waits { session: SessionRef::new("a", session), tool: tool.to_owned(), more }
    }

    fn sent(way: Way, set: &[(&str, &str)], notices: &[Notice]) -> String {
        String::from_utf8(inside(way, set).bytes(notices)).unwrap()
    }

    #[test]
    fn each_way_has_its_bytes() {
        let one = [waits("refund-4411", "orders.refund", 0)];
        let text = "foretop: refund-4411 waits: orders.refund";
        assert_eq!(sent(Way::Bell, &[], &one), "\x07");
        assert_eq!(sent(Way::Osc9, &[], &one), format!("\x1b]9;{text}\x07"));
        let wanted = "\x1b]777;notify;foretop;refund-4411 waits: orders.refund\x07";
        assert_eq!(sent(Way::Osc777, &[], &one), wanted);
        let encoded = STANDARD.encode(text);
        assert_eq!(sent(Way::Osc99, &[], &one), format!("\x1b]99;e=1;{encoded}\x07"));
        assert_eq!(sent(Way::Off, &[], &one), "");
        assert_eq!(sent(Way::Osc9, &[], &[]), "");
        let tmux = [("TMUX", "x")];
        let wanted = format!("\x1bPtmux;\x1b\x1b]9;{text}\x07\x1b\\");
        assert_eq!(sent(Way::Osc9, &tmux, &one), wanted);
        assert_eq!(sent(Way::Bell, &tmux, &one), "\x07");
        assert_eq!(sent(Way::Osc9, &[("STY", "x")], &one), format!("\x1bP\x1b]9;{text}\x07\x1b\\"));
    }

    #[test]
    fn by_itself_it_rings_and_takes_the_sequence_that_the_terminal_has() {
        let route = |set: &[(&str, &str)]| inside(Way::Auto, set).route();
        assert_eq!(route(&[("TERM", "xterm-256color")]), "the bell");
        assert_eq!(route(&[("TERM", "xterm-kitty")]), "the bell and OSC 99");
        assert_eq!(route(&[("TERM", "foot")]), "the bell and OSC 777");
        assert_eq!(route(&[("TERM_PROGRAM", "WezTerm")]), "the bell and OSC 9");
        let nested = [("TERM", "tmux-256color"), ("TMUX", "x"), ("LC_TERMINAL", "iTerm2")];
        assert_eq!(route(&nested), "the bell and OSC 9, through tmux");
        assert_eq!(inside(Way::Off, &nested).route(), "off");
    }

    #[test]
    fn several_things_at_once_are_one_notification() {
        let fails = |session: &str| Notice::Fails { session: SessionRef::new("a", session) };
        assert_eq!(text(&[waits("s", "t", 2)]).unwrap(), "s waits: t and 2 more");
        assert_eq!(text(&[fails("s")]).unwrap(), "s is failing");
        let many = [waits("s", "t", 0), fails("f"), waits("r", "t", 0)];
        assert_eq!(text(&many).unwrap(), "2 sessions waiting, 1 session failing, s first");
    }

    #[test]
    fn no_name_ends_or_extends_a_sequence() {
        let hostile = [
            "\x1b]52;c;eA==\x07",
            "a\x07b\x1b\\c;4;1;99",
            "\u{9c}\u{9b}31m\u{202e}\n\r\t\0\x7f",
            "\x1bP+q\x1b\\",
            "\u{1b}]0;",
            &";".repeat(10_000),
            &"日本語".repeat(1_000),
            &"\x1b".repeat(10_000),
        ];
        for text in hostile {
            for way in WAYS {
                for set in [&[][..], &[("TERM", "foot")][..], &[("TERM_PROGRAM", "ghostty")][..]] {
                    let sent = sent(way, set, &[waits(text, text, 0)]);
                    assert!(sent.len() < 1_000, "{way:?}: {}", sent.len());
                    // One introducer, one end, and at most a bell behind it.
                    let bells = sent.matches('\x07').count();
                    let osc = usize::from(sent.contains('\x1b'));
                    let bell = usize::from(matches!(way, Way::Auto | Way::Bell));
                    assert_eq!(
                        (sent.matches('\x1b').count(), bells),
                        (osc, osc + bell),
                        "{sent:?}"
                    );
                    let inner = sent.trim_matches(|c| c == '\x1b' || c == '\x07');
                    assert!(!inner.chars().any(char::is_control), "{sent:?}");
                    assert!(!inner.contains('\u{202e}'), "{sent:?}");
                    let parts = sent.matches(';').count();
                    let wanted = match (osc, sent.get(2..5)) {
                        (0, _) => 0,
                        (_, Some("777")) => 3,
                        (_, Some("99;")) => 2,
                        _ => 1,
                    };
                    assert_eq!(parts, wanted, "{sent:?}");
                }
            }
        }
    }

    #[test]
    fn through_a_multiplexer_only_the_wrapping_is_added() {
        let one = [waits("x;\x1b\\y", "\x1b]9;t\x07", 0)];
        let plain = sent(Way::Osc9, &[], &one);
        let wrapped = sent(Way::Osc9, &[("TMUX", "x")], &one);
        let inner = wrapped.strip_prefix("\x1bPtmux;").unwrap().strip_suffix("\x1b\\").unwrap();
        assert_eq!(inner.replace("\x1b\x1b", "\x1b"), plain);
        assert_eq!(inner.matches('\x1b').count(), 2);
    }
}
