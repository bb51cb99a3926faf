//! Two sliders over costs that were all billed beforehand: the script looks figures up and calculates none.

use std::fmt::Write as _;

use serde::Serialize;

use super::{Stop, escape, number};
use crate::report::{Language, WhatIf};

/// What the script reads.
#[derive(Serialize)]
struct Data<'a> {
    levels: Vec<&'a str>,
    changes: &'a [String],
    chosen: usize,
    /// Words of the drawing: what stands at nothing saved, and what the drawing is.
    words: [String; 2],
    /// By change, by level: cost, On-Demand, saving, per cent, and the saving once more as a place on the curve.
    stops: Vec<Vec<[String; 5]>>,
}

/// The sliders, the figures as they are without moving them, and the data.
pub(super) fn section(block: &WhatIf, language: &Language) -> String {
    let say = |words: &str| escape(&language.say(words));
    let stops = block.stops.get(block.unchanged);
    let Some(stop) = stops.and_then(|stops| stops.get(block.chosen)) else {
        return String::new();
    };
    let mut html = format!(
        "<section class=\"what-if\">\n<h3>{}</h3>\n<div class=\"controls\" hidden>",
        say("Move it yourself")
    );
    if block.levels.len() > 1 {
        let own = block
            .levels
            .get(block.chosen)
            .map_or("", |cell| cell.text());
        let range = (block.levels.len() - 1, block.chosen);
        html.push_str(&slider("level", &block.level, own, range));
    }
    let own = block
        .changes
        .get(block.unchanged)
        .map_or("", String::as_str);
    let range = (block.changes.len().saturating_sub(1), block.unchanged);
    html.push_str(&slider(
        "demand",
        &language.say("Usage of every hour"),
        own,
        range,
    ));
    html.push_str("</div>\n<dl class=\"figures\" aria-live=\"polite\">");
    for (id, label, cell) in [
        ("cost", "Cost of the window", &stop.cost),
        ("on-demand", "On-Demand", &stop.on_demand),
        ("saving", "Saving", &stop.saving),
        ("share", "Saving, %", &stop.share),
    ] {
        let (label, value) = (say(label), number(cell.text()));
        let _ = write!(
            html,
            "<div><dt>{label}</dt><dd id=\"{id}\">{value}</dd></div>"
        );
    }
    html.push_str("</dl>\n<div id=\"curve\" class=\"scroll\"></div>\n<p class=\"note\">");
    html.push_str(&say(if block.levels.len() > 1 {
        "Every position of the sliders was billed hour by hour beforehand, every purchase at that share of its amount; \
         nothing is interpolated. The curve is the saving against the commitment; the ring marks the mix as proposed."
    } else {
        "Every position of the slider was billed hour by hour beforehand; nothing is interpolated."
    }));
    let _ = write!(
        html,
        "</p>\n<script type=\"application/json\" id=\"what-if\">{}</script>\n</section>",
        data(block, language)
    );
    html
}

fn slider(id: &str, label: &str, value: &str, (last, at): (usize, usize)) -> String {
    format!(
        "<label for=\"{id}\">{} <output id=\"{id}-now\" for=\"{id}\">{}</output></label>\
         <input type=\"range\" id=\"{id}\" min=\"0\" max=\"{last}\" value=\"{at}\" autocomplete=\"off\">",
        escape(label),
        escape(value)
    )
}

fn data(block: &WhatIf, language: &Language) -> String {
    let cells = |stop: &Stop| {
        let text = |text: &str| text.replacen('-', "\u{2212}", 1);
        let place = stop.saving.value().map(|value| value.number.round_dp(2));
        [
            text(stop.cost.text()),
            text(stop.on_demand.text()),
            text(stop.saving.text()),
            text(stop.share.text()),
            place.unwrap_or_default().to_string(),
        ]
    };
    let stops = block.stops.iter();
    let data = Data {
        levels: block.levels.iter().map(super::Cell::text).collect(),
        changes: &block.changes,
        chosen: block.chosen,
        words: ["saves nothing", "Saving against commitment"].map(|words| language.say(words)),
        stops: stops
            .map(|stops| stops.iter().map(cells).collect())
            .collect(),
    };
    // Texts and numbers always make JSON; and no text may end the element they stand in.
    serde_json::to_string(&data)
        .unwrap_or_default()
        .replace('<', "\\u003c")
}
