//! `keys`: every key of the screen as it is now, with where it was written.
//!
//! Asks no service. What is wrong with the files goes to stderr, a line each.

use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::exit::Failure;
use super::global::Global;
use super::keymap::{self, Keys};
use super::output::{Column, Listing, Output, OutputArgs};
use crate::api::Exact;
use crate::app::Action;
use crate::keymap::{Binding, Scope, key};
use crate::text::suggest::did_you_mean;

#[derive(Debug, Args)]
pub(super) struct KeysArgs {
    /// Only keys of this part of the screen, such as timeline or move
    #[arg(value_name = "SCOPE", value_parser = scope)]
    scope: Option<Scope>,
    /// Only keys that are not as they are built in
    #[arg(long)]
    own: bool,
    #[command(flatten)]
    output: OutputArgs,
}

const COLUMNS: &[Column] = &[
    Column("scope", false),
    Column("keys", false),
    Column("action", false),
    Column("origin", false),
    Column("notation", true),
    Column("what", false),
];

fn scope(text: &str) -> Result<Scope, String> {
    let known = Scope::ALL.iter().find(|scope| scope.name() == text);
    known.copied().ok_or_else(|| {
        let names: Vec<&str> = Scope::ALL.iter().map(|scope| scope.name()).collect();
        let suggestion = did_you_mean(text, names.iter().copied());
        format!("there is no such scope{suggestion} The scopes are {}", names.join(", "))
    })
}

pub(super) fn run(arguments: &KeysArgs, global: &Global) -> Result<ExitCode, Failure> {
    let keys = keymap::keys()?;
    let out = Output::new(global);
    for line in keys.wrong() {
        out.stderr.line(&line)?;
    }
    out.listing(&listing(&keys, arguments), &arguments.output)?;
    Ok(ExitCode::SUCCESS)
}

fn listing(keys: &Keys, arguments: &KeysArgs) -> Listing {
    let mut listing = Listing {
        columns: COLUMNS,
        empty: "no keys of your own; keys.toml beside config.toml has them",
        ..Listing::default()
    };
    let wanted = |scope: Scope| arguments.scope.is_none_or(|only| only == scope);
    for scope in Scope::ALL.iter().copied().filter(|scope| wanted(*scope)) {
        for binding in keys.keymap.bindings().iter().filter(|binding| binding.scope == scope) {
            let origin = binding.source.to_string();
            if !arguments.own || origin != "default" {
                row(&mut listing, keys, binding, false, &origin);
            }
        }
        for lost in keys.keymap.lost().iter().filter(|lost| lost.binding.scope == scope) {
            let to = keys.commands.name(lost.to.action);
            let origin = format!("given up for {to}, {}", lost.to.source);
            row(&mut listing, keys, &lost.binding, true, &origin);
        }
    }
    listing
}

/// A binding, or one that gave way to another.
fn row(listing: &mut Listing, keys: &Keys, binding: &Binding<Action>, is_lost: bool, origin: &str) {
    let (scope, action) = (binding.scope.name(), keys.commands.name(binding.action));
    let (label, notation) = (key::label(&binding.keys), key::notation(&binding.keys));
    let words = keys.commands.words(binding.action);
    let shown = if is_lost { format!("({label})") } else { label.clone() };
    let item = json!({"scope": scope, "keys": label, "notation": notation, "action": action,
        "words": words, "origin": origin, "works": !is_lost});
    listing.items.extend(Exact::new(item.to_string()));
    let row = [scope, &shown, action, origin, &notation, words];
    listing.rows.push(row.map(str::to_owned).to_vec());
}
