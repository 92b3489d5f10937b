//! Keys that come faster than a person presses them: nothing leaves by them, and nothing is slower
//! for who presses them one by one.

use super::answers::desk as inspector;
use super::everywhere::is_write;
use super::*;
use crate::app::effect::FileWork;
use crate::app::session_request::SessionRequest;

/// Twelve keys a second.
const APART: i64 = 83;

/// A desk on a session that runs.
fn running() -> Desk {
    let mut desk = Desk::with(&[]);
    let session: Session =
        serde_json::from_value(json!({"key": "s", "agent_key": "a", "name": "s",
        "enabled": true, "created_at": "2026-07-02T08:00:00Z", "status": "running"}))
        .unwrap();
    desk.hears(Msg::Service(ServiceMsg::SessionsListed {
        agent: "a".into(),
        sessions: vec![session],
        complete: true,
    }));
    desk.now = desk.now.checked_add(SignedDuration::from_secs(60)).unwrap();
    desk
}

/// A desk where `s` asks whether to send.
fn answered() -> Desk {
    let mut desk = inspector(&["aev_1"]);
    desk.press("e 1 <esc>");
    desk.now = desk.now.checked_add(SignedDuration::from_secs(60)).unwrap();
    desk
}

impl Desk {
    /// Keys that were read in one piece, so long after what was before.
    fn bursts(&mut self, milliseconds: i64, keys: &[Key]) -> Vec<Effect> {
        self.now = self.now.checked_add(SignedDuration::from_millis(milliseconds)).unwrap();
        let enter = Key::parse("<enter>").unwrap();
        let text = keys.iter().all(|key| *key == enter || key.typed().is_some());
        let lines = keys.contains(&enter) && keys.iter().any(|key| *key != enter);
        let pasted = text && lines && keys.len() >= 8;
        let (at, together) = (self.now, keys.len());
        let mut out = Vec::new();
        for key in keys {
            let press = Press { key: *key, at, together, pasted };
            // No frame is drawn between them.
            out.extend(self.machine.update(&mut self.model, TerminalMsg::Key(press).into(), at));
        }
        if self.model.layers.is_unseen() {
            out.extend(self.machine.update(&mut self.model, RunMsg::Shown.into(), at));
        }
        out
    }

    fn burst(&mut self, keys: &str) -> Vec<Effect> {
        self.bursts(1_000, &Key::parse_sequence(keys).unwrap())
    }

    /// Each key so long after the one before.
    fn paced(&mut self, milliseconds: i64, keys: &str) -> Vec<Effect> {
        let mut out = Vec::new();
        for key in Key::parse_sequence(keys).unwrap() {
            self.now = self.now.checked_add(SignedDuration::from_millis(milliseconds)).unwrap();
            out.extend(self.takes_key(key, self.now));
        }
        out
    }
}

/// What goes out: to the service, to a program, to a file of any kind.
fn left(effects: &[Effect]) -> usize {
    // What a path may become is looked up, and changes nothing.
    let is_kept = |file: &FileWork| !matches!(file, FileWork::CompletePath { .. });
    let is_made = |effect: &Effect| match effect {
        Effect::Service(Request::Session(request)) => {
            matches!(request, SessionRequest::Make { .. } | SessionRequest::SetSecrets { .. })
        }
        _ => false,
    };
    let leaves = |effect: &&Effect| {
        is_write(effect) || is_made(effect) || matches!(effect, Effect::File(file) if is_kept(file))
    };
    effects.iter().filter(leaves).count()
}

#[test]
fn an_enter_before_the_question_could_be_read_does_nothing_and_may_be_pressed_again() {
    for early in [0, 1, 20, 29, 31, 149] {
        let mut desk = running();
        desk.paced(1_000, "I");
        assert!(desk.question().starts_with("Interrupt s?"), "{}", desk.question());
        assert_eq!(left(&desk.paced(early, "<enter>")), 0, "{early}");
        assert!(desk.said().contains("Enter again does it"), "{early}: {}", desk.said());
        assert!(!desk.question().is_empty(), "{early}: the question stands");
        assert_eq!(left(&desk.paced(150, "<enter>")), 1, "{early}");
    }
    let mut desk = running();
    desk.paced(1_000, "I");
    assert_eq!(left(&desk.paced(150, "<enter>")), 1);
}

#[test]
fn what_is_asked_counts_from_when_it_was_drawn() {
    let mut desk = running();
    let key = |desk: &mut Desk, key: &str, at: Timestamp| {
        let press = Press::alone(Key::parse(key).unwrap(), at);
        desk.machine.update(&mut desk.model, TerminalMsg::Key(press).into(), at)
    };
    let after = |at: Timestamp, ms| at.checked_add(SignedDuration::from_millis(ms)).unwrap();
    let at = desk.now;
    let _ = key(&mut desk, "I", at);
    let late = key(&mut desk, "<enter>", after(at, 9_000));
    assert_eq!(left(&late.into_iter().collect::<Vec<_>>()), 0, "nothing was ever drawn");
    let _ = desk.machine.update(&mut desk.model, RunMsg::Shown.into(), after(at, 9_500));
    // It was on its way while the frame was drawn, and is worked in long after.
    let press = Press::alone(Key::parse("<enter>").unwrap(), after(at, 9_400));
    let effects =
        desk.machine.update(&mut desk.model, TerminalMsg::Key(press).into(), after(at, 20_000));
    assert_eq!(left(&effects.into_iter().collect::<Vec<_>>()), 0);
    let done = key(&mut desk, "<enter>", after(at, 20_500));
    assert_eq!(left(&done.into_iter().collect::<Vec<_>>()), 1);
}

#[test]
fn keys_of_one_read_never_both_ask_and_confirm() {
    for keys in ["s <enter>", "s <enter> <enter>", "s s <enter>", "<enter> s <enter>"] {
        let mut desk = answered();
        assert_eq!(left(&desk.burst(keys)), 0, "{keys}");
        assert_eq!(left(&desk.burst("<enter> <enter>")), 0, "{keys}");
    }
    let mut desk = answered();
    desk.burst("s <enter>");
    assert_eq!(left(&desk.paced(1_000, "<enter>")), 1, "one that is pressed does it");
    let mut desk = running();
    assert_eq!(left(&desk.burst(": i n t e r r u p t <enter> <enter>")), 0);
    assert!(desk.model.layers.is_empty(), "{:?}", desk.layer());
    desk.paced(1_000, ":");
    assert_eq!(left(&desk.burst("u n d o <enter>")), 0);
    assert_eq!(desk.layer(), Some(LayerKind::Palette), "the line stands and was not run");
}

#[test]
fn a_burst_that_looks_like_a_paste_is_held_back_where_keys_are_commands() {
    let paste = "P a r t <space> I <enter> P a r t <space> I I <enter>";
    let mut desk = running();
    assert_eq!(desk.burst(paste), []);
    assert!(desk.model.layers.is_empty());
    assert!(desk.said().contains("like a paste"), "{}", desk.said());
    assert!(desk.said().contains("i writes"), "{}", desk.said());
    // What is left of it comes a moment later.
    assert_eq!(left(&desk.bursts(20, &Key::parse_sequence("x I").unwrap())), 0);
    assert!(desk.model.layers.is_empty());
    assert_eq!(left(&desk.paced(1_000, "x")), 1, "a key by itself means what it always does");
    // In a message it is text, and stays one.
    desk.paced(1_000, "i");
    assert_eq!(left(&desk.burst(paste)), 0);
    assert_eq!(left(&desk.paced(20, "<enter>")), 0);
    let text = desk.model.composer.draft(&open()).unwrap().editor.text();
    assert_eq!(text, "Part I\nPart II\n\n");
    assert_eq!(left(&desk.paced(1_000, "<enter>")), 1);
    // A question with a line keeps the first.
    let mut desk = running();
    desk.paced(1_000, "m");
    desk.burst("a b c d e <enter> f <enter>");
    assert_eq!(desk.typed(), "abcdef");
}

#[test]
fn a_message_does_not_leave_by_the_end_of_a_burst() {
    let mut desk = running();
    desk.paced(1_000, "i");
    assert_eq!(left(&desk.burst("o k <enter>")), 0);
    assert!(desk.said().contains("a new line"), "{}", desk.said());
    assert_eq!(left(&desk.paced(APART, "<enter>")), 1, "pressed again it sends");
    // What is there from before was not on the screen yet.
    let mut desk = running();
    desk.paced(1_000, "i o k <esc>");
    assert_eq!(left(&desk.burst("i <enter>")), 0);
    desk.paced(1_000, "<esc>");
    desk.paced(1_000, "i");
    assert_eq!(left(&desk.paced(APART, "<enter>")), 0);
    assert_eq!(left(&desk.paced(APART, "<enter>")), 1);
}

#[test]
fn what_changes_at_once_does_not_change_by_a_burst_of_many_keys() {
    let mut desk = Desk::with(&[]);
    assert_eq!(left(&desk.burst("e x t r a")), 0);
    assert!(desk.said().contains("x again does it: it came with other keys"), "{}", desk.said());
    assert_eq!(left(&desk.burst("x j")), 1, "two keys of a slow line are two keys");
}

/// Keys, those that ask and Enter among them more often than others.
fn weighted(random: &mut fastrand::Rng, keys: &[Key]) -> Key {
    let asking = ["s", "T", "e", "I", "<enter>", "<enter>", "<esc>", "i", "D", "x"];
    if random.u8(..10) < 7 {
        return Key::parse(asking[random.usize(..asking.len())]).unwrap();
    }
    keys[random.usize(..keys.len())]
}

/// Presses so many keys in bursts, or one by one, on a desk where everything can be sent; what left.
fn random(presses: usize, bursts: bool, seed: u64) -> usize {
    let keymap = default_keymap().unwrap();
    let mut keys: Vec<Key> = bindings(&keymap).flat_map(|binding| binding.keys.clone()).collect();
    keys.retain(|key| !matches!(key.to_string().as_str(), "Q" | "q" | "<c-c>"));
    let mut random = fastrand::Rng::with_seed(seed);
    let (inspector, timeline) = (Box::new(answered()), Box::new(running()));
    let mut desk = inspector.again();
    let (mut done, mut out) = (0, 0);
    while done < presses {
        let start = done / 60;
        let count = if bursts { random.usize(2..12) } else { 1 };
        let burst: Vec<Key> = (0..count).map(|_| weighted(&mut random, &keys)).collect();
        let pause = if bursts { random.i64(1..2_000) } else { APART };
        let effects = desk.bursts(pause, &burst);
        out += effects.iter().filter(|effect| is_for_good(effect)).count();
        done += count;
        if done / 60 != start {
            desk = if random.usize(..2) == 0 { inspector.again() } else { timeline.again() };
        }
    }
    out
}

fn is_for_good(effect: &Effect) -> bool {
    left(std::slice::from_ref(effect)) > 0
        && !matches!(effect, Effect::Service(Request::SetHidden { .. }))
        && !matches!(effect, Effect::Terminal(_))
}

#[test]
fn random_keys_in_bursts_send_nothing_and_the_same_keys_pressed_do() {
    let presses = std::env::var("FORETOP_RANDOM_KEYS").ok().and_then(|n| n.parse().ok());
    let presses = presses.unwrap_or(25_000);
    assert_eq!(random(presses, true, 7), 0);
    let one_by_one = random(presses / 20, false, 7);
    assert!(one_by_one > 20, "twelve keys a second led to {one_by_one}");
}
