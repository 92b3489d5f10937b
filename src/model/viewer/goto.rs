//! Going to a place that has a number.

use super::{FAR, Viewer};
use crate::content::View;

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
            self.show(View::Hex);
            self.finding.leave();
            self.hex.start_at(byte);
            return Ok(());
        }
        let number: usize = typed.parse().map_err(|_| {
            "here it takes a number of a line, a row or a page, or a byte like 0x1f00".to_owned()
        })?;
        self.finding.leave();
        let line = number.saturating_sub(1);
        match (self.view, self.file.text(), &mut self.grid) {
            (View::Table, _, Some(grid)) => grid.go_to_row(number),
            (View::Pages, ..) => self.document.go_to_page(number),
            (View::Source, Some(text), _) => {
                let line = line.min(text.len().saturating_sub(1));
                self.source.go_to(text, text.line(line).start);
            }
            (View::Hex, ..) => {
                self.hex.start_at(number.min(self.file.bytes().len().saturating_sub(1)));
            }
            _ => {
                let far = isize::try_from(line).unwrap_or(isize::MAX);
                self.move_by(-(1 << 30));
                self.move_by(far.min(isize::try_from(FAR).unwrap_or(far) - 1));
            }
        }
        Ok(())
    }
}
