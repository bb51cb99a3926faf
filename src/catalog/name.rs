//! Names kept once for the whole run and handed around as `Copy` handles.

use std::collections::HashSet;
use std::sync::{LazyLock, PoisonError, RwLock};

static NAMES: LazyLock<RwLock<HashSet<&'static str>>> = LazyLock::new(RwLock::default);

/// The one copy of `text` that lives as long as the program. A run knows thousands of names, not millions.
pub(super) fn intern(text: &str) -> &'static str {
    if let Some(known) = NAMES
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(text)
    {
        return known;
    }
    let mut names = NAMES.write().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(text) {
        return known;
    }
    let kept: &'static str = Box::leak(text.to_owned().into_boxed_str());
    names.insert(kept);
    kept
}

/// Declares a `Copy` name: ordered and printed by its text.
macro_rules! name {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(&'static str);

        impl $name {
            /// The name for this text, taken as it is.
            pub fn new(text: &str) -> Self {
                Self(super::name::intern(text))
            }

            /// The text of the name.
            pub const fn as_str(self) -> &'static str {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.0)
            }
        }
    };
}

name! {
    /// An AWS account: twelve digits in a bill, any word in a simple CSV.
    Account
}
name! {
    /// An Availability Zone by its name in the account, such as `us-east-1a`.
    Zone
}
name! {
    /// An instance family with its attribute letters: `m5d` is not `m5`.
    Family
}

impl Family {
    /// The family of a name that is already kept.
    pub(super) const fn kept(name: &'static str) -> Self {
        Self(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_are_one_name() {
        let built = format!("{}{}", "1234", "56789012");
        assert_eq!(Account::new(&built), Account::new("123456789012"));
        assert!(std::ptr::eq(
            intern("a-name"),
            intern(&String::from("a-name"))
        ));
    }
}
