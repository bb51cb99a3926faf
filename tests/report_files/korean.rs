//! Reports in Korean: words, dates, no English sentence left; letters in PDF and PNG where the machine has them.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::documents::{made, succeeds};
use super::{over_time, saved};
use crate::certify::bursar;

/// Words that only sentences have: what holds one and is the same in both languages was forgotten.
const SENTENCE: [&str; 12] = [
    " the ", " of ", " and ", " is ", " are ", " was ", " a ", " an ", " with ", " what ", " it ",
    " be ",
];

/// Makes the JSON of a document in a language.
fn document(folder: &Path, result: &Path, lang: &str) -> Value {
    let result = result.to_str().unwrap();
    let arguments = [
        "report",
        result,
        "-o",
        lang,
        "--format",
        "json,md,html,xlsx",
        "--lang",
        lang,
    ];
    succeeds(folder, &[&arguments[..], &["--quiet"]].concat());
    let text = fs::read(folder.join(lang).join("report.json")).unwrap();
    serde_json::from_slice::<Value>(&text).unwrap()["document"].clone()
}

/// Texts that are the same in both, with the words of a sentence.
fn forgotten(english: &Value, korean: &Value, found: &mut Vec<String>) {
    match (english, korean) {
        (Value::String(one), Value::String(other)) => {
            let words = format!(" {one} ");
            if one == other && SENTENCE.iter().any(|word| words.contains(word)) {
                found.push(one.clone());
            }
        }
        (Value::Array(ones), Value::Array(others)) => {
            for (one, other) in ones.iter().zip(others) {
                forgotten(one, other, found);
            }
        }
        (Value::Object(ones), Value::Object(others)) => {
            for (key, one) in ones {
                forgotten(one, &others[key], found);
            }
        }
        _ => {}
    }
}

#[test]
fn no_sentence_stays_english() {
    let folder = tempfile::tempdir().unwrap();
    let mut results = vec![
        made().join("run/run.json"),
        over_time::made().join("run.json"),
    ];
    results.extend(
        ["bill", "compare", "estimate", "options", "backtest"]
            .map(|name| saved::made().join(format!("{name}.json"))),
    );
    for (name, run) in [
        ("ladder.json", crate::ladder::fresh()),
        ("rules.json", crate::ladder::under_rules()),
        ("priced.json", crate::ladder_explained::priced()),
    ] {
        let ladder = folder.path().join(name);
        fs::write(&ladder, run.to_string()).unwrap();
        results.push(ladder);
    }
    for result in results {
        let english = document(folder.path(), &result, "en");
        let korean = document(folder.path(), &result, "ko");
        assert_eq!(korean["language"], "ko");
        let mut found = Vec::new();
        forgotten(&english, &korean, &mut found);
        // What the engine says of single usages, and what users named, is as it was.
        found.retain(|text| !text.starts_with("=HYPERLINK") && !is_told(text));
        assert!(found.is_empty(), "{}: {found:#?}", result.display());
        let page = fs::read_to_string(folder.path().join("ko/report.html")).unwrap();
        assert!(page.contains("<html lang=\"ko\">"));
    }
}

/// Sentences that come from the engine or the price book.
fn is_told(text: &str) -> bool {
    [
        "no price",
        "not sold",
        "price",
        "is not known",
        "instances of",
    ]
    .iter()
    .any(|word| text.contains(word))
}

#[test]
fn words_and_dates_are_korean() {
    let folder = tempfile::tempdir().unwrap();
    document(folder.path(), &made().join("run/run.json"), "ko");
    let text = fs::read_to_string(folder.path().join("ko/report.md")).unwrap();
    for expected in [
        "# AWS 약정 구매 제안서",
        "년 ",
        "월 ",
        "전부 온디맨드",
        "1년, 선결제 없음",
        "구매 목록",
    ] {
        assert!(text.contains(expected), "{expected}:\n{text}");
    }
    let text = saved::made().join("bill.json");
    document(folder.path(), &text, "ko");
    let text = fs::read_to_string(folder.path().join("ko/report.md")).unwrap();
    assert!(
        text.contains("2026년 6월 29일 00:00부터 2026년 7월 3일 00:00 UTC까지"),
        "{text}"
    );
}

/// PDF and PNG with a font of the machine, or the error that says what to install.
#[test]
fn letters_come_from_a_font_of_the_machine_or_it_is_said_which_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let run = made().join("run/run.json");
    let arguments = [
        "report",
        run.to_str().unwrap(),
        "-o",
        "ko",
        "--format",
        "pdf,png",
        "--lang",
        "ko",
    ];
    if cfg!(not(feature = "pdf")) {
        return;
    }
    let output = bursar(folder.path(), &arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.contains("no font of this system has every letter of the report"),
            "{said}"
        );
        assert!(
            said.contains("fonts-nanum") && said.contains("--font FILE"),
            "{said}"
        );
        assert_eq!(fs::read_dir(folder.path().join("ko")).unwrap().count(), 0);
        return;
    }
    let pdf = fs::read(folder.path().join("ko/report.pdf")).unwrap();
    #[cfg(feature = "pdf")]
    {
        let words = super::sample::pdf_words(&pdf);
        assert!(words.fonts >= 3, "{}", words.fonts);
        if let Some(text) = words.text {
            for expected in [
                "AWS 약정 구매 제안서",
                "구매 목록",
                "전부 온디맨드",
                "쪽 중 1쪽",
            ] {
                assert!(text.contains(expected), "{expected}:\n{text}");
            }
        }
    }
    assert!(!pdf.is_empty());
}

/// A font without the letters is refused, and the first that it lacks is named.
#[test]
fn a_font_without_hangul_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let inter = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/fonts/Inter-Regular.ttf");
    let run = made().join("run/run.json");
    let arguments = [
        "report",
        run.to_str().unwrap(),
        "-o",
        ".",
        "--format",
        "png",
        "--lang",
        "ko",
        "--font",
        inter.to_str().unwrap(),
    ];
    let output = bursar(folder.path(), &arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("Inter-Regular.ttf` has no `약` (\\u{c57d})"),
        "{said}"
    );
}
