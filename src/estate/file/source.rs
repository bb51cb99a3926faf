//! The text of a file while it is read: values become types, and what is wrong is pointed at.

use std::ops::Range;
use std::str::FromStr;

use rust_decimal::{Decimal, dec};
use toml::{Spanned, Value};

use crate::catalog::{InstanceType, Platform, Region, Tenancy, UnknownPlatform, Zone};
use crate::diagnostics::{Diagnostic, Place, nearest};
use crate::estate::amount::{Amount, Band, Level};

/// A text with its place.
pub(in crate::estate) type Text = Spanned<String>;
/// A number, a number in quotes, or a guess, with its place.
pub(in crate::estate) type Figure = Spanned<Value>;

/// The most of anything that a file may state: a million million a month.
const MOST: Decimal = dec!(1_000_000_000_000);

/// A file, to point into it.
#[derive(Debug, Clone, Copy)]
pub(in crate::estate) struct Source<'a> {
    pub(in crate::estate) text: &'a str,
    pub(in crate::estate) name: &'a str,
}

impl Source<'_> {
    /// A problem at a range of bytes of the file.
    pub(in crate::estate) fn spot(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        label: &str,
    ) -> Diagnostic {
        Diagnostic::new(message).at(Place::in_text(self.name, self.text, span, label))
    }

    /// A problem with a text.
    pub(in crate::estate) fn at(
        &self,
        text: &Text,
        message: impl Into<String>,
        label: &str,
    ) -> Diagnostic {
        self.spot(text.span(), message, label)
    }

    pub(in crate::estate) fn not_toml(&self, error: &toml::de::Error) -> Diagnostic {
        let message = error.message().to_owned();
        match error.span() {
            Some(span) => self.spot(span, message, "here"),
            None => Diagnostic::new(message).at(Place::file(self.name)),
        }
    }

    pub(in crate::estate) fn region(&self, text: &Text) -> Result<Region, Diagnostic> {
        text.get_ref()
            .parse()
            .map_err(|error: crate::catalog::UnknownRegion| {
                let problem = self.at(text, error.to_string(), "no region has this code");
                match nearest(text.get_ref(), Region::all().map(Region::as_str)) {
                    Some(near) => problem.hint(format!("did you mean `{near}`?")),
                    None => problem.hint("`bursar prices regions` lists them all"),
                }
            })
    }

    /// A zone with its region.
    pub(in crate::estate) fn zone(&self, text: &Text) -> Result<(Region, Zone), Diagnostic> {
        let zone = Zone::new(text.get_ref());
        let region = Region::from_zone(text.get_ref()).map(|region| (region, zone));
        region.ok_or_else(|| {
            let message = format!("`{zone}` is not an Availability Zone");
            let form = "a region's code and a letter, such as us-east-1a";
            self.at(text, message, form)
        })
    }

    pub(in crate::estate) fn instance_type(&self, text: &Text) -> Result<InstanceType, Diagnostic> {
        let found = InstanceType::from_str(text.get_ref());
        found.map_err(|error| self.at(text, error.to_string(), "such as m7i.large"))
    }

    pub(in crate::estate) fn platform(&self, text: Option<&Text>) -> Result<Platform, Diagnostic> {
        let Some(text) = text else {
            return Ok(Platform::LINUX);
        };
        text.get_ref().parse().map_err(|error: UnknownPlatform| {
            self.at(
                text,
                error.to_string(),
                "such as linux, windows, rhel, windows+sql-std",
            )
        })
    }

    pub(in crate::estate) fn tenancy(&self, text: Option<&Text>) -> Result<Tenancy, Diagnostic> {
        let Some(text) = text else {
            return Ok(Tenancy::Shared);
        };
        text.get_ref().parse().map_err(|expected: String| {
            let message = format!("unknown tenancy `{}`", text.get_ref());
            self.at(text, message, &expected)
        })
    }

    /// One of some words.
    pub(in crate::estate) fn one_of<T: Copy>(
        &self,
        text: &Text,
        what: &str,
        words: &[(&str, T)],
    ) -> Result<T, Diagnostic> {
        let found = words.iter().find(|(word, _)| word == text.get_ref());
        found.map(|(_, meaning)| *meaning).ok_or_else(|| {
            let message = format!("unknown {what} `{}`", text.get_ref());
            let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let problem = self.at(text, message, &format!("one of {}", all.join(", ")));
            match nearest(text.get_ref(), all.into_iter()) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem,
            }
        })
    }

    /// A quantity that may be open: not stated, or guessed.
    pub(in crate::estate) fn amount(&self, figure: Option<&Figure>) -> Result<Amount, Diagnostic> {
        let Some(figure) = figure else {
            return Ok(Amount::OPEN);
        };
        amount(figure.get_ref()).map_err(|error| self.spot(figure.span(), error, "not a quantity"))
    }

    /// A plain number, not below 0.
    pub(in crate::estate) fn number(&self, figure: &Figure) -> Result<Decimal, Diagnostic> {
        number(figure.get_ref())
            .map_err(|error| self.spot(figure.span(), error, "not a number here"))
    }

    /// How many of something: a number above 0.
    pub(in crate::estate) fn count(
        &self,
        figure: Option<&Figure>,
        if_unsaid: u32,
    ) -> Result<Decimal, Diagnostic> {
        let Some(figure) = figure else {
            return Ok(if_unsaid.into());
        };
        let count = self.number(figure)?;
        self.some(figure, &Amount::Known(count))?;
        Ok(count)
    }

    /// A count that may be guessed.
    pub(in crate::estate) fn open_count(
        &self,
        figure: Option<&Figure>,
    ) -> Result<Amount, Diagnostic> {
        let Some(figure) = figure else {
            return Ok(Amount::Known(Decimal::ONE));
        };
        let count = self.amount(Some(figure))?;
        self.some(figure, &count)?;
        Ok(count)
    }

    fn some(&self, figure: &Figure, count: &Amount) -> Result<(), Diagnostic> {
        if !count.is_none() {
            return Ok(());
        }
        let message = "a count of 0 is nothing";
        Err(self
            .spot(figure.span(), message, "at least 1")
            .hint("leave the resource out where there is none"))
    }

    /// Whole things, 0 allowed.
    pub(in crate::estate) fn whole(
        &self,
        figure: Option<&Figure>,
        if_unsaid: u32,
    ) -> Result<u32, Diagnostic> {
        let Some(figure) = figure else {
            return Ok(if_unsaid);
        };
        let number = self.number(figure)?;
        let whole = (number.fract().is_zero())
            .then(|| u32::try_from(number).ok())
            .flatten();
        whole.ok_or_else(|| {
            self.spot(
                figure.span(),
                format!("`{number}` is not a whole number"),
                "a whole number",
            )
        })
    }

    /// A share: `"50%"`, or 0.5.
    pub(in crate::estate) fn share(&self, figure: Option<&Figure>) -> Result<Decimal, Diagnostic> {
        let Some(figure) = figure else {
            return Ok(Decimal::ZERO);
        };
        let is_share = |share: &Decimal| *share >= Decimal::ZERO && *share <= Decimal::ONE;
        let found = match figure.get_ref() {
            Value::String(text) => match text.strip_suffix('%') {
                Some(percent) => exact(percent.trim())
                    .ok()
                    .map(|percent| percent / Decimal::ONE_HUNDRED),
                None => exact(text).ok(),
            },
            other => number(other).ok(),
        };
        found.filter(is_share).ok_or_else(|| {
            let text = self.text.get(figure.span()).unwrap_or_default();
            let message = format!("`{}` is not a share", text.trim_matches('"'));
            self.spot(figure.span(), message, "\"0%\" to \"100%\", or 0 to 1")
        })
    }
}

/// An amount, or what is wrong with it.
pub(in crate::estate) fn amount(value: &Value) -> Result<Amount, String> {
    let Value::Table(table) = value else {
        return number(value).map(Amount::Known);
    };
    let mut band = Band::default();
    for (level, value) in table {
        let figure = number(value)?;
        match level.as_str() {
            "low" => band.low = Some(figure),
            "typical" => band.typical = Some(figure),
            "high" => band.high = Some(figure),
            other => return Err(format!("a guess has low, typical and high, not `{other}`")),
        }
    }
    let stated: Vec<Decimal> = Level::ALL
        .iter()
        .filter_map(|&level| band.at(level))
        .collect();
    if stated.is_empty() {
        return Err("a guess without low, typical or high".into());
    }
    if !stated.is_sorted() {
        return Err("a guess goes up from low over typical to high".into());
    }
    Ok(Amount::Open(band))
}

/// A plain number, not below 0; or what is wrong with it.
fn number(value: &Value) -> Result<Decimal, String> {
    let number = match value {
        Value::Integer(whole) => Decimal::from(*whole),
        // The shortest digits that mean this number, which are those of the file.
        Value::Float(float) => exact(&float.to_string())?,
        Value::String(text) => exact(text)?,
        other => {
            return Err(format!(
                "a number is wanted here, not a {}",
                other.type_str()
            ));
        }
    };
    if number.is_sign_negative() && !number.is_zero() {
        return Err(format!("`{number}` is below 0"));
    }
    if number > MOST {
        return Err(format!("`{number}` is more than anybody uses in a month"));
    }
    Ok(number)
}

fn exact(text: &str) -> Result<Decimal, String> {
    text.parse()
        .map_err(|_| format!("`{text}` is not a number"))
}
