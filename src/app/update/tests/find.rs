//! The line to find and filter by, from keys to rows.

use crate::app::effect::Work;
use serde_json::json;

use super::{Desk, event, open};
use crate::api::Event;
use crate::app::msg::{DoneMsg, EventWindow, ServiceMsg};
use crate::app::{Effect, Msg};
use crate::model::timeline::{Found, Purpose};
use crate::view::layer::prompt::Remark;
use crate::view::{Layer, LayerKind, Mode};

impl Desk {
    fn says(&mut self, texts: &[&str]) {
        let say = |(n, text): (usize, &&str)| {
            event(&json!({"id": format!("aev_{n:04}"), "type": "agent_output", "content": text,
                "created_at": "2026-07-02T08:30:00Z"}))
        };
        let events: Vec<Event> = texts.iter().enumerate().map(say).collect();
        let window = EventWindow {
            session: open(),
            events,
            marked: true,
            reaches_start: true,
            reaches_end: true,
            asked_at: self.now,
        };
        self.hears(Msg::Service(ServiceMsg::EventsListed(Box::new(window))));
    }

    fn at(&self) -> String {
        let unit = self.model.open.as_ref().unwrap().timeline.cursor_unit().unwrap();
        unit.event_ids()[0].to_string()
    }

    fn shown(&self) -> usize {
        self.model.open.as_ref().unwrap().timeline.shown_len()
    }

    fn text(&self, purpose: Purpose) -> Option<&str> {
        self.model.open.as_ref().unwrap().timeline.query_text(purpose)
    }

    pub(super) fn said(&self) -> &str {
        self.model.toast.as_ref().map_or("", |toast| &toast.text)
    }
}

const TEXTS: [&str; 4] = ["one Parcel", "two parcels", "three", "four lost parcels"];

#[test]
fn typing_goes_to_the_first_match_and_enter_stays_there() {
    let mut desk = Desk::with(&[]);
    desk.says(&TEXTS);
    desk.press("g g / t w");
    assert_eq!((desk.model.mode(), desk.at().as_str()), (Mode::Ask, "aev_0001"));
    desk.press("<bs> h r");
    assert_eq!(desk.at(), "aev_0002", "from where it began");
    desk.press("<enter>");
    assert_eq!((desk.model.mode(), desk.at().as_str()), (Mode::Browse, "aev_0002"));
    desk.press("g g / p a r c e l <enter> n");
    assert_eq!(desk.at(), "aev_0001");
    desk.press("n n");
    assert_eq!(desk.at(), "aev_0000");
    assert!(desk.said().contains("starts again at the top"), "{}", desk.said());
    desk.press("N");
    assert_eq!(desk.at(), "aev_0003");
    desk.press("/ P a r <enter>");
    assert_eq!(desk.at(), "aev_0000", "a capital asks for itself");
    desk.press("<esc>");
    assert_eq!(desk.text(Purpose::Find), None);
    desk.press("n");
    assert!(desk.said().contains("/ finds"));
}

#[test]
fn esc_in_the_line_leaves_everything_as_it_was() {
    let mut desk = Desk::with(&[]);
    desk.says(&TEXTS);
    desk.press("G / l o s t <enter> g g j");
    desk.press("/ t h r e e");
    assert_eq!(desk.at(), "aev_0002");
    desk.press("<esc>");
    assert_eq!((desk.at().as_str(), desk.text(Purpose::Find)), ("aev_0001", Some("lost")));
    desk.press("/ <tab> t h r e e");
    assert_eq!((desk.shown(), desk.text(Purpose::Filter)), (1, Some("three")));
    desk.press("<esc>");
    assert_eq!((desk.shown(), desk.at().as_str()), (4, "aev_0001"));
}

#[test]
fn tab_turns_words_into_a_filter_and_back_and_esc_ends_one_after_the_other() {
    let mut desk = Desk::with(&[]);
    desk.says(&TEXTS);
    desk.press("g g / p a r c e l <tab>");
    assert_eq!((desk.shown(), desk.text(Purpose::Find)), (3, None));
    desk.press("<tab>");
    assert_eq!((desk.shown(), desk.text(Purpose::Find)), (4, Some("parcel")));
    desk.press("<tab> <enter> / <tab> l o s t <enter>");
    assert_eq!((desk.shown(), desk.at().as_str()), (3, "aev_0003"));
    desk.press("<esc>");
    assert_eq!((desk.shown(), desk.text(Purpose::Find)), (4, Some("lost")));
    desk.press("<esc>");
    assert_eq!(desk.text(Purpose::Find), None);
    let scope = desk.model.focus;
    desk.press("<esc>");
    assert_ne!(desk.model.focus, scope, "only then it leads out");
}

#[test]
fn a_filter_that_is_set_can_be_edited_and_earlier_lines_come_back() {
    let mut desk = Desk::with(&[]);
    desk.says(&TEXTS);
    desk.press("/ <tab> l o s t <enter> /");
    assert_eq!(desk.typed(), "lost");
    desk.press("<bs> <bs> <bs> <bs> <enter>");
    assert_eq!((desk.shown(), desk.text(Purpose::Filter)), (4, None));
    desk.press("/ <up>");
    assert_eq!(desk.text(Purpose::Find), Some("lost"));
    desk.press("<down>");
    assert_eq!(desk.text(Purpose::Find), None);
}

#[test]
fn a_mistake_leaves_the_rest_of_the_line_in_force_and_enter_does_not_take_it() {
    let mut desk = Desk::with(&[]);
    desk.says(&TEXTS);
    desk.press("/ <tab> t y p e : a g e n t _ o u t p u t");
    assert_eq!(desk.shown(), 4);
    desk.press("<space> t o l : x");
    let prompt = desk.model.layers.prompt().unwrap();
    let Some(Remark::Wrong(words)) = &prompt.remark else { panic!("{:?}", prompt.remark) };
    assert!(words.contains("did you mean \"tool\"?"), "{words}");
    assert_eq!(desk.text(Purpose::Filter), Some("type:agent_output"), "as far as it is good");
    desk.press("<enter>");
    assert_eq!(desk.model.mode(), Mode::Ask);
    desk.press("<esc> / <tab> t y <right>");
    assert_eq!(desk.typed(), "type:");
    assert!(matches!(desk.model.layers.prompt().unwrap().remark, Some(Remark::Unfinished(_))));
}

#[test]
fn half_a_word_of_a_key_filters_nothing() {
    let mut desk = Desk::with(&[]);
    desk.says(&TEXTS);
    desk.press("/ <tab>");
    for letter in ["i", "s", ":", "p", "e"] {
        desk.press(letter);
        let unfinished =
            matches!(desk.model.layers.prompt().unwrap().remark, Some(Remark::Unfinished(_)));
        assert_eq!(unfinished, desk.typed().contains(':'), "{}", desk.typed());
        assert!(!unfinished || desk.shown() == 4, "{}", desk.typed());
    }
    assert_eq!(desk.text(Purpose::Filter), None);
    desk.press("<enter>");
    assert_eq!(desk.layer(), Some(LayerKind::Prompt), "there is something to be typed yet");
    desk.press("<c-u> l o s t <space> i s : p e");
    assert_eq!((desk.shown(), desk.text(Purpose::Filter)), (1, Some("lost")));
    desk.press("<tab>");
    assert_eq!(desk.text(Purpose::Find), Some("lost"), "nor is anything found by it");
    desk.press("<esc> 1");
    desk.lists(&["s", "alpha", "beta"]);
    desk.press("/ i s : p a");
    assert_eq!(desk.model.sessions.counts().shown, 3);
}

#[test]
fn a_letter_takes_the_place_of_what_stands_and_the_arrows_keep_it() {
    let mut desk = Desk::with(&[]);
    desk.says(&TEXTS);
    desk.press("/ l o s t <enter> /");
    assert!(desk.model.layers.prompt().unwrap().standing);
    desk.press("t");
    assert_eq!(desk.typed(), "t");
    desk.press("<esc> / <left> x");
    assert_eq!(desk.typed(), "losxt");
    desk.press("<esc> / <bs>");
    assert_eq!((desk.typed().as_str(), desk.text(Purpose::Find)), ("", None));
    desk.press("<esc>");
    assert_eq!(desk.text(Purpose::Find), Some("lost"));
    desk.press("/ <enter>");
    assert_eq!(desk.text(Purpose::Find), Some("lost"), "Enter keeps what stands");
}

#[test]
fn esc_in_the_line_of_a_list_brings_back_filter_selection_and_scroll() {
    let mut desk = Desk::with(&[]);
    let keys: Vec<String> = (10..60).map(|n| format!("key{n}")).chain(["s".to_owned()]).collect();
    desk.lists(&keys.iter().map(String::as_str).collect::<Vec<_>>());
    desk.press("1 o G k k k k k k");
    let face = |desk: &Desk| {
        let sessions = &desk.model.sessions;
        let seen: Vec<_> = sessions.seen().to_vec();
        (sessions.selected().cloned(), seen, sessions.filter().to_owned())
    };
    let before = face(&desk);
    desk.press("/ k e y 1 1");
    assert_ne!(face(&desk), before);
    desk.press("<bs>");
    desk.press("<esc>");
    assert_eq!(face(&desk), before);
    desk.press("/ k e y 4 <enter>");
    let filtered = face(&desk);
    assert_eq!(filtered.2, "key4");
    desk.press("/ k e y 5 <esc>");
    assert_eq!(face(&desk), filtered);
}

#[test]
fn the_menu_of_types_makes_a_filter() {
    let mut desk = Desk::with(&["aev_1"]);
    desk.press("f");
    assert_eq!(desk.layer(), Some(LayerKind::Types));
    let Some(Layer::Types(menu)) = desk.model.layers.top() else { panic!("no menu") };
    let items: Vec<_> = menu.items().iter().map(|item| (item.word, item.count)).collect();
    assert_eq!(items, [("tool_input", 1), ("agent_output", 1), ("pending", 1)]);
    desk.press("j <space> <enter>");
    assert_eq!((desk.layer(), desk.shown()), (None, 1));
    assert_eq!(desk.text(Purpose::Filter), Some("type:agent_output"));
    desk.press("f a <enter>");
    assert_eq!((desk.text(Purpose::Filter), desk.shown()), (None, 2));
    desk.press("f <esc>");
    assert_eq!(desk.layer(), None);
}

#[test]
fn a_long_session_is_searched_elsewhere_and_esc_stops_that() {
    let mut desk = Desk::with(&[]);
    desk.says(&vec!["hay"; 2_100]);
    let effects = desk.press("/ x");
    let [Effect::Work(Work::Search(search))] = &effects[..] else { panic!("{effects:?}") };
    let old = search.generation;
    let effects = desk.press("y");
    let [Effect::Work(Work::Search(search))] = &effects[..] else { panic!("{effects:?}") };
    assert_ne!(search.generation, old);
    let found =
        |generation| Found { generation, decided: 1, passed: vec![0], done: false, problem: None };
    let hits =
        |desk: &Desk| desk.model.open.as_ref().unwrap().timeline.tally(Purpose::Find).unwrap().hits;
    let generation = search.generation;
    desk.hears(Msg::Done(DoneMsg::Found(found(old))));
    assert_eq!(hits(&desk), 0);
    assert_eq!(desk.hears(Msg::Done(DoneMsg::Found(found(generation)))), []);
    assert_eq!(hits(&desk), 1);
    assert_eq!(desk.press("<esc>"), [Effect::Work(Work::StopSearch)]);
    assert_eq!(desk.hears(Msg::Done(DoneMsg::Found(found(generation)))), []);
}

#[test]
fn a_text_that_cannot_be_read_is_said_once() {
    let mut desk = Desk::with(&[]);
    desk.says(&vec!["hay"; 2_100]);
    let effects = desk.press("/ x <enter>");
    let [Effect::Work(Work::Search(search))] = &effects[..] else { panic!("{effects:?}") };
    let problem = Some("the file became shorter".to_owned());
    let (generation, decided) = (search.generation, search.asked.len());
    let found = Found { generation, decided, passed: Vec::new(), done: true, problem };
    assert_eq!(desk.hears(Msg::Done(DoneMsg::Found(found))), [], "and nothing is asked again");
    assert!(desk.said().contains("the file became shorter"));
}

#[test]
fn the_list_is_filtered_by_the_same_language() {
    let mut desk = Desk::with(&[]);
    desk.lists(&["s", "alpha", "beta"]);
    desk.press("1 / a l p");
    assert_eq!(desk.model.sessions.counts().shown, 1);
    desk.press("<bs> <bs> <bs> i s : r u n n i n g <enter>");
    let counts = desk.model.sessions.counts();
    assert_eq!((counts.shown, counts.loaded), (0, 3));
    desk.press("/");
    assert_eq!(desk.typed(), "is:running");
    desk.press("<esc> <esc>");
    assert_eq!(desk.model.sessions.counts().shown, 3);
}
