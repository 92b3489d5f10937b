//! The lines above the bars: what the time went to, and which tools took most of it.

use super::Waterfall;
use super::bar::ToolTotal;
use super::row::percent;
use crate::text::{units, width};

/// Tools that the summary names.
const TOP_TOOLS: usize = 5;
/// Lines of each half of the summary, at most.
const SUMMARY_LINES: usize = 3;
/// From here on the summary has its long words.
const WIDE: usize = 70;

impl Waterfall {
    /// What the time went to, and below it the tools that took most of it.
    pub(super) fn summarise(&self, columns: usize) -> Vec<String> {
        let totals = self.course.totals;
        let all = totals.all();
        let mut parts = vec![format!("total {}", units::duration(all))];
        let wide = columns >= WIDE;
        let named = [
            ("model", totals.model),
            ("tools", totals.tools),
            (if wide { "waiting for you" } else { "for you" }, totals.yours),
            (if wide { "compaction" } else { "cmp" }, totals.compaction),
            ("idle", totals.idle),
        ];
        parts.extend(named.into_iter().filter(|(_, part)| *part > 0).map(|(name, part)| {
            let percent = percent(part, all);
            format!("{name} {} {percent}", units::duration(part))
        }));
        let mut lines = wrapped(parts, columns);
        let mut tools: Vec<(usize, ToolTotal)> =
            self.course.tools.iter().copied().enumerate().collect();
        tools.retain(|(number, total)| *number > 0 && total.calls > 0);
        tools.sort_by_key(|(_, total)| std::cmp::Reverse((total.length, total.calls)));
        let named = tools.iter().take(TOP_TOOLS).map(|(number, total)| {
            let known = u8::try_from(*number).ok().and_then(|number| self.tools.get(&number));
            let name = known.map_or("?", |tool| tool.name.as_str());
            format!("{name} {} ({})", units::duration(total.length), total.calls)
        });
        let mut named: Vec<String> = named.collect();
        if let Some(first) = named.first_mut() {
            *first = format!("{}: {first}", if wide { "top tools" } else { "top" });
        }
        lines.extend(wrapped(named, columns));
        lines
    }
}

/// Parts with a dot between them, in lines of at most `columns`.
fn wrapped(parts: Vec<String>, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for part in parts {
        match lines.last_mut() {
            Some(line) if width::width(line) + 3 + width::width(&part) < columns => {
                line.push_str(" · ");
                line.push_str(&part);
            }
            _ => lines.push(format!(" {part}")),
        }
    }
    lines.truncate(SUMMARY_LINES);
    lines
}
