//! `models`: what agents of the service can think with, and what that costs.
//!
//! Reads only, and no key: a service keeps those to itself. Start with [`models`].

use std::process::ExitCode;

use clap::Args;
use futures_util::{StreamExt as _, TryStreamExt as _};

use super::agents::is_cut;
use super::connect::Context;
use super::exit::Failure;
use super::find::MAX_PAGES;
use super::output::{Column, Listing, OutputArgs};
use crate::api::Exact;
use crate::api::llm::{Llm, Prices};
use crate::text::units;

#[derive(Debug, Args)]
pub(super) struct ModelsArgs {
    #[command(flatten)]
    output: OutputArgs,
}

const MODELS: &[Column] = &[
    Column("model", false),
    Column("window", false),
    Column("per million tokens", false),
    Column("kind", true),
    Column("id", true),
    Column("at a time", true),
    Column("images", true),
    Column("state", true),
    Column("about", false),
];

pub(super) async fn models(context: &Context, arguments: &ModelsArgs) -> Result<ExitCode, Failure> {
    let pages: Vec<_> = context.client.llm_pages().take(MAX_PAGES).try_collect().await?;
    context.note_if_cut(&pages, "models");
    let partial = is_cut(&pages);
    let models: Vec<Llm> = pages.into_iter().flat_map(|page| page.items).collect();
    let listing = Listing {
        columns: MODELS,
        rows: models.iter().map(row).collect(),
        items: models.iter().map(item).collect::<Result<_, _>>()?,
        empty: "no model: agents of this service play scripts, or it does not tell",
        partial: partial || models.iter().any(|model| model.damage.is_some()),
        ..Listing::default()
    };
    context.out.listing(&listing, &arguments.output)?;
    Ok(ExitCode::SUCCESS)
}

fn item(model: &Llm) -> Result<Exact, Failure> {
    let value = serde_json::to_value(model);
    value.map(Exact::from).map_err(|error| Failure::other(error.to_string()))
}

fn row(model: &Llm) -> Vec<String> {
    let capabilities = model.capabilities.as_ref();
    let details = model.foretop.as_ref();
    let window = capabilities.and_then(|known| known.context_limit).map(units::tokens);
    let prices = details.and_then(|details| details.prices.as_ref()).map(priced);
    let images = capabilities.and_then(|known| known.image_support);
    let images = images.map(|sees| if sees { "yes" } else { "no" }.to_owned());
    let of = |read: fn(&crate::api::llm::Details) -> String| details.map(read).unwrap_or_default();
    let state = match &model.damage {
        Some(damage) => format!("damaged: {damage}"),
        None if model.enabled => String::new(),
        None => "disabled".to_owned(),
    };
    vec![
        model.name.clone(),
        window.unwrap_or_default(),
        prices.unwrap_or_default(),
        of(|details| details.kind.clone()),
        of(|details| details.model_id.clone()),
        of(|details| details.parallel.to_string()),
        images.unwrap_or_default(),
        state,
        model.description.clone(),
    ]
}

/// As the file says them; what was kept from before only where it costs something else.
fn priced(prices: &Prices) -> String {
    let Prices { input, cached, output, currency } = prices;
    let cached =
        if cached.total_cmp(input).is_eq() { String::new() } else { format!("{cached} cached, ") };
    format!("{currency} {input} in, {cached}{output} out")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_said_as_they_are_written() {
        let prices =
            |cached| Prices { input: 0.15, cached, output: 1.0, currency: "EUR".to_owned() };
        assert_eq!(priced(&prices(0.15)), "EUR 0.15 in, 1 out");
        assert_eq!(priced(&prices(0.075)), "EUR 0.15 in, 0.075 cached, 1 out");
    }
}
