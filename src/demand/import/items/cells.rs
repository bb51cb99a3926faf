//! The cells of a bill's row that reconciliation looks at, and where each format keeps them.

use super::BillForm;
use crate::demand::import::spec::{Format, format_of, plain_name};

/// Declares the cells with their plain column names in a Cost and Usage Report and in FOCUS, preferred first.
macro_rules! cells {
    ($($(#[$doc:meta])* $cell:ident: [$($report:literal),*], [$($focus:literal),*];)+) => {
        /// A cell of a bill's row.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Cell {
            $($(#[$doc])* $cell,)+
        }

        impl Cell {
            /// Every one, in order.
            pub(in crate::demand::import) const ALL: &'static [Self] = &[$(Self::$cell),+];

            const fn names(self, form: BillForm) -> &'static [&'static str] {
                match (self, form) {
                    $((Self::$cell, BillForm::Report) => &[$($report),*],
                      (Self::$cell, BillForm::Focus) => &[$($focus),*],)+
                }
            }
        }
    };
}

cells! {
    /// What kind of row it is.
    LineType: ["line_item_line_item_type"], ["charge_category"];
    /// Who sells it; FOCUS only.
    Provider: [], ["service_provider_name", "provider_name", "publisher_name"];
    /// Service.
    Service: ["line_item_product_code"], ["service_name"];
    /// What of the service.
    UsageType: ["line_item_usage_type"], ["x_usage_type", "sku_meter", "sku_id"];
    /// What was done with it.
    Operation: ["line_item_operation"], ["x_operation"];
    /// The account that used it.
    Account: ["line_item_usage_account_id"], ["sub_account_id", "billing_account_id"];
    /// What its amounts of money are in.
    Currency: ["line_item_currency_code"], ["billing_currency"];
    /// What was used.
    Resource: ["line_item_resource_id"], ["resource_id"];
    /// First instant.
    Start: ["line_item_usage_start_date"], ["charge_period_start"];
    /// Behind the last instant.
    End: ["line_item_usage_end_date"], ["charge_period_end"];
    /// How much, in the unit that is priced.
    Quantity: ["line_item_usage_amount"], ["pricing_quantity"];
    /// What one costs.
    Rate: ["line_item_unblended_rate"], [];
    /// What is billed.
    Cost: ["line_item_unblended_cost"], ["billed_cost"];
    /// What one costs at list price.
    ListRate: ["pricing_public_on_demand_rate"], ["list_unit_price"];
    /// What all costs at list price.
    ListCost: ["pricing_public_on_demand_cost"], ["list_cost"];
    /// What one costs at the customer's price.
    ContractedRate: [], ["contracted_unit_price"];
    /// What all costs at the customer's price.
    ContractedCost: [], ["contracted_cost"];
    /// What it costs with its share of commitments; FOCUS only.
    EffectiveCost: [], ["effective_cost"];
    /// How often it is charged; FOCUS only.
    Frequency: [], ["charge_frequency"];
    /// The Reserved Instance, or whatever commitment FOCUS names.
    Commitment: ["reservation_reservation_a_r_n", "reservation_subscription_id"],
        ["commitment_discount_id"];
    /// Whether a commitment's hour was used; FOCUS only.
    Status: [], ["commitment_discount_status"];
    /// Share of a Reserved Instance's fees that covered usage bears.
    ReservedEffective: ["reservation_effective_cost"], [];
    /// Its part from the upfront fee.
    ReservedUpfront: ["reservation_amortized_upfront_cost_for_usage"], [];
    /// Its part from the recurring fee.
    ReservedRecurring: ["reservation_recurring_fee_for_usage"], [];
    /// The month's share of the upfront fee, of a fee row.
    AmortizedUpfront: ["reservation_amortized_upfront_fee_for_billing_period"], [];
    /// Recurring fee of hours nobody used, of a fee row.
    UnusedRecurring: ["reservation_unused_recurring_fee"], [];
    /// Upfront share of hours nobody used, of a fee row.
    UnusedUpfront: ["reservation_unused_amortized_upfront_fee_for_billing_period"], [];
    /// The Savings Plan.
    Plan: ["savings_plan_savings_plan_a_r_n"], [];
    /// Savings Plan rate.
    PlanRate: ["savings_plan_savings_plan_rate"], [];
    /// Commitment that covered usage consumed.
    PlanEffective: ["savings_plan_savings_plan_effective_cost"], [];
    /// Recurring commitment of a fee row.
    PlanRecurring: ["savings_plan_recurring_commitment_for_billing_period"], [];
    /// Upfront commitment of a fee row.
    PlanUpfront: ["savings_plan_amortized_upfront_commitment_for_billing_period"], [];
    /// Used commitment of a fee row.
    PlanUsed: ["savings_plan_used_commitment"], [];
    /// What an invoice says of it.
    Description: ["line_item_line_item_description"], ["charge_description"];
}

/// Where the cells stand in the rows of one file.
#[derive(Debug)]
pub(in crate::demand::import) struct Columns {
    pub(super) form: BillForm,
    places: Vec<Option<usize>>,
    names: Vec<String>,
}

impl Columns {
    /// Reads a header; `None` when it is of no bill.
    pub(super) fn new(names: &[String]) -> Option<Self> {
        let plain: Vec<String> = names.iter().map(|name| plain_name(name)).collect();
        let form = match format_of(&plain)? {
            Format::Bill => BillForm::Report,
            Format::Focus => BillForm::Focus,
            _ => return None,
        };
        let place = |cell: &Cell| {
            let mut names = cell.names(form).iter();
            names.find_map(|name| plain.iter().position(|found| found == name))
        };
        Some(Self {
            form,
            places: Cell::ALL.iter().map(place).collect(),
            names: names.to_vec(),
        })
    }

    /// The place of a cell in a row.
    pub(in crate::demand::import) fn place(&self, cell: Cell) -> Option<usize> {
        self.places.get(cell as usize).copied().flatten()
    }

    /// What the file calls the cell's column.
    pub(super) fn name(&self, cell: Cell) -> Option<&str> {
        self.names.get(self.place(cell)?).map(String::as_str)
    }
}
