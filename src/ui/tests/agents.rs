//! Agents and aliases: the list, what is known of one, and what stands there while nothing is known.

use super::*;
use crate::model::sessions::Unlisted;
use crate::view::pane::agents::Item;

fn agents(size: (u16, u16), focus: Focus) -> Model {
    let mut model = model(size, View::Agents, focus);
    fixture::add_agents(&mut model);
    model
}

#[test]
fn agents_and_what_is_known_of_one() {
    for size in [(80, 24), (120, 36), (40, 15)] {
        let mut model = agents(size, Focus::AgentList);
        assert_looks("agents", &model);
        model.focus = Focus::AgentFacts;
        model.settle();
        assert_looks("agent_facts", &model);
    }
}

#[test]
fn a_tool_unfolds_to_its_schema_and_an_alias_to_its_rules() {
    let mut tool = agents((120, 36), Focus::AgentFacts);
    press(&mut tool, "z R z R g g G k k k k k k k k k k k k");
    assert_looks("agent_tool", &tool);
    let mut alias = agents((80, 24), Focus::AgentList);
    press(&mut alias, "G");
    assert_looks("alias", &alias);
}

fn list(model: &Model) -> String {
    let lines = screen(model);
    let body = lines.lines().skip(2).take(usize::from(model.size.1) - 4);
    let left = body.map(|line| line.chars().take(23).collect::<String>());
    left.map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

fn refused(status: u16) -> Unlisted {
    Unlisted { problem: "no".to_owned(), status: Some(status) }
}

#[test]
fn what_is_not_known_has_words_of_its_own() {
    let empty = || {
        let mut model = Model::new(at("14:06:30"), (80, 24));
        (model.view, model.focus) = (View::Agents, Focus::AgentList);
        model.link.succeeded(at("14:06:28"), None);
        model
    };
    let said = |change: &dyn Fn(&mut Model)| {
        let mut model = empty();
        change(&mut model);
        model.settle();
        list(&model).split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let unknown = said(&|_| {});
    assert!(unknown.contains("waiting for the list of agents"), "{unknown}");
    assert!(unknown.contains("ALIASES not asked yet"), "{unknown}");
    let asked = said(&|model| assert!(model.catalogue.begin()));
    assert!(asked.contains("ALIASES waiting for the list"), "{asked}");
    let forbidden = said(&|model| {
        model.sessions.apply_refusal(None, refused(403));
        model.catalogue.fail_aliases(refused(403));
    });
    assert!(forbidden.contains("this key may not list agents needs agent_viewer"), "{forbidden}");
    let aliases = "this key may not list aliases needs agent_viewer on the account";
    assert!(forbidden.contains(aliases), "{forbidden}");
    let failed = said(&|model| {
        model.sessions.apply_refusal(None, refused(500));
        model.catalogue.fail_aliases(refused(500));
    });
    assert!(failed.contains("the agents could not be listed R asks again"), "{failed}");
    assert!(failed.contains("listing failed · ge says why R asks again"), "{failed}");
    let none = said(&|model| {
        model.sessions.apply_agents(&[]);
        model.catalogue.read_agents(0);
        model.catalogue.listed_aliases(Vec::new(), false, at("14:06:00"));
    });
    assert!(none.contains("there are no agents"), "{none}");
    assert!(none.contains("ALIASES 0 there are no aliases"), "{none}");
    let unwatched = said(&|model| model.catalogue.read_agents(3));
    assert!(unwatched.contains("waiting for the list of agents"), "{unwatched}");
}

#[test]
fn a_tool_whose_schema_is_not_known_says_why() {
    let said = |change: &dyn Fn(&mut Model)| {
        let mut model = agents((120, 60), Focus::AgentFacts);
        change(&mut model);
        model.settle();
        press(&mut model, "z R");
        screen(&model)
    };
    let gone = said(&|_| {});
    assert!(gone.contains("the service lists no such tool"), "{gone}");
    assert!(!gone.contains("EUR") && gone.contains("currency, api_key"), "{gone}");
    let forbidden = said(&|model| {
        model.catalogue = crate::model::Catalogue::default();
        model.catalogue.fail_tools(refused(403));
    });
    assert!(forbidden.contains("needs agent_viewer"), "{forbidden}");
}

#[test]
fn one_damaged_agent_is_one_damaged_row_and_obeys_nothing() {
    let mut model = agents((80, 24), Focus::AgentList);
    let rows = list(&model);
    assert!(rows.contains("damaged") && rows.contains("support-bot"), "{rows}");
    press(&mut model, "g g j");
    assert!(
        matches!(model.agent_pane.selected(), Some(Item::Agent(key)) if key.as_str().starts_with("old"))
    );
    let screen = screen(&model);
    assert!(screen.contains("damaged: cannot be read: skills"), "{screen}");
    assert!(screen.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{screen}");
}
