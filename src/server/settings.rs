//! stub
#[derive(Debug, Clone, Default)]
pub struct Settings {
    pub limits: Limits,
    pub switches: Switches,
}
#[derive(Debug, Clone)]
pub struct Limits {
    pub max_metadata_bytes: usize,
}
impl Default for Limits {
    fn default() -> Self {
        Self { max_metadata_bytes: 65536 }
    }
}
#[derive(Debug, Clone, Default)]
pub struct Switches {
    pub list_order: ListOrder,
    pub hide_reason: bool,
    pub dangling_page_key: bool,
}
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ListOrder {
    #[default]
    NewestFirst,
    OldestFirst,
}
