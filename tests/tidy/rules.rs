//! What a single file must and must not contain.

use std::path::Path;

use super::files::File;
use super::layers::{Layers, module_of};
use super::source::{Token, code_only, tokens};

const LONGEST_FILE: usize = 600;
const LONGEST_MAIN: usize = 30;

/// The first line says the file's one idea.
pub(crate) fn head(file: &File) -> Vec<String> {
    let first = file.text.lines().next().unwrap_or_default();
    let idea = first.strip_prefix("//!").map(str::trim);
    let good = !file.is_rust() || idea.is_some_and(|idea| !idea.is_empty());
    when(!good, || {
        format!(
            "{}:1: the first line must be `//! ` and the file's one idea",
            file.path
        )
    })
}

/// Long files are split by idea.
pub(crate) fn length(file: &File) -> Vec<String> {
    let lines = file.text.lines().count();
    let long = file.is_rust() && lines > LONGEST_FILE;
    when(long, || {
        format!("{}: {lines} lines, {LONGEST_FILE} is the limit", file.path)
    })
}

/// `main.rs` hands over and nothing else.
pub(crate) fn thin_main(file: &File) -> Vec<String> {
    let lines = file.text.lines().count();
    when(lines >= LONGEST_MAIN, || {
        format!("{}: {lines} lines", file.path)
    })
}

/// Nothing is left for later, switched off or printed while looking for a mistake.
pub(crate) fn banned_words(file: &File) -> Vec<String> {
    if !file.is_rust() {
        return Vec::new();
    }
    // In two parts, so that this file may hold them; these are banned in comments, too.
    let notes = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X"),
    ];
    let mut found = Vec::new();
    for (line, text) in (1..).zip(file.text.lines()) {
        for note in notes.iter().filter(|note| text.contains(**note)) {
            found.push(format!(
                "{}:{line}: `{note}`: do it now or write it in an issue",
                file.path
            ));
        }
    }
    let code = code_only(&file.text);
    let code = tokens(&code);
    for pair in code.windows(2) {
        let macro_call = pair[1].text == "!";
        if macro_call && matches!(pair[0].text, "todo" | "unimplemented" | "dbg") {
            found.push(at(file, pair[0], "must not stay"));
        }
    }
    for three in code.windows(3) {
        if matches!(
            [three[0].text, three[1].text, three[2].text],
            ["#", "[", "ignore"]
        ) {
            found.push(at(
                file,
                three[2],
                "a test that does not run proves nothing",
            ));
        }
    }
    found
}

/// Rows below the command line do not print, ask for the time, read the environment, start programs or talk.
pub(crate) fn side_effects(file: &File, layers: &Layers) -> Vec<String> {
    const BANNED: [[&str; 2]; 14] = [
        ["io", "stdout"],
        ["io", "stderr"],
        ["io", "stdin"],
        ["env", "var"],
        ["env", "var_os"],
        ["env", "vars"],
        ["env", "args"],
        ["env", "current_dir"],
        ["Instant", "now"],
        ["SystemTime", "now"],
        ["Utc", "now"],
        ["Local", "now"],
        ["std", "process"],
        ["std", "net"],
    ];
    let home = module_of(&file.path);
    if home.first().is_none_or(|module| layers.is_top(module)) {
        return Vec::new();
    }
    let code = code_only(&file.text);
    let code = tokens(&code);
    let mut found = Vec::new();
    for three in code.windows(3) {
        let path = [three[0].text, three[2].text];
        if three[1].text == "::" && BANNED.contains(&path) {
            found.push(at(file, three[0], "belongs to `cli`"));
        }
    }
    for pair in code.windows(2) {
        let printing = matches!(pair[0].text, "println" | "print" | "eprintln" | "eprint");
        if printing && pair[1].text == "!" {
            found.push(at(file, pair[0], "only `cli` prints"));
        }
    }
    found
}

/// The lint against arithmetic with floats is lifted only where the architecture says.
pub(crate) fn floats(file: &File) -> Vec<String> {
    let home = module_of(&file.path);
    let allowed = matches!(
        home.as_slice(),
        ["optimize", ..] | ["report", "chart", ..] | ["units", "money"]
    );
    let lifted = words(file, "float_arithmetic");
    match home.as_slice() {
        // The one door: `Money::to_f64`.
        ["units", "money"] => when(lifted.len() > 1, || {
            format!(
                "{}: the lint `float_arithmetic` is lifted {} times",
                file.path,
                lifted.len()
            )
        }),
        _ if allowed => Vec::new(),
        _ => lifted,
    }
}

/// ... and it is on everywhere else.
pub(crate) fn float_lint_is_on(manifest: &File) -> Vec<String> {
    let on = manifest.text.contains("\nfloat_arithmetic = \"warn\"\n");
    when(!on, || {
        format!("{}: the lint `float_arithmetic` is off", manifest.path)
    })
}

/// Data frames stay in the importer.
pub(crate) fn polars(file: &File) -> Vec<String> {
    match module_of(&file.path).as_slice() {
        ["demand", "import", ..] => Vec::new(),
        _ if !file.is_rust() => Vec::new(), // a manifest names what it needs
        _ => words(file, "polars"),
    }
}

/// Every place where code (not a comment or a text) has the word.
fn words(file: &File, word: &str) -> Vec<String> {
    let code = code_only(&file.text);
    let hits = tokens(&code).into_iter().filter(|token| token.text == word);
    hits.map(|token| at(file, token, "has no place here (ARCHITECTURE.md)"))
        .collect()
}

/// A path that exists on one machine only helps nobody.
pub(crate) fn machine_paths(file: &File) -> Vec<String> {
    const ROOTS: [&str; 4] = [
        concat!("/wo", "rk/"),
        concat!("/tm", "p/"),
        concat!("/ro", "ot/"),
        concat!("/ho", "me/"),
    ];
    let mut found = Vec::new();
    for (line, text) in (1..).zip(file.text.lines()) {
        for root in ROOTS {
            let begins = |(at, _): (usize, &str)| {
                let before = text.get(..at).and_then(|before| before.chars().next_back());
                !before.is_some_and(|c| c.is_alphanumeric() || "._-}*".contains(c))
            };
            if text.match_indices(root).any(begins) {
                found.push(format!(
                    "{}:{line}: `{root}` is a place on somebody's machine",
                    file.path
                ));
            }
        }
    }
    found
}

/// Relative links of Markdown files lead to files of the project.
pub(crate) fn dead_links(file: &File, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let path = Path::new(&file.path);
    if path.extension().is_none_or(|end| end != "md") {
        return Vec::new();
    }
    let folder = path.parent().unwrap_or(Path::new(""));
    let mut found = Vec::new();
    for (line, text) in (1..).zip(file.text.lines()) {
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', ' ']).next())
        {
            let target = link.split('#').next().unwrap_or_default();
            let outside =
                target.is_empty() || target.contains("://") || target.starts_with("mailto:");
            if !outside && !exists(&folder.join(target).to_string_lossy()) {
                found.push(format!(
                    "{}:{line}: the link `{link}` leads nowhere",
                    file.path
                ));
            }
        }
    }
    found
}

/// Every worked example belongs to a rule of docs/billing-rules.md, and every one that is named there exists.
pub(crate) fn examples_of_rules(rules: &File, examples: &[&str]) -> Vec<String> {
    const KINDS: [&str; 4] = ["ri_", "sp_", "cur_", "amortize_"];
    let named: Vec<&str> = rules.text.split('`').skip(1).step_by(2).collect();
    let unknown = named
        .iter()
        .filter(|name| KINDS.iter().any(|kind| name.starts_with(kind)) && !examples.contains(name));
    let homeless = examples.iter().filter(|example| !named.contains(example));
    let unknown = unknown.map(|name| format!("{}: there is no example `{name}`", rules.path));
    let homeless = homeless.map(|name| format!("{}: no rule names `{name}`", rules.path));
    unknown.chain(homeless).collect()
}

fn at(file: &File, token: Token, why: &str) -> String {
    format!("{}:{}: `{}` {why}", file.path, token.line, token.text)
}

fn when(bad: bool, message: impl FnOnce() -> String) -> Vec<String> {
    if bad { vec![message()] } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many violations a check finds in a file of the library with this text.
    fn found(check: impl Fn(&File) -> Vec<String>, path: &str, text: &str) -> usize {
        check(&File::new(path, text)).len()
    }

    #[test]
    fn heads_and_lengths_are_checked() {
        assert_eq!(found(head, "src/a.rs", "//! One idea.\n"), 0);
        assert_eq!(found(head, "src/a.rs", "//!\n//! One idea.\n"), 1);
        assert_eq!(found(head, "src/a.rs", "// One idea.\n"), 1);
        assert_eq!(found(head, "src/a.csv", "hour\n"), 0);
        assert_eq!(found(length, "src/a.rs", &"x\n".repeat(600)), 0);
        assert_eq!(found(length, "src/a.rs", &"x\n".repeat(601)), 1);
        assert_eq!(found(thin_main, "src/main.rs", &"x\n".repeat(30)), 1);
    }

    #[test]
    fn words_for_later_are_found_in_comments_and_calls_in_code() {
        let note = concat!("// TO", "DO: later\n");
        assert_eq!(found(banned_words, "src/a.rs", note), 1);
        assert_eq!(
            found(banned_words, "src/a.rs", "fn f() { dbg!(1); todo!() }"),
            2
        );
        assert_eq!(
            found(banned_words, "src/a.rs", "// dbg!(1)\nlet a = \"todo!()\";"),
            0
        );
        assert_eq!(
            found(banned_words, "src/a.rs", "#[test]\n#[ignore]\nfn f() {}"),
            1
        );
    }

    #[test]
    fn the_world_is_touched_on_top_only() {
        let layers = Layers::parse("| 0 | `units` | |\n| 6 | `cli` | |\n");
        let check = |file: &File| side_effects(file, &layers);
        let source =
            "fn f() { println!(); let a = std::env::var(\"A\"); Utc::now(); std::io::stdout(); }";
        assert_eq!(found(check, "src/units/a.rs", source), 4);
        assert_eq!(found(check, "src/cli/a.rs", source), 0);
        assert_eq!(
            found(
                check,
                "src/units/a.rs",
                "writeln!(out); env!(\"A\"); now();"
            ),
            0
        );
    }

    #[test]
    fn floats_and_polars_are_found_out_of_place() {
        let lifted = "#[expect(clippy::float_arithmetic, reason = \"x\")]\nfn f() {}\n";
        for path in [
            "src/optimize/cuts.rs",
            "src/report/chart/area.rs",
            "src/units/money.rs",
        ] {
            assert_eq!(found(floats, path, lifted), 0, "{path}");
        }
        assert_eq!(found(floats, "src/units/money.rs", &lifted.repeat(2)), 1);
        assert_eq!(found(floats, "src/billing/hour.rs", lifted), 1);
        assert_eq!(found(floats, "src/report/table.rs", lifted), 1);
        assert_eq!(
            found(
                float_lint_is_on,
                "Cargo.toml",
                "\nfloat_arithmetic = \"allow\"\n"
            ),
            1
        );
        assert_eq!(
            found(
                polars,
                "src/demand/import/parquet.rs",
                "use polars::prelude::*;"
            ),
            0
        );
        assert_eq!(
            found(polars, "src/demand/trace.rs", "use polars::prelude::*;"),
            1
        );
        assert_eq!(found(polars, "src/demand/trace.rs", "// polars\n"), 0);
    }

    #[test]
    fn places_on_a_machine_are_found_and_addresses_are_not() {
        let own = concat!("see /wo", "rk/main/src\n");
        assert_eq!(found(machine_paths, "README.md", own), 1);
        assert_eq!(
            found(machine_paths, "README.md", concat!("\"/tm", "p/x\"\n")),
            1
        );
        let address = concat!("https://example.com/wo", "rk/ and ../wo", "rk/\n");
        assert_eq!(found(machine_paths, "README.md", address), 0);
    }

    #[test]
    fn examples_and_rules_name_each_other() {
        let check = |file: &File| examples_of_rules(file, &["ri_a", "sp_b"]);
        assert_eq!(found(check, "docs/a.md", "`ri_a`, `sp_b` and `sharing`"), 0);
        assert_eq!(found(check, "docs/a.md", "`ri_a` and `cur_c`"), 2);
    }

    #[test]
    fn dead_links_are_found() {
        let check = |file: &File| dead_links(file, |target| target == "docs/glossary.md");
        let text = "[a](glossary.md#esr) [b](https://aws.amazon.com) [c](#here) [d](nowhere.md)";
        assert_eq!(found(check, "docs/a.md", text), 1);
        assert_eq!(found(check, "docs/a.rs", text), 0);
    }
}
