//! Row 0. What is wrong with a piece of input: what, where, and what to do next.
//!
//! The message is the library's, the place is the data file's, the hint names a next step. The command line
//! draws them; nothing here prints.

use std::fmt;

/// A problem that a person can act on.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diagnostic {
    /// One sentence without full stop: what is wrong, with the text found.
    pub message: String,
    /// Where it was found, if it has a place.
    pub place: Option<Box<Place>>,
    /// What to do, if there is something.
    pub hint: Option<String>,
}

/// A place in an input file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The file as the user named it.
    pub file: String,
    /// Line, counted from 1; for Parquet the row.
    pub line: Option<u64>,
    /// The column's name.
    pub column: Option<String>,
    /// The line as it stands in the file, where it is text.
    pub excerpt: Option<Excerpt>,
}

/// A line of a file with the part that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Excerpt {
    /// The line without its end.
    pub text: String,
    /// First character that is wrong, counted from 0 in characters.
    pub start: usize,
    /// How many characters are wrong.
    pub len: usize,
    /// What stands under the marks, such as `no region has this code`.
    pub label: String,
}

impl Diagnostic {
    /// A problem without place and hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: None,
            hint: None,
        }
    }

    /// With a next step.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With the place it was found.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(Box::new(place));
        self
    }
}

impl Place {
    /// A whole file.
    pub fn file(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            ..Self::default()
        }
    }

    /// A range of bytes of a file's text, with the line it begins in.
    pub fn in_text(
        file: impl Into<String>,
        text: &str,
        span: std::ops::Range<usize>,
        label: impl Into<String>,
    ) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let first = |text: &str| text.lines().next().unwrap_or("").to_owned();
        let line = first(text.get(line_start..).unwrap_or(""));
        let marked = first(text.get(span).unwrap_or(""));
        let excerpt = Excerpt {
            text: line,
            start: before.get(line_start..).unwrap_or("").chars().count(),
            len: marked.chars().count(),
            label: label.into(),
        };
        let number = u64::try_from(before.matches('\n').count() + 1).unwrap_or(u64::MAX);
        Self {
            excerpt: Some(excerpt),
            ..Self::file(file).line(number)
        }
    }

    /// With a line, counted from 1.
    #[must_use]
    pub fn line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// With a column's name.
    #[must_use]
    pub fn column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }
}

/// Draws the problem as compilers do: message, place, the line with marks, hint.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(place) = &self.place {
            write!(f, "\n  --> {place}")?;
            if let (Some(line), Some(excerpt)) = (place.line, &place.excerpt) {
                let number = line.to_string();
                let (blank, gap) = (" ".repeat(number.len()), " ".repeat(excerpt.start));
                let marks = "^".repeat(excerpt.len.max(1));
                write!(f, "\n{number} | {}", excerpt.text)?;
                write!(f, "\n{blank} | {gap}{marks} {}", excerpt.label)?;
            }
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        match &self.column {
            Some(column) => write!(f, ", column `{column}`"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Diagnostic {}

/// The candidate that is at most a few letters from `found`, for "did you mean".
pub fn nearest<'a>(found: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = found.chars().count().div_euclid(3).max(1);
    candidates
        .map(|candidate| {
            (
                distance(&found.to_lowercase(), &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|&(distance, _)| distance <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, in characters.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, from) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, &to) in right.iter().enumerate() {
            let change = diagonal + usize::from(from != to);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_drawn_with_marks_under_the_text() {
        let place = Place {
            excerpt: Some(Excerpt {
                text: "2026-10-18T05:00Z,us-est-1,m5.large,3".into(),
                start: 18,
                len: 8,
                label: "no region has this code".into(),
            }),
            ..Place::file("usage/october.csv").line(1842).column("region")
        };
        let problem = Diagnostic::new("unknown region `us-est-1`")
            .at(place)
            .hint("did you mean `us-east-1`? `bursar prices regions` lists all 36");
        assert_eq!(
            problem.to_string(),
            "unknown region `us-est-1`\n  \
             --> usage/october.csv:1842, column `region`\n\
             1842 | 2026-10-18T05:00Z,us-est-1,m5.large,3\n     \
             |                   ^^^^^^^^ no region has this code\n\
             hint: did you mean `us-east-1`? `bursar prices regions` lists all 36"
        );
    }

    #[test]
    fn the_nearest_name_is_offered_only_when_near() {
        let names = ["us-east-1", "us-east-2", "eu-west-1"];
        assert_eq!(nearest("us-est-1", names.into_iter()), Some("us-east-1"));
        assert_eq!(nearest("moon", names.into_iter()), None);
    }
}
