//! A rate's key as one number: millions of rates are kept while a file is read.

use std::collections::HashMap;

use foldhash::fast::FixedState;

use crate::catalog::{
    InstanceType, OfferingClass, OperatingSystem, PaymentOption, Platform, SavingsPlanKind,
    SqlEdition, Tenancy, Term,
};
use crate::prices::{Offer, Product};

/// What an amount of a rate is paid for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::prices) enum Part {
    /// Every hour.
    Hourly,
    /// The purchase.
    Upfront,
}

const SQL: [Option<SqlEdition>; 4] = [
    None,
    Some(SqlEdition::Web),
    Some(SqlEdition::Standard),
    Some(SqlEdition::Enterprise),
];
const TENANCIES: [Tenancy; 3] = [Tenancy::Shared, Tenancy::Dedicated, Tenancy::Host];

/// Every offer, in the order of its number.
pub(in crate::prices) fn offers() -> Vec<Offer> {
    let mut offers = vec![Offer::OnDemand, Offer::Spot];
    let paid = || {
        Term::ALL
            .iter()
            .flat_map(|&term| PaymentOption::ALL.iter().map(move |&paid| (term, paid)))
    };
    for &class in OfferingClass::ALL {
        offers.extend(paid().map(|(term, paid)| Offer::Reserved(class, term, paid)));
    }
    for kind in SavingsPlanKind::OF_INSTANCES {
        offers.extend(paid().map(|(term, paid)| Offer::SavingsPlan(kind, term, paid)));
    }
    offers
}

/// The number of a platform; read back by [`platform`].
pub(in crate::prices) fn platform_number(platform: Platform) -> u8 {
    let os = position(&OperatingSystem::ALL, platform.os);
    os * 4 + position(&SQL, platform.sql)
}

/// The platform of a number.
pub(in crate::prices) fn platform(number: u8) -> Option<Platform> {
    Some(Platform {
        os: *OperatingSystem::ALL.get(usize::from(number >> 2))?,
        sql: SQL[usize::from(number & 3)],
    })
}

/// The number of a tenancy; read back by [`tenancy`].
pub(in crate::prices) fn tenancy_number(tenancy: Tenancy) -> u8 {
    position(&TENANCIES, tenancy)
}

/// The tenancy of a number.
pub(in crate::prices) fn tenancy(number: u8) -> Option<Tenancy> {
    TENANCIES.get(usize::from(number)).copied()
}

/// The number of an offer: its place in [`offers`].
pub(in crate::prices) fn offer_number(offer: Offer) -> u8 {
    let paid = |term, paid| position(Term::ALL, term) * 3 + position(PaymentOption::ALL, paid);
    match offer {
        Offer::OnDemand => 0,
        Offer::Spot => 1,
        Offer::Reserved(class, term, option) => {
            2 + position(OfferingClass::ALL, class) * 6 + paid(term, option)
        }
        Offer::SavingsPlan(kind, term, option) => {
            14 + position(&SavingsPlanKind::OF_INSTANCES, kind) * 6 + paid(term, option)
        }
    }
}

fn position<T: PartialEq + Copy>(all: &[T], one: T) -> u8 {
    let place = all.iter().position(|known| *known == one);
    place
        .and_then(|place| u8::try_from(place).ok())
        .unwrap_or(u8::MAX)
}

/// Instance types by number, in the order they were met.
#[derive(Debug, Default)]
pub(super) struct Types {
    names: Vec<InstanceType>,
    numbers: HashMap<InstanceType, u32, FixedState>,
}

impl Types {
    fn number(&mut self, name: InstanceType) -> u32 {
        *self.numbers.entry(name).or_insert_with(|| {
            self.names.push(name);
            u32::try_from(self.names.len() - 1).unwrap_or(u32::MAX)
        })
    }

    /// The key of a rate within its region; keys of one product stand together.
    pub(super) fn key(&mut self, product: Product, offer: Offer, part: Part) -> u64 {
        let low = u32::from_be_bytes([
            platform_number(product.platform),
            tenancy_number(product.tenancy),
            offer_number(offer),
            u8::from(part == Part::Upfront),
        ]);
        (u64::from(self.number(product.instance_type)) << 32) | u64::from(low)
    }

    /// Type, platform number, tenancy number, offer number and part of a key.
    pub(super) fn open(&self, key: u64) -> (InstanceType, [u8; 4]) {
        let [_, _, _, _, platform, tenancy, offer, part] = key.to_be_bytes();
        let number = usize::try_from(key >> 32).unwrap_or(usize::MAX);
        (self.names[number], [platform, tenancy, offer, part])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_back() {
        for (number, offer) in offers().into_iter().enumerate() {
            assert_eq!(usize::from(offer_number(offer)), number);
        }
        assert_eq!(offers().len(), 26);
        for os in OperatingSystem::ALL {
            for sql in SQL {
                let one = Platform { os, sql };
                assert_eq!(platform(platform_number(one)), Some(one));
            }
        }
        assert_eq!(
            tenancy(tenancy_number(Tenancy::Dedicated)),
            Some(Tenancy::Dedicated)
        );
        assert_eq!((platform(28), tenancy(3)), (None, None));
    }
}
