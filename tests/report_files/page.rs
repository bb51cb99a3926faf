//! The page in a real browser: it loads under its own security policy without a word on the console, sliders show
//! what the engine billed, heads sort.

use std::path::Path;
use std::process::{Command, Stdio};

use bursar::report::format::dollars;
use serde_json::Value;

use super::documents::{made, money, run};

/// The page's content after its script ran, and what was said on the console; `None` without Chromium.
#[expect(clippy::print_stderr, reason = "a test says what it did not do")]
fn dump(page: &Path, place: &str) -> Option<(String, String)> {
    let profile = tempfile::tempdir().unwrap();
    for name in ["chromium", "chromium-browser", "google-chrome"] {
        let output = Command::new("timeout")
            .args(["120", name, "--headless", "--no-sandbox", "--disable-gpu"])
            .args(["--disable-dev-shm-usage", "--enable-logging=stderr"])
            .args(["--virtual-time-budget=5000", "--dump-dom"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(format!("file://{}{place}", page.display()))
            .stdin(Stdio::null())
            .output();
        let Ok(output) = output else { break };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match output.status.code() {
            Some(0) => return Some((text(&output.stdout), text(&output.stderr))),
            // `timeout` says so when there is no such program.
            Some(127) => {}
            Some(124) => {
                eprintln!("skipped: {name} does not answer");
                return None;
            }
            code => panic!("{name}: {code:?}\n{}", text(&output.stderr)),
        }
    }
    eprintln!("skipped: Chromium is not installed");
    None
}

fn element<'a>(page: &'a str, id: &str) -> &'a str {
    let (_, rest) = page.split_once(&format!("id=\"{id}\"")).unwrap();
    let (_, rest) = rest.split_once('>').unwrap();
    rest.split_once('<').unwrap().0
}

#[test]
fn the_page_loads_in_silence_and_its_sliders_show_what_was_billed() {
    let page = made().join("all/report.html");
    let what_if = run()["shown"]["what_if"].clone();
    let changes = what_if["changes"].as_array().unwrap();
    let last = what_if["shares"].as_array().unwrap().len() - 1;
    for (level, demand) in [(0, 0), (last.div_euclid(2), 4), (last, 8), (7, 2)] {
        let Some((dom, console)) = dump(&page, &format!("#level={level}&demand={demand}")) else {
            return;
        };
        assert!(!console.contains("CONSOLE"), "{console}");
        let change = &changes[demand];
        let (cost, on_demand) = (
            money(&change["costs"][level]),
            money(&change["on_demand_cost"]),
        );
        let said = |id: &str| element(&dom, id).replace('\u{2212}', "-");
        assert_eq!(said("cost"), dollars(cost, 2));
        assert_eq!(said("on-demand"), dollars(on_demand, 2));
        assert_eq!(said("saving"), dollars(on_demand - cost, 2));
        let committed = dollars(money(&what_if["levels"][level]), 3);
        assert!(
            element(&dom, "level-now").starts_with(&committed),
            "{committed}"
        );
        // Drawn by the script, which the policy lets run; nothing it did is on the console.
        assert!(dom.contains("<polyline class=\"saved\""));
    }
}

#[test]
fn heads_sort_by_the_number_and_back() {
    let page = made().join("all/report.html");
    let html = std::fs::read_to_string(&page).unwrap();
    // A copy whose policy also lets a click through: the page itself has no way to be clicked from a command line.
    let click = "<script>for (const n of [0, 1]) Array.from(document.querySelectorAll('th button'))\
                 .find((one) => one.textContent === 'cost, $').click();</script>";
    let (head, rest) = html.split_once("<meta http-equiv").unwrap();
    let (_, body) = rest.split_once('>').unwrap();
    let copy = head.to_owned() + &body.replace("</body>", &format!("{click}</body>"));
    let path = made().join("clicked.html");
    std::fs::write(&path, copy).unwrap();
    let Some((dom, console)) = dump(&path, "") else {
        return;
    };
    assert!(!console.contains("CONSOLE"), "{console}");
    let (_, table) = dom.split_once("aria-sort=\"descending\"><button").unwrap();
    let rows: Vec<&str> = table
        .split("<tr")
        .skip(1)
        .take_while(|row| row.contains("<td"))
        .collect();
    let costs: Vec<rust_decimal::Decimal> = rows
        .iter()
        .filter_map(|row| {
            row.split_once("data-v=\"")?
                .1
                .split_once('"')?
                .0
                .parse()
                .ok()
        })
        .collect();
    assert!(costs.len() > 5, "{table}");
    assert!(costs.windows(2).all(|pair| pair[0] >= pair[1]), "{costs:?}");
}

#[test]
fn the_page_asks_for_nothing() {
    let html = std::fs::read_to_string(made().join("all/report.html")).unwrap();
    assert!(
        html.contains("content=\"default-src 'none'; script-src 'sha256-"),
        "no policy"
    );
    // The name space of SVG is an address that nobody asks for.
    let quiet = html.replace("http://www.w3.org/2000/svg", "");
    for outside in [
        "<link",
        "src=",
        "@import",
        "url(",
        "http://",
        " style=\"",
        " onclick",
    ] {
        assert!(!quiet.contains(outside), "{outside}");
    }
    assert!(html.len() < 3_000_000, "{} bytes", html.len());
    let bytes: Value = serde_json::from_str(
        html.split_once("id=\"what-if\">")
            .unwrap()
            .1
            .split_once("</script>")
            .unwrap()
            .0,
    )
    .unwrap();
    assert_eq!(bytes["stops"].as_array().unwrap().len(), 9);
}
