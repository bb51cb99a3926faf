//! Which accounts a commitment serves when its owner does not need it (RI and Savings Plans discount sharing).
//!
//! Source: docs.aws.amazon.com, Billing User Guide, "Reserved Instances and Savings Plans discount sharing": the
//! whole organization; a prioritized group first, then the rest; a restricted group only. An account is in one group
//! at most. docs/billing-rules.md, R20.

use crate::catalog::Account;

/// Whom commitments serve beside their owner.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Sharing {
    /// Every account of the organization.
    #[default]
    Organization,
    /// The accounts of the owner's group, then every other.
    Prioritized(SharingGroups),
    /// The accounts of the owner's group only.
    Restricted(SharingGroups),
    /// Nobody.
    Off,
}

/// Groups of accounts; none is in two.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SharingGroups(Vec<Vec<Account>>);

/// An account that is in two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("account `{0}` is in two sharing groups")]
pub struct GroupsOverlap(pub Account);

impl SharingGroups {
    /// The groups, ordered.
    ///
    /// # Errors
    /// [`GroupsOverlap`] for an account that stands twice.
    pub fn new(mut groups: Vec<Vec<Account>>) -> Result<Self, GroupsOverlap> {
        for group in &mut groups {
            group.sort_unstable();
        }
        groups.sort();
        let mut all: Vec<Account> = groups.concat();
        all.sort_unstable();
        match all.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(GroupsOverlap(pair[0])),
            None => Ok(Self(groups)),
        }
    }

    /// The groups.
    pub fn groups(&self) -> &[Vec<Account>] {
        &self.0
    }
}

impl Sharing {
    /// The groups that are served before the rest of the organization, or alone.
    pub fn groups(&self) -> &[Vec<Account>] {
        match self {
            Self::Prioritized(groups) | Self::Restricted(groups) => groups.groups(),
            Self::Organization | Self::Off => &[],
        }
    }

    /// Whether every account of the organization is served at last.
    pub const fn reaches_all(&self) -> bool {
        matches!(self, Self::Organization | Self::Prioritized(_))
    }
}
