//! The models that agents of this server can think with: what the file of its models says of them, without
//! their keys.

use axum::Json;
use axum::extract::State;

use super::Service;
use super::request::{Parameters, listing, page_key};
use crate::api::Page;
use crate::api::llm::{Capabilities, Details, Llm, Prices};
use crate::server::error::ApiResult;
use crate::server::models::ModelSettings;

pub(super) async fn list(
    State(service): State<Service>,
    parameters: Parameters,
) -> ApiResult<Json<Page<Llm>>> {
    let limit = parameters.limit()?;
    let filter = parameters.pattern("filter")?;
    let name = listing("llms", &[parameters.text("filter").unwrap_or_default()]);
    let after = parameters.place::<String>(&name)?;
    let models = service.turns.host().models.iter().map(|model| llm(model.settings()));
    let fits = |llm: &Llm| {
        after.as_ref().is_none_or(|after| llm.name > *after)
            && filter.as_ref().is_none_or(|filter| {
                filter.is_match(&llm.name) || filter.is_match(&llm.description)
            })
    };
    let rows = models.filter(fits).take(limit as usize + 1).collect();
    Ok(Json(service.page(rows, limit, |llm| page_key(&name, &llm.name))))
}

fn llm(settings: &ModelSettings) -> Llm {
    // What follows the question mark is between the file and the provider.
    let url = settings.url.split('?').next().unwrap_or_default();
    let kind = settings.kind.word();
    let prices = settings.prices.map(|prices| Prices {
        input: prices.input,
        cached: prices.cached,
        output: prices.output,
        currency: settings.currency.clone(),
    });
    Llm {
        id: format!("llm_{}", settings.name),
        name: settings.name.clone(),
        description: format!("{} at {url} ({kind})", settings.id),
        enabled: true,
        is_default: false,
        capabilities: Some(Capabilities {
            image_support: Some(settings.sees_images),
            context_limit: Some(settings.context_window),
            // Every provider is asked with tools; whether a model uses them is its own affair.
            tool_calling: Some(true),
            ..Capabilities::default()
        }),
        foretop: Some(Details {
            kind: kind.to_owned(),
            url: url.to_owned(),
            model_id: settings.id.clone(),
            parallel: settings.parallel as u64,
            prices,
        }),
        extra: crate::api::Object::new(),
        damage: None,
    }
}
