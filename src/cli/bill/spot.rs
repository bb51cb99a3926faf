//! `--spot-prices`: Spot usage at the price that was in force, instead of the price book's average.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use sha2::{Digest, Sha256};

use crate::billing::Bill;
use crate::cli::Failure;
use crate::cli::fleet::Fleet;
use crate::cli::user_prices::today;
use crate::diagnostics::Diagnostic;
use crate::prices::SpotPrices;
use crate::prices::import::read_spot_prices;
use crate::report::run::{InputFile, hex};
use crate::units::Quantity;

/// Where Spot prices in force come from.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct SpotArgs {
    /// Bill Spot usage by what `aws ec2 describe-spot-price-history` answered (may be given again)
    #[arg(long, value_name = "FILE")]
    spot_prices: Vec<PathBuf>,
}

impl SpotArgs {
    /// Puts the prices of the files into the fleet's book, and the files into its inputs.
    pub(super) fn read(&self, fleet: &mut Fleet) -> Result<(), Failure> {
        if self.spot_prices.is_empty() {
            return Ok(());
        }
        let mut prices = SpotPrices::default();
        for path in &self.spot_prices {
            let text =
                fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))?;
            let name = path.display().to_string();
            let page = read_spot_prices(&text, &name, today(), &mut prices)?;
            if page.goes_on {
                let message = format!("`{name}` is a page that others follow");
                let hint = "give the others with --spot-prices, too";
                fleet.doubts.push(Diagnostic::new(message).hint(hint));
            }
            if page.zero > 0 {
                let message = format!(
                    "`{name}` has {} Spot prices of 0, which are left out",
                    page.zero
                );
                fleet.doubts.push(Diagnostic::new(message));
            }
            fleet.inputs.push(InputFile {
                sha256: hex(&Sha256::digest(text.as_bytes())),
                role: "spot-prices".into(),
                path: name,
            });
        }
        fleet.book.set_spot_prices(prices);
        Ok(())
    }
}

/// Spot usage of hours whose price the files do not have.
pub(super) fn at_average(fleet: &Fleet, bill: &Bill) -> Option<Diagnostic> {
    fleet.book.spot_prices()?;
    let lines = bill
        .spot
        .iter()
        .filter(|spot| spot.in_force != spot.quantity);
    let rest: Quantity<_> = lines
        .clone()
        .map(|spot| spot.quantity - spot.in_force)
        .sum();
    let first = &fleet.import.demand.keys()[lines.clone().next()?.key];
    let place = first
        .zone
        .map_or_else(|| first.region.to_string(), |zone| zone.to_string());
    let message = format!(
        "{} instance-hours of Spot usage have no price in --spot-prices and are billed at an average; the first: {} {} in {place}",
        rest.to_decimal(2),
        first.instance_type,
        first.platform,
    );
    Some(
        Diagnostic::new(message).hint(
            "a price holds until the next one of its zone, and at most a day past the newest",
        ),
    )
}
