//! Reads a scenario file: `[[change]]` tables, each with the keys that its `do` has (docs/file-formats.md).

use serde::Deserialize;
use toml::Spanned;

use super::change::{Change, Destination, During, Flows, Instance, Scenario, Task, What};
use super::prices::{PriceChange, PricedOffer};
use super::ratio::Ratio;
use super::selector::Selector;
use super::value::{Raw, Source, Text};
use crate::catalog::{Account, Platform};
use crate::commitment::{Declared, PlanRow, Portfolio, ReservedRow, read_rows};
use crate::diagnostics::{Diagnostic, nearest};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: Option<String>,
    #[serde(default)]
    change: Vec<Row>,
}

/// Declares the row of a change: every key any change has, each with its place in the file.
macro_rules! row {
    ($($key:ident)+) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(super) struct Row {
            #[serde(rename = "do")]
            kind: Text,
            #[serde(default)]
            reserved_instance: Vec<ReservedRow>,
            #[serde(default)]
            savings_plan: Vec<PlanRow>,
            $($key: Option<Raw>,)+
        }

        impl Row {
            /// The keys that are there.
            fn given(&self) -> Vec<(&'static str, &Raw)> {
                let all = [$((stringify!($key), &self.$key)),+];
                let given = all.into_iter();
                given.filter_map(|(key, value)| Some((key, value.as_ref()?))).collect()
            }
        }
    };
}

row! {
    family instance_type account region tag operating_system purchase item
    from to
    by share ratio services
    to_region to_family to_type gb_a_month gb_a_month_out gb_a_month_back
    days hours time_zone
    vcpu memory_gb architecture
    topology gateways azs cross_az_share s3_share dynamodb_share interface_share interface_endpoints public_ipv4
    count id offers
}

/// Keys that say which instances.
const INSTANCES: [&str; 7] = [
    "family",
    "instance_type",
    "account",
    "region",
    "tag",
    "operating_system",
    "purchase",
];

/// What each `do` has beside `from` and `to`: whether instances are selected, then its own keys.
const KINDS: [(&str, bool, &[&str]); 14] = [
    ("grow", true, &["by", "services"]),
    ("shrink", true, &["by", "services"]),
    (
        "move-region",
        true,
        &["to_region", "services", "gb_a_month_out", "gb_a_month_back"],
    ),
    ("move-family", true, &["to_family", "ratio"]),
    ("resize", true, &["to_type", "ratio"]),
    ("schedule", true, &["days", "hours", "time_zone"]),
    ("spot", true, &["share"]),
    (
        "fargate",
        true,
        &["share", "vcpu", "memory_gb", "architecture"],
    ),
    (
        "nat",
        false,
        &[
            "account",
            "region",
            "tag",
            "topology",
            "gateways",
            "azs",
            "cross_az_share",
            "s3_share",
            "dynamodb_share",
            "interface_share",
            "interface_endpoints",
            "public_ipv4",
        ],
    ),
    (
        "add",
        false,
        &[
            "account",
            "region",
            "instance_type",
            "operating_system",
            "count",
        ],
    ),
    (
        "transfer",
        false,
        &["account", "region", "to_region", "gb_a_month"],
    ),
    ("buy", false, &[]),
    ("expire", false, &["id"]),
    (
        "price",
        false,
        &[
            "family",
            "instance_type",
            "region",
            "operating_system",
            "item",
            "by",
            "offers",
        ],
    ),
];

/// Puts the price book's fees where bought Reserved Instances state none.
pub type WithFees<'a> = &'a dyn Fn(Declared) -> Result<Portfolio, Diagnostic>;

/// Reads the text of a scenario file called `file`; without a `name` of its own it is called `otherwise`.
///
/// # Errors
/// A [`Diagnostic`] with line and marks: not TOML, an unknown or missing key, a value that is none.
pub fn read_scenario(
    text: &str,
    file: &str,
    otherwise: &str,
    with_fees: WithFees<'_>,
) -> Result<Scenario, Diagnostic> {
    let source = Source { text, name: file };
    let read: File = toml::from_str(text).map_err(|error| source.not_toml(&error))?;
    if read.change.is_empty() {
        return Err(source.whole("the scenario changes nothing").hint(
            "a scenario is `[[change]]` tables, such as `do = \"shrink\"` with `by = \"10%\"`",
        ));
    }
    Ok(Scenario {
        name: read.name.unwrap_or_else(|| otherwise.to_owned()),
        changes: changes(&source, &read.change, with_fees)?,
    })
}

/// The changes of rows, in their order.
pub(super) fn changes(
    source: &Source<'_>,
    rows: &[Row],
    with_fees: WithFees<'_>,
) -> Result<Vec<Change>, Diagnostic> {
    let changes = rows.iter().map(|row| {
        let reader = RowReader {
            source,
            row,
            given: row.given(),
        };
        reader.change(with_fees)
    });
    changes.collect()
}

/// One change while it is read.
pub(super) struct RowReader<'a> {
    pub(super) source: &'a Source<'a>,
    row: &'a Row,
    pub(super) given: Vec<(&'static str, &'a Raw)>,
}

impl<'a> RowReader<'a> {
    fn change(&self, with_fees: WithFees<'_>) -> Result<Change, Diagnostic> {
        self.only_known_keys()?;
        let during = During {
            from: self.maybe("from", Source::hour)?,
            to: self.maybe("to", Source::hour)?,
        };
        if let (Some(from), Some(to), Some(at)) = (during.from, during.to, self.raw("to"))
            && to <= from
        {
            return Err(self
                .source
                .at(at, "`to` is not after `from`".into(), "not included"));
        }
        Ok(Change {
            what: self.what(during, with_fees)?,
            during,
            place: self.source.place(self.row.kind.span(), "this change"),
        })
    }

    /// Every key belongs to what is done.
    fn only_known_keys(&self) -> Result<(), Diagnostic> {
        let kind = self.kind();
        let Some((_, instances, own)) = KINDS.iter().find(|(name, ..)| *name == kind) else {
            let names = || KINDS.iter().map(|(name, ..)| *name);
            let label = format!("expected one of {}", names().collect::<Vec<_>>().join(", "));
            let problem = self.source.spot(
                self.row.kind.span(),
                format!("unknown change `{kind}`"),
                &label,
            );
            return Err(match nearest(kind, names()) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem,
            });
        };
        let has = |key: &str| {
            let timed = !matches!(kind, "buy") && key == "from"
                || !matches!(kind, "buy" | "expire") && key == "to";
            timed || own.contains(&key) || (*instances && INSTANCES.contains(&key))
        };
        if let Some((key, value)) = self.given.iter().find(|(key, _)| !has(key)) {
            let mut keys = own.to_vec();
            if *instances {
                keys.extend(INSTANCES);
            }
            let message = format!("`{kind}` has no key `{key}`");
            let problem = self.source.at(value, message, "says nothing here");
            return Err(if keys.is_empty() {
                problem
            } else {
                problem.hint(format!("it has {}", keys.join(", ")))
            });
        }
        let bought = !self.row.reserved_instance.is_empty() || !self.row.savings_plan.is_empty();
        if bought == (kind == "buy") {
            return Ok(());
        }
        let message = if bought {
            format!("`{kind}` buys nothing")
        } else {
            "`buy` needs what is bought".to_owned()
        };
        Err(self
            .source
            .spot(self.row.kind.span(), message, "this change")
            .hint("what is bought stands in `[[change.savings_plan]]` and `[[change.reserved_instance]]`, in the form of a portfolio file"))
    }

    fn what(&self, during: During, with_fees: WithFees<'_>) -> Result<What, Diagnostic> {
        Ok(match self.kind() {
            "grow" => self.scale(Ratio::more)?,
            "shrink" => {
                let by = self.must("by", Source::percent)?;
                if by.is_above_one() {
                    return Err(self.wrong("by", "more than all is gone", "at most 100%"));
                }
                self.scale(Ratio::less)?
            }
            "move-region" => self.move_region()?,
            "move-family" => What::MoveFamily {
                select: self.selector()?,
                to: self.must("to_family", Source::family)?,
                ratio: self.maybe("ratio", Source::ratio)?.unwrap_or(Ratio::ONE),
            },
            "resize" => What::Resize {
                select: self.selector()?,
                to: self.must("to_type", Source::instance_type)?,
                ratio: self.maybe("ratio", Source::ratio)?.unwrap_or(Ratio::ONE),
            },
            "schedule" => self.schedule()?,
            "spot" => What::Spot {
                select: self.selector()?,
                share: self.must("share", Source::share)?,
            },
            "fargate" => self.fargate()?,
            "nat" => What::Nat {
                select: self.selector()?,
                topology: self.topology()?,
            },
            "add" => self.add()?,
            "transfer" => self.transfer()?,
            "buy" => {
                let Source { text, name } = self.source;
                let (reserved, plans) = (&self.row.reserved_instance, &self.row.savings_plan);
                What::Buy(with_fees(read_rows(reserved, plans, text, name)?)?)
            }
            "expire" => {
                let id = self.needed("id")?;
                What::Expire {
                    id: self.source.raw(id).to_owned(),
                    at: self.source.place(id.span(), "not owned, or not any more"),
                }
            }
            _ => What::Price(self.price(during)?),
        })
    }

    fn scale(&self, of: impl Fn(Ratio) -> Ratio) -> Result<What, Diagnostic> {
        Ok(What::Scale {
            select: self.selector()?,
            ratio: of(self.must("by", Source::percent)?),
            services: self.services()?,
        })
    }

    fn move_region(&self) -> Result<What, Diagnostic> {
        let flow = |key| Ok(self.maybe(key, Source::gigabytes)?.unwrap_or_default());
        Ok(What::MoveRegion {
            select: self.selector()?,
            to: self.must("to_region", Source::region)?,
            services: self.services()?,
            flows: Flows {
                out: flow("gb_a_month_out")?,
                back: flow("gb_a_month_back")?,
            },
        })
    }

    fn schedule(&self) -> Result<What, Diagnostic> {
        let [days, hours, zone] = ["days", "hours", "time_zone"].map(|key| self.needed(key));
        Ok(What::Schedule {
            select: self.selector()?,
            week: self.source.week(days?, hours?, zone?)?,
        })
    }

    fn fargate(&self) -> Result<What, Diagnostic> {
        let arm = self.maybe("architecture", |source, raw| match source.raw(raw) {
            "arm64" => Ok(true),
            "x86_64" => Ok(false),
            other => {
                let message = format!("unknown architecture `{other}`");
                Err(source.at(raw, message, "expected x86_64 or arm64"))
            }
        })?;
        Ok(What::Fargate {
            select: self.selector()?,
            share: self.maybe("share", Source::share)?.unwrap_or(Ratio::ONE),
            task: Task {
                vcpus: self.must("vcpu", Source::ratio)?,
                gigabytes: self.must("memory_gb", Source::ratio)?,
                arm: arm.unwrap_or(false),
            },
        })
    }

    fn add(&self) -> Result<What, Diagnostic> {
        let platform = self.maybe("operating_system", Source::platform)?;
        Ok(What::Add {
            account: self.account()?,
            instance: Instance {
                instance_type: self.must("instance_type", Source::instance_type)?,
                region: self.must("region", Source::region)?,
                platform: platform.unwrap_or(Platform::LINUX),
            },
            count: self.number("count")?,
        })
    }

    fn transfer(&self) -> Result<What, Diagnostic> {
        let from = self.must("region", Source::region)?;
        let to = self.must("to_region", |source, raw| match source.raw(raw) {
            "other-az" => Ok(Destination::OtherZone),
            "internet" => Ok(Destination::Internet),
            _ => source.region(raw).map(Destination::Region),
        })?;
        if to == Destination::Region(from) {
            let label = "`other-az` is another zone of the region";
            return Err(self.wrong("to_region", "data flows from a region to itself", label));
        }
        Ok(What::Transfer {
            account: self.account()?,
            from,
            to,
            gigabytes: self.must("gb_a_month", Source::gigabytes)?,
        })
    }

    fn price(&self, during: During) -> Result<PriceChange, Diagnostic> {
        let item = self.maybe("item", Source::item)?;
        let stray = ["family", "instance_type", "operating_system"];
        if let (Some(_), Some((key, raw))) = (
            &item,
            self.given.iter().find(|(key, _)| stray.contains(key)),
        ) {
            let message = format!("`{key}` is of instances, and `item` is beside them");
            return Err(self.source.at(raw, message, "say one of both"));
        }
        let offers = match self.raw("offers") {
            None => vec![PricedOffer::OnDemand, PricedOffer::Spot],
            Some(raw) => self.source.words(raw, &PricedOffer::ALL, "offer")?,
        };
        Ok(PriceChange {
            select: self.selector()?,
            item,
            offers,
            ratio: self.must("by", Source::signed_percent)?,
            during,
        })
    }

    fn selector(&self) -> Result<Selector, Diagnostic> {
        let first = self
            .given
            .iter()
            .find(|(key, _)| INSTANCES.contains(key) || *key == "item");
        let place = first.map(|(_, raw)| self.source.place(raw.span(), "selects nothing"));
        Ok(Selector {
            family: self.maybe("family", Source::any_family)?,
            instance_type: self.maybe("instance_type", Source::instance_type)?,
            account: self.maybe("account", |source, raw| Ok(Account::new(source.raw(raw))))?,
            region: self.maybe("region", Source::region)?,
            tag: self.maybe("tag", Source::tag)?,
            platform: self.maybe("operating_system", Source::platform)?,
            market: self.maybe("purchase", Source::market)?,
            place,
        })
    }

    fn account(&self) -> Result<Account, Diagnostic> {
        let account = self.maybe("account", |source, raw| Ok(Account::new(source.raw(raw))))?;
        Ok(account.unwrap_or_else(|| Account::new("")))
    }

    fn services(&self) -> Result<bool, Diagnostic> {
        Ok(self.maybe("services", Source::yes)?.unwrap_or(false))
    }

    pub(super) fn number(&self, key: &'static str) -> Result<u32, Diagnostic> {
        self.must(key, Source::count)
    }

    /// A problem with what is done.
    pub(super) fn wrong_change(&self, message: String) -> Diagnostic {
        self.source
            .spot(self.row.kind.span(), message, "this change")
    }

    fn kind(&self) -> &str {
        self.row.kind.get_ref()
    }

    fn raw(&self, key: &str) -> Option<&Raw> {
        let mut given = self.given.iter();
        given.find(|(own, _)| *own == key).map(|(_, raw)| *raw)
    }

    /// The value of a key that has to be there.
    pub(super) fn needed(&self, key: &str) -> Result<&Raw, Diagnostic> {
        self.raw(key).ok_or_else(|| {
            let message = format!("`{}` needs `{key}`", self.kind());
            self.source
                .spot(self.row.kind.span(), message, "this change")
        })
    }

    pub(super) fn must<T>(
        &self,
        key: &str,
        read: impl Fn(&Source<'a>, &Raw) -> Result<T, Diagnostic>,
    ) -> Result<T, Diagnostic> {
        read(self.source, self.needed(key)?)
    }

    pub(super) fn maybe<T>(
        &self,
        key: &str,
        read: impl Fn(&Source<'a>, &Raw) -> Result<T, Diagnostic>,
    ) -> Result<Option<T>, Diagnostic> {
        self.raw(key).map(|raw| read(self.source, raw)).transpose()
    }

    pub(super) fn wrong(&self, key: &str, message: &str, label: &str) -> Diagnostic {
        let span = self.raw(key).map_or(self.row.kind.span(), Spanned::span);
        self.source.spot(span, message.to_owned(), label)
    }
}
