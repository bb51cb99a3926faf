//! Which format a header is of, and which column plays which role in it.

use super::spec::{self, Format, Part, Role};
use super::time::Zone;
use crate::diagnostics::{Diagnostic, Place, nearest};

/// Where everything stands in the rows of one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Layout {
    /// The format.
    pub(super) format: Format,
    /// What the report calls the format.
    pub(super) label: &'static str,
    /// The header's cells as they stand there.
    pub(super) names: Vec<String>,
    /// The columns whose text decides what a row is: its tuple.
    pub(super) tuple: Vec<TextColumn>,
    /// The first columns of the tuple, enough for a row that is no instance usage.
    pub(super) short: usize,
    /// Places of the other roles.
    places: Vec<(Role, usize)>,
}

/// One column of the tuple.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TextColumn {
    /// What it says.
    pub(super) role: Role,
    /// Its place in the row.
    pub(super) place: usize,
    /// The label's name, for a column that holds one tag.
    pub(super) tag: Option<String>,
}

impl Layout {
    /// Reads a header.
    ///
    /// # Errors
    /// A column twice, a format not known, or a column missing that the format needs.
    pub(super) fn new(file: &str, names: Vec<String>, tags: &[String]) -> Result<Self, Diagnostic> {
        let plain: Vec<String> = names.iter().map(|name| spec::plain_name(name)).collect();
        let format = spec::format_of(&plain).ok_or_else(|| unknown_format(file, &names))?;
        let place_of = |names: &[&str]| {
            names
                .iter()
                .find_map(|name| plain.iter().position(|found| found == name))
        };
        let mut layout = Self {
            format,
            label: spec::label(format, &names, &plain),
            names: Vec::new(),
            tuple: Vec::new(),
            short: 0,
            places: Vec::new(),
        };
        for column in format.columns() {
            let Some(place) = place_of(column.names) else {
                continue;
            };
            if let Some(twice) = plain
                .iter()
                .skip(place + 1)
                .position(|name| *name == plain[place])
            {
                return Err(duplicate(file, &names, place, place + 1 + twice));
            }
            if column.part == Part::Value {
                layout.places.push((column.role, place));
            } else {
                layout.short += usize::from(column.part == Part::Always);
                layout.tuple.push(TextColumn {
                    role: column.role,
                    place,
                    tag: None,
                });
            }
        }
        spec::missing(format, |role| layout.has(role)).map_or(Ok(()), |column| {
            Err(missing(file, &names, &plain, (format, column)))
        })?;
        if format.is_typed() {
            ambiguous(file, &layout, &names, &plain)?;
        }
        layout.add_tags(&names, &plain, tags);
        layout.names = names;
        Ok(layout)
    }

    /// The place of a column outside the tuple.
    pub(super) fn place(&self, role: Role) -> Option<usize> {
        self.places
            .iter()
            .find(|&&(found, _)| found == role)
            .map(|&(_, place)| place)
    }

    /// Whether a column plays this role.
    pub(super) fn has(&self, role: Role) -> bool {
        self.tuple.iter().any(|column| column.role == role) || self.place(role).is_some()
    }

    /// The place of any role.
    pub(super) fn find(&self, role: Role) -> Option<usize> {
        let text = self.tuple.iter().find(|column| column.role == role);
        text.map(|column| column.place).or_else(|| self.place(role))
    }

    /// The column that tells rows of instance usage from others; `None` when all rows are usage.
    pub(super) fn gate(&self) -> Option<usize> {
        match self.format {
            Format::Bill => self.find(Role::UsageType),
            Format::Focus => self.find(Role::Service),
            _ => None,
        }
    }

    /// Whether times must say their zone.
    pub(super) fn zone(&self) -> Zone {
        if self.format.is_typed() {
            Zone::Required
        } else {
            Zone::Utc
        }
    }

    /// The name of the column at a place.
    pub(super) fn name(&self, place: usize) -> &str {
        self.names.get(place).map_or("", String::as_str)
    }

    /// Every tag of a simple table, and the asked-for ones of a bill.
    fn add_tags(&mut self, names: &[String], plain: &[String], tags: &[String]) {
        for (place, name) in names.iter().enumerate() {
            let tag = if self.format.is_typed() {
                name.trim().strip_prefix("tag:").map(str::to_owned)
            } else {
                let mut wanted = tags.iter();
                wanted.find(|tag| spec::is_tag(&plain[place], tag)).cloned()
            };
            if let Some(tag) = tag {
                self.tuple.push(TextColumn {
                    role: Role::Tag,
                    place,
                    tag: Some(tag),
                });
            }
        }
        let maps = ["resource_tags", "tags"];
        if !self.format.is_typed() && !tags.is_empty() {
            let found = maps
                .iter()
                .find_map(|map| plain.iter().position(|name| name == map));
            if let Some(place) = found {
                self.tuple.push(TextColumn {
                    role: Role::TagMap,
                    place,
                    tag: None,
                });
            }
        }
    }
}

fn unknown_format(file: &str, names: &[String]) -> Diagnostic {
    let shown: Vec<&str> = names.iter().take(6).map(String::as_str).collect();
    let more = if names.len() > 6 { ", ..." } else { "" };
    Diagnostic::new(format!("the header is of no usage format: {}{more}", shown.join(", ")))
        .at(Place::file(file).line(1))
        .hint("read are: CUR (legacy and 2.0), FOCUS 1.0-1.3, and `hour,region,instance_type,count`; `bursar import --help` shows an example")
}

fn duplicate(file: &str, names: &[String], first: usize, second: usize) -> Diagnostic {
    Diagnostic::new(format!(
        "the header has the column `{}` twice, in places {} and {}",
        names[first],
        first + 1,
        second + 1
    ))
    .at(Place::file(file).line(1).column(names[second].clone()))
    .hint("remove or rename one of them: which one is meant cannot be guessed")
}

/// A simple table is written by hand: two ways to say how much, or a name that is nearly a known one, must not
/// pass as columns nobody asked for.
fn ambiguous(
    file: &str,
    layout: &Layout,
    names: &[String],
    plain: &[String],
) -> Result<(), Diagnostic> {
    if layout.has(Role::Amount) && layout.has(Role::Count) {
        return Err(Diagnostic::new("the header has both `count` and `hours`")
            .at(Place::file(file).line(1))
            .hint(
                "keep one: `count` is instances running the whole hour, `hours` instance-hours",
            ));
    }
    let known: Vec<&str> = layout
        .format
        .columns()
        .iter()
        .flat_map(|column| column.names)
        .copied()
        .collect();
    let not_tags = names.iter().zip(plain);
    for (name, plain) in not_tags.filter(|(name, _)| !name.trim().starts_with("tag:")) {
        let near = nearest(plain, known.iter().copied().filter(|known| known.len() > 4));
        if let Some(near) = near.filter(|_| !known.contains(&plain.as_str())) {
            return Err(Diagnostic::new(format!("the column `{name}` is not known"))
                .at(Place::file(file).line(1).column(name.clone()))
                .hint(format!(
                    "is it meant to be `{near}`? Rename it, or give it a name of its own"
                )));
        }
    }
    Ok(())
}

fn missing(
    file: &str,
    names: &[String],
    plain: &[String],
    (format, column): (Format, &spec::Column),
) -> Diagnostic {
    let wanted = column.names.first().copied().unwrap_or_default();
    let shown = shown(format, column);
    let near = nearest(wanted, plain.iter().map(String::as_str));
    let near = near.and_then(|near| plain.iter().position(|name| name == near));
    let hint = match near {
        Some(place) => format!("is `{}` meant to be `{shown}`?", names[place]),
        None => format!("`{shown}` is needed to know {}", column.role.meaning()),
    };
    Diagnostic::new(format!("the column `{shown}` is missing"))
        .at(Place::file(file).line(1))
        .hint(hint)
}

/// A column's name as its format writes it: FOCUS has `ServiceName` for `service_name`.
fn shown(format: Format, column: &spec::Column) -> String {
    if format != Format::Focus {
        return column.shown.to_owned();
    }
    let words = column.shown.split('_').map(|word| {
        let mut rest = word.chars();
        let first = rest.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(rest).collect::<String>()
    });
    words.collect()
}
