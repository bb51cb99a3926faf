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
fn the_page_loads_in_silence_and_opens_where_a_link_says() {
    let page = made().join("all/report.html");
    let (level, demand) = (7, 2);
    let Some((dom, console)) = dump(&page, &format!("#level={level}&demand={demand}")) else {
        return;
    };
    assert!(!console.contains("CONSOLE"), "{console}");
    let said = ["cost", "on-demand", "saving", "level-now"].map(|id| element(&dom, id));
    assert_billed(&run()["shown"]["what_if"], (level, demand), &said);
    // Drawn by the script, which the policy lets run; nothing it did is on the console.
    assert!(dom.contains("<polyline class=\"saved\""));
    // A reader of screens says the dollars, not the number of the position.
    let levels = run()["shown"]["what_if"]["levels"].clone();
    let spoken = format!("aria-valuetext=\"{}", dollars(money(&levels[level]), 3));
    assert!(dom.contains(&spoken), "{spoken}");
}

/// What the page says at a position is what was billed.
fn assert_billed(what_if: &Value, (level, demand): (usize, usize), said: &[&str]) {
    let change = &what_if["changes"][demand];
    let cost = money(&change["costs"][level]);
    let on_demand = money(&change["on_demand_cost"]);
    let said: Vec<String> = said
        .iter()
        .map(|text| text.replace('\u{2212}', "-"))
        .collect();
    assert_eq!(said[0], dollars(cost, 2), "{level} {demand}");
    assert_eq!(said[1], dollars(on_demand, 2), "{level} {demand}");
    assert_eq!(said[2], dollars(on_demand - cost, 2), "{level} {demand}");
    let committed = dollars(money(&what_if["levels"][level]), 3);
    assert!(said[3].starts_with(&committed), "{committed}: {}", said[3]);
}

/// Moves both sliders through every position and writes down what the page says; clicks a head twice.
const HANDS: &str = "<script>
const said = [];
const [level, demand] = ['level', 'demand'].map((id) => document.getElementById(id));
const move = (slider, to) => { slider.value = to; slider.dispatchEvent(new Event('input')); };
for (let at = 0; at <= Number(level.max); at++) for (let change = 0; change <= Number(demand.max); change++) {
  move(level, at);
  move(demand, change);
  const texts = ['cost', 'on-demand', 'saving', 'level-now'].map((id) => document.getElementById(id).textContent);
  said.push([at, change, ...texts].join('|'));
}
const written = document.createElement('pre');
written.id = 'written';
written.textContent = said.join('\\n');
document.body.append(written);
for (const n of [0, 1]) Array.from(document.querySelectorAll('th button'))
  .find((one) => one.textContent === 'cost, $').click();
</script>";

#[test]
fn sliders_show_what_was_billed_everywhere_and_heads_sort() {
    let html = std::fs::read_to_string(made().join("all/report.html")).unwrap();
    // A copy whose policy also lets hands through: the page itself cannot be moved from a command line.
    let (head, rest) = html.split_once("<meta http-equiv").unwrap();
    let (_, body) = rest.split_once('>').unwrap();
    let copy = head.to_owned() + &body.replace("</body>", &format!("{HANDS}</body>"));
    let path = made().join("moved.html");
    std::fs::write(&path, copy).unwrap();
    let Some((dom, console)) = dump(&path, "") else {
        return;
    };
    assert!(!console.contains("CONSOLE"), "{console}");
    let what_if = &run()["shown"]["what_if"];
    let mut positions = 0;
    for line in element(&dom, "written").lines() {
        let [level, demand, said @ ..] = &line.split('|').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let place = (level.parse().unwrap(), demand.parse().unwrap());
        assert_billed(what_if, place, said);
        positions += 1;
    }
    let shares = what_if["shares"].as_array().unwrap().len();
    assert_eq!(positions, 9 * shares);
    assert_sorted(&dom);
}

/// By the number behind the cell, the largest first after a second click.
fn assert_sorted(dom: &str) {
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
