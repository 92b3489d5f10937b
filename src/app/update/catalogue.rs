//! Agents, tools and aliases that are listed when somebody asks: asking, and what came of it.
//!
//! The invariant: they are asked for once at a time, and a list that was refused takes nothing away that
//! was known.

use super::{Cx, notices};
use crate::api::Agent;
use crate::app::effect::Request;
use crate::app::msg::{Catalogued, Problem};
use crate::model::sessions::Unlisted;
use crate::view::Level;

/// Asks for all of it, unless it is on its way.
pub(super) fn ask(cx: &mut Cx<'_>) {
    if cx.model.catalogue.begin() {
        cx.emit(Request::ReadCatalogue);
    }
}

pub(super) fn arrived(cx: &mut Cx<'_>, msg: Catalogued) {
    let now = cx.model.now;
    let catalogue = &mut cx.model.catalogue;
    match msg {
        Catalogued::Agents { agents, .. } => read_agents(cx, agents),
        Catalogued::Tools { tools, more } => catalogue.listed_tools(tools, more, now),
        Catalogued::Aliases { aliases, more } => catalogue.listed_aliases(aliases, more, now),
        Catalogued::NoAgents(problem) => {
            catalogue.fail_agents(why(&problem));
            note(cx, &problem);
        }
        Catalogued::NoTools(problem) => {
            catalogue.fail_tools(why(&problem));
            note(cx, &problem);
        }
        Catalogued::NoAliases(problem) => {
            catalogue.fail_aliases(why(&problem));
            note(cx, &problem);
        }
    }
}

/// Which agents are watched is not decided here: those that are get what is newest of them.
fn read_agents(cx: &mut Cx<'_>, agents: Vec<Agent>) {
    let mut unwatched = 0;
    for agent in agents {
        match cx.model.agents.get_mut(&agent.key) {
            Some(watched) => *watched = agent,
            None => unwatched += 1,
        }
    }
    cx.model.catalogue.read_agents(unwatched);
}

fn why(problem: &Problem) -> Unlisted {
    Unlisted { problem: problem.line(), status: problem.status }
}

/// The pane has few words for it; whole it is among the notices.
fn note(cx: &mut Cx<'_>, problem: &Problem) {
    notices::keep(cx.model, Level::Error, &problem.line(), problem);
}
