//! What Spot Instances cost day by day, as far as somebody kept it.

use chrono::NaiveDate;

use super::answer::Sourced;
use super::book::PriceBook;
use super::packed::Damaged;
use super::{bundled, charges, layout};
use crate::catalog::{InstanceType, Region};
use crate::units::{InstanceHour, Rate};

/// Days with the price of Linux in a region, in order. A day without a price is not in it.
pub type SpotDays = Vec<(NaiveDate, Rate<InstanceHour>)>;

/// There is no history of that type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the price book has no Spot history of {instance_type} in {region}{known}")]
pub struct MissingHistory {
    /// Of which type.
    pub instance_type: InstanceType,
    /// Where.
    pub region: Region,
    /// What is known of it, as a sentence's tail.
    pub known: String,
}

impl PriceBook {
    /// The Spot prices of Linux by day.
    pub fn spot_history(
        &self,
        region: Region,
        instance_type: InstanceType,
    ) -> Result<Sourced<SpotDays>, MissingHistory> {
        let missing = |known: String| MissingHistory {
            instance_type,
            region,
            known,
        };
        if !self.is_bundled() {
            return Err(missing(String::new()));
        }
        let damaged = |damaged: Damaged| missing(format!("; {damaged}"));
        let text = bundled::text(layout::SPOT_HISTORY, region.as_str()).map_err(damaged)?;
        let text = text.ok_or_else(|| missing("; the region has none".into()))?;
        let value = read(&text, instance_type).map_err(damaged)?;
        if value.is_empty() {
            return Err(missing("; the type has none there".into()));
        }
        let provenance = charges::provenance(&text).map_err(damaged)?;
        Ok(Sourced { value, provenance })
    }
}

/// The row of a type in a table with a column a day.
fn read(text: &str, instance_type: InstanceType) -> Result<SpotDays, Damaged> {
    let mut lines = text.lines().skip(1);
    let days = lines.next().unwrap_or_default().split(',').skip(1);
    let head = format!("{instance_type},");
    let Some(row) = lines.find_map(|line| line.strip_prefix(&head)) else {
        return Ok(Vec::new());
    };
    let cells = days.zip(row.split(',')).filter(|(_, usd)| !usd.is_empty());
    let price = |(day, usd): (&str, &str)| {
        let rate = Rate::from_decimal(usd.parse().ok()?).ok()?;
        Some((day.parse().ok()?, rate)).filter(|_| !rate.is_zero())
    };
    cells
        .map(|cell| price(cell).ok_or_else(|| Damaged(format!("Spot history `{}`", cell.1))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_without_the_days_it_lacks() {
        let text = "# source: x\ninstance_type,2024-01-09,2024-01-10,2024-01-11\n\
                    m5.large,0.04,,0.0405\nm5.xlarge,0.08,0.0801,\n";
        let days = read(text, "m5.large".parse().unwrap()).unwrap();
        let found: Vec<String> = days
            .iter()
            .map(|(day, usd)| format!("{day} {usd}"))
            .collect();
        assert_eq!(found, ["2024-01-09 0.04", "2024-01-11 0.0405"]);
        assert!(read(text, "m5.metal".parse().unwrap()).unwrap().is_empty());
        let zero = text.replace("0.0405", "0");
        assert!(read(&zero, "m5.large".parse().unwrap()).is_err());
    }
}
