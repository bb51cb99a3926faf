//! The simple CSV form of usage (docs/file-formats.md), written a row at a time.

use super::clock::Hour;

/// What stays the same in all rows of a part of a fleet.
#[derive(Clone, Copy)]
pub(super) struct Who {
    /// Account id: the ones AWS uses in its own documentation, so nobody's.
    pub(super) account: &'static str,
    /// Region.
    pub(super) region: &'static str,
    /// Availability Zone; written only by [`Usage::of_counts`] with zones.
    pub(super) zone: &'static str,
    /// Instance type.
    pub(super) instance_type: &'static str,
    /// Operating system.
    pub(super) system: &'static str,
    /// Value of the tag `team`.
    pub(super) team: &'static str,
}

/// A usage file in the making.
pub(super) struct Usage {
    text: String,
    zones: bool,
}

/// How usage is stated, and of which market it is.
#[derive(Clone, Copy)]
pub(super) enum Amount {
    /// Instances running through the whole hour, On-Demand.
    Count(i64),
    /// Instance-hours in twentieths (three minutes), bought as the word says.
    Twentieths(i64, &'static str),
}

impl Usage {
    /// Rows with whole instances; `zones` adds the column `zone`.
    pub(super) fn of_counts(zones: bool) -> Self {
        let zone = if zones { ",zone" } else { "" };
        let text =
            format!("hour,account,region{zone},instance_type,operating_system,tag:team,count\n");
        Self { text, zones }
    }

    /// Rows with instance-hours and a column `purchase`.
    pub(super) fn of_hours() -> Self {
        let text = "hour,account,region,instance_type,operating_system,tag:team,purchase,hours\n";
        Self {
            text: text.to_owned(),
            zones: false,
        }
    }

    /// Adds a row; an hour without usage gets none.
    pub(super) fn add(&mut self, hour: Hour, who: Who, amount: Amount) {
        let usage = match amount {
            Amount::Count(0) | Amount::Twentieths(0, _) => return,
            Amount::Count(count) => count.to_string(),
            Amount::Twentieths(parts, purchase) => {
                let (whole, rest) = (parts.div_euclid(20), parts.rem_euclid(20) * 5);
                format!("{purchase},{whole}.{rest:02}")
            }
        };
        let region = if self.zones {
            format!("{},{}", who.region, who.zone)
        } else {
            who.region.to_owned()
        };
        let cells = [
            &hour.text(),
            who.account,
            &region,
            who.instance_type,
            who.system,
            who.team,
            &usage,
        ];
        self.text.push_str(&cells.join(","));
        self.text.push('\n');
    }

    /// The file.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}
