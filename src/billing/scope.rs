//! The passes of commitments: an owner's own usage, that of its sharing group, everybody's.

use crate::catalog::Account;
use crate::commitment::Sharing;

/// The accounts that take part in a pass.
pub(super) enum Scope<'a> {
    /// One, as owner and user.
    Owner(Account),
    /// Those of a sharing group.
    Group(&'a [Account]),
    /// Every one.
    All,
}

impl Scope<'_> {
    pub(super) fn holds(&self, account: Account) -> bool {
        match self {
            Self::Owner(owner) => *owner == account,
            Self::Group(group) => group.contains(&account),
            Self::All => true,
        }
    }
}

/// The passes of commitments of these `owners`, who stand in order: their own usage first.
pub(super) fn scopes(owners: impl Iterator<Item = Account>, sharing: &Sharing) -> Vec<Scope<'_>> {
    let mut owners: Vec<Account> = owners.collect();
    owners.dedup();
    let shares = |group: &&Vec<Account>| owners.iter().any(|owner| group.contains(owner));
    let groups = sharing.groups().iter().filter(shares);
    let groups: Vec<Scope<'_>> = groups.map(|group| Scope::Group(group)).collect();
    let mut scopes: Vec<Scope<'_>> = owners.into_iter().map(Scope::Owner).collect();
    scopes.extend(groups);
    scopes.extend(sharing.reaches_all().then_some(Scope::All));
    scopes
}
