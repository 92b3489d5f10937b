//! stub
use super::{Db, Result};
pub fn exists(_: &Db, _: &str) -> Result<bool> {
    Ok(false)
}
