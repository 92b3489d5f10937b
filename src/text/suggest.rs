//! "Did you mean": the known word that is nearest to a misspelt one.

/// Below this likeness (0 to 1, Jaro-Winkler) a suggestion would be a guess.
const ALIKE: f64 = 0.78;

/// The most similar candidate, if one is similar enough.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let scored = known.into_iter().map(|candidate| {
        let candidate_lower = candidate.to_lowercase();
        // What was typed is often a part of the name: the middle of a key, a tool without prefix.
        let slip = if strsim::osa_distance(&word, &candidate_lower) == 1 { 0.85 } else { 0.0 };
        let part = if word.len() >= 3 && candidate_lower.contains(&word) { 0.9 } else { 0.0 };
        (strsim::jaro_winkler(&word, &candidate_lower).max(part).max(slip), candidate)
    });
    let best = scored.max_by(|(a, _), (b, _)| a.total_cmp(b));
    best.filter(|(likeness, _)| *likeness >= ALIKE).map(|(_, candidate)| candidate)
}

/// `, did you mean "x"?` to put behind a complaint, or nothing.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map_or_else(String::new, |near| format!(", did you mean \"{near}\"?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_mended_and_strangers_are_not() {
        let known = ["read_only", "production", "requests_per_second"];
        assert_eq!(nearest("readonly", known), Some("read_only"));
        assert_eq!(nearest("Prodution", known), Some("production"));
        assert_eq!(nearest("request_per_sec", known), Some("requests_per_second"));
        assert_eq!(nearest("zzz", known), None);
        assert_eq!(nearest("4411", ["refund-4411", "tender"]), Some("refund-4411"));
        assert_eq!(did_you_mean("zzz", known), "");
    }
}
