//! The example files are what their generator writes, and use only what the catalogue and the price book name.

#[path = "../examples/generate/stories.rs"]
mod stories;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn read(path: &str) -> String {
    std::fs::read_to_string(project(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The cells of one column of a file without quotes.
fn column<'a>(csv: &'a str, name: &str) -> BTreeSet<&'a str> {
    let mut lines = csv.lines();
    let heads: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let at = heads.iter().position(|head| *head == name);
    let at = at.unwrap_or_else(|| panic!("no column {name}"));
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            assert_eq!(cells.len(), heads.len(), "{line}");
            cells[at]
        })
        .collect()
}

#[test]
fn the_generator_writes_the_committed_files() {
    for file in stories::all().into_iter().chain(stories::of_a_week()) {
        let committed = read(file.path);
        let same = committed
            .lines()
            .zip(file.text.lines())
            .take_while(|(a, b)| a == b);
        let line = same.count() + 1;
        let hint = "run `cargo run --example generate-examples` and look at the difference";
        assert!(
            committed == file.text,
            "{} differs from line {line} on; {hint}",
            file.path
        );
    }
}

#[test]
fn every_type_and_region_is_in_the_catalogue() {
    let types = read("pricing-data/catalog/instance-types.csv");
    let regions = read("pricing-data/catalog/regions.csv");
    let known_types: BTreeSet<&str> = types
        .lines()
        .filter_map(|line| line.split(',').next())
        .collect();
    let known_regions: BTreeSet<&str> = regions
        .lines()
        .filter_map(|line| line.split(',').next())
        .collect();
    for file in stories::all() {
        let unknown: Vec<_> = column(&file.text, "instance_type")
            .difference(&known_types)
            .copied()
            .collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", file.path);
        let unknown: Vec<_> = column(&file.text, "region")
            .difference(&known_regions)
            .copied()
            .collect();
        assert!(unknown.is_empty(), "{}: {unknown:?}", file.path);
    }
}

#[test]
fn every_hour_of_the_window_has_usage() {
    for file in stories::all() {
        let hours = column(&file.text, "hour");
        // 31 + 31 + 30 days of 24 hours.
        assert_eq!(hours.len(), 2_208, "{}", file.path);
        assert_eq!(hours.first(), Some(&"2026-07-01T00:00Z"));
        assert_eq!(hours.last(), Some(&"2026-09-30T23:00Z"));
    }
}

#[test]
fn the_web_shop_has_what_its_story_says() {
    let shop = read("examples/01-web-shop/usage.csv");
    assert_eq!(column(&shop, "account").len(), 2);
    assert_eq!(column(&shop, "region").len(), 3);
    let systems: Vec<&str> = column(&shop, "operating_system").into_iter().collect();
    assert_eq!(systems, ["linux", "windows"]);
    let families: BTreeSet<&str> = column(&shop, "instance_type")
        .iter()
        .filter_map(|kind| kind.split('.').next())
        .collect();
    assert_eq!(
        families.into_iter().collect::<Vec<_>>(),
        ["c7g", "m6i", "m7g", "r6i", "r7g", "t3"]
    );
    assert!(shop.len() < 4_000_000, "{} bytes", shop.len());
}

#[test]
fn every_story_is_told_and_labelled_synthetic() {
    for file in stories::all() {
        let story = Path::new(file.path).parent().unwrap().join("README.md");
        let text = read(story.to_str().unwrap());
        assert!(
            text.to_lowercase().contains("synthetic"),
            "{}",
            story.display()
        );
        let command = format!("cargo run -- optimize {}", file.path);
        assert!(
            text.contains(&command),
            "{}: no `{command}`",
            story.display()
        );
    }
}
