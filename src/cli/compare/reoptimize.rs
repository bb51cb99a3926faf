//! `--reoptimize`: the cheapest purchases under each scenario, beside what is owned.

use clap::Args;

use crate::catalog::{OfferingClass, PaymentOption, Term};
use crate::cli::Failure;
use crate::cli::fleet::Fleet;
use crate::cli::optimize::failed;
use crate::cli::purchasing::{FEW_TRIALS, buyer_of};
use crate::cli::terms::TermArgs;
use crate::commitment::{ReservedFee, Sharing};
use crate::diagnostics::Diagnostic;
use crate::optimize::{CostOfCapital, Kinds, Market, Options, Rules, cheapest};
use crate::prices::{MissingPrice, Product};
use crate::report::compare::Best;
use crate::scenario::{Case, CostSettings, MovedPrices, Scenario};

/// What may be bought under a scenario.
#[derive(Debug, Clone, Args)]
pub(super) struct Search {
    /// Find the cheapest purchases under each scenario, too
    #[arg(long)]
    reoptimize: bool,

    #[command(flatten)]
    terms: TermArgs,
}

impl Search {
    /// The best mix under a scenario; `None` where it was not asked for.
    pub(super) fn best(
        &self,
        scenario: &Scenario,
        case: &Case,
        settings: CostSettings,
        fleet: &Fleet,
    ) -> Result<Option<Best>, Failure> {
        if !self.reoptimize {
            return Ok(None);
        }
        if !fleet.settings.sharing || case.portfolio().sharing != Sharing::Organization {
            return Err(Diagnostic::new(
                "`--reoptimize` plans for accounts that share their discounts",
            )
            .hint("compare the usage of each account or group by itself")
            .into());
        }
        let stretches = case.stretches();
        let [window] = stretches[..] else {
            let message = format!("{}: a price moves inside the window", scenario.name);
            return Err(Diagnostic::new(message)
                .hint("`--reoptimize` plans for one price of each thing: leave `from` and `to` of the price change out, or compare each part by itself")
                .into());
        };
        let demand = case.demand()?;
        let market = MovedPrices::during(&fleet.book, case.price_changes(), window);
        let options = Options {
            kinds: Kinds::ALL,
            terms: self.terms.allowed(),
            buyer: buyer_of(&demand),
            billing: fleet.settings,
            rules: Rules::default(),
            cost_of_capital: CostOfCapital::default(),
            tolerance: 1e-4,
            trials: FEW_TRIALS,
            threads: crate::threads::of_machine(),
        };
        let plan = cheapest(&demand, case.portfolio(), &market, &options)
            .map_err(|error| failed(&error))?;
        // Billed once more with everything: plans serve tasks and functions, too.
        let costs = case
            .with_portfolio(plan.portfolio)
            .cost(&fleet.book, settings);
        let costs = costs.map_err(|why| super::no_cost(&scenario.name, why))?;
        Ok(Some(Best {
            total: costs.total(),
            purchases: plan.purchases,
        }))
    }
}

impl Market for MovedPrices<'_> {
    fn reserved(
        &self,
        product: Product,
        class: OfferingClass,
        term: Term,
        payment: PaymentOption,
    ) -> Result<ReservedFee, MissingPrice> {
        let fee = Market::reserved(self.book(), product, class, term, payment)?;
        Ok(self.fee(product, fee))
    }

    fn host_reservation(
        &self,
        host: Product,
        term: Term,
        payment: PaymentOption,
    ) -> Result<ReservedFee, MissingPrice> {
        let fee = Market::host_reservation(self.book(), host, term, payment)?;
        Ok(self.fee(host, fee))
    }
}
