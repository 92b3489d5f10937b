//! The command line: what it offers, and lines of earlier.

use super::picked::{cursor, desk};
use super::*;
use crate::api::Artifact;
use crate::app::effect::FileWork;
use crate::model::timeline::Purpose as Query;
use crate::view::Palette;

fn command(desk: &Desk) -> String {
    desk.typed()
}

fn palette(desk: &Desk) -> &Palette {
    let Some(Layer::Palette(palette)) = desk.model.layers.top() else { panic!("no line") };
    palette
}

/// What is offered, by what the list calls it.
fn names(desk: &Desk) -> Vec<&str> {
    palette(desk).offers().iter().map(|offer| offer.name.as_str()).collect()
}

/// What is wrong with the line that stays.
pub(super) fn problem(desk: &Desk) -> &str {
    palette(desk).problem.as_deref().unwrap_or_default()
}

impl Desk {
    pub(super) fn types(&mut self, text: &str) {
        self.hears(Msg::Terminal(TerminalMsg::Paste(text.to_owned())));
    }

    /// Opens the command line and types this into it.
    fn command(&mut self, line: &str) {
        self.press(":");
        self.types(line);
    }

    fn query(&self, purpose: Query) -> Option<&str> {
        self.model.open.as_ref()?.timeline.query_text(purpose)
    }
}

fn file(id: &str, name: &str) -> Artifact {
    let at = "2026-07-02T08:00:00.000Z";
    serde_json::from_value(json!({"artifact_id": id, "filename": name, "mime_type": "text/plain",
        "size_bytes": 20, "checksum_sha256": id, "created_at": at, "updated_at": at}))
    .unwrap()
}

/// The list of files of the open session is shown.
fn with_files(desk: &mut Desk) {
    desk.press("4");
    let artifacts = vec![file("art_1", "letter.md"), file("art_2", "ledger.csv")];
    desk.hears(ServiceMsg::ArtifactsListed { session: open(), artifacts, more: false }.into());
}

#[test]
fn earlier_commands_come_back_and_the_last_one_is_repeated() {
    let mut desk = desk();
    assert_eq!(desk.press("@ :"), []);
    assert!(desk.model.toast.as_ref().unwrap().text.starts_with("no command was run yet"));
    desk.press(": n o w h e r e <enter> <esc> : g o t o <space> 1 <enter>");
    let first = cursor(&desk);
    desk.press("G : x <up>");
    assert_eq!(command(&desk), "goto 1");
    desk.press("<up> <up>");
    assert_eq!(command(&desk), "nowhere", "wrong ones can be corrected");
    desk.press("<down> <down> <down>");
    assert_eq!(command(&desk), "x");
    desk.press("<esc> @ :");
    assert_eq!(cursor(&desk), first);
    desk.press("G : r e p e a t _ c o m m a n d <enter>");
    assert_eq!(cursor(&desk), first, "it is no command to repeat");
    desk.press(": <up> <enter> : <up> <up>");
    assert_eq!(command(&desk), "nowhere", "each is there once");
}

#[test]
fn commands_are_offered_with_their_key_and_what_stands_in_their_way() {
    let mut desk = desk();
    let offers = |desk: &Desk| {
        let offers = palette(desk).offers().iter();
        offers.map(|o| (o.name.clone(), o.key.clone(), o.off.clone())).collect::<Vec<_>>()
    };
    let hide = |key: &str, off: &Option<String>| ("hide".to_owned(), key.to_owned(), off.clone());
    desk.press(": h i d e");
    let found = offers(&desk);
    assert_eq!(found[..2], [hide("", &None), hide("x", &None)]);
    assert_eq!(found[2].0, "unhide", "it is in the middle of that");
    desk.press("<esc>");
    assert_eq!(desk.layer(), None);
    desk.model.profile.read_only = true;
    desk.press(":");
    desk.hears(Msg::Terminal(TerminalMsg::Paste("hid".to_owned())));
    let why = Some("read-only profile".to_owned());
    assert_eq!(offers(&desk)[..2], [hide("", &why), hide("x", &why)]);
}

#[test]
fn arguments_come_from_the_data_and_the_arrows_choose_among_them() {
    let mut desk = desk();
    desk.command("filter to");
    assert_eq!(names(&desk)[0], "tool:");
    desk.press("<down> <enter>");
    assert_eq!(command(&desk), "filter tool:", "that cannot be run yet");
    assert_eq!(names(&desk), ["search"]);
    desk.press("<down> <enter>");
    assert_eq!((desk.layer(), desk.query(Query::Filter)), (None, Some("tool:search")));
    desk.command("filter is:hidden type:agent_o");
    desk.press("<tab>");
    assert_eq!(command(&desk), "filter is:hidden type:agent_output");
    desk.press("<esc> :");
    desk.types("hide type:tool_i");
    assert_eq!(names(&desk)[0], "tool_input");
    desk.press("<esc> :");
    desk.types("find la");
    assert!(names(&desk).is_empty(), "what is looked for as it stands is the person's own");
}

#[test]
fn down_and_up_choose_and_above_the_first_come_earlier_lines() {
    let mut desk = desk();
    desk.command("goto 1");
    desk.press("<enter>");
    desk.command("h");
    assert!(palette(&desk).has_history);
    desk.press("<down> <down>");
    assert_eq!(palette(&desk).chosen_at(), Some(1));
    assert_eq!(command(&desk), "h", "the line stays as it was typed");
    desk.press("<up>");
    assert_eq!(palette(&desk).chosen_at(), Some(0));
    desk.press("<up>");
    assert_eq!((palette(&desk).chosen_at(), command(&desk).as_str()), (None, "goto 1"));
    desk.press("<down>");
    assert_eq!(command(&desk), "h", "the line that was begun comes back");
    desk.press("<down> e");
    assert_eq!(palette(&desk).chosen_at(), None, "typing ends the choice");
    desk.press("<down>");
    assert_eq!(palette(&desk).chosen().unwrap().name, "help");
    desk.press("<enter>");
    assert_eq!(desk.layer(), Some(LayerKind::Help));
    desk.press("<esc>");
    desk.command("w");
    desk.press("<down> <down> <tab>");
    assert!(["wrap", "write", "where_time_went", "why"].contains(&command(&desk).as_str()));
    assert_ne!(desk.layer(), None, "Tab takes and does not run");
}

#[test]
fn a_beginning_that_is_unique_runs_and_another_says_what_it_could_be() {
    let mut desk = desk();
    desk.command("bookmarks");
    desk.press("<enter> <esc>");
    desk.command("filt tool:search");
    desk.press("<enter>");
    assert_eq!(desk.query(Query::Filter), Some("tool:search"));
    desk.command("where_t");
    desk.press("<enter>");
    assert_eq!(desk.layer(), None);
    desk.press("<esc>");
    desk.command("fi is:error");
    desk.press("<left> <left> <enter>");
    assert_eq!(problem(&desk), "\"fi\" could be file, filter, find");
    assert_eq!((command(&desk).as_str(), palette(&desk).input.cursor().1), ("fi is:error", 9));
    assert_eq!(desk.said(), "", "it stands above the line, and not in a note that vanishes");
    desk.press("x");
    assert_eq!(problem(&desk), "", "the line is another one now");
}

#[test]
fn an_error_keeps_the_line_and_says_what_is_wrong() {
    let mut desk = desk();
    for (line, words) in [
        ("nowhere", "there is no command \"nowhere\""),
        ("help me", "help takes nothing behind it"),
        ("filter is:", "is: takes error, "),
        ("filter tol:x", "did you mean \"tool\"?"),
        ("goto x y", "goto x y: write 41"),
        ("goto 99", "there is nothing at 99 here"),
        ("unhide", "unhide needs QUERY"),
        ("session nobody", "no session begins with \"nobody\""),
        ("file x", "4 lists them"),
        ("attach", "attach needs PATH"),
    ] {
        desk.command(line);
        desk.press("<enter>");
        assert!(problem(&desk).contains(words), "{line}: {}", problem(&desk));
        assert_eq!(command(&desk), line);
        desk.press("<esc>");
    }
    assert_eq!(desk.query(Query::Filter), None);
}

#[test]
fn what_is_off_says_why_and_keeps_the_line() {
    let mut desk = desk();
    let run = |desk: &mut Desk, line: &str| {
        desk.command(line);
        desk.press("<enter>");
        let words = problem(desk).to_owned();
        assert_eq!(command(desk), line);
        desk.press("<esc>");
        words
    };
    assert_eq!(run(&mut desk, "undo"), "undo: nothing to undo");
    assert!(run(&mut desk, "sort_files").ends_with("in the list of files · 4 leads there"));
    desk.press(": s o r t _ f <down>");
    assert_eq!(palette(&desk).chosen().unwrap().off.as_deref(), Some("works in the list of files"));
    desk.press("<enter>");
    assert!(problem(&desk).contains("the list of files"), "{}", problem(&desk));
    desk.press("<esc>");
    desk.model.profile.read_only = true;
    assert!(run(&mut desk, "hide").ends_with("read-only profile"));
    assert_eq!(run(&mut desk, "hide tool:search"), "hide: read-only profile");
    desk.model.profile.read_only = false;
    desk.model.permissions.refused(&"a".into(), Need::Manage, desk.now);
    desk.press(": h i d e");
    let off = palette(&desk).offers()[1].off.as_deref();
    assert_eq!(off, Some("needs agent_developer"));
    desk.press("<enter>");
    assert!(problem(&desk).contains("tries all the same"), "{}", problem(&desk));
    let effects = desk.press_after(100, "<enter>");
    assert_eq!(desk.layer(), None, "once more tries all the same: {effects:?}");
    let mut desk = Desk::with(&["aev_1"]);
    desk.press("3");
    desk.model.guard_until = None;
    assert!(run(&mut desk, "filter tool:search").starts_with("filter: works in the timeline"));
    assert!(run(&mut desk, "hide tool:search").starts_with("hide: "));
}

#[test]
fn commands_are_about_the_focused_pane() {
    let mut desk = desk();
    desk.lists(&["s", "alpha", "beta"]);
    desk.press("1");
    desk.command("filter i");
    assert!(names(&desk).contains(&"is:") && names(&desk).contains(&"idle:"), "{:?}", names(&desk));
    desk.press("<esc>");
    desk.command("filter alp");
    desk.press("<enter>");
    assert_eq!((desk.model.sessions.filter(), desk.query(Query::Filter)), ("alp", None));
    desk.command("filter");
    desk.press("<enter>");
    assert_eq!(desk.model.sessions.filter(), "");
    desk.command("session s");
    desk.press("<enter>");
    with_files(&mut desk);
    desk.command("find name:l");
    assert_eq!(names(&desk), ["letter.md", "ledger.csv"]);
    desk.press("<esc>");
    desk.command("find name:ledger*");
    desk.press("<enter>");
    assert_eq!(desk.model.artifacts.list.rows().len(), 1);
    assert_eq!(desk.query(Query::Find), None);
}

#[test]
fn a_session_and_a_file_are_opened_by_name() {
    let mut desk = desk();
    desk.lists(&["s", "alpha", "alps"]);
    desk.command("session al");
    assert_eq!(names(&desk), ["alpha", "alps"]);
    desk.press("<enter>");
    assert!(problem(&desk).starts_with("\"al\" could be "), "{}", problem(&desk));
    desk.press("p s <enter>");
    let shown = |desk: &Desk| desk.model.open.as_ref().unwrap().reference.key.to_string();
    assert_eq!((shown(&desk).as_str(), desk.model.focus), ("alps", Focus::Timeline));
    assert_eq!(desk.model.sessions.selected().unwrap().key.as_str(), "alps");
    desk.command("session ");
    desk.press("<down> <down> <down> <enter>");
    assert_eq!(shown(&desk), "s");
    with_files(&mut desk);
    desk.press("2");
    desk.command("file le");
    assert_eq!(names(&desk), ["letter.md", "ledger.csv"]);
    desk.types("d");
    desk.press("<enter>");
    assert_eq!((desk.model.view, desk.model.focus), (View::Artifacts, Focus::Viewer));
    assert_eq!(desk.model.artifacts.selected().unwrap().filename, "ledger.csv");
}

#[test]
fn places_to_go_to_are_turns_and_what_is_typed_of_any_row() {
    let mut desk = desk();
    desk.command("goto ");
    assert_eq!(names(&desk), ["1"], "the one message to the agent");
    desk.types("aev_o");
    assert_eq!(names(&desk), ["aev_open"]);
    desk.press("<tab> <enter>");
    assert_eq!(cursor(&desk), UnitId::named("aev_open"));
    let mut timed = Desk::with(&["aev_1"]);
    timed.command("goto 08:3");
    assert_eq!(names(&timed), ["08:31:00", "08:30:00"]);
}

#[test]
fn tab_behind_attach_asks_the_file_system() {
    let mut desk = desk();
    desk.command("attach /tm");
    let effects = desk.press("<tab>");
    let typed = "/tm".to_owned();
    assert_eq!(effects, [Effect::File(FileWork::CompletePath { typed })]);
}

#[test]
fn a_theme_is_seen_before_it_is_taken_and_gone_with_esc() {
    let mut desk = Desk::with(&[]);
    desk.model.themes = ["terminal", "dark", "nord"].map(str::to_owned).to_vec();
    desk.command("theme ");
    assert_eq!(names(&desk), ["terminal", "dark", "nord"]);
    assert_eq!(desk.model.theme_to_show(), None);
    desk.press("<down> <down>");
    assert_eq!(desk.model.theme_to_show(), Some("dark"));
    desk.press("<down>");
    assert_eq!(desk.model.theme_to_show(), Some("nord"));
    desk.press("<esc>");
    assert_eq!(desk.model.theme_to_show(), None);
    desk.command("theme no");
    desk.press("<enter>");
    assert_eq!(desk.model.theme_to_show(), Some("nord"), "a beginning is enough");
    desk.command("theme blue");
    desk.press("<enter>");
    assert_eq!(problem(&desk), "no theme begins with \"blue\"");
    desk.press("<esc>");
    desk.command("theme");
    desk.press("<enter>");
    assert_eq!(desk.model.theme_to_show(), None, "that of the configuration again");
}
