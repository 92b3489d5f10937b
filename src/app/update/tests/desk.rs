//! A desk: the machine with one session, under a clock that moves with each key and each message.
//!
//! Start with [`Desk::with`] and [`Desk::press`]. The invariant: whatever a draft has to be checked for is
//! checked before the next key, as the runtime does.

use super::*;

pub(super) struct Desk {
    pub(super) machine: Machine,
    pub(super) model: Model,
    pub(super) now: Timestamp,
}

impl Desk {
    /// One session with one answer, open and in focus.
    pub(super) fn with(calls: &[&str]) -> Self {
        let now = "2026-07-02T09:00:00Z".parse().unwrap();
        let machine = Machine::new(default_keymap().unwrap());
        let mut desk = Self { machine, model: Model::new(now, (120, 36)), now };
        desk.lists(&["s"]);
        desk.sees(calls);
        desk.press("<enter>");
        desk
    }

    pub(super) fn lists(&mut self, keys: &[&str]) {
        let session = |key: &&str| -> Session {
            let json = json!({"key": key, "agent_key": "a", "name": key, "enabled": true,
                "created_at": "2026-07-02T08:00:00Z", "status": "stopped"});
            serde_json::from_value(json).unwrap()
        };
        let sessions = keys.iter().map(session).collect();
        self.hears(Msg::Service(ServiceMsg::SessionsListed {
            agent: "a".into(),
            sessions,
            complete: true,
        }));
    }

    /// The newest events of the session and its calls come in.
    pub(super) fn sees(&mut self, calls: &[&str]) {
        let window = self.window(calls);
        let (asked_at, inputs) = (window.asked_at, window.events.clone());
        let calls: Vec<_> = calls.iter().map(|id| pending(id)).collect();
        let probe = read_probe(&inputs, &calls);
        self.hears(Msg::Service(ServiceMsg::EventsListed(Box::new(window))));
        self.hears(Msg::Service(ServiceMsg::Probed {
            session: open(),
            probe,
            calls,
            inputs,
            asked_at,
        }));
    }

    pub(super) fn visible(&self, ids: &[&str]) -> Msg {
        Msg::Service(ServiceMsg::VisibleListed {
            session: open(),
            visible: ids.iter().map(|id| EventId::from(*id)).collect(),
            from: None,
            to: "aev_said".into(),
            asked_at: self.now,
        })
    }

    pub(super) fn window(&self, calls: &[&str]) -> EventWindow {
        let mut events = vec![event(&json!({"id": "aev_said", "type": "agent_output",
            "created_at": "2026-07-02T08:30:00Z", "content": "hello"}))];
        events.extend(calls.iter().map(|id| {
            event(&json!({"id": id, "type": "tool_input", "created_at": "2026-07-02T08:31:00Z",
                "tool_call_id": id, "tool_name": "t", "tool_configuration_name": "t",
                "tool_input": {"path": "/a"}}))
        }));
        EventWindow {
            session: open(),
            events,
            marked: false,
            reaches_start: true,
            reaches_end: true,
            asked_at: self.now,
        }
    }

    pub(super) fn hears(&mut self, msg: Msg) -> Vec<Effect> {
        self.now = self.now.checked_add(SignedDuration::from_secs(5)).unwrap();
        self.takes(msg, self.now)
    }

    /// Works a message in, and checks what there is to check, as the runtime does.
    pub(super) fn takes(&mut self, msg: Msg, at: Timestamp) -> Vec<Effect> {
        let mut out = Vec::new();
        for effect in self.machine.update(&mut self.model, msg, at) {
            match effect {
                Effect::Work(Work::CheckDraft(check)) => {
                    let msg = Msg::Done(DoneMsg::DraftChecked {
                        call: check.call.clone(),
                        verdict: check.run(),
                    });
                    out.extend(self.takes(msg, at));
                }
                other => out.push(other),
            }
        }
        // What the runtime does once a frame is drawn.
        if self.model.layers.is_unseen() {
            out.extend(self.machine.update(&mut self.model, RunMsg::Shown.into(), at));
        }
        out
    }

    /// What lies uppermost over the panes.
    pub(super) fn layer(&self) -> Option<LayerKind> {
        self.model.layers.top().map(Layer::kind)
    }

    /// The line of the uppermost layer.
    pub(super) fn typed(&self) -> String {
        match self.model.layers.top().unwrap() {
            Layer::Question(question) => question.input.text(),
            Layer::Prompt(prompt) => prompt.input.text(),
            Layer::Palette(palette) => palette.input.text(),
            other => panic!("{other:?} has no line"),
        }
    }

    /// The question that stands; nothing where none does.
    pub(super) fn question(&self) -> &str {
        self.model.layers.question().map(|question| question.text.as_str()).unwrap_or_default()
    }

    pub(super) fn press(&mut self, keys: &str) -> Vec<Effect> {
        let keys = Key::parse_sequence(keys).unwrap();
        let mut out = Vec::new();
        for key in keys {
            self.now = self.now.checked_add(SignedDuration::from_secs(5)).unwrap();
            out.extend(self.takes_key(key, self.now));
        }
        out
    }

    /// The next key, `milliseconds` after the last thing that happened.
    pub(super) fn press_after(&mut self, milliseconds: i64, keys: &str) -> Vec<Effect> {
        let at = self.now.checked_add(SignedDuration::from_millis(milliseconds)).unwrap();
        let keys = Key::parse_sequence(keys).unwrap();
        let mut out = Vec::new();
        for key in keys {
            out.extend(self.takes_key(key, at));
        }
        out
    }

    /// A key that came by itself.
    pub(super) fn takes_key(&mut self, key: Key, at: Timestamp) -> Vec<Effect> {
        self.takes(TerminalMsg::Key(Press::alone(key, at)).into(), at)
    }

    pub(super) fn detail(&self) -> Option<&Detail> {
        self.model.open.as_ref()?.detail.as_deref()
    }

    pub(super) fn visibility(&self) -> Visibility {
        self.model.open.as_ref().unwrap().timeline.units().next().unwrap().visibility
    }
}

pub(super) fn open() -> SessionRef {
    SessionRef::new("a", "s")
}

pub(super) fn event(json: &serde_json::Value) -> Event {
    serde_json::from_str(&json.to_string()).unwrap()
}

pub(super) fn pending(id: &str) -> PendingCall {
    serde_json::from_value(json!({"event_id": id, "tool_configuration_name": "t",
        "tool_name": "t", "arguments": {"path": "/a"}}))
    .unwrap()
}

pub(super) fn problem() -> Problem {
    Problem {
        text: "no".to_owned(),
        details: Vec::new(),
        request_id: None,
        may_have_happened: false,
        status: None,
    }
}

pub(super) fn hide(hidden: bool) -> Effect {
    Effect::Service(Request::SetHidden { session: open(), events: vec!["aev_said".into()], hidden })
}

pub(super) fn hide_answered(refused: Vec<(EventId, Problem)>) -> Msg {
    let done = if refused.is_empty() { vec!["aev_said".into()] } else { Vec::new() };
    Msg::Service(ServiceMsg::HideAnswered { session: open(), hidden: true, done, refused })
}

/// Every binding of every action.
pub(super) fn bindings(keymap: &Keymap) -> impl Iterator<Item = &Binding<Action>> {
    Action::ALL.iter().flat_map(|action| keymap.keys_for(*action))
}

/// What these effects copy, and how it is called.
pub(super) fn copied(effects: Vec<Effect>) -> Vec<(String, String)> {
    let copy = |effect| match effect {
        Effect::Terminal(TerminalWork::Copy { text, what }) => Some((what, text)),
        _ => None,
    };
    effects.into_iter().filter_map(copy).collect()
}
