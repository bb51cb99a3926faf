//! A report as data: what it says, in order, without saying how any format lays it out.

use chrono::NaiveDate;
use serde::Serialize;

use super::{Cell, Exchange, Language, Table};

/// A report. All text is plain text: no format reads markup in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Document {
    /// The first heading and the file's title.
    pub title: String,
    /// One line below the title: what was looked at and when.
    pub subtitle: String,
    /// What every page's foot says beside its number: program, price book.
    pub footer: String,
    /// The content in reading order.
    pub blocks: Vec<Block>,
    /// The second currency in it, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exchange: Option<Exchange>,
    /// The day it was made as `2026-11-22`, where it is to say so: its bytes are that day's then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dated: Option<String>,
    /// The code of the language its words are in; none for English.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub language: &'static str,
}

/// One piece of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "content", rename_all = "snake_case")]
pub enum Block {
    /// Opens a section.
    Heading(String),
    /// Running text.
    Paragraph(String),
    /// The sentence the reader came for, set larger.
    Decision(String),
    /// A row of key figures, three or four of them.
    Figures(Vec<Figure>),
    /// Points, a line or two each.
    List(Vec<String>),
    /// Rows under heads; heads repeat on every page the table reaches.
    Table(Table),
    /// A chart.
    Picture(Picture),
    /// Costs to move about in, where the format can: elsewhere it is left out or a table.
    WhatIf(WhatIf),
    /// Names and their values: settings, fingerprints.
    Facts(Vec<(String, String)>),
    /// Small print.
    Note(String),
    /// What follows starts a page.
    PageBreak,
}

/// A key figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Figure {
    /// What it is.
    pub label: String,
    /// The figure, with its unit.
    pub value: Cell,
    /// What it is to be compared with; may be empty.
    pub detail: String,
}

/// Costs under other commitments and other demand, each worked out beforehand: nobody has to calculate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WhatIf {
    /// What moves along the levels: `Compute Savings Plan, dollars an hour`.
    pub level: String,
    /// Levels of it, ascending.
    pub levels: Vec<Cell>,
    /// Which of them the plan has.
    pub chosen: usize,
    /// Changes of demand, ascending, as `+10 %`.
    pub changes: Vec<String>,
    /// Which of them is none.
    pub unchanged: usize,
    /// By change of demand, by level.
    pub stops: Vec<Vec<Stop>>,
}

/// One demand under one level.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stop {
    /// What the window costs.
    pub cost: Cell,
    /// What it would cost On-Demand.
    pub on_demand: Cell,
    /// What is saved against that.
    pub saving: Cell,
    /// The same in per cent.
    pub share: Cell,
}

/// A drawing and the words for those who cannot see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Picture {
    /// The drawing, a whole SVG file.
    pub svg: String,
    /// What it shows, in a sentence.
    pub alt: String,
}

impl Document {
    /// An empty report.
    pub fn new(
        title: impl Into<String>,
        subtitle: impl Into<String>,
        footer: impl Into<String>,
    ) -> Self {
        Self {
            title: title.into(),
            subtitle: subtitle.into(),
            footer: footer.into(),
            blocks: Vec::new(),
            exchange: None,
            dated: None,
            language: "",
        }
    }

    /// The same in a language: every text that its table knows.
    #[must_use]
    pub fn in_language(mut self, language: &'static Language) -> Self {
        if language.code() == Language::english().code() {
            return self;
        }
        self.language = language.code();
        for text in self.texts_mut(true) {
            *text = language.say(text);
        }
        self
    }

    /// The same with the day it was made, below its title and in its files' properties.
    #[must_use]
    pub fn made_on(mut self, day: NaiveDate) -> Self {
        let words = format!("{}; made on {day}", self.subtitle);
        self.subtitle = self.language().say(&words);
        self.dated = Some(day.to_string());
        self
    }

    /// The language its words are in.
    pub fn language(&self) -> &'static Language {
        Language::of(self.language).unwrap_or_else(Language::english)
    }

    /// Every text in it.
    pub fn texts(&self) -> Vec<String> {
        // One list of where texts are, for reading and for changing.
        let mut copy = self.clone();
        copy.texts_mut(false)
            .into_iter()
            .map(std::mem::take)
            .collect()
    }

    /// All of them, or all but what are somebody's own words.
    fn texts_mut(&mut self, words_only: bool) -> Vec<&mut String> {
        let mut texts = vec![&mut self.title, &mut self.subtitle, &mut self.footer];
        for block in &mut self.blocks {
            block.add_texts(&mut texts, words_only);
        }
        texts
    }

    /// Adds a block at the end.
    pub fn push(&mut self, block: Block) -> &mut Self {
        self.blocks.push(block);
        self
    }
}

impl Block {
    fn add_texts<'a>(&'a mut self, texts: &mut Vec<&'a mut String>, words_only: bool) {
        match self {
            Self::Heading(words)
            | Self::Paragraph(words)
            | Self::Decision(words)
            | Self::Note(words) => texts.push(words),
            Self::Figures(figures) => {
                for figure in figures {
                    texts.extend([
                        &mut figure.label,
                        figure.value.text_mut(),
                        &mut figure.detail,
                    ]);
                }
            }
            Self::List(points) => texts.extend(points),
            Self::Table(table) => {
                texts.push(&mut table.title);
                let own: Vec<bool> = table.columns.iter().map(|column| column.verbatim).collect();
                texts.extend(table.columns.iter_mut().map(|column| &mut column.title));
                for row in &mut table.rows {
                    let cells = row
                        .iter_mut()
                        .zip(&own)
                        .filter(|(_, own)| !words_only || !**own);
                    texts.extend(cells.map(|(cell, _)| cell.text_mut()));
                }
                texts.extend(&mut table.notes);
            }
            Self::Picture(picture) => texts.push(&mut picture.alt),
            Self::WhatIf(block) => {
                texts.push(&mut block.level);
                texts.extend(block.levels.iter_mut().map(Cell::text_mut));
                texts.extend(&mut block.changes);
            }
            Self::Facts(facts) => {
                for (name, value) in facts {
                    texts.extend([name, value]);
                }
            }
            Self::PageBreak => {}
        }
    }
}

impl Figure {
    /// A key figure.
    pub fn new(
        label: impl Into<String>,
        value: impl Into<Cell>,
        detail: impl Into<String>,
    ) -> Self {
        Self {
            label: label.into(),
            value: value.into(),
            detail: detail.into(),
        }
    }
}
