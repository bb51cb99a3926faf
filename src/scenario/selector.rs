//! Which usage a change is about, and what to say when there is none.

use std::collections::BTreeSet;
use std::fmt;

use super::case::Case;
use crate::catalog::{Account, Family, InstanceType, Platform, Region};
use crate::demand::{DemandKey, Labels, Market, ServiceKey};
use crate::diagnostics::{Diagnostic, Place, nearest};

/// Usage by what it is; what is not said does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selector {
    /// Instances of a family.
    pub family: Option<Family>,
    /// Instances of a type.
    pub instance_type: Option<InstanceType>,
    /// Of an account.
    pub account: Option<Account>,
    /// In a region.
    pub region: Option<Region>,
    /// With a tag's name and value.
    pub tag: Option<(String, String)>,
    /// Instances of a platform.
    pub platform: Option<Platform>,
    /// Instances of a market.
    pub market: Option<Market>,
    /// Where it stands.
    pub place: Option<Place>,
}

/// How many things a message lists.
const LISTED: usize = 8;

impl Selector {
    /// Whether it takes instances of a key.
    pub fn takes(&self, key: &DemandKey) -> bool {
        self.family
            .is_none_or(|family| key.instance_type.family() == family)
            && self
                .instance_type
                .is_none_or(|own| key.instance_type == own)
            && self.account.is_none_or(|account| key.account == account)
            && self.region.is_none_or(|region| key.region == region)
            && self.platform.is_none_or(|own| key.platform == own)
            && self.market.is_none_or(|market| key.market == market)
            && self.has_tag(&key.labels)
    }

    /// Whether it takes use beside instances: by account, region and tag.
    pub fn takes_service(&self, key: &ServiceKey) -> bool {
        self.account.is_none_or(|account| key.account == account)
            && self.region.is_none_or(|region| key.region == region)
            && self.has_tag(&key.labels)
    }

    /// Whether it says something that only instances have.
    pub const fn is_of_instances(&self) -> bool {
        self.family.is_some()
            || self.instance_type.is_some()
            || self.platform.is_some()
            || self.market.is_some()
    }

    fn has_tag(&self, labels: &Labels) -> bool {
        self.tag.as_ref().is_none_or(|(name, value)| {
            let mut labels = labels.iter();
            labels.any(|(own, is)| **own == **name && **is == **value)
        })
    }

    /// Why it takes no instances of a case: the first thing said that none has, with what there is.
    pub(super) fn nothing(&self, case: &Case, at: &Place) -> Diagnostic {
        let keys: Vec<&DemandKey> = case.keys().collect();
        let is = |word: fn(&DemandKey) -> String| keys.iter().map(|key| word(key)).collect();
        let said: [(&str, Option<String>, BTreeSet<String>); 6] = [
            (
                "family",
                self.family.map(|own| own.to_string()),
                is(|key| key.instance_type.family().to_string()),
            ),
            (
                "instance type",
                self.instance_type.map(|own| own.to_string()),
                is(|key| key.instance_type.to_string()),
            ),
            (
                "account",
                self.account.map(|own| own.to_string()),
                is(|key| key.account.to_string()),
            ),
            (
                "region",
                self.region.map(|own| own.to_string()),
                is(|key| key.region.to_string()),
            ),
            (
                "tag",
                self.tag
                    .as_ref()
                    .map(|(name, value)| format!("{name}={value}")),
                keys.iter().flat_map(|key| tags(&key.labels)).collect(),
            ),
            (
                "operating system",
                self.platform.map(|own| own.to_string()),
                is(|key| key.platform.to_string()),
            ),
        ];
        let place = self.place.as_ref().unwrap_or(at).clone();
        let absent = said
            .iter()
            .find_map(|(what, said, there)| Some((what, said.as_ref()?, there)))
            .filter(|(_, said, there)| !there.contains(*said));
        let others = said.iter().find_map(|(what, said, there)| {
            let said = said.as_ref()?;
            (!there.contains(said)).then_some((what, said, there))
        });
        match absent.or(others) {
            Some((what, said, there)) => {
                Diagnostic::new(format!("the change selects nothing: no usage has the {what} `{said}`"))
                    .at(place)
                    .hint(what_there_is(said, there))
            }
            None => Diagnostic::new(format!("the change selects nothing: no usage is of {self}"))
                .at(place)
                .hint("each of these exists, not together; `bursar bill --by account,region,family` shows what does"),
        }
    }
}

/// `NAME=VALUE` of every label.
fn tags(labels: &Labels) -> impl Iterator<Item = String> {
    labels.iter().map(|(name, value)| format!("{name}={value}"))
}

/// `did you mean X? there is A, B and 3 more`.
pub(super) fn what_there_is(said: &str, there: &BTreeSet<String>) -> String {
    let near = nearest(said, there.iter().map(String::as_str));
    let near = near.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
    let listed: Vec<&str> = there.iter().take(LISTED).map(String::as_str).collect();
    match there.len() {
        0 => format!("{near}there is nothing of the kind"),
        many if many > LISTED => {
            format!(
                "{near}there is {} and {} more",
                listed.join(", "),
                many - LISTED
            )
        }
        _ => format!("{near}there is {}", listed.join(", ")),
    }
}

/// `m5 in us-east-1`, `all usage`.
impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words: Vec<String> = Vec::new();
        words.extend(self.family.map(|family| family.to_string()));
        words.extend(self.instance_type.map(|own| own.to_string()));
        words.extend(self.platform.map(|platform| platform.to_string()));
        words.extend(self.market.map(|market| match market {
            Market::OnDemand => "On-Demand".to_owned(),
            Market::Spot => "Spot".to_owned(),
            Market::UnusedCapacity => "idle slots".to_owned(),
            Market::CapacityBlock => "in Capacity Blocks".to_owned(),
            Market::SpotEligible => "that may run on Spot".to_owned(),
        }));
        words.extend(self.region.map(|region| format!("in {region}")));
        words.extend(self.account.map(|account| format!("of account {account}")));
        if let Some((name, value)) = &self.tag {
            words.push(format!("with {name}={value}"));
        }
        if words.is_empty() {
            return f.write_str("all usage");
        }
        f.write_str(&words.join(" "))
    }
}
