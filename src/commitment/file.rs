//! Reads `portfolio.toml`: what is owned, as a person writes it down (docs/file-formats.md).

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::Deserialize;
use toml::Spanned;

use super::describe::Whose;
use super::host_file::HostRow;
use super::model::{
    Portfolio, ReservedFee, ReservedInstance, ReservedScope, SavingsPlan, SavingsPlanScope,
};
use super::sharing::{GroupsOverlap, Sharing, SharingGroups};
use crate::catalog::{
    Account, Family, InstanceType, OfferingClass, PaymentOption, Platform, Region, SavingsPlanKind,
    Tenancy, Term, UnknownPlatform, Zone, instance_types,
};
use crate::diagnostics::{Diagnostic, Place, nearest};
use crate::units::{Hour, HourError, HourSpan, Money, Rate};

/// What a portfolio file states. A Reserved Instance whose price it leaves out has no fee yet.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Declared {
    /// Everything; the fee of the ones listed in `without_fee` is still zero.
    pub portfolio: Portfolio,
    /// Indices of the Reserved Instances whose price is to be looked up.
    pub without_fee: Vec<usize>,
    /// Answers of AWS that belong to it.
    pub saved: Vec<Saved>,
    /// Where each commitment stands, by id.
    pub places: BTreeMap<String, Place>,
    /// Until when plans may be returned, where AWS says so; the start of those that may not.
    pub returnable: BTreeMap<String, Hour>,
    /// What was left out, and what is doubtful.
    pub notes: Vec<String>,
}

/// `[[saved]]`: an answer of AWS that was saved, and whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The file, as it is named: beside the portfolio file unless the path is absolute.
    pub file: String,
    /// Whose Reserved Instances it lists.
    pub whose: Whose,
    /// Where it is named.
    pub place: Place,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    reserved_instance: Vec<ReservedRow>,
    #[serde(default)]
    savings_plan: Vec<PlanRow>,
    #[serde(default)]
    host_reservation: Vec<HostRow>,
    #[serde(default)]
    saved: Vec<SavedRow>,
    sharing: Option<SharingTable>,
}

pub(super) type Text = Spanned<String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedRow {
    file: Text,
    account: Option<String>,
    region: Option<Text>,
}

/// `[sharing]`: whom commitments serve beside their owner.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SharingTable {
    mode: Text,
    #[serde(default)]
    groups: Vec<Vec<Text>>,
}

/// Reserved Instances as a file writes them down.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReservedRow {
    id: Text,
    account: String,
    instance_type: Text,
    region: Text,
    zone: Option<Text>,
    operating_system: Option<Text>,
    tenancy: Option<Text>,
    offering_class: Text,
    term: Text,
    payment_option: Text,
    count: Spanned<i64>,
    start: Text,
    end: Option<Text>,
    upfront: Option<Text>,
    hourly: Option<Text>,
}

/// A Savings Plan as a file writes it down.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanRow {
    id: Text,
    account: String,
    #[serde(rename = "type")]
    kind: Text,
    family: Option<Text>,
    region: Option<Text>,
    term: Text,
    payment_option: Text,
    commitment: Text,
    start: Text,
    end: Option<Text>,
}

/// Reads the text of a portfolio file called `name`.
///
/// # Errors
/// A [`Diagnostic`] with line and marks: not TOML, an unknown or missing field, a value that is none, an id
/// used twice.
pub fn read_portfolio(text: &str, name: &str) -> Result<Declared, Diagnostic> {
    let source = Source { text, name };
    let file: File = toml::from_str(text).map_err(|error| source.not_toml(&error))?;
    let mut declared = read_rows(&file.reserved_instance, &file.savings_plan, text, name)?;
    for row in &file.host_reservation {
        source.keep_place(&row.id, &mut declared)?;
        let (hosts, has_fee) = source.host_reservation(row)?;
        let index = declared.portfolio.reserved_instances.len();
        declared.portfolio.reserved_instances.push(hosts);
        declared.without_fee.extend((!has_fee).then_some(index));
    }
    for row in &file.saved {
        declared.saved.push(source.saved(row)?);
    }
    if let Some(table) = &file.sharing {
        declared.portfolio.sharing = source.sharing(table)?;
    }
    Ok(declared)
}

/// Reads commitments that stand in a file of another kind, `text` called `name`: what a scenario buys.
///
/// # Errors
/// As [`read_portfolio`], for values and ids.
pub fn read_rows(
    reserved: &[ReservedRow],
    plans: &[PlanRow],
    text: &str,
    name: &str,
) -> Result<Declared, Diagnostic> {
    let source = Source { text, name };
    let mut declared = Declared::default();
    for (index, row) in reserved.iter().enumerate() {
        source.keep_place(&row.id, &mut declared)?;
        let (ri, has_fee) = source.reserved_instance(row)?;
        declared.portfolio.reserved_instances.push(ri);
        if !has_fee {
            declared.without_fee.push(index);
        }
    }
    for row in plans {
        source.keep_place(&row.id, &mut declared)?;
        declared
            .portfolio
            .savings_plans
            .push(source.savings_plan(row)?);
    }
    Ok(declared)
}

/// A million dollars an hour: beyond what AWS sells, short of what would overflow a bill.
pub(super) const LARGEST_COMMITMENT: Money = Money::from_atoms(Money::ATOMS_PER_DOLLAR * 1_000_000);

/// The file while it is read, to point into it.
pub(super) struct Source<'a> {
    text: &'a str,
    name: &'a str,
}

impl Source<'_> {
    fn reserved_instance(&self, row: &ReservedRow) -> Result<(ReservedInstance, bool), Diagnostic> {
        let region = self.region(&row.region)?;
        let term: Term = self.word(&row.term, "term")?;
        let scope = match &row.zone {
            None => ReservedScope::Regional,
            Some(zone) => ReservedScope::Zonal(self.zone(zone, region)?),
        };
        let stated = (row.upfront.as_ref(), row.hourly.as_ref());
        let (fee, has_fee) = self.fee(&row.payment_option, stated)?;
        let platform = row
            .operating_system
            .as_ref()
            .map(|text| self.platform(text))
            .transpose()?;
        let tenancy = row
            .tenancy
            .as_ref()
            .map(|text| self.word(text, "tenancy"))
            .transpose()?;
        let instance_type = InstanceType::from_str(row.instance_type.get_ref())
            .map_err(|error| self.at(&row.instance_type, error.to_string(), "such as m6i.large"))?;
        let ri = ReservedInstance {
            id: row.id.get_ref().clone(),
            account: Account::new(&row.account),
            scope,
            region,
            instance_type,
            platform: platform.unwrap_or(Platform::LINUX),
            tenancy: tenancy.unwrap_or(Tenancy::Shared),
            offering_class: self.word::<OfferingClass>(&row.offering_class, "offering class")?,
            term,
            payment_option: self.word::<PaymentOption>(&row.payment_option, "payment option")?,
            count: self.count(&row.count)?,
            alive: self.alive(&row.start, row.end.as_ref(), term)?,
            fee,
        };
        Ok((ri, has_fee))
    }

    pub(super) fn count(&self, count: &Spanned<i64>) -> Result<u32, Diagnostic> {
        match u32::try_from(*count.get_ref()) {
            Ok(count) if count > 0 => Ok(count),
            _ => {
                let message = format!("a count of {} reserves nothing", count.get_ref());
                Err(self.spot(count.span(), message, "at least 1"))
            }
        }
    }

    /// The stated fee of one, and whether one is stated at all.
    pub(super) fn fee(
        &self,
        payment: &Text,
        (upfront, hourly): (Option<&Text>, Option<&Text>),
    ) -> Result<(ReservedFee, bool), Diagnostic> {
        let fee = ReservedFee {
            upfront: upfront.map_or(Ok(Money::ZERO), |text| self.money(text))?,
            hourly: match hourly {
                None => Rate::from_steps(0),
                Some(text) => Rate::from_decimal(self.decimal(text)?)
                    .map_err(|error| self.at(text, error.to_string(), "not a price"))?,
            },
        };
        let is_stated = upfront.is_some() || hourly.is_some();
        if is_stated {
            self.fees_fit(payment, fee)?;
        }
        Ok((fee, is_stated))
    }

    /// A stated fee has the parts that its payment option has.
    fn fees_fit(&self, payment: &Text, fee: ReservedFee) -> Result<(), Diagnostic> {
        let (upfront, hourly) = (!fee.upfront.is_zero(), !fee.hourly.is_zero());
        let wrong = match payment.get_ref().parse() {
            Ok(PaymentOption::NoUpfront) if upfront => "`upfront` is not 0",
            Ok(PaymentOption::AllUpfront) if hourly => "`hourly` is not 0",
            Ok(PaymentOption::NoUpfront | PaymentOption::PartialUpfront) if !hourly => {
                "`hourly` is missing or 0"
            }
            Ok(PaymentOption::AllUpfront | PaymentOption::PartialUpfront) if !upfront => {
                "`upfront` is missing or 0"
            }
            _ => return Ok(()),
        };
        let message = format!("the price does not fit the payment option: {wrong}");
        let problem = self.at(payment, message, "this payment option");
        Err(problem.hint("leave both `upfront` and `hourly` out to take the price book's price"))
    }

    fn savings_plan(&self, row: &PlanRow) -> Result<SavingsPlan, Diagnostic> {
        let term: Term = self.word(&row.term, "term")?;
        let kind: SavingsPlanKind = self.word(&row.kind, "type of Savings Plan")?;
        let scope = match (kind, &row.family, &row.region) {
            (SavingsPlanKind::Ec2Instance, Some(family), Some(region)) => {
                let family = self.family(family)?;
                SavingsPlanScope::Ec2Instance {
                    family,
                    region: self.region(region)?,
                }
            }
            (SavingsPlanKind::Compute, None, None) => SavingsPlanScope::Compute,
            (SavingsPlanKind::Database, None, None) => SavingsPlanScope::Database,
            (SavingsPlanKind::Ec2Instance, ..) => {
                let message = "an EC2 Instance Savings Plan needs `family` and `region`".into();
                return Err(self.at(&row.kind, message, "say which family, and where"));
            }
            (SavingsPlanKind::Compute | SavingsPlanKind::Database, ..) => {
                let message = format!("a {kind} has no `family` and no `region`");
                return Err(self.at(&row.kind, message, "it covers all of them"));
            }
        };
        let payment_option = self.word(&row.payment_option, "payment option")?;
        if kind == SavingsPlanKind::Database
            && (term, payment_option) != (Term::OneYear, PaymentOption::NoUpfront)
        {
            let message = "AWS sells Database Savings Plans of 1 year, No Upfront, only".into();
            return Err(self.at(&row.kind, message, "such a plan"));
        }
        let commitment = self.money(&row.commitment)?;
        if commitment > LARGEST_COMMITMENT {
            let message = "no Savings Plan commits to so much an hour".into();
            return Err(self.at(&row.commitment, message, "dollars an hour, not in total"));
        }
        if commitment <= Money::ZERO {
            let message = "a commitment must be above 0".into();
            return Err(self.at(&row.commitment, message, "dollars an hour"));
        }
        Ok(SavingsPlan {
            id: row.id.get_ref().clone(),
            account: Account::new(&row.account),
            scope,
            term,
            payment_option,
            commitment,
            alive: self.alive(&row.start, row.end.as_ref(), term)?,
        })
    }

    fn saved(&self, row: &SavedRow) -> Result<Saved, Diagnostic> {
        let region = row.region.as_ref().map(|text| self.region(text));
        Ok(Saved {
            file: row.file.get_ref().clone(),
            whose: Whose {
                account: row.account.as_deref().map(Account::new),
                region: region.transpose()?,
            },
            place: Place::in_text(self.name, self.text, row.file.span(), "named here"),
        })
    }

    fn sharing(&self, table: &SharingTable) -> Result<Sharing, Diagnostic> {
        let accounts = table.groups.iter().map(|group| {
            let accounts = group.iter().map(|text| Account::new(text.get_ref()));
            accounts.collect()
        });
        let overlap = |GroupsOverlap(account): GroupsOverlap| {
            let mut all = table.groups.iter().flatten();
            let twice = all.rfind(|text| text.get_ref() == account.as_str());
            let message = format!("account `{account}` is in two sharing groups");
            let text = twice.unwrap_or(&table.mode);
            self.at(text, message, "stands here again")
                .hint("AWS lets an account be in one group only")
        };
        let groups = SharingGroups::new(accounts.collect()).map_err(overlap)?;
        let (sharing, wants_groups) = match table.mode.get_ref().as_str() {
            "organization" => (Sharing::Organization, false),
            "off" => (Sharing::Off, false),
            "prioritized" => (Sharing::Prioritized(groups), true),
            "restricted" => (Sharing::Restricted(groups), true),
            other => {
                let message = format!("unknown mode of sharing `{other}`");
                let label = "expected organization, prioritized, restricted or off";
                return Err(self.at(&table.mode, message, label));
            }
        };
        if table.groups.iter().any(|group| !group.is_empty()) == wants_groups {
            return Ok(sharing);
        }
        let message = if wants_groups {
            "this mode of sharing needs `groups`"
        } else {
            "this mode of sharing has no groups"
        };
        Err(self.at(&table.mode, message.into(), "this mode"))
    }

    pub(super) fn word<T: FromStr<Err = String>>(
        &self,
        text: &Text,
        what: &str,
    ) -> Result<T, Diagnostic> {
        let unknown = format!("unknown {what} `{}`", text.get_ref());
        text.get_ref()
            .parse()
            .map_err(|expected: String| self.at(text, unknown, &expected))
    }

    pub(super) fn region(&self, text: &Text) -> Result<Region, Diagnostic> {
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

    /// A family of which the catalogue knows a type.
    pub(super) fn family(&self, text: &Text) -> Result<Family, Diagnostic> {
        let wanted = text.get_ref().as_str();
        let known: BTreeSet<&str> = instance_types()
            .map(|known| known.family().as_str())
            .collect();
        if known.contains(wanted) {
            return Ok(Family::new(wanted));
        }
        let message = format!("unknown instance family `{wanted}`");
        let problem = self.at(text, message, "no instance type is of this family");
        Err(match nearest(wanted, known.into_iter()) {
            Some(near) => problem.hint(format!("did you mean `{near}`?")),
            None => problem,
        })
    }

    fn platform(&self, text: &Text) -> Result<Platform, Diagnostic> {
        let label = "such as linux, windows, rhel";
        text.get_ref()
            .parse()
            .map_err(|error: UnknownPlatform| self.at(text, error.to_string(), label))
    }

    fn zone(&self, text: &Text, region: Region) -> Result<Zone, Diagnostic> {
        if Region::from_zone(text.get_ref()) == Some(region) {
            return Ok(Zone::new(text.get_ref()));
        }
        let message = format!(
            "`{}` is not an Availability Zone of {region}",
            text.get_ref()
        );
        Err(self.at(text, message, "the region's code and a letter"))
    }

    fn decimal(&self, text: &Text) -> Result<Decimal, Diagnostic> {
        let message = || format!("`{}` is not a number", text.get_ref());
        Decimal::from_str(text.get_ref())
            .map_err(|_| self.at(text, message(), "such as \"0.0605\""))
    }

    fn money(&self, text: &Text) -> Result<Money, Diagnostic> {
        let money = Money::from_decimal(self.decimal(text)?);
        money.map_err(|error| self.at(text, error.to_string(), "not an amount"))
    }

    /// From the clock hour of the start, which counts whole, to the end or the end of the term.
    pub(super) fn alive(
        &self,
        start: &Text,
        end: Option<&Text>,
        term: Term,
    ) -> Result<HourSpan, Diagnostic> {
        let unread = |text: &Text, error: HourError| {
            let label = "such as 2026-07-01T00:00Z, with its zone";
            self.at(text, error.to_string(), label)
        };
        let first = Hour::parse(start.get_ref()).map_err(|error| unread(start, error))?;
        let last = match end {
            None => first.plus(term.hours()),
            Some(end) => Hour::parse_end(end.get_ref()).map_err(|error| unread(end, error))?,
        };
        match end {
            // An hour more: a term that starts within an hour ends within one.
            Some(end) if last > first.plus(term.hours() + 1) => {
                let message = format!("the end is more than {term} after the start");
                Err(self.at(end, message, "past the end of the term"))
            }
            Some(end) if last <= first => Err(self.at(
                end,
                "the end is not after the start".into(),
                "before the start",
            )),
            _ => Ok(HourSpan::new(first, last)),
        }
    }

    /// Notes where a commitment stands; no other has its id.
    fn keep_place(&self, id: &Text, declared: &mut Declared) -> Result<(), Diagnostic> {
        let place = Place::in_text(self.name, self.text, id.span(), "this commitment");
        let earlier = declared.places.insert(id.get_ref().clone(), place);
        if earlier.is_some() {
            let message = format!("two commitments have the id `{}`", id.get_ref());
            return Err(self.at(id, message, "used above"));
        }
        Ok(())
    }

    pub(super) fn at(&self, text: &Text, message: String, label: &str) -> Diagnostic {
        self.spot(text.span(), message, label)
    }

    fn not_toml(&self, error: &toml::de::Error) -> Diagnostic {
        let message = error.message().to_owned();
        match error.span() {
            Some(span) => self.spot(span, message, "here"),
            None => Diagnostic::new(message).at(Place::file(self.name)),
        }
    }

    /// A problem at a range of bytes of the file.
    fn spot(&self, span: std::ops::Range<usize>, message: String, label: &str) -> Diagnostic {
        Diagnostic::new(message).at(Place::in_text(self.name, self.text, span, label))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
[[reserved_instance]]
id = "ri-web"
account = "111122223333"
instance_type = "m6i.large"
region = "us-east-1"
offering_class = "standard"
term = "1yr"
payment_option = "no-upfront"
count = 10
start = "2025-08-15T21:40Z"
hourly = "0.0605"

[[savings_plan]]
id = "sp-all"
account = "111122223333"
type = "compute-sp"
term = "3yr"
payment_option = "all-upfront"
commitment = "1.234"
start = "2026-01-01T00:00Z"
"#;

    #[test]
    fn a_portfolio_is_read() {
        let declared = read_portfolio(GOOD, "portfolio.toml").unwrap();
        let ri = &declared.portfolio.reserved_instances[0];
        assert_eq!(ri.alive.start(), Hour::parse("2025-08-15T21:00Z").unwrap());
        assert_eq!(ri.alive.len(), 8_760);
        assert_eq!(ri.fee.hourly.to_string(), "0.0605");
        assert_eq!(declared.without_fee, [0_usize; 0]);
        assert_eq!(
            declared.portfolio.savings_plans[0].commitment.to_string(),
            "1.23"
        );
        let unpriced = GOOD.replace("hourly = \"0.0605\"", "");
        assert_eq!(read_portfolio(&unpriced, "p").unwrap().without_fee, [0]);
    }

    #[test]
    fn a_price_fits_its_payment_option_and_a_term_has_an_end() {
        let problem = |from: &str, to: &str| {
            read_portfolio(&GOOD.replacen(from, to, 1), "p.toml")
                .unwrap_err()
                .message
        };
        assert!(problem("no-upfront", "all-upfront").contains("`hourly` is not 0"));
        assert!(problem("no-upfront", "partial-upfront").contains("`upfront` is missing"));
        let later = "hourly = \"0.0605\"\nend = \"2029-01-01T00:00Z\"";
        assert!(problem("hourly = \"0.0605\"", later).contains("more than 1 year after"));
        assert!(problem("1.234", "99999999999999").contains("so much an hour"));
    }

    #[test]
    fn what_is_wrong_is_pointed_at() {
        let problem = |from: &str, to: &str| {
            read_portfolio(&GOOD.replacen(from, to, 1), "p.toml")
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            problem("us-east-1", "us-est-1"),
            "unknown region `us-est-1`\n  --> p.toml:6\n6 | region = \"us-est-1\"\n  \
             |          ^^^^^^^^^^ no region has this code\nhint: did you mean `us-east-1`?"
        );
        assert!(problem("T21:40Z", "T21:40").contains("has no time zone"));
        assert!(problem("count = 10", "count = 0").contains("reserves nothing"));
        assert!(problem("hourly", "hurly").contains("unknown field `hurly`"));
        assert!(problem("\"0.0605\"", "\"free\"").contains("`free` is not a number"));
        assert!(problem("compute-sp", "ec2-instance-sp").contains("needs `family`"));
        assert!(problem("commitment = \"1.234\"", "commitment = \"0\"").contains("above 0"));
    }
}
