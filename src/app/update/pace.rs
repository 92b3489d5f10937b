//! Keys that come faster than a person presses them: what a paste, a program or a line that held
//! them back makes of the keyboard.
//!
//! Owns when keys came; what they mean is none of its business. Start with [`hold`]. The
//! invariant: nothing leaves by a key that was not pressed on purpose, after what it answers could be
//! read. A key that is held back is answered by a word and may be pressed again.

use jiff::SignedDuration;

use super::Cx;
use crate::action::Action;
use crate::api::Timestamp;
use crate::app::msg::Press;
use crate::keymap::{Code, Key};
use crate::view::{Layer, LayerKind, Model, Toast};

/// What is asked stands on the screen for this long before it is answered: nobody reads and decides
/// sooner, while a key of a burst, or one that was on its way, comes sooner than that.
const READABLE: SignedDuration = SignedDuration::from_millis(150);
/// Keys nearer to each other than this were not pressed one after the other: twelve a second, which is
/// fast, are 83 ms apart.
const ONE_BURST: SignedDuration = SignedDuration::from_millis(30);
/// What follows a paste within this time is more of it.
const PASTE_GOES_ON: SignedDuration = SignedDuration::from_millis(150);
/// No key waits for so long before it is worked in: one from before what it answers was shown comes
/// from another clock.
const CLOCK_WAS_SET: SignedDuration = SignedDuration::from_secs(60);
/// So many keys in one piece may have been pressed for anything.
const MANY: usize = 4;

/// When keys came.
#[derive(Debug, Clone, Default)]
pub(super) struct Pace {
    last: Option<Timestamp>,
    pasted: Option<Timestamp>,
    /// What was said of keys that came then: those that came with them do not take it away.
    word: Option<(Timestamp, Toast)>,
}

/// How a key stands to those before it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Came {
    at: Timestamp,
    /// It has neighbours that no finger was fast enough for.
    in_burst: bool,
    among_many: bool,
    /// It is text that was pasted without the terminal saying so.
    pub(super) pasted: bool,
}

impl Pace {
    pub(super) fn note(&mut self, press: &Press) -> Came {
        let within = |before: Option<Timestamp>, length| {
            // Where the clock was set back, nothing is known of how far they are apart.
            before.is_some_and(|before| {
                let apart = press.at.duration_since(before);
                apart < length && apart > -CLOCK_WAS_SET
            })
        };
        let near = within(self.last, ONE_BURST);
        let pasted = press.pasted || within(self.pasted, PASTE_GOES_ON);
        self.last = Some(press.at);
        if pasted {
            self.pasted = Some(press.at);
        }
        Came {
            at: press.at,
            in_burst: near || press.together > 1,
            among_many: press.together >= MANY,
            pasted,
        }
    }
}

/// Says why a key was held back, once for all that came with it.
pub(super) fn say(cx: &mut Cx<'_>, came: Came, why: &str) {
    if cx.machine.pace.word.as_ref().is_none_or(|(at, _)| *at != came.at) {
        cx.warn(why);
        cx.machine.pace.word = cx.model.toast.clone().map(|toast| (came.at, toast));
    }
}

/// The word stays, whatever the other keys did.
pub(super) fn say_on(cx: &mut Cx<'_>, came: Came) {
    if let Some((at, toast)) = &cx.machine.pace.word
        && *at == came.at
    {
        cx.model.toast = Some(toast.clone());
    }
}

/// What an action may set going that cannot be called back.
enum Stake {
    /// It answers what is asked, or sends what is written: that must have been on the screen.
    Answers,
    /// It runs a line that was typed.
    Runs,
    /// It changes something at once, which can be taken back.
    Writes,
}

/// The one place that knows what leaves by which key.
fn stake(model: &Model, action: Action) -> Option<Stake> {
    let top = model.layers.top().map(Layer::kind);
    match (action, top) {
        (Action::Confirm, Some(LayerKind::Question))
        | (Action::SendMessage | Action::SendForm, _) => Some(Stake::Answers),
        (Action::Confirm, Some(LayerKind::Palette | LayerKind::Help)) => Some(Stake::Runs),
        (
            Action::Hide
            | Action::Disable
            | Action::Extend
            | Action::Undo
            | Action::Redo
            | Action::RepeatCommand
            | Action::Own(_)
            | Action::EditOutside,
            _,
        ) => Some(Stake::Writes),
        _ => None,
    }
}

/// Why an action is held back for which a key came too fast; `None` where it is to be done.
pub(super) fn hold(model: &mut Model, action: Action, key: Key, came: Came) -> Option<String> {
    let stake = stake(model, action)?;
    let key = key.label();
    let why = match stake {
        Stake::Answers | Stake::Runs if came.in_burst => "with other keys at once",
        Stake::Writes if came.among_many => "with other keys at once",
        Stake::Answers if !was_readable(model, came.at) => "before this could be read",
        _ => return None,
    };
    // The way on comes first, because the rest may be cut.
    let done = if is_new_line(action, came) { "a new line" } else { "not done" };
    Some(format!("{done}, {key} again does it: it came {why}"))
}

/// Whether what would have sent a message is the end of a line in it: a pasted text has lines.
pub(super) fn is_new_line(action: Action, came: Came) -> bool {
    action == Action::SendMessage && came.in_burst
}

/// Whether what lies uppermost had been on the screen for long enough then.
fn was_readable(model: &mut Model, at: Timestamp) -> bool {
    let Some(shown) = model.layers.shown() else { return false };
    if shown.duration_since(at) > CLOCK_WAS_SET {
        model.layers.unsee();
    }
    at.duration_since(shown) >= READABLE
}

/// The character of a text that a key stands for.
pub(super) fn text_of(key: Key) -> Option<char> {
    match key.code {
        Code::Enter if !key.alt => Some('\n'),
        Code::Char('j') if key.ctrl && !key.alt => Some('\n'),
        Code::Tab => Some('\t'),
        _ => key.typed(),
    }
}
