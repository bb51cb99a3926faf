//! Which module may see which, as the table in ARCHITECTURE.md says.

use std::collections::BTreeMap;

use super::files::{File, project_files};
use super::source::{Mention, code_only, mentions};

/// Rows of modules; a module sees only lower ones.
pub(crate) struct Layers {
    rows: BTreeMap<String, u32>,
}

impl Layers {
    /// Reads the rows `| 0 | `units` | ... |` of a Markdown text.
    pub(crate) fn parse(markdown: &str) -> Self {
        let row = |line: &str| {
            let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
            let row: u32 = cells.next()?.parse().ok()?;
            Some((cells.next()?.trim_matches('`').to_owned(), row))
        };
        Self {
            rows: markdown.lines().filter_map(row).collect(),
        }
    }

    /// Those of ARCHITECTURE.md.
    pub(crate) fn of_project() -> Self {
        let files = project_files();
        let architecture = files.iter().find(|file| file.path == "ARCHITECTURE.md");
        let layers = Self::parse(&architecture.expect("ARCHITECTURE.md").text);
        assert_eq!(layers.row("units"), Some(0), "no table of rows found");
        assert_eq!(
            layers.rows.values().max(),
            layers.rows.get("cli"),
            "cli is on top"
        );
        layers
    }

    /// The row of a module.
    pub(crate) fn row(&self, module: &str) -> Option<u32> {
        self.rows.get(module).copied()
    }

    /// Whether `module` is the highest row: the command line.
    pub(crate) fn is_top(&self, module: &str) -> bool {
        self.row(module) == self.rows.values().max().copied()
    }

    /// What `file` names that it must not see.
    pub(crate) fn violations(&self, file: &File) -> Vec<String> {
        let home = module_of(&file.path);
        let Some(&own) = home.first() else {
            return Vec::new(); // lib.rs and engine.rs list the modules, main.rs is the shell
        };
        let bad = |mention: Mention| {
            let seen = mention.path.first().map_or("crate", String::as_str);
            let allowed = seen == own
                || self
                    .row(seen)
                    .is_some_and(|seen| Some(seen) < self.row(own));
            let place = format!("{}:{}", file.path, mention.line);
            (!allowed).then(|| {
                format!(
                    "{place}: `{own}` must not see `{}` (ARCHITECTURE.md)",
                    mention.path.join("::")
                )
            })
        };
        mentions(&home, &file.text)
            .into_iter()
            .filter_map(bad)
            .collect()
    }

    /// Modules that a crate's root declares and the table does not place.
    pub(crate) fn without_row(&self, root: &File) -> Vec<String> {
        let code = code_only(&root.text);
        let declared = code.lines().filter_map(|line| {
            line.trim()
                .trim_start_matches("pub ")
                .strip_prefix("mod ")?
                .strip_suffix(';')
        });
        declared
            .filter(|module| self.row(module).is_none())
            .map(|module| format!("{}: `{module}` has no row in ARCHITECTURE.md", root.path))
            .collect()
    }
}

/// `src/prices/answer.rs` is `prices::answer`; `lib.rs` and `main.rs` are the root.
pub(crate) fn module_of(path: &str) -> Vec<&str> {
    let inner = path.strip_prefix("src/").unwrap_or(path);
    let inner = inner.strip_suffix(".rs").unwrap_or(inner);
    let mut parts: Vec<&str> = inner.split('/').collect();
    if matches!(parts.last(), Some(&("mod" | "lib" | "main"))) {
        parts.pop();
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "| row | module | idea |\n|---|---|---|\n| 0 | `units` | . |\n| 2 | `prices` | . |\n\
                         | 2 | `demand` | . |\n| 5 | `report` | . |\n| 6 | `cli` | . |\n";

    fn seen(path: &str, source: &str) -> usize {
        Layers::parse(TABLE)
            .violations(&File::new(path, source))
            .len()
    }

    #[test]
    fn lower_rows_and_oneself_may_be_seen() {
        let source = "use crate::units::Money;\nuse super::answer;\nmod tests { use super::*; }";
        assert_eq!(seen("src/prices/book.rs", source), 0);
        assert_eq!(
            seen("src/cli/mod.rs", "use crate::{report, prices::*, units};"),
            0
        );
    }

    #[test]
    fn higher_rows_neighbours_and_unknown_names_may_not() {
        assert_eq!(seen("src/units/mod.rs", "use crate::prices::Rate;"), 1);
        assert_eq!(
            seen("src/prices/mod.rs", "fn f(_: crate::demand::Demand) {}"),
            1
        );
        assert_eq!(seen("src/prices/mod.rs", "use super::demand;"), 1);
        assert_eq!(
            seen("src/prices.rs", "use super::{units, demand::{a, b}};"),
            2
        );
        assert_eq!(seen("src/report/mod.rs", "use crate::cli::Output;"), 1);
        assert_eq!(
            seen(
                "src/report/mod.rs",
                "use crate::nobody;\nuse crate::*;\nuse crate as c;"
            ),
            3
        );
    }

    #[test]
    fn a_comment_or_a_text_is_no_use() {
        let source =
            "// use crate::cli;\nconst A: &str = \"crate::cli\";\n/// [`crate::cli`]\nfn f() {}";
        assert_eq!(seen("src/units/mod.rs", source), 0);
    }

    #[test]
    fn a_module_without_row_is_found() {
        let lib = "pub mod units;\nmod secret;\n// mod never;";
        assert_eq!(
            Layers::parse(TABLE)
                .without_row(&File::new("src/lib.rs", lib))
                .len(),
            1
        );
    }

    #[test]
    fn paths_name_modules() {
        assert_eq!(module_of("src/prices/mod.rs"), ["prices"]);
        assert_eq!(module_of("src/prices/answer.rs"), ["prices", "answer"]);
        assert!(module_of("src/lib.rs").is_empty());
    }
}
