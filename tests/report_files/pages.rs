//! The pages of a PDF: nothing outside the page, no word over another, fonts inside, bookmarks, both papers; and what is
//! left behind when the disk is full.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::documents::{made, succeeds};
use super::saved;

/// What a tool prints about a file; `None` where it is not installed.
#[expect(clippy::print_stderr, reason = "a test says what it did not do")]
fn told(tool: &str, arguments: &[&str], pdf: &Path) -> Option<String> {
    let found = Command::new(tool)
        .args(arguments)
        .arg(pdf)
        .arg("-")
        .output();
    let found = found
        .ok()
        .filter(|output| output.status.success() || tool != "pdftotext");
    if found.is_none() {
        eprintln!("skipped: {tool} is not installed");
    }
    Some(String::from_utf8_lossy(&found?.stdout).into_owned())
}

#[derive(Debug, Clone)]
struct Word {
    text: String,
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

/// Width and height of a page, and its words.
type Page = ((f64, f64), Vec<Word>);

/// The words of every page.
fn pages(pdf: &Path) -> Option<Vec<Page>> {
    let text = told("pdftotext", &["-bbox"], pdf)?;
    let number = |line: &str, name: &str| -> f64 {
        let (_, rest) = line.split_once(&format!(" {name}=\"")).unwrap();
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    let mut pages: Vec<Page> = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with("<page ") {
            pages.push(((number(line, "width"), number(line, "height")), Vec::new()));
        } else if line.starts_with("<word ") {
            let (_, rest) = line.split_once('>').unwrap();
            pages.last_mut().unwrap().1.push(Word {
                text: rest.trim_end_matches("</word>").to_owned(),
                left: number(line, "xMin"),
                top: number(line, "yMin"),
                right: number(line, "xMax"),
                bottom: number(line, "yMax"),
            });
        }
    }
    Some(pages)
}

/// Fails where a word runs off its page or covers another.
#[expect(clippy::float_arithmetic, reason = "places on a page")]
fn assert_legible(pdf: &Path, paper: (f64, f64)) {
    let Some(pages) = pages(pdf) else { return };
    assert!(!pages.is_empty());
    for (size, words) in pages {
        assert!(
            (size.0 - paper.0).abs() < 1.0 && (size.1 - paper.1).abs() < 1.0,
            "{size:?}"
        );
        assert!(words.len() > 10);
        for (index, one) in words.iter().enumerate() {
            let inside =
                one.left >= 0.0 && one.top >= 0.0 && one.right <= size.0 && one.bottom <= size.1;
            assert!(inside, "`{}` runs off {size:?}: {one:?}", one.text);
            for other in words.iter().skip(index + 1) {
                let wide = one.right.min(other.right) - one.left.max(other.left);
                // Boxes are as high as lines, which may touch: letters are some half of that.
                let high = one.bottom.min(other.bottom) - one.top.max(other.top);
                let least = (one.bottom - one.top).min(other.bottom - other.top);
                assert!(
                    wide < 0.6 || high < 0.5 * least,
                    "`{}` covers `{}`: {one:?} {other:?}",
                    one.text,
                    other.text
                );
            }
        }
    }
}

#[cfg(feature = "pdf")]
#[test]
fn words_stay_on_their_page_and_apart() {
    const A4: (f64, f64) = (595.3, 841.9);
    assert_legible(&made().join("all/report.pdf"), A4);
    assert_legible(&super::over_time::made().join("risk/report.pdf"), A4);
    for name in ["bill", "compare", "estimate", "options", "backtest"] {
        assert_legible(&saved::made().join(name).join("report.pdf"), A4);
    }
}

/// What is signed fits a page, and a page is read: under 400 words.
#[cfg(feature = "pdf")]
#[test]
fn the_decision_is_one_page_of_few_words() {
    let reports = [
        made().join("all/report.pdf"),
        super::over_time::made().join("risk/report.pdf"),
    ];
    for pdf in reports {
        let Some(pages) = pages(&pdf) else { return };
        let (_, words) = &pages[0];
        assert!((60..400).contains(&words.len()), "{} words", words.len());
        let all: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
        assert!(all.join(" ").contains("Page 1 of"), "{all:?}");
    }
}

#[cfg(feature = "pdf")]
#[test]
fn letter_is_another_paper_with_the_same_words() {
    let folder = tempfile::tempdir().unwrap();
    let run = made().join("run/run.json");
    let arguments = [
        "report",
        run.to_str().unwrap(),
        "-o",
        ".",
        "--format",
        "pdf",
        "--paper",
        "letter",
    ];
    succeeds(folder.path(), &arguments);
    let pdf = folder.path().join("report.pdf");
    assert_legible(&pdf, (612.0, 792.0));
    let words = |path: &Path| {
        let words = super::sample::pdf_words(&fs::read(path).unwrap()).text;
        words.map(|text| text.matches("Cheapest mix found").count())
    };
    assert_eq!(words(&pdf), words(&made().join("all/report.pdf")));
}

/// Every font inside, a bookmark a heading, marked for readers of screens.
#[cfg(feature = "pdf")]
#[test]
fn the_pdf_has_its_fonts_bookmarks_and_tags() {
    let path = made().join("all/report.pdf");
    let pdf = fs::read(&path).unwrap();
    let raw = String::from_utf8_lossy(&pdf);
    for expected in ["/Outlines", "/MarkInfo", "/StructTreeRoot", "/Lang"] {
        assert!(raw.contains(expected), "{expected}");
    }
    let Ok(fonts) = Command::new("pdffonts").arg(&path).output() else {
        return;
    };
    let fonts = String::from_utf8_lossy(&fonts.stdout).into_owned();
    let rows: Vec<&str> = fonts.lines().skip(2).collect();
    assert!(rows.len() >= 2, "{fonts}");
    // name, type, encoding, emb, sub, uni, object, id.
    for row in rows {
        let words: Vec<&str> = row.split_whitespace().collect();
        assert_eq!(words[words.len() - 5], "yes", "{row}");
    }
}

/// Dark charts bring their own paper.
#[test]
fn dark_charts_are_dark() {
    let folder = tempfile::tempdir().unwrap();
    let result = saved::made().join("compare.json");
    let arguments = [
        "report",
        result.to_str().unwrap(),
        "-o",
        ".",
        "--format",
        "png,svg",
        "--theme",
        "dark",
    ];
    succeeds(folder.path(), &arguments);
    let image = image::load_from_memory(&fs::read(folder.path().join("scenarios.png")).unwrap());
    assert_eq!(
        image.unwrap().to_rgb8().get_pixel(2, 2).0,
        [0x14, 0x18, 0x1d]
    );
    let svg = fs::read_to_string(folder.path().join("scenarios.svg")).unwrap();
    assert!(svg.contains("fill=\"#14181D\""), "{svg}");
}

/// A disk that is full after 40 kB: nothing new, nothing half, what was there stays.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::write(out.join("report.md"), "what was there").unwrap();
    // A limit of 40 blocks of 1,024 bytes a file; the signal that comes with it is not waited for.
    let script =
        "ulimit -f 40; trap '' XFSZ; exec \"$0\" report \"$1\" -o out --format md,html,png";
    let output = Command::new("bash")
        .args(["-c", script])
        .arg(assert_cmd::cargo::cargo_bin("bursar"))
        .arg(made().join("run/run.json"))
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot write `out/report.html`"), "{said}");
    let names: Vec<_> = fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["report.md"]);
    assert_eq!(
        fs::read_to_string(out.join("report.md")).unwrap(),
        "what was there"
    );
}
