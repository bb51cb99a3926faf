//! Damaged templates: whatever is cut, doubled or swapped, the answer is an estate or an error that says
//! something.

use bursar::template::read;
use proptest::prelude::*;

use super::cloudformation::WHOLE as YAML;
use super::options;
use super::terraform::WHOLE as PLAN;

/// Pieces that mean something in YAML, JSON or templates.
const PIECES: [&str; 16] = [
    "", "\n", "  ", "{", "}", "[", "]", ":", "\"", "!Ref ", "!If [", "&a ", "*a", "null", "-1",
    "${",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_damaged_template_is_an_estate_or_an_error(
        plan in any::<bool>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, 0_usize..16), 1..4),
    ) {
        let mut text: Vec<char> = if plan { PLAN } else { YAML }.chars().collect();
        for (at, cut, piece) in edits {
            let at = at.index(text.len());
            let end = (at + cut).min(text.len());
            text.splice(at..end, PIECES[piece].chars());
        }
        let text: String = text.into_iter().collect();
        match read(&text, "t", &options(&[])) {
            Ok(estate) => prop_assert!(!super::lines(&estate).is_empty()),
            Err(problems) => prop_assert!(problems.iter().all(|problem| !problem.message.is_empty())),
        }
    }

    #[test]
    fn a_template_cut_short_is_an_error_or_a_smaller_estate(at in any::<prop::sample::Index>(), plan in any::<bool>()) {
        let whole = if plan { PLAN } else { YAML };
        let end = at.index(whole.len());
        let cut: String = whole.chars().take(end).collect();
        if let Ok(estate) = read(&cut, "t", &options(&[])) {
            let full = read(whole, "t", &options(&[])).unwrap();
            prop_assert!(estate.resources.len() <= full.resources.len());
        }
    }
}
