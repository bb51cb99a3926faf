//! The purchases of a run or of a ladder as code that a person may run: AWS CLI in a shell script, and Terraform. Nothing
//! is bought here.

mod list;
mod shell;
mod terraform;

pub use list::PurchaseList;

use crate::catalog::{
    Family, InstanceType, OperatingSystem, PaymentOption, Platform, Region, SavingsPlanKind,
    SqlEdition, Tenancy, Term, Zone,
};
use crate::commitment::SavingsPlanScope;
use crate::prices::Product;
use crate::report::format::dollars;
use crate::report::optimize::ReportError;
use crate::report::optimize::figures::{kind_label, money, terms_of, wrong};
use crate::report::run::{HOSTS, RunPurchase};
use crate::units::{Hour, Money};

/// A purchase as AWS's interfaces ask for it.
struct Order {
    /// From 1 on, as everywhere a plan's purchases are listed.
    number: usize,
    /// What it is, in a line.
    words: String,
    term: Term,
    payment: PaymentOption,
    what: What,
    /// Its first hour, where that is a day ahead: `2027-01-01T00:00:00Z`.
    at: Option<String>,
}

enum What {
    Hosts {
        family: Family,
        region: Region,
        /// Whose hosts.
        account: String,
        count: u64,
    },
    Reserved {
        convertible: bool,
        product: Product,
        /// Of one zone, for whom.
        zonal: Option<(Zone, String)>,
        count: u64,
    },
    Plan {
        scope: SavingsPlanScope,
        /// Dollars an hour.
        commitment: Money,
    },
}

/// The most a Savings Plan may commit to an hour and be returned (docs/billing-rules.md, R30).
const RETURNABLE: Money = Money::from_atoms(100 * Money::ATOMS_PER_DOLLAR);

impl Order {
    fn read(number: usize, of: usize, bought: &RunPurchase) -> Result<Self, ReportError> {
        let term: Term = bought
            .term
            .parse()
            .map_err(|_| wrong(&bought.term, "a term"))?;
        let payment = bought.payment_option.parse();
        let payment = payment.map_err(|_| wrong(&bought.payment_option, "a payment option"))?;
        let what = What::read(bought)?;
        let amount = match &what {
            What::Reserved { count, .. } | What::Hosts { count, .. } => format!("{count} x"),
            What::Plan { commitment, .. } => format!("{} an hour,", dollars(*commitment, 3)),
        };
        Ok(Self {
            number,
            words: format!(
                "{number} of {of}: {amount} {}, {}, {}",
                kind_label(&bought.kind)?,
                what.scope(),
                terms_of(bought)?
            ),
            term,
            payment,
            what,
            at: None,
        })
    }

    /// The same on a date.
    fn on(mut self, at: Hour) -> Self {
        let day = at.to_string();
        let words = day.strip_suffix("T00:00Z").unwrap_or(&day);
        self.words = format!("{}, from {words} on", self.words);
        self.at = Some(day.replace(":00Z", ":00:00Z"));
        self
    }

    /// What becomes of it when it turns out to be a mistake.
    fn regret(&self) -> &'static str {
        match self.what {
            What::Reserved {
                convertible: true, ..
            } => {
                "Cannot be returned; it may be exchanged for another Convertible Reserved Instance."
            }
            What::Hosts { .. } => "Cannot be changed, cancelled or sold.",
            What::Reserved { .. } => {
                "Cannot be returned; it may be sold in the Reserved Instance Marketplace."
            }
            What::Plan { commitment, .. } if commitment <= RETURNABLE => {
                "May be returned within seven days of its purchase, in the same UTC calendar month."
            }
            What::Plan { .. } => "Cannot be returned: it commits to more than 100 dollars an hour.",
        }
    }

    const fn seconds(&self) -> i64 {
        self.term.hours() * 3_600
    }
}

impl What {
    /// Text becomes a type: nothing of the run reaches a shell that is not a name AWS has.
    fn read(bought: &RunPurchase) -> Result<Self, ReportError> {
        let amount = || wrong(&bought.scope, "a purchase with an amount");
        if let Ok(kind) = bought.kind.parse::<SavingsPlanKind>() {
            let text = bought.hourly_commitment.as_ref().ok_or_else(amount)?;
            return Ok(Self::Plan {
                scope: scope(kind, &bought.scope)?,
                commitment: money(text)?,
            });
        }
        if bought.kind == HOSTS {
            return hosts(bought);
        }
        kind_label(&bought.kind)?;
        let (plain, zonal) = zonal(&bought.scope);
        Ok(Self::Reserved {
            convertible: bought.kind == "convertible-ri",
            product: product(plain)?,
            zonal,
            count: bought.count.ok_or_else(amount)?,
        })
    }

    fn scope(&self) -> String {
        match self {
            Self::Reserved {
                product,
                zonal: Some((zone, account)),
                ..
            } => format!("{product} (zone {zone}, {account})"),
            Self::Reserved { product, .. } => product.to_string(),
            Self::Hosts {
                family,
                region,
                account,
                ..
            } => format!("{family} hosts of {account} in {region}"),
            Self::Plan { scope, .. } => crate::report::run::covers(*scope),
        }
    }
}

/// `m6i.large Linux in us-east-1 (zone us-east-1a, 111122223333)` without what is behind the product. The account is a
/// word of a comment alone.
fn zonal(scope: &str) -> (&str, Option<(Zone, String)>) {
    let found = scope.strip_suffix(')').and_then(|scope| {
        let (plain, place) = scope.split_once(" (zone ")?;
        let (zone, account) = place.split_once(", ")?;
        let harmless = |c: char| c.is_ascii_alphanumeric() || c == '-';
        zone.chars().all(harmless).then_some(())?;
        Some((plain, (Zone::new(zone), on_one_line(account))))
    });
    found.map_or((scope, None), |(plain, place)| (plain, Some(place)))
}

fn on_one_line(text: &str) -> String {
    text.replace(|c: char| c.is_control(), " ")
}

/// `m5 hosts of 111122223333 in us-east-1`. The account is a word of a comment alone.
fn hosts(bought: &RunPurchase) -> Result<What, ReportError> {
    let bad = || wrong(&bought.scope, "whose hosts a reservation is for");
    let (what, region) = bought.scope.rsplit_once(" in ").ok_or_else(bad)?;
    let (family, account) = what.split_once(" hosts of ").ok_or_else(bad)?;
    // A family has no form of its own to check; a type of it has.
    let some_type: InstanceType = format!("{family}.host").parse().map_err(|_| bad())?;
    Ok(What::Hosts {
        family: some_type.family(),
        region: region.parse().map_err(|_| bad())?,
        account: on_one_line(account),
        count: bought.count.ok_or_else(bad)?,
    })
}

/// `m7g in us-east-1` or `all compute`.
fn scope(kind: SavingsPlanKind, text: &str) -> Result<SavingsPlanScope, ReportError> {
    let bad = || wrong(text, "what a Savings Plan covers");
    match kind {
        SavingsPlanKind::Compute => return Ok(SavingsPlanScope::Compute),
        SavingsPlanKind::Database => return Ok(SavingsPlanScope::Database),
        SavingsPlanKind::Ec2Instance => {}
    }
    let (family, region) = text.split_once(" in ").ok_or_else(bad)?;
    // A family has no form of its own to check; a type of it has.
    let some_type: InstanceType = format!("{family}.large").parse().map_err(|_| bad())?;
    Ok(SavingsPlanScope::Ec2Instance {
        family: some_type.family(),
        region: region.parse().map_err(|_| bad())?,
    })
}

/// `m6i.large Windows in us-east-1`, perhaps with ` (Dedicated tenancy)`: as a product prints itself.
fn product(text: &str) -> Result<Product, ReportError> {
    let bad = || wrong(text, "what a Reserved Instance is for");
    let (plain, tenancy) = match text.strip_suffix(" tenancy)") {
        None => (text, Tenancy::Shared),
        Some(rest) => {
            let (plain, tenancy) = rest.rsplit_once(" (").ok_or_else(bad)?;
            (plain, tenancy.parse().map_err(|_| bad())?)
        }
    };
    let (what, region) = plain.rsplit_once(" in ").ok_or_else(bad)?;
    let (instance_type, platform) = what.split_once(' ').ok_or_else(bad)?;
    Ok(Product {
        region: region.parse::<Region>().map_err(|_| bad())?,
        instance_type: instance_type.parse().map_err(|_| bad())?,
        platform: platform.parse().map_err(|_| bad())?,
        tenancy,
    })
}

/// AWS's word for a plan's kind where offerings are looked up.
const fn plan_type(scope: SavingsPlanScope) -> &'static str {
    match scope {
        SavingsPlanScope::Compute => "Compute",
        SavingsPlanScope::Database => "Database",
        SavingsPlanScope::Ec2Instance { .. } => "EC2Instance",
    }
}

/// One of the products that plans of the kind cover: enough to find their offering.
const fn product_type(scope: SavingsPlanScope) -> &'static str {
    match scope {
        SavingsPlanScope::Compute | SavingsPlanScope::Ec2Instance { .. } => "EC2",
        SavingsPlanScope::Database => "RDS",
    }
}

/// AWS's product description of a platform: docs.aws.amazon.com, `DescribeReservedInstancesOfferings`, filter
/// `product-description`. `None` for those it does not list.
fn product_description(platform: Platform) -> Option<String> {
    let os = match platform.os {
        OperatingSystem::Linux => "Linux",
        OperatingSystem::Windows => "Windows",
        OperatingSystem::Rhel => "Red Hat Enterprise Linux",
        OperatingSystem::RhelHa => "Red Hat Enterprise Linux with HA",
        OperatingSystem::Suse => "SUSE Linux",
        OperatingSystem::WindowsByol | OperatingSystem::UbuntuPro => return None,
    };
    let edition = match platform.sql {
        None if platform.os == OperatingSystem::Linux => return Some("Linux/UNIX".into()),
        None => return Some(os.into()),
        Some(SqlEdition::Web) => "Web",
        Some(SqlEdition::Standard) => "Standard",
        Some(SqlEdition::Enterprise) => "Enterprise",
    };
    match platform.os {
        OperatingSystem::Linux | OperatingSystem::Windows => {
            Some(format!("{os} with SQL Server {edition}"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_read_as_it_prints_itself() {
        for text in [
            "m6i.large Linux in us-east-1",
            "r7g.2xlarge Windows with SQL Std in ap-northeast-2",
            "c5.metal RHEL HA in eu-west-1 (Dedicated tenancy)",
        ] {
            assert_eq!(product(text).unwrap().to_string(), text);
        }
        for text in [
            "m6i.large Linux",
            "m6i.large Linux in us-east-1; rm -rf /",
            "$(id) Linux in us-east-1",
        ] {
            assert!(product(text).is_err(), "{text}");
        }
    }
}
