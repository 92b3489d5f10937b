//! Every action in every place, and random keys over all of them: what an action does it does where it
//! belongs, and everywhere else it says so.

use super::*;
use crate::api::Artifact;
use crate::app::chain::{self, TargetName};
use crate::app::default_keymap;
use crate::app::effect::Effects;
use crate::app::effect::{FileWork, Program, Request, TerminalWork};
use crate::app::msg::{ServiceMsg, StreamMsg};
use crate::app::session_request::SessionRequest;
use crate::app::update::Cx;
use crate::app::update::keys;
use crate::view::Pane;
use crate::view::layer::output::OutputPage;

impl Desk {
    pub(super) fn again(&self) -> Self {
        Self { machine: self.machine.clone(), model: self.model.clone(), now: self.now }
    }

    /// Two files, of which a row names one; the list of sessions is focused.
    pub(super) fn has_files(&mut self) {
        let mut window = self.window(&["aev_1", "aev_2"]);
        window.events.push(event(&json!({"id": "aev_look", "type": "image_read",
            "created_at": "2026-07-02T08:31:09Z", "artifact_id": "art_1"})));
        self.hears(ServiceMsg::EventsListed(Box::new(window)).into());
        self.press("4");
        let at = "2026-07-02T08:00:00.000Z";
        let file = |id: &str| -> Artifact {
            serde_json::from_value(json!({"artifact_id": id, "filename": "a.txt",
                "mime_type": "text/plain", "size_bytes": 300_000, "checksum_sha256": id,
                "created_at": at, "updated_at": at}))
            .unwrap()
        };
        let artifacts = vec![file("art_1"), file("art_2")];
        self.hears(ServiceMsg::ArtifactsListed { session: open(), artifacts, more: false }.into());
        self.press("1");
    }
}

impl Desk {
    /// An agent with a tool that waits, as it is listed.
    pub(super) fn has_an_agent(&mut self) {
        let agent = serde_json::from_value(json!({"key": "a", "name": "A",
            "tool_configurations": {"look": {"type": "client", "tool_id": "tol_l"}}}));
        self.hears(ServiceMsg::AgentsListed(vec![agent.unwrap()]).into());
    }
}

fn refusal() -> Problem {
    Problem { text: "no".to_owned(), status: Some(409), ..problem() }
}

/// What of a model an action that belongs elsewhere must leave as it is.
fn face(model: &Model) -> String {
    let cursor = model.open.as_ref().map(|open| {
        let scroll = open.timeline.scroll();
        (open.reference.to_string(), scroll.cursor.clone(), open.detail.is_some())
    });
    format!(
        "{:?} {:?} {} {:?} {:?} {:?} {:?} {:?}",
        model.view,
        model.focus,
        model.zoomed,
        model.layers.iter().map(Layer::kind).collect::<Vec<_>>(),
        model.sessions.selected(),
        cursor,
        model.calls.selected().map(|call| (call.id().clone(), call.draft.editor.text())),
        model.artifacts.selected().map(|file| file.id.clone()),
    )
}

/// Desks in every place that keys can be about, by the name of the innermost target.
pub(super) fn places() -> Vec<(TargetName, Desk)> {
    let calls = ["aev_1", "aev_2"];
    let ways = [
        "1",
        "2",
        "2 g g <enter>",
        "2 W",
        "3",
        "3 <tab>",
        "3 <s-tab>",
        "3 g w",
        "4",
        "4 <enter>",
        ":",
        "/",
        "1 /",
        "?",
        "g i",
        "g e",
        "g /",
        "2 f",
        "2 '",
        "3 e",
        "I",
        "m",
        "4 /",
        "4 <enter> /",
        "2 X",
        "1 r",
        "4 z R <space> <space> D",
        "4 z R g g g u",
        "4 z R j g u",
        "5",
        "5 l",
    ];
    let mut places: Vec<(TargetName, Desk)> = Vec::new();
    for way in ways {
        let mut desk = Desk::with(&calls);
        desk.has_files();
        desk.has_an_agent();
        desk.press(way);
        places.push((chain::names(&desk.model)[0], desk));
    }
    // Only what is not parked is written to.
    let mut writes = Desk::with(&[]);
    writes.press("i");
    writes.sees(&calls);
    writes.model.guard_until = None;
    places.push((chain::names(&writes.model)[0], writes));
    let mut output = Desk::with(&calls);
    let page = OutputPage::new("wc".to_owned(), vec!["1".to_owned(); 90]);
    output.model.layers.push(Layer::Output(page));
    places.push((chain::names(&output.model)[0], output));
    // Only what rests is compacted.
    let mut compacts = Desk::with(&[]);
    compacts.press("c");
    places.push((chain::names(&compacts.model)[0], compacts));
    let mut branches = Desk::with(&calls);
    branches.has_branches();
    branches.press("g b");
    places.push((chain::names(&branches.model)[0], branches));
    let mut compared = Desk::with(&calls);
    compared.has_files();
    compared.has_an_agent();
    compared.compares();
    places.push((chain::names(&compared.model)[0], compared));
    let mut sent = Desk::with(&calls);
    sent.press("3 e 1 <esc> ] p e 2 <esc> s <enter>");
    let (session, purpose) = (open(), InputKind::Answers);
    sent.hears(StreamMsg::InputTaken { session, purpose }.into());
    places.push((chain::names(&sent.model)[0], sent));
    let mut departed = Desk::with(&calls);
    departed.press("3");
    departed.sees(&[]);
    departed.model.guard_until = None;
    places.push((chain::names(&departed.model)[0], departed));
    places
}

#[test]
fn every_pane_and_every_layer_is_among_the_places() {
    let names: Vec<TargetName> = places().into_iter().map(|(name, _)| name).collect();
    // A message is written in a layer, which has the pane below it drawn.
    let panes = Pane::ALL.iter().filter(|pane| **pane != Pane::Composer);
    let layers = LayerKind::ALL.iter().map(|layer| TargetName::Layer(*layer));
    for name in panes.map(|pane| TargetName::Pane(*pane)).chain(layers) {
        assert!(
            names.contains(&name),
            "no way leads to {name:?}: add its keys to `places`; if they are there, what opens it has \
             no handler in the target that it is pressed in"
        );
    }
}

/// The same as models, for those who draw them.
pub(crate) fn models() -> Vec<(String, Model)> {
    let model = |(name, desk): (TargetName, Desk)| (format!("{name:?}"), desk.model);
    places().into_iter().map(model).collect()
}

fn act(desk: &mut Desk, action: Action) -> Effects {
    let (machine, model) = (&mut desk.machine, &mut desk.model);
    model.guard_until = None;
    model.toast = None;
    let mut cx = Cx { machine, model, effects: Effects::default() };
    keys::act(&mut cx, action);
    cx.model.settle();
    cx.effects
}

#[test]
fn an_action_does_its_thing_or_says_why_and_never_anything_else() {
    for (name, start) in places() {
        for action in Action::ALL {
            let mut desk = start.again();
            let taken = chain::taker(&desk.model, *action).is_some();
            let before = face(&desk.model);
            let effects: Vec<Effect> = act(&mut desk, *action).into_iter().collect();
            if taken {
                continue;
            }
            assert_eq!(face(&desk.model), before, "{} in {name:?} moved something", action.name());
            assert_eq!(effects, [], "{} in {name:?} wanted something", action.name());
            let toast = desk.model.toast.as_ref().map(|toast| toast.text.as_str());
            let said = toast.is_some_and(|text| text.contains("not here") || text.contains(": "));
            assert!(said, "{} in {name:?} said {toast:?}", action.name());
        }
    }
}

#[test]
fn what_is_offered_is_taken_and_what_is_taken_can_be_reached() {
    let keymap = default_keymap().unwrap();
    for (name, desk) in places() {
        let chain = chain::chain(&desk.model);
        let scopes = chain::scopes(&desk.model);
        for (action, words) in chain.iter().flat_map(|target| target.hints(&desk.model)) {
            let taken = chain.iter().any(|target| target.handler(&desk.model, action).is_some());
            assert!(taken, "{name:?} offers {} ({words}), which nobody takes", action.name());
            let key = keymap.label_for(action, &scopes);
            assert!(key.is_some(), "{name:?} offers {}, which has no key there", action.name());
        }
    }
}

/// Every place says where else an action works, in a sentence that names a key.
#[test]
fn an_action_that_works_elsewhere_names_the_place_and_the_way() {
    let mut desk = Desk::with(&["aev_1"]);
    desk.press("1");
    for (action, place, key) in [
        (Action::SortFiles, "the list of files", "4"),
        (Action::NextChange, "the comparison of two files", ""),
        (Action::AgentsView, "the timeline", "2"),
        (Action::Edit, "the inspector of calls", "3"),
        (Action::Toggle, "the menu of types", ""),
    ] {
        let _ = act(&mut desk, action);
        let said = desk.said();
        assert!(said.contains(&format!("not here, but in {place}")), "{said}");
        assert!(key.is_empty() || said.contains(&format!("{key} leads there")), "{said}");
    }
}

/// A message refused seconds later leaves the keyboard where it is by then.
#[test]
fn a_late_refusal_switches_no_mode_anywhere() {
    for place in ["3", "4", "1", "2", ":", "?"] {
        let mut desk = Desk::with(&["aev_1"]);
        desk.sees(&[]);
        desk.press("i h i <enter> <esc>");
        desk.sees(&["aev_1"]);
        desk.press(place);
        desk.model.guard_until = None;
        let (before, mode) = (face(&desk.model), desk.model.mode());
        let (purpose, problem) = (InputKind::Message, refusal());
        let msg = StreamMsg::InputRefused { session: open(), purpose, problem };
        desk.hears(msg.into());
        assert_eq!((face(&desk.model), desk.model.mode()), (before, mode), "{place}");
        assert!(desk.said().contains("i shows it"), "{}", desk.said());
    }
}

/// A decision ends with its question: nothing that comes later can be taken for its answer.
#[test]
fn a_call_that_is_answered_elsewhere_takes_its_question_along_and_leaves_the_command_line() {
    let mut desk = Desk::with(&["aev_1", "aev_2"]);
    desk.press("3 : h e");
    desk.sees(&[]);
    desk.model.guard_until = None;
    assert_eq!(desk.typed(), "he", "letters that were typed are not taken away");
    desk.press("<esc>");
    let mut armed = super::answers::desk(&["aev_1"]);
    armed.press("e 1 <esc> s");
    assert!(armed.question().starts_with("Send"), "{}", armed.question());
    armed.sees(&[]);
    assert_eq!(armed.layer(), None);
    armed.model.guard_until = None;
    assert_eq!(armed.press("<enter>"), []);
}

pub(super) fn is_write(effect: &Effect) -> bool {
    matches!(
        effect,
        Effect::Service(
            Request::Send { .. }
                | Request::Upload { .. }
                | Request::DeleteEvents { .. }
                | Request::SetHidden { .. }
                // What is typed into a form is sent by the Enter behind it, without another question.
                | Request::Session(
                    SessionRequest::Delete(_)
                        | SessionRequest::WriteDown { .. }
                        | SessionRequest::AskAgain { .. }
                )
        ) | Effect::Program(Program::Run { .. })
            | Effect::File(FileWork::Save { .. } | FileWork::Pipe { .. })
            | Effect::Terminal(
                TerminalWork::EditOutside { .. } | TerminalWork::EditMessageOutside { .. }
            )
    )
}

/// Something that the service does while keys are pressed.
fn arrival(desk: &Desk, random: &mut fastrand::Rng) -> Msg {
    let session = open();
    let purpose =
        *random.choice(&[InputKind::Message, InputKind::Answers, InputKind::Interrupt]).unwrap();
    match random.u8(..9) {
        0 => ServiceMsg::SessionGone(session).into(),
        1 | 2 => {
            let some = ["aev_1", "aev_2", "aev_3"];
            let window = desk.window(&some[..random.usize(..4)]);
            ServiceMsg::EventsListed(Box::new(window)).into()
        }
        3 | 4 => {
            let window = desk.window(&[["aev_1", "aev_2"][random.usize(..2)]]);
            let calls: Vec<_> =
                (0..random.usize(..3)).map(|n| pending(["aev_1", "aev_2"][n])).collect();
            let (asked_at, inputs) = (window.asked_at, window.events.clone());
            let probe = read_probe(&inputs, &calls);
            ServiceMsg::Probed { session, probe, calls, inputs, asked_at }.into()
        }
        5 => StreamMsg::InputRefused { session, purpose, problem: refusal() }.into(),
        6 => StreamMsg::InputTaken { session, purpose }.into(),
        7 => ServiceMsg::LinkFailed { problem: refusal(), next_try: desk.now }.into(),
        _ => StreamMsg::StreamEnded { session, problem: None }.into(),
    }
}

/// Presses random keys at a random pace; what was wanted that writes, by key that led to it.
fn random_keys(presses: usize, seed: u64) -> Vec<(String, Effect)> {
    let keymap = default_keymap().unwrap();
    let mut keys: Vec<Key> = bindings(&keymap).flat_map(|binding| binding.keys.clone()).collect();
    keys.extend("abcxyz ÄÖ漢".chars().map(Key::char));
    // What quits, ends a run that shall go on.
    keys.retain(|key| !matches!(key.to_string().as_str(), "Q" | "q" | "<c-c>"));
    let mut random = fastrand::Rng::with_seed(seed);
    let mut writes = Vec::new();
    let mut desk = Desk::with(&["aev_1", "aev_2"]);
    desk.has_files();
    desk.has_an_agent();
    for press in 0..presses {
        let pause = SignedDuration::from_millis(random.i64(1..900));
        desk.now = desk.now.checked_add(pause).unwrap();
        if random.u8(..12) == 0 {
            let (msg, before) =
                (arrival(&desk, &mut random), desk.model.layers.top().map(Layer::kind));
            let now = desk.now;
            let effects = desk.takes(msg, now);
            assert!(!effects.iter().any(is_write), "{press}: an arrival wrote: {effects:?}");
            let after = desk.model.layers.top().map(Layer::kind);
            assert!(
                after == before || after.is_none() || before.is_some(),
                "{press}: {before:?} became {after:?}"
            );
        }
        if random.u16(..300) == 0 {
            // Whatever is open, Esc leads out of it, and there is always a way to quit.
            for _ in 0..12 {
                desk.model.guard_until = None;
                desk.press("<esc>");
            }
            assert!(desk.model.layers.is_empty(), "{press}: {:?}", desk.model.layers);
            let mut quits = desk.again();
            // Twice more where a draft would be lost.
            quits.press_after(100, "<c-c> <c-c> <c-c> <c-c>");
            assert!(quits.model.quit, "{press}: Ctrl-C does not quit");
        }
        if random.u16(..200) == 0 {
            desk.model.size =
                [(80, 24), (120, 36), (40, 10), (60, 15), (200, 60)][random.usize(..5)];
        }
        let key = keys[random.usize(..keys.len())];
        let asks = desk.model.layers.question().is_some();
        let now = desk.now;
        for effect in desk.takes_key(key, now) {
            if is_write(&effect) {
                writes.push((format!("{press}: {key}, question: {asks}"), effect));
            }
        }
        if desk.model.open.is_none() {
            desk.lists(&["s"]);
            desk.sees(&["aev_1", "aev_2"]);
        }
    }
    writes
}

#[test]
fn random_keys_kill_no_keyboard_and_send_nothing_that_was_not_asked_about() {
    let presses = std::env::var("FORETOP_RANDOM_KEYS").ok().and_then(|n| n.parse().ok());
    let presses = presses.unwrap_or(4_000);
    for (seed, presses) in [(1, presses / 2), (2, presses / 2)] {
        for (when, effect) in random_keys(presses, seed) {
            let asked = when.contains("<enter>, question: true");
            let deliberate = match &effect {
                // Reversible, or nothing that leaves; with a key of their own.
                Effect::Service(Request::SetHidden { .. })
                | Effect::Terminal(
                    TerminalWork::EditOutside { .. } | TerminalWork::EditMessageOutside { .. },
                ) => true,
                // Enter in the composer is what sends.
                Effect::Service(Request::Send { purpose: InputKind::Message, .. }) => {
                    when.contains("<enter>")
                }
                _ => asked,
            };
            assert!(deliberate, "{when}: {effect:?}");
            if let Effect::Service(Request::Send { input, .. }) = &effect {
                assert!(!is_answer(input), "{when}: answers were sent");
            }
        }
    }
}

fn is_answer(input: &crate::api::Input) -> bool {
    matches!(input, crate::api::Input::ToolOutput(_))
}
