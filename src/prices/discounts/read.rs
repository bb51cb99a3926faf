//! Reads `discounts.toml` (docs/file-formats.md), and refuses what is ambiguous or cannot be meant.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::str::FromStr;
use std::sync::Arc;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use toml::{Spanned, Value};

use super::super::book::PriceBook;
use super::conditions::{Conditions, EC2};
use super::{Combine, Discounts, Part, Period, Rule, Share, Terms};
use crate::catalog::{
    Family, InstanceType, Platform, Region, ServiceItem, Tenancy, UnknownPlatform, UnknownRegion,
    instance_types,
};
use crate::diagnostics::{Diagnostic, Place, nearest};
use crate::units::{InstanceHour, Rate};

type Text = Spanned<String>;
/// A number or a day, with quotes or without: its digits are read from the text itself.
type Plain = Spanned<Value>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    combine: Option<Text>,
    #[serde(default)]
    period: Vec<Spanned<PeriodRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeriodRow {
    from: Plain,
    to: Option<Plain>,
    everything: Option<Plain>,
    spot: Option<Plain>,
    reserved_instances: Option<Plain>,
    savings_plans: Option<Plain>,
    #[serde(default)]
    services: BTreeMap<Text, Plain>,
    #[serde(default)]
    rule: Vec<Spanned<RuleRow>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleRow {
    service: Option<Text>,
    region: Option<Text>,
    item: Option<Text>,
    family: Option<Text>,
    instance_type: Option<Text>,
    operating_system: Option<Text>,
    tenancy: Option<Text>,
    percent: Option<Plain>,
    price: Option<Plain>,
}

/// What a percentage may be, as a label under the marks.
const PERCENT: &str = "0 or more, below 100, at most 4 decimals";

impl Discounts {
    /// Reads the text of a discounts file called `name`; `book` knows the services and their items.
    ///
    /// # Errors
    /// A [`Diagnostic`] with line and marks: not TOML, an unknown field or name, a percentage out of range,
    /// periods that overlap, rules that contradict each other.
    pub fn read(text: &str, name: &str, book: &PriceBook) -> Result<Self, Diagnostic> {
        let charges = book.bundled().map(|bundled| bundled.charges());
        let charges = charges
            .transpose()
            .map_err(|damaged| Diagnostic::new(damaged.to_string()))?;
        let source = Source {
            text,
            name,
            items: charges.map(|charges| charges.items()).unwrap_or_default(),
            families: instance_types()
                .map(|known| known.family().as_str())
                .collect(),
            types: instance_types().map(InstanceType::as_str).collect(),
        };
        let file: File = toml::from_str(text).map_err(|error| source.not_toml(&error))?;
        let combine = match &file.combine {
            None => Combine::MostSpecific,
            Some(word) => source.combine(word)?,
        };
        let mut periods = Vec::new();
        for row in &file.period {
            let period = source.period(row)?;
            source.apart(row, &period, &periods)?;
            periods.push(period);
        }
        if periods.is_empty() {
            let message = "the file has no `[[period]]`: nothing is agreed";
            return Err(Diagnostic::new(message).at(Place::file(name)).hint(FORM));
        }
        periods.sort_by_key(|period| period.from);
        Ok(Self {
            file: name.into(),
            combine,
            periods,
        })
    }
}

const FORM: &str = "docs/file-formats.md has an example of a discounts file";

/// The file while it is read, to point into it.
struct Source<'a> {
    text: &'a str,
    name: &'a str,
    /// What AWS charges for beside instances, with the service it belongs to.
    items: BTreeMap<&'a ServiceItem, &'a str>,
    families: BTreeSet<&'static str>,
    types: BTreeSet<&'static str>,
}

impl Source<'_> {
    fn combine(&self, word: &Text) -> Result<Combine, Diagnostic> {
        match word.get_ref().as_str() {
            "most-specific" => Ok(Combine::MostSpecific),
            "stack" => Ok(Combine::Stack),
            other => {
                let message = format!("unknown way to combine `{other}`");
                Err(self.at(word.span(), message, "most-specific or stack"))
            }
        }
    }

    fn period(&self, row: &Spanned<PeriodRow>) -> Result<Period, Diagnostic> {
        let fields = row.get_ref();
        let from = self.day(&fields.from)?;
        let to = fields.to.as_ref().map(|to| self.day(to)).transpose()?;
        if let (Some(last), Some(to)) = (to.filter(|to| *to < from), &fields.to) {
            let message = format!("the period ends on {last}, before it begins on {from}");
            return Err(self.at(to.span(), message, "the last day that it holds"));
        }
        let everything = match &fields.everything {
            None => Share::WHOLE,
            Some(percent) => self.percent(percent)?,
        };
        let reach =
            |field: &Option<Plain>, name: &str| self.reach(row, field.as_ref(), name, everything);
        let mut period = Period {
            from,
            to,
            line: self.line(fields.from.span()),
            everything: Part {
                share: everything,
                line: self.line(fields.everything.as_ref().unwrap_or(&fields.from).span()),
            },
            spot: reach(&fields.spot, "spot")?,
            reserved: reach(&fields.reserved_instances, "reserved_instances")?,
            plans: reach(&fields.savings_plans, "savings_plans")?,
            rules: Vec::new(),
        };
        let services = fields.services.iter().map(|row| self.service_rule(row));
        let rules = fields.rule.iter().map(|row| self.rule(row));
        for rule in services.chain(rules) {
            add(rule?, &mut period.rules)?;
        }
        settled(&period.rules)?;
        Ok(period)
    }

    /// Whether the percentage on everything reaches Spot or the fees of commitments: contracts differ, so it has
    /// to be said.
    fn reach(
        &self,
        row: &Spanned<PeriodRow>,
        field: Option<&Plain>,
        name: &str,
        everything: Share,
    ) -> Result<Part, Diagnostic> {
        let fields = row.get_ref();
        let line = self.line(field.unwrap_or(&fields.from).span());
        let part = |share| Ok(Part { share, line });
        match field.map(|field| (field, field.get_ref())) {
            Some((_, Value::Boolean(true))) => part(everything),
            Some((_, Value::Boolean(false))) => part(Share::WHOLE),
            Some((field, _)) => part(self.percent(field)?),
            None if everything == Share::WHOLE => part(Share::WHOLE),
            None => {
                let span = fields.everything.as_ref().map_or(row.span(), Spanned::span);
                let message = format!("`{name}` is missing: does it get this percentage?");
                let hint = format!(
                    "write `{name} = true`, `{name} = false`, or the percentage that it gets"
                );
                Err(self.at(span, message, "on everything").hint(hint))
            }
        }
    }

    /// The period lies beside those read before it.
    fn apart(
        &self,
        row: &Spanned<PeriodRow>,
        period: &Period,
        earlier: &[Period],
    ) -> Result<(), Diagnostic> {
        let overlap = |other: &&Period| {
            other.to.is_none_or(|to| period.from <= to)
                && period.to.is_none_or(|to| other.from <= to)
        };
        match earlier.iter().find(overlap) {
            None => Ok(()),
            Some(other) => {
                let line = other.line;
                let message = format!("the periods {other} (line {line}) and {period} overlap");
                let from = row.get_ref().from.span();
                Err(self.at(from, message, "both hold on some days"))
            }
        }
    }

    /// A percentage on a whole service.
    fn service_rule(&self, (name, percent): (&Text, &Plain)) -> Result<Rule, Diagnostic> {
        Ok(Rule {
            when: Conditions {
                service: Some(self.service(name)?),
                ..Conditions::default()
            },
            terms: Terms::Left(self.percent(percent)?),
            place: self.place(name.span(), "this service"),
        })
    }

    fn rule(&self, row: &Spanned<RuleRow>) -> Result<Rule, Diagnostic> {
        let fields = row.get_ref();
        let mut when = self.conditions(fields, row.span())?;
        let terms = match (&fields.percent, &fields.price) {
            (Some(percent), None) => Terms::Left(self.percent(percent)?),
            (None, Some(price)) => {
                self.priced(&mut when, price)?;
                Terms::Price(self.price(price)?)
            }
            _ => {
                let message = "a rule has either `percent` or `price`".to_owned();
                return Err(self.at(row.span(), message, "this rule").hint(FORM));
            }
        };
        let said = fields.percent.as_ref().or(fields.price.as_ref());
        let span = said.map_or(row.span(), Spanned::span);
        Ok(Rule {
            when,
            terms,
            place: self.place(span, "this rule"),
        })
    }

    fn conditions(&self, row: &RuleRow, span: Range<usize>) -> Result<Conditions, Diagnostic> {
        let region = row.region.as_ref().map(|r| self.region(r)).transpose()?;
        let mut when = Conditions {
            region,
            ..Conditions::default()
        };
        let named = row.service.as_ref().map(|s| self.service(s)).transpose()?;
        let of_instances = [
            &row.family,
            &row.instance_type,
            &row.operating_system,
            &row.tenancy,
        ];
        let instance = of_instances.into_iter().flatten().next();
        let own: Option<Arc<str>> = match (&row.item, instance) {
            (Some(item), Some(instance)) => {
                let message = "a rule is either of instances or of a service's item".to_owned();
                let later = if item.span().start > instance.span().start {
                    item.span()
                } else {
                    instance.span()
                };
                return Err(self.at(later, message, "beside the other"));
            }
            (Some(item), None) => {
                let (item, service) = self.item(item)?;
                when.item = Some(item);
                Some(service.into())
            }
            (None, Some(_)) => Some(EC2.into()),
            (None, None) => None,
        };
        when.service = match (named, own) {
            (Some(named), Some(own)) if named != own => {
                let message = format!("the rule is of `{own}`, not of `{named}`");
                let at = row.service.as_ref().map_or(span, Spanned::span);
                return Err(self.at(at, message, "another service"));
            }
            (None, None) => {
                let message = "the rule does not say what it is of".to_owned();
                let hint = "name a `service`, an `item`, a `family` or an `instance_type`";
                return Err(self.at(span, message, "this rule").hint(hint));
            }
            (named, own) => named.or(own),
        };
        self.instance(row, &mut when)?;
        Ok(when)
    }

    fn instance(&self, row: &RuleRow, when: &mut Conditions) -> Result<(), Diagnostic> {
        if let Some(family) = &row.family {
            when.family = Some(self.family(family)?);
        }
        if let Some(text) = &row.instance_type {
            let instance_type = self.instance_type(text)?;
            when.instance_type = Some(instance_type);
            let family = instance_type.family();
            if when.family.is_some_and(|named| named != family) {
                let message = format!("{instance_type} is not of the family named");
                return Err(self.at(text.span(), message, "of another family"));
            }
            when.family = Some(family);
        }
        if let Some(text) = &row.operating_system {
            let platform = Platform::from_str(text.get_ref());
            let label = "such as linux, windows, rhel";
            when.platform = Some(platform.map_err(|error: UnknownPlatform| {
                self.at(text.span(), error.to_string(), label)
            })?);
        }
        if let Some(text) = &row.tenancy {
            let message = format!("unknown tenancy `{}`", text.get_ref());
            let tenancy: Result<Tenancy, String> = text.get_ref().parse();
            let wrong = |label: String| self.at(text.span(), message, &label);
            when.tenancy = Some(tenancy.map_err(wrong)?);
        }
        Ok(())
    }

    /// A private price is of one thing: an item, or one instance type in a region on a platform.
    fn priced(&self, when: &mut Conditions, price: &Plain) -> Result<(), Diagnostic> {
        if when.item.is_some() {
            return Ok(());
        }
        when.tenancy = when.tenancy.or(Some(Tenancy::Shared));
        if when.product().is_some() {
            return Ok(());
        }
        let message = "a private price is of one product".to_owned();
        let hint = "name the `item`; or `instance_type`, `region` and `operating_system`; \
                    for more than one product give a `percent`";
        Err(self.at(price.span(), message, "of which?").hint(hint))
    }

    fn service(&self, text: &Text) -> Result<Arc<str>, Diagnostic> {
        let wanted = text.get_ref().as_str();
        let mut known: BTreeSet<&str> = self.items.values().copied().collect();
        known.insert(EC2);
        if known.contains(wanted) {
            return Ok(wanted.into());
        }
        let all: Vec<&str> = known.iter().copied().collect();
        let hint = match nearest(wanted, known.into_iter()) {
            Some(near) => format!("did you mean `{near}`? Known are {}", all.join(", ")),
            None => format!("known are {}", all.join(", ")),
        };
        let message = format!("unknown service `{wanted}`");
        Err(self
            .at(text.span(), message, "no service has this name")
            .hint(hint))
    }

    fn item(&self, text: &Text) -> Result<(ServiceItem, &str), Diagnostic> {
        let wanted = text.get_ref().as_str();
        let known = self.items.iter().find(|(item, _)| item.as_str() == wanted);
        if let Some((item, service)) = known {
            return Ok(((*item).clone(), service));
        }
        let message = format!("unknown item `{wanted}`");
        let problem = self.at(text.span(), message, "no charge has this name");
        let lists = "`bursar prices network` and `bursar prices services` list them";
        Err(
            match nearest(wanted, self.items.keys().map(|item| item.as_str())) {
                Some(near) => problem.hint(format!("did you mean `{near}`? {lists}")),
                None => problem.hint(lists),
            },
        )
    }

    fn region(&self, text: &Text) -> Result<Region, Diagnostic> {
        let found = text.get_ref().parse();
        found.map_err(|error: UnknownRegion| {
            let problem = self.at(text.span(), error.to_string(), "no region has this code");
            match nearest(text.get_ref(), Region::all().map(Region::as_str)) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint("`bursar prices regions` lists them all"),
            }
        })
    }

    fn family(&self, text: &Text) -> Result<Family, Diagnostic> {
        self.known(text, &self.families, "instance family")?;
        Ok(Family::new(text.get_ref()))
    }

    fn instance_type(&self, text: &Text) -> Result<InstanceType, Diagnostic> {
        self.known(text, &self.types, "instance type")?;
        let parsed = InstanceType::from_str(text.get_ref());
        parsed.map_err(|error| self.at(text.span(), error.to_string(), "such as m6i.large"))
    }

    fn known(&self, text: &Text, known: &BTreeSet<&str>, what: &str) -> Result<(), Diagnostic> {
        let wanted = text.get_ref().as_str();
        if known.contains(wanted) {
            return Ok(());
        }
        let message = format!("unknown {what} `{wanted}`");
        let problem = self.at(text.span(), message, "not in the catalogue");
        Err(match nearest(wanted, known.iter().copied()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        })
    }

    fn percent(&self, value: &Plain) -> Result<Share, Diagnostic> {
        let percent = self.decimal(value, PERCENT)?;
        let wrong = |message: String| self.at(value.span(), message, PERCENT);
        if percent < Decimal::ZERO {
            return Err(wrong(format!("{percent} per cent off is a surcharge")));
        }
        if percent.scale() > 4 {
            let message = format!("{percent} has more than four decimals");
            return Err(wrong(message));
        }
        let ten_thousandths = percent.checked_mul(Decimal::from(10_000));
        let ten_thousandths = ten_thousandths.and_then(|parts| u64::try_from(parts).ok());
        let share = ten_thousandths.and_then(Share::after);
        share.ok_or_else(|| wrong(format!("{percent} per cent off leaves nothing to pay")))
    }

    fn price(&self, value: &Plain) -> Result<u64, Diagnostic> {
        let label = "dollars for one unit, at most ten decimals";
        let dollars = self.decimal(value, label)?;
        let rate = Rate::<InstanceHour>::from_decimal(dollars);
        let rate = rate.map_err(|error| self.at(value.span(), error.to_string(), label))?;
        if rate.is_zero() {
            let message = "a private price of 0 is no price".to_owned();
            return Err(self.at(value.span(), message, label));
        }
        Ok(rate.steps())
    }

    fn decimal(&self, value: &Plain, label: &str) -> Result<Decimal, Diagnostic> {
        let text = self.plain(value);
        let found = Decimal::from_str_exact(text).ok();
        let is_number = !matches!(value.get_ref(), Value::Boolean(_));
        let found = found.filter(|_| is_number).map(|number| number.normalize());
        found.ok_or_else(|| self.at(value.span(), format!("`{text}` is not a number"), label))
    }

    fn day(&self, value: &Plain) -> Result<NaiveDate, Diagnostic> {
        let text = self.plain(value);
        let day = text.parse();
        day.map_err(|_| {
            self.at(
                value.span(),
                format!("`{text}` is not a day"),
                "such as 2026-01-31",
            )
        })
    }

    /// A value as it is written, without quotes.
    fn plain(&self, value: &Plain) -> &str {
        let text = self.text.get(value.span()).unwrap_or_default();
        text.trim_matches(['"', '\''])
    }

    fn not_toml(&self, error: &toml::de::Error) -> Diagnostic {
        let message = error.message().to_owned();
        match error.span() {
            Some(span) => self.at(span, message, "here").hint(FORM),
            None => Diagnostic::new(message).at(Place::file(self.name)),
        }
    }

    fn line(&self, span: Range<usize>) -> u64 {
        self.place(span, "").line.unwrap_or_default()
    }

    fn at(&self, span: Range<usize>, message: String, label: &str) -> Diagnostic {
        Diagnostic::new(message).at(self.place(span, label))
    }

    fn place(&self, span: Range<usize>, label: &str) -> Place {
        Place::in_text(self.name, self.text, span, label)
    }
}

/// Adds a rule that says something new.
fn add(rule: Rule, rules: &mut Vec<Rule>) -> Result<(), Diagnostic> {
    let Some(other) = rules.iter().find(|other| other.when == rule.when) else {
        rules.push(rule);
        return Ok(());
    };
    let line = other.place.line.unwrap_or_default();
    let message = format!(
        "two rules are of {}; the other is in line {line}",
        rule.when
    );
    Err(Diagnostic::new(message).at(rule.place))
}

/// Of two rules that speak of one price, one is more specific, or a third one is of what both speak of.
fn settled(rules: &[Rule]) -> Result<(), Diagnostic> {
    for (index, rule) in rules.iter().enumerate() {
        for other in &rules[..index] {
            let Some(both) = rule.when.and(&other.when) else {
                continue;
            };
            if both == rule.when || both == other.when || rules.iter().any(|r| r.when == both) {
                continue;
            }
            let line = other.place.line.unwrap_or_default();
            let message = format!(
                "the rules of {} (line {line}) and of {} contradict each other: neither is more specific",
                other.when, rule.when
            );
            let hint = format!("say in a rule of its own what holds for {both}");
            return Err(Diagnostic::new(message).at(rule.place.clone()).hint(hint));
        }
    }
    Ok(())
}
