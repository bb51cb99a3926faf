//! What documents say in another language: a table of phrases a language, applied to finished text.
//!
//! Documents and charts are laid out in English. A table holds each English phrase and what stands for it; a place
//! `{name}` in both holds what varies and is translated in turn, `{name#}` only digits, without leading noughts,
//! `{name!}` somebody's own words, which stay as they are.
//! What no table knows (names, tags, paths) stays as it is.

use std::collections::BTreeMap;
use std::sync::LazyLock;

static ENGLISH: LazyLock<Language> = LazyLock::new(|| Language::read("en", ""));
static KOREAN: LazyLock<Language> = LazyLock::new(|| Language::read("ko", include_str!("ko.toml")));

/// A language that documents can be in.
#[derive(Debug)]
pub struct Language {
    code: &'static str,
    phrases: BTreeMap<String, String>,
    patterns: Vec<Pattern>,
}

/// A phrase with places, and its translation.
#[derive(Debug)]
struct Pattern {
    english: Phrase,
    translation: Phrase,
}

/// A text with places in it.
#[derive(Debug)]
struct Phrase {
    /// What stands before, between and behind the places: one more than there are places.
    fixed: Vec<String>,
    places: Vec<Place>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    name: String,
    holds: Holds,
}

/// What a place may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    Words,
    Digits,
    Names,
}

impl Language {
    /// The codes of all of them.
    pub const CODES: [&'static str; 2] = ["en", "ko"];

    /// The language everything is laid out in.
    pub fn english() -> &'static Self {
        &ENGLISH
    }

    /// The language of a code.
    pub fn of(code: &str) -> Option<&'static Self> {
        match code {
            "en" => Some(&ENGLISH),
            "ko" => Some(&KOREAN),
            _ => None,
        }
    }

    /// Its code of ISO 639, such as `ko`.
    pub const fn code(&self) -> &'static str {
        self.code
    }

    /// A text in it; what it does not know stays English.
    pub fn say(&self, text: &str) -> String {
        if self.phrases.is_empty() && self.patterns.is_empty() {
            return text.to_owned();
        }
        self.known(text).unwrap_or_else(|| text.to_owned())
    }

    /// A text in it, if it knows the text.
    pub fn known(&self, text: &str) -> Option<String> {
        if let Some(translation) = self.phrases.get(text) {
            return Some(translation.clone());
        }
        self.patterns
            .iter()
            .find_map(|pattern| Some(self.filled(pattern, &pattern.english.held_by(text)?)))
    }

    fn filled(
        &self,
        Pattern {
            english,
            translation,
        }: &Pattern,
        held: &[&str],
    ) -> String {
        let mut fixed = translation.fixed.iter();
        let mut filled = fixed.next().cloned().unwrap_or_default();
        for (place, behind) in translation.places.iter().zip(fixed) {
            let at = english.places.iter().position(|known| known == place);
            let held = at.and_then(|at| held.get(at)).copied().unwrap_or_default();
            match place.holds {
                Holds::Digits if held.len() > 1 => filled.push_str(held.trim_start_matches('0')),
                Holds::Digits | Holds::Names => filled.push_str(held),
                Holds::Words => filled.push_str(&self.say(held)),
            }
            filled.push_str(behind);
        }
        filled
    }

    /// A table; one that cannot be read knows nothing, which a test would see.
    fn read(code: &'static str, table: &str) -> Self {
        let all: BTreeMap<String, String> = toml::from_str(table).unwrap_or_default();
        let (with_places, phrases): (BTreeMap<_, _>, BTreeMap<_, _>) = all
            .into_iter()
            .partition(|(english, _)| english.contains('{'));
        let patterns = with_places.into_iter();
        let mut patterns: Vec<Pattern> = patterns
            .map(|(english, translation)| Pattern {
                english: Phrase::of(&english),
                translation: Phrase::of(&translation),
            })
            .collect();
        // The more of a text is fixed, the surer the phrase is the one that is meant.
        patterns.sort_by_key(|pattern| {
            std::cmp::Reverse(pattern.english.fixed.iter().map(String::len).sum::<usize>())
        });
        Self {
            code,
            phrases,
            patterns,
        }
    }
}

impl Phrase {
    fn of(text: &str) -> Self {
        let mut fixed = Vec::new();
        let mut places = Vec::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('{') {
            let Some((name, after)) = behind.split_once('}') else {
                break;
            };
            fixed.push(before.to_owned());
            places.push(Place {
                name: name.trim_end_matches(['#', '!']).to_owned(),
                holds: match name.chars().last() {
                    Some('#') => Holds::Digits,
                    Some('!') => Holds::Names,
                    _ => Holds::Words,
                },
            });
            rest = after;
        }
        fixed.push(rest.to_owned());
        Self { fixed, places }
    }

    /// What the places of a text hold, if it is this phrase.
    fn held_by<'a>(&self, text: &'a str) -> Option<Vec<&'a str>> {
        let (first, others) = self.fixed.split_first()?;
        let mut rest = text.strip_prefix(first.as_str())?;
        let mut held = Vec::new();
        for (index, (place, fixed)) in self.places.iter().zip(others).enumerate() {
            let is_last = index + 1 == self.places.len();
            let (found, behind) = if is_last {
                (rest.strip_suffix(fixed.as_str())?, "")
            } else {
                rest.split_once(fixed.as_str())?
            };
            let digits = found.bytes().all(|byte| byte.is_ascii_digit());
            if found.is_empty() || (place.holds == Holds::Digits && !digits) {
                return None;
            }
            held.push(found);
            rest = behind;
        }
        Some(held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Language {
        Language::read(
            "xx",
            r#"
            "Cost" = "Kosten"
            "{what} of {when}" = "{when}: {what}"
            "{year#}-{month#}-{day#}" = "{day#}.{month#}.{year#}"
            "by {tag!}" = "nach {tag!}"
            "from {a} to {b}, {n} hours" = "{n} Stunden von {a} bis {b}"
            "#,
        )
    }

    #[test]
    fn what_varies_is_kept_and_translated_in_turn() {
        let table = table();
        assert_eq!(table.say("Cost"), "Kosten");
        assert_eq!(table.say("Cost of 2026-07-01"), "1.7.2026: Kosten");
        assert_eq!(
            table.say("from 2026-07-01 to 2026-10-01, 2,208 hours"),
            "2,208 Stunden von 1.7.2026 bis 1.10.2026"
        );
        assert_eq!(table.say("by Cost"), "nach Cost");
        assert_eq!(table.say("nothing known"), "nothing known");
        assert_eq!(table.say("ab-07-01"), "ab-07-01");
        assert_eq!(table.say(" of "), " of ");
        assert_eq!(Language::english().say("Cost of it"), "Cost of it");
    }

    /// Every place of an English phrase stands in its translation, and no other.
    #[test]
    fn translations_hold_what_their_phrases_hold() {
        for code in Language::CODES {
            let language = Language::of(code).unwrap();
            assert_eq!(language.code(), code);
            assert_eq!(language.patterns.is_empty(), code == "en");
            for Pattern {
                english,
                translation,
            } in &language.patterns
            {
                let sorted = |phrase: &Phrase| {
                    let mut places = phrase.places.clone();
                    places.sort();
                    places
                };
                assert_eq!(sorted(english), sorted(translation), "{english:?}");
            }
        }
    }
}
