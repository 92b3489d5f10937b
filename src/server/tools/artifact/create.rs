//! `artifact_create`: a file of what the model wrote.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::{New, keep, told};
use crate::api::Object;
use crate::server::tools::Workplace;
use crate::server::tools::arguments::Arguments;
use crate::server::tools::refusal::Refusal;
use crate::text::units;

/// What one call may store; no answer of a model is longer.
const MOST: usize = 8 << 20;

pub(super) async fn create(at: &Workplace, arguments: Arguments<'_>) -> Result<Object, Refusal> {
    let filename = arguments.required("filename")?;
    let content = arguments.text("content")?;
    let content = content.ok_or_else(|| Refusal::input("content is required"))?;
    let bytes = match arguments.word("encoding", ["raw", "base64"])? {
        "base64" => {
            let packed: String = content.split_ascii_whitespace().collect();
            let wrong = |error| Refusal::input(format!("content is not base64: {error}"));
            STANDARD.decode(packed).map_err(wrong)?
        }
        _ => content.as_bytes().to_vec(),
    };
    if bytes.len() > MOST {
        let (size, most) = (units::size(bytes.len() as u64), units::bytes(MOST as u64));
        let why =
            format!("content has {size}, more than the {most} of one file. Store it in parts");
        return Err(Refusal::input(why));
    }
    let new = New {
        filename,
        mime_type: arguments.text("mime_type")?,
        description: arguments.text("description")?,
        bytes,
    };
    Ok(told(&keep(at, new).await?))
}
