//! The rules of the house that a program can check: layers, file heads and lengths, banned words, where floats and
//! polars live, no paths of somebody's machine. Each check is tried on something bad, too.

mod files;
mod layers;
mod rules;
mod source;

use files::{File, project_files};
use layers::Layers;

/// Fails with every violation, not with the first.
fn none(violations: &[String]) {
    assert!(violations.is_empty(), "\n{}\n", violations.join("\n"));
}

/// Runs a check over the files whose path begins with one of `folders`.
fn each(folders: &[&str], check: impl Fn(&File) -> Vec<String>) {
    let files = project_files();
    let chosen = files
        .iter()
        .filter(|file| folders.iter().any(|folder| file.path.starts_with(folder)));
    let (mut seen, mut violations) = (0, Vec::new());
    for file in chosen {
        seen += 1;
        violations.extend(check(file));
    }
    assert!(seen > 0, "nothing in {folders:?}");
    none(&violations);
}

const RUST: [&str; 4] = ["src/", "tests/", "examples/", "benches/"];

#[test]
fn modules_see_only_lower_rows() {
    let layers = Layers::of_project();
    each(&["src/"], |file| layers.violations(file));
}

#[test]
fn every_module_has_a_row_in_architecture_md() {
    let layers = Layers::of_project();
    each(&["src/lib.rs", "src/engine.rs"], |file| {
        layers.without_row(file)
    });
}

#[test]
fn every_file_says_its_idea_and_is_short() {
    each(&RUST, |file| {
        let mut found = rules::head(file);
        found.extend(rules::length(file));
        found
    });
}

#[test]
fn nothing_is_left_for_later() {
    each(&RUST, rules::banned_words);
}

#[test]
fn only_the_command_line_touches_the_world() {
    let layers = Layers::of_project();
    each(&["src/"], |file| rules::side_effects(file, &layers));
}

#[test]
fn floats_have_their_place() {
    each(&["src/"], rules::floats);
    each(&["Cargo.toml"], rules::float_lint_is_on);
}

#[test]
fn polars_has_its_place() {
    each(&["src/"], rules::polars);
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    each(&[""], rules::machine_paths);
}

#[test]
fn links_between_our_documents_lead_somewhere() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let exists = |target: &str| root.join(target).exists();
    each(&[""], |file| rules::dead_links(file, exists));
}

#[test]
fn rules_and_worked_examples_name_each_other() {
    let files = project_files();
    let paths = files.iter().map(|file| file.path.as_str());
    let examples =
        paths.filter_map(|path| path.strip_prefix("tests/vectors/")?.strip_suffix(".json"));
    let examples: Vec<&str> = examples.collect();
    // tests/vectors.rs counts the examples, so that they cannot all be gone unnoticed.
    if !examples.is_empty() {
        each(&["docs/billing-rules.md"], |file| {
            rules::examples_of_rules(file, &examples)
        });
    }
}

#[test]
fn the_program_is_a_thin_shell() {
    each(&["src/main.rs"], rules::thin_main);
}
