//! Finding among many sessions: events of all of them, what the service decides of a filter, views,
//! other profiles, the session of a sub-agent.

use super::commands::problem;
use super::*;
use crate::model::event_search::{Hit, Progress};
use crate::model::sessions::Wanted;
use crate::view::layer::session_search::Stage;

fn name(key: &str) -> SessionRef {
    SessionRef::new("a", key)
}

fn desk() -> Desk {
    let mut desk = Desk::with(&[]);
    desk.lists(&["s", "t"]);
    desk.model
        .agents
        .insert("a".into(), serde_json::from_value(json!({"key": "a", "name": "a"})).unwrap());
    desk.press("1");
    desk
}

fn hit(session: &str, id: &str) -> Hit {
    Hit {
        session: name(session),
        event: id.into(),
        at: Some("2026-07-02T08:30:00Z".parse().unwrap()),
        what: "agent".to_owned(),
        excerpt: "hello".to_owned(),
        hidden: false,
    }
}

/// What is looked for in which sessions.
fn searches(effects: &[Effect]) -> Vec<(u64, Vec<SessionRef>)> {
    let search = |effect: &Effect| match effect {
        Effect::Service(Request::SearchEvents { number, sessions, .. }) => {
            Some((*number, sessions.clone()))
        }
        _ => None,
    };
    effects.iter().filter_map(search).collect()
}

fn stops(effects: &[Effect]) -> bool {
    effects.contains(&Effect::Service(Request::StopSearchEvents))
}

impl Desk {
    fn searched(&mut self, number: u64, hits: Vec<Hit>, over: bool) -> Vec<Effect> {
        let progress = Progress { sessions: 2, looked: 1, ..Progress::default() };
        self.hears(ServiceMsg::EventsSearched { number, hits, progress, over }.into())
    }

    /// Looks for a word in all sessions; the number of the search.
    fn looks_for(&mut self, line: &str) -> u64 {
        self.press("g /");
        self.types(line);
        searches(&self.press("<enter>"))[0].0
    }
}

#[test]
fn nothing_is_asked_while_somebody_types_and_enter_asks_of_every_session() {
    let mut desk = desk();
    assert!(searches(&desk.press("g / h e l l o")).is_empty());
    assert_eq!(desk.layer(), Some(LayerKind::SessionSearch));
    let asked = searches(&desk.press("<enter>"));
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].1.len(), 2);
    assert!(desk.press("<enter>").is_empty(), "it is under way");
}

#[test]
fn a_filter_of_the_list_narrows_it() {
    let mut desk = desk();
    desk.press("/ t <enter>");
    desk.press("g /");
    desk.types("hello");
    assert_eq!(searches(&desk.press("<enter>"))[0].1, [name("t")]);
    let words = desk.model.session_search.progress_words();
    assert!(words.contains("1 session of the filter"), "{words}");
}

#[test]
fn what_was_found_is_opened_at_its_event_and_one_step_leads_back() {
    let mut desk = desk();
    let number = desk.looks_for("hello");
    desk.searched(number, vec![hit("s", "aev_said")], false);
    desk.press("<enter>");
    assert_eq!(desk.layer(), None);
    assert_eq!(desk.model.open.as_ref().unwrap().reference, name("s"));
    assert_eq!(desk.model.focus, Focus::Timeline);
    desk.press("g /");
    assert_eq!(desk.model.session_search.hits().len(), 1, "what was found is still there");
    assert!(desk.model.session_search.is_running());
}

#[test]
fn another_line_is_another_search_and_what_the_first_brings_is_dropped() {
    let mut desk = desk();
    let first = desk.looks_for("hello");
    desk.types(" world");
    let second = searches(&desk.press("<enter>"));
    assert_eq!(second.len(), 1);
    assert_ne!(second[0].0, first);
    desk.searched(first, vec![hit("s", "aev_said")], true);
    assert!(desk.model.session_search.hits().is_empty());
    assert_eq!(desk.model.session_search.stage(), Stage::Running);
}

#[test]
fn esc_stops_first_and_leaves_then() {
    let mut desk = desk();
    let number = desk.looks_for("hello");
    assert!(stops(&desk.press("<esc>")));
    assert_eq!(desk.layer(), Some(LayerKind::SessionSearch));
    assert_eq!(desk.model.session_search.stage(), Stage::Stopped);
    assert!(stops(&desk.searched(number, Vec::new(), false)), "a page that was under way");
    assert!(!stops(&desk.press("<esc>")));
    assert_eq!(desk.layer(), None);
}

#[test]
fn a_line_that_cannot_be_looked_for_stays_with_the_reason() {
    let mut desk = desk();
    desk.press("g /");
    let tried = |desk: &mut Desk, line: &str| {
        desk.press("<c-u>");
        desk.types(line);
        assert!(searches(&desk.press("<enter>")).is_empty(), "{line}");
        desk.model.session_search.problem.clone().unwrap_or_default()
    };
    assert!(tried(&mut desk, "").contains("what is to be looked for"));
    assert!(tried(&mut desk, "tol:x").contains("did you mean \"tool\"?"));
    assert!(tried(&mut desk, "dur:>5s").starts_with("dur: takes more"));
    assert_eq!(desk.model.session_search.input.text(), "dur:>5s");
}

/// What the service is asked of the filter.
fn filters(effects: &[Effect]) -> Vec<(u64, Wanted)> {
    let filter = |effect: &Effect| match effect {
        Effect::Service(Request::FilterSessions { number, wanted, .. }) => {
            Some((*number, wanted.clone()))
        }
        _ => None,
    };
    effects.iter().filter_map(filter).collect()
}

impl Desk {
    fn listed(&mut self) -> usize {
        self.model.sessions.arrange(self.now, true);
        self.model.sessions.counts().shown
    }
}

#[test]
fn what_the_service_decides_is_asked_once_the_line_is_kept_and_anew_by_a_key() {
    let mut desk = desk();
    desk.press("/");
    desk.types("where tier = 'gold'");
    assert_eq!(desk.listed(), 2, "while it is typed nothing is known");
    let asked = filters(&desk.press("<enter>"));
    let condition = Some("tier = 'gold'".to_owned());
    assert_eq!(asked[0].1, Wanted { filter: None, condition });
    let number = asked[0].0;
    let session = desk.model.sessions.get(&name("t")).unwrap().session.clone();
    desk.hears(ServiceMsg::SessionsPass { number, sessions: vec![session] }.into());
    desk.hears(ServiceMsg::FilterAsked { number }.into());
    assert_eq!(desk.listed(), 1);
    assert_eq!(filters(&desk.press("R")).len(), 1);
    desk.press("<esc>");
    assert_eq!((desk.listed(), filters(&desk.press("R")).len()), (2, 0));
}

#[test]
fn a_filter_that_the_service_refuses_is_said_at_its_place_and_hides_all() {
    let mut desk = desk();
    desk.press("/");
    desk.types("name:/x/");
    let (number, _) = filters(&desk.press("<enter>"))[0].clone();
    desk.hears(ServiceMsg::FilterRefused { number, problem: super::problem(), whole: true }.into());
    desk.press("g g");
    let (said, _) = desk.model.sessions.served_nothing().unwrap();
    assert!(said.starts_with("the service refuses the filter"), "{said}");
    assert_eq!(desk.model.sessions.newest_passing(desk.now), []);
    assert_eq!(desk.model.sessions.filter(), "name:/x/", "what was typed is kept");
}

#[test]
fn a_view_is_shown_by_its_name_or_its_number() {
    let mut desk = desk();
    desk.press("g v");
    assert_eq!(desk.typed(), "view ");
    desk.types("waiting");
    desk.press("<enter>");
    assert_eq!(desk.model.sessions.filter(), "is:parked");
    desk.press("<esc> g v 4 <enter>");
    assert_eq!(desk.model.sessions.filter(), "ctx:>=80%");
    assert_eq!(desk.model.sessions.order().kept(), "context");
    desk.press("g v x <enter>");
    assert!(problem(&desk).starts_with("there is no view \"x\"; there are waiting, "));
}

#[test]
fn another_profile_is_shown_after_what_was_written_was_seen_to() {
    let mut desk = desk();
    desk.press(":");
    desk.types("profile stage");
    desk.press("<enter>");
    assert!(problem(&desk).contains("no other profile"), "{}", problem(&desk));
    desk.press("<esc>");
    desk.model.profiles = vec!["stage".to_owned()];
    desk.press(":");
    desk.types("profile stage");
    desk.press("<enter>");
    assert!(desk.model.quit);
    assert_eq!(desk.model.next_profile.as_deref(), Some("stage"));
}

#[test]
fn who_thinks_better_of_it_and_quits_later_quits() {
    let mut desk = desk();
    desk.model.profiles = vec!["stage".to_owned()];
    desk.press("2 i");
    desk.types("a draft");
    desk.press("<esc> :");
    desk.types("profile stage");
    desk.press("<enter>");
    assert!(!desk.model.quit && desk.question().contains("lose"), "{}", desk.question());
    desk.press("<esc> Q");
    desk.press("<enter>");
    assert!(desk.model.quit);
    assert_eq!(desk.model.next_profile, None);
}

/// The row of a sub-agent that worked in the session `key`.
fn asks_sub_agent(desk: &mut Desk, key: &str) {
    let mut window = desk.window(&[]);
    window.events.extend([
        event(&json!({"id": "aev_sub", "type": "tool_input", "created_at": "2026-07-02T08:31:00Z",
            "tool_call_id": "c", "tool_name": "helper", "tool_configuration_name": "helper",
            "tool_type": "sub_agent", "tool_input": {"task": "look"}})),
        event(
            &json!({"id": "aev_out", "type": "tool_output", "created_at": "2026-07-02T08:32:00Z",
            "tool_call_id": "c", "tool_name": "helper", "tool_configuration_name": "helper",
            "tool_output": {"session_key": key, "sub_agent_response": "done"}}),
        ),
    ]);
    window.asked_at = desk.now;
    desk.hears(ServiceMsg::EventsListed(Box::new(window)).into());
    desk.press("2 G");
}

#[test]
fn enter_on_the_row_of_a_sub_agent_opens_its_session_and_one_step_leads_back() {
    let mut desk = desk();
    let child: Session = serde_json::from_value(
        json!({"key": "child", "agent_key": "b", "name": "c", "enabled": true,
        "created_at": "2026-07-02T08:31:00Z", "created_by_session_key": "s"}),
    )
    .unwrap();
    desk.hears(ServiceMsg::SessionRead(Box::new(child)).into());
    asks_sub_agent(&mut desk, "child");
    desk.press("<enter>");
    assert_eq!(desk.model.open.as_ref().unwrap().reference, SessionRef::new("b", "child"));
    desk.press("[ [");
    assert_eq!(desk.model.open.as_ref().unwrap().reference, name("s"));
}

#[test]
fn where_its_session_is_not_known_or_not_its_own_the_row_itself_is_opened() {
    let mut desk = desk();
    asks_sub_agent(&mut desk, "t");
    desk.press("<enter>");
    assert_eq!(desk.model.open.as_ref().unwrap().reference, name("s"), "t is no child");
    assert!(desk.detail().is_some());
}

#[test]
fn the_list_is_made_wider_by_a_key_and_stays_so() {
    let mut desk = desk();
    desk.model.remembers = true;
    let effects = desk.press(">");
    assert_eq!(desk.model.list_wider, 4);
    let choice = Fact::Choice("list_wider".to_owned(), Some("4".to_owned()));
    let kept = effects
        .iter()
        .any(|effect| matches!(effect, Effect::Keep(Keep::Soon(change)) if change.fact == choice));
    assert!(kept, "{effects:?}");
    desk.press("<lt> <lt>");
    assert_eq!(desk.model.list_wider, -4);
    desk.model.size = (50, 20);
    desk.press(">");
    assert_eq!(desk.model.list_wider, -4, "one pane alone has no list beside it");
}
