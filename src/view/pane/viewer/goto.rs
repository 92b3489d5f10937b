//! Going to a place that has a number.

use super::{FileView, Viewer};
use crate::content::Rendition;

impl Viewer {
    /// To byte `0x1f00` in hex, or to line, row or page `17` of what is shown. In words what is wrong
    /// with it.
    pub fn go_to_number(&mut self, typed: &str) -> Result<(), String> {
        self.close_page();
        if let Some(digits) = typed.strip_prefix("0x").or_else(|| typed.strip_prefix("0X")) {
            let byte = usize::from_str_radix(digits, 16).ok();
            let Some(byte) = byte.filter(|byte| *byte < self.file.bytes().len()) else {
                return Err(format!("the file ends at {:#x}", self.file.bytes().len()));
            };
            self.show(Rendition::Hex);
            self.finding.leave();
            if let FileView::Hex(hex) = &mut self.views[self.shown] {
                hex.start_at(byte);
            }
            return Ok(());
        }
        let number = typed.parse().map_err(|_| {
            "here it takes a number of a line, a row or a page, or a byte like 0x1f00".to_owned()
        })?;
        self.finding.leave();
        self.views[self.shown].get_mut().go_to_number(&self.file, number);
        Ok(())
    }
}
