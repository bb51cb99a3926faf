//! Prices by amount: one tier must begin where the one before ends, and the last must not end.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::diagnostics::Diagnostic;

/// One tier: where it begins, where it ends (`None`: nowhere), whether it is free.
type Tier = (Decimal, Option<Decimal>, bool);

/// The tiers of every SKU and term of a file.
#[derive(Debug, Default)]
pub(super) struct Tiers(BTreeMap<String, Vec<Tier>>);

impl Tiers {
    /// Takes a row's tier; a row without a beginning has none (a fee).
    pub(super) fn add(
        &mut self,
        sku: &str,
        (from, to): (&str, &str),
        free: bool,
    ) -> Result<(), Diagnostic> {
        if from.is_empty() {
            return Ok(());
        }
        let number = |text: &str| {
            text.parse::<Decimal>()
                .map_err(|_| Diagnostic::new(format!("`{text}` is no end of a price tier")))
        };
        let end = match to {
            "" | "Inf" => None,
            other => Some(number(other)?),
        };
        self.0
            .entry(sku.to_owned())
            .or_default()
            .push((number(from)?, end, free));
        Ok(())
    }

    /// The first SKU whose tiers overlap or leave a hole.
    pub(super) fn check(self) -> Result<(), Diagnostic> {
        for (sku, mut tiers) in self.0 {
            tiers.sort_unstable();
            let (mut reached, mut free) = (Some(Decimal::ZERO), false);
            for (from, to, is_free) in tiers {
                let wrong = match reached {
                    Some(end) if end == from => None,
                    Some(end) if end < from => Some(format!("leave a hole from {end} to {from}")),
                    _ => Some(format!("overlap at {from}")),
                };
                if let Some(wrong) = wrong {
                    let message = format!("the price tiers of SKU {sku} {wrong}");
                    return Err(
                        Diagnostic::new(message).hint("the file is incomplete; fetch it again")
                    );
                }
                (reached, free) = (to, is_free);
            }
            // AWS's Free Tier is a term of its own, which ends.
            if let Some(end) = reached.filter(|_| !free) {
                let message = format!("the price tiers of SKU {sku} leave a hole from {end} on");
                return Err(Diagnostic::new(message).hint("the file is incomplete; fetch it again"));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: &[(&str, &str)]) -> Result<(), String> {
        let mut tiers = Tiers::default();
        for ends in rows {
            tiers.add("A", *ends, false).unwrap();
        }
        tiers.check().map_err(|problem| problem.message)
    }

    #[test]
    fn tiers_follow_each_other() {
        assert_eq!(check(&[("10", "Inf"), ("0", "10")]), Ok(()));
        assert_eq!(check(&[("", "")]), Ok(()));
        let mut free = Tiers::default();
        free.add("A", ("0", "400000"), true).unwrap();
        assert_eq!(free.check(), Ok(()));
        let says = |rows: &[(&str, &str)]| check(rows).unwrap_err();
        assert_eq!(
            says(&[("0", "10"), ("11", "Inf")]),
            "the price tiers of SKU A leave a hole from 10 to 11"
        );
        assert_eq!(
            says(&[("0", "10"), ("9", "Inf")]),
            "the price tiers of SKU A overlap at 9"
        );
        assert_eq!(
            says(&[("0", "Inf"), ("0", "Inf")]),
            "the price tiers of SKU A overlap at 0"
        );
        assert_eq!(
            says(&[("0", "10")]),
            "the price tiers of SKU A leave a hole from 10 on"
        );
    }
}
