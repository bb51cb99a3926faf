//! Values of a scenario file, each with its place: numbers exact as they are written, names of what AWS sells.

use std::collections::BTreeSet;
use std::ops::Range;

use rust_decimal::Decimal;
use toml::Spanned;

use super::ratio::Ratio;
use super::week::{Week, days, times};
use super::zone::{TimeZone, names};
use crate::catalog::{
    Family, InstanceType, Platform, Region, ServiceItem, UnknownRegion, instance_types,
};
use crate::demand::Market;
use crate::diagnostics::{Diagnostic, Place, nearest};
use crate::units::Hour;

/// A value with its place. Its text is taken from the file, so that `0.85` is exact without quotes, too.
pub(super) type Raw = Spanned<toml::Value>;
pub(super) type Text = Spanned<String>;

/// The most a percentage may say, and the most decimals it may have.
const MOST_PERCENT: u32 = 100_000;
const DECIMALS: u32 = 4;
/// Past any fleet's.
const MOST_GIGABYTES: u64 = 1_000_000_000_000;

/// The file while it is read, to point into it.
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) name: &'a str,
}

impl Source<'_> {
    /// The text of a value, without quotes.
    pub(super) fn raw<'s>(&'s self, raw: &'s Raw) -> &'s str {
        match raw.get_ref() {
            toml::Value::String(text) => text,
            _ => self.text.get(raw.span()).unwrap_or_default(),
        }
    }

    pub(super) fn region(&self, raw: &Raw) -> Result<Region, Diagnostic> {
        let text = self.raw(raw);
        text.parse().map_err(|error: UnknownRegion| {
            let problem = self.at(raw, error.to_string(), "no region has this code");
            match nearest(text, Region::all().map(Region::as_str)) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint("`bursar prices regions` lists them all"),
            }
        })
    }

    /// A family of which the catalogue knows a type.
    pub(super) fn family(&self, raw: &Raw) -> Result<Family, Diagnostic> {
        let text = self.raw(raw);
        let known = instance_types().map(|known| known.family().as_str());
        let known: BTreeSet<&str> = known.collect();
        if known.contains(text) {
            return Ok(Family::new(text));
        }
        let message = format!("unknown instance family `{text}`");
        let problem = self.at(raw, message, "no instance type is of this family");
        Err(match nearest(text, known.into_iter()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        })
    }

    /// A family that usage may have, known or not.
    #[expect(clippy::unnecessary_wraps, reason = "one of several readers of values")]
    pub(super) fn any_family(&self, raw: &Raw) -> Result<Family, Diagnostic> {
        Ok(Family::new(self.raw(raw)))
    }

    pub(super) fn instance_type(&self, raw: &Raw) -> Result<InstanceType, Diagnostic> {
        let text = self.raw(raw);
        text.parse().map_err(|_| {
            self.at(
                raw,
                format!("`{text}` is not an instance type"),
                "such as m6i.large",
            )
        })
    }

    pub(super) fn platform(&self, raw: &Raw) -> Result<Platform, Diagnostic> {
        let text = self.raw(raw);
        let message = || format!("unknown operating system `{text}`");
        text.parse()
            .map_err(|_| self.at(raw, message(), "such as linux, windows, rhel"))
    }

    pub(super) fn market(&self, raw: &Raw) -> Result<Market, Diagnostic> {
        let markets = [("on-demand", Market::OnDemand), ("spot", Market::Spot)];
        self.word(raw, self.raw(raw), &markets, "purchase")
    }

    pub(super) fn item(&self, raw: &Raw) -> Result<ServiceItem, Diagnostic> {
        let text = self.raw(raw);
        text.parse().map_err(|_| {
            let message = format!("`{text}` is not the name of a charge");
            self.at(raw, message, "such as nat-gateway-gb")
                .hint("`bursar prices services --region us-east-1` lists the names")
        })
    }

    pub(super) fn tag(&self, raw: &Raw) -> Result<(String, String), Diagnostic> {
        let text = self.raw(raw);
        let (name, value) = text.split_once('=').ok_or_else(|| {
            self.at(
                raw,
                format!("`{text}` is not a tag and its value"),
                "such as team=web",
            )
        })?;
        Ok((name.to_owned(), value.to_owned()))
    }

    pub(super) fn yes(&self, raw: &Raw) -> Result<bool, Diagnostic> {
        raw.get_ref().as_bool().ok_or_else(|| {
            let message = format!("`{}` is neither true nor false", self.raw(raw));
            self.at(raw, message, "expected true or false")
        })
    }

    /// An hour, or the first hour of a day (UTC).
    pub(super) fn hour(&self, raw: &Raw) -> Result<Hour, Diagnostic> {
        let text = self.raw(raw);
        let day = || Hour::parse(&format!("{text}T00:00Z"));
        Hour::parse(text)
            .or_else(|error| day().map_err(|_| error))
            .map_err(|error| {
                let label = "a day or an hour: 2026-08-01, 2026-08-01T05:00Z";
                self.at(raw, error.to_string(), label)
            })
    }

    /// `10%`, nothing below.
    pub(super) fn percent(&self, raw: &Raw) -> Result<Ratio, Diagnostic> {
        let percent = self.percentage(raw)?;
        Ratio::from_decimal(percent).ok_or_else(|| {
            let message = format!("`{}` is below 0", self.raw(raw));
            self.at(raw, message, "`grow` and `shrink` say which way")
        })
    }

    /// A share of what there is: more than nothing, at most all.
    pub(super) fn share(&self, raw: &Raw) -> Result<Ratio, Diagnostic> {
        let share = self.percent(raw)?;
        if share.is_zero() || share.is_above_one() {
            let message = format!("`{}` is no share", self.raw(raw));
            return Err(self.at(raw, message, "more than 0%, at most 100%"));
        }
        Ok(share)
    }

    /// What `+5%` or `-5%` makes of one.
    pub(super) fn signed_percent(&self, raw: &Raw) -> Result<Ratio, Diagnostic> {
        let percent = self.percentage(raw)?;
        let ratio = Ratio::from_decimal(Decimal::ONE + percent).filter(|ratio| !ratio.is_zero());
        ratio.ok_or_else(|| {
            let message = format!("`{}` leaves no price", self.raw(raw));
            self.at(raw, message, "above -100%")
        })
    }

    fn percentage(&self, raw: &Raw) -> Result<Decimal, Diagnostic> {
        let text = self.raw(raw);
        let number = text.strip_suffix('%').map(str::trim);
        let label = "with its sign: \"10%\", \"2.5%\"";
        let Some(number) = number.and_then(decimal) else {
            let message = format!("`{text}` is not a percentage");
            return Err(self.at(raw, message, label));
        };
        if number.normalize().scale() > DECIMALS {
            let message = format!("`{text}` has more than {DECIMALS} decimals");
            return Err(self.at(raw, message, label));
        }
        if number.abs() > Decimal::from(MOST_PERCENT) {
            let message = format!("`{text}` is more than {MOST_PERCENT} %");
            return Err(self.at(raw, message, "too much"));
        }
        Ok((number / Decimal::ONE_HUNDRED).normalize())
    }

    /// So many for one: above 0, at most 1000, at most four decimals.
    pub(super) fn ratio(&self, raw: &Raw) -> Result<Ratio, Diagnostic> {
        let text = self.raw(raw);
        let number = decimal(text).filter(|number| {
            *number > Decimal::ZERO
                && *number <= Decimal::ONE_THOUSAND
                && number.normalize().scale() <= DECIMALS
        });
        number.and_then(Ratio::from_decimal).ok_or_else(|| {
            let message = format!("`{text}` is no ratio");
            let label = "above 0, at most 1000, with four decimals at most: 0.85";
            self.at(raw, message, label)
        })
    }

    pub(super) fn gigabytes(&self, raw: &Raw) -> Result<Decimal, Diagnostic> {
        let text = self.raw(raw);
        let number = decimal(text)
            .filter(|number| *number >= Decimal::ZERO && *number <= Decimal::from(MOST_GIGABYTES));
        number.ok_or_else(|| {
            let message = format!("`{text}` is no number of gigabytes");
            self.at(raw, message, "0 or more, such as 500")
        })
    }

    /// A whole number, one at least.
    pub(super) fn count(&self, raw: &Raw) -> Result<u32, Diagnostic> {
        let text = self.raw(raw);
        let number = text.parse::<u32>().ok();
        let number = number.filter(|number| (1..=1_000_000).contains(number));
        number.ok_or_else(|| {
            let message = format!("`{text}` is no number of things");
            self.at(raw, message, "a whole number, 1 or more")
        })
    }

    pub(super) fn week(&self, on: &Raw, hours: &Raw, zone: &Raw) -> Result<Week, Diagnostic> {
        let days = days(self.raw(on)).ok_or_else(|| {
            let message = format!("`{}` names no days", self.raw(on));
            self.at(on, message, "such as mon-fri, mon,wed,fri or daily")
        })?;
        let times = times(self.raw(hours)).ok_or_else(|| {
            let message = format!("`{}` is no window of a day", self.raw(hours));
            self.at(
                hours,
                message,
                "such as 08:00-20:00, or 22:00-06:00 past midnight",
            )
        })?;
        let name = self.raw(zone);
        let zone = TimeZone::parse(name).ok_or_else(|| {
            let message = format!("unknown time zone `{name}`");
            let problem = self.at(zone, message, "no zone that is known here");
            let near = nearest(name, names()).map(|near| format!("did you mean `{near}`? "));
            let near = near.unwrap_or_default();
            problem.hint(format!(
                "{near}a name such as Europe/Berlin or America/New_York, UTC, or an offset such as +09:00"
            ))
        })?;
        Ok(Week::new(days, times, zone))
    }

    /// A list of words.
    pub(super) fn words<T: Copy>(
        &self,
        raw: &Raw,
        known: &[(&str, T)],
        what: &str,
    ) -> Result<Vec<T>, Diagnostic> {
        let list = raw.get_ref().as_array().map(Vec::as_slice);
        let Some(list) = list.filter(|list| !list.is_empty()) else {
            let message = format!("`{}` is no list", self.raw(raw));
            return Err(self.at(raw, message, "a list of texts in brackets"));
        };
        let word = |value: &toml::Value| {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            self.word(raw, &text, known, what)
        };
        list.iter().map(word).collect()
    }

    fn word<T: Copy>(
        &self,
        raw: &Raw,
        text: &str,
        known: &[(&str, T)],
        what: &str,
    ) -> Result<T, Diagnostic> {
        let found = known.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| *value).ok_or_else(|| {
            let words: Vec<&str> = known.iter().map(|(word, _)| *word).collect();
            let message = format!("unknown {what} `{text}`");
            self.at(raw, message, &format!("expected {}", words.join(", ")))
        })
    }

    pub(super) fn at(&self, raw: &Raw, message: String, label: &str) -> Diagnostic {
        self.spot(raw.span(), message, label)
    }

    pub(super) fn spot(&self, span: Range<usize>, message: String, label: &str) -> Diagnostic {
        Diagnostic::new(message).at(self.place(span, label))
    }

    pub(super) fn place(&self, span: Range<usize>, label: &str) -> Place {
        Place::in_text(self.name, self.text, span, label)
    }

    /// A problem of the file as a whole.
    pub(super) fn whole(&self, message: &str) -> Diagnostic {
        Diagnostic::new(message).at(Place::file(self.name))
    }

    pub(super) fn not_toml(&self, error: &toml::de::Error) -> Diagnostic {
        // Keys of every change are in one list, forty of them: most would mislead.
        let (message, expected) = match error.message().split_once(", expected one of ") {
            Some((message, expected)) => (message.replace("field", "key"), expected),
            None => (error.message().to_owned(), ""),
        };
        let problem = match error.span() {
            Some(span) => self.spot(span, message.clone(), "here"),
            None => self.whole(&message),
        };
        let found = message.split('`').nth(1).unwrap_or_default();
        match nearest(found, expected.split('`').filter(|word| word.len() > 2)) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        }
    }
}

/// A plain decimal number: digits, a point, perhaps a sign.
fn decimal(text: &str) -> Option<Decimal> {
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.".contains(&byte));
    plain.then(|| text.parse().ok()).flatten()
}
