//! What the rows of a tuple are, as far as adding them up goes.

use crate::demand::import::classify::Outcome;
use crate::demand::import::facts::Cover;
use crate::demand::import::spec::Role;
use crate::demand::import::tally::Handle;

/// What the rows of a tuple are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kind {
    pub(super) handle: Handle,
    pub(super) what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Usage, and which cost of it counts.
    Usage(Cost),
    Fee,
    Skip,
}

/// Which cost of a row counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cost {
    Unblended,
    /// The share of the reservation that covered it.
    Reservation,
    /// The share of the Savings Plan that covered it.
    SavingsPlan,
}

impl Cost {
    pub(super) const ALL: [Self; 3] = [Self::Unblended, Self::Reservation, Self::SavingsPlan];

    /// The column that states it.
    pub(super) const fn role(self) -> Role {
        match self {
            Self::Unblended => Role::Cost,
            Self::Reservation => Role::ReservationCost,
            Self::SavingsPlan => Role::PlanCost,
        }
    }
}

impl What {
    /// What rows of this outcome are.
    pub(super) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Usage(usage) => Self::Usage(match usage.cover {
                Cover::None => Cost::Unblended,
                Cover::Reservation(_) => Cost::Reservation,
                Cover::SavingsPlan(_) => Cost::SavingsPlan,
            }),
            Outcome::Fee => Self::Fee,
            // Tables of service use are read from CSV only.
            Outcome::Service(_) | Outcome::Metered(_) | Outcome::Skip(_) | Outcome::Refuse(_) => {
                Self::Skip
            }
        }
    }
}

impl Kind {
    /// Which cost of the row counts.
    pub(super) fn cost(self) -> Cost {
        match self.what {
            What::Usage(cost) => cost,
            What::Fee | What::Skip => Cost::Unblended,
        }
    }
}
