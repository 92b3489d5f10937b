//! Why a value does not fit its schema, in plain words.

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind as Why};
use serde_json::Value;

use crate::text::sanitize;
use crate::text::units::counted;

const VALUE: usize = 40;
const OPTIONS: usize = 6;

/// One sentence part. The value itself is not repeated: it stands on the line that this is about.
pub(super) fn of(error: &ValidationError<'_>) -> String {
    let count =
        |limit: u64, word: &str| counted(usize::try_from(limit).unwrap_or(usize::MAX), word);
    match error.kind() {
        Why::Type { kind } => {
            format!("expected {}, got {}", types(kind), kind_of(error.instance()))
        }
        Why::Required { property } => format!("{} is missing", short(property)),
        Why::Enum { options } => format!("expected {}", one_of(options)),
        Why::Constant { expected_value } => format!("expected {}", short(expected_value)),
        Why::Minimum { limit } => format!("must be {limit} or more"),
        Why::Maximum { limit } => format!("must be {limit} or less"),
        Why::ExclusiveMinimum { limit } => format!("must be more than {limit}"),
        Why::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Why::MultipleOf { multiple_of } => format!("must be a multiple of {multiple_of}"),
        Why::MinLength { limit } => format!("needs {} or more", count(*limit, "character")),
        Why::MaxLength { limit } => format!("takes {} at most", count(*limit, "character")),
        Why::MinItems { limit } => format!("needs {} or more", count(*limit, "item")),
        Why::MaxItems { limit } => format!("takes {} at most", count(*limit, "item")),
        Why::AdditionalItems { limit } => format!("takes {limit} items at most"),
        Why::MinProperties { limit } => format!("needs {limit} members or more"),
        Why::MaxProperties { limit } => format!("takes {limit} members at most"),
        Why::UniqueItems => "has the same item twice".to_owned(),
        Why::Contains => "has no item of the kind that is asked for".to_owned(),
        Why::Pattern { pattern } => {
            format!("must match the pattern {}", sanitize::preview(pattern, 2 * VALUE))
        }
        Why::Format { format } => format!("is no {}", sanitize::preview(format, VALUE)),
        Why::AdditionalProperties { unexpected } | Why::UnevaluatedProperties { unexpected } => {
            let names =
                unexpected.iter().take(OPTIONS).map(|name| short(&Value::from(name.as_str())));
            format!("{} is not asked for", names.collect::<Vec<_>>().join(", "))
        }
        Why::AnyOf { context } | Why::OneOfNotValid { context } => none_fits(context),
        Why::OneOfMultipleValid { .. } => {
            "fits more than one of the forms that exclude each other".to_owned()
        }
        Why::FalseSchema => "is not asked for".to_owned(),
        Why::Not { .. } => "has a form that is ruled out".to_owned(),
        Why::PropertyNames { error } => format!("a name in it: {}", of(error)),
        other => format!("does not fit its {}", sanitize::preview(other.keyword(), VALUE)),
    }
}

/// Says how the value misses the first form, which is often the only one that was meant.
fn none_fits(context: &[Vec<ValidationError<'static>>]) -> String {
    let forms = counted(context.len(), "form");
    match context.iter().find_map(|errors| errors.first()) {
        Some(first) if !matches!(first.kind(), Why::AnyOf { .. } | Why::OneOfNotValid { .. }) => {
            let path = super::place::words(first.instance_path().as_str());
            let at = if path.is_empty() { String::new() } else { format!("{path}: ") };
            format!("fits none of {forms} (the first: {at}{})", of(first))
        }
        _ => format!("fits none of {forms}"),
    }
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => kind.to_string(),
        TypeKind::Multiple(kinds) => {
            kinds.iter().map(|kind| kind.to_string()).collect::<Vec<_>>().join(" or ")
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn one_of(options: &Value) -> String {
    let all = options.as_array().map(Vec::as_slice).unwrap_or_default();
    let shown: Vec<String> = all.iter().take(OPTIONS).map(short).collect();
    let more = if all.len() > OPTIONS { ", …" } else { "" };
    match all.len() {
        1 => shown.concat(),
        _ => format!("one of {}{more}", shown.join(", ")),
    }
}

fn short(value: &Value) -> String {
    sanitize::preview(&value.to_string(), VALUE)
}
