//! Which moments of the derivatives there are: below what order Wasserstein distances of the derivative and the joint block are finite and can be estimated.

use super::super::jacobian_products::Products;
use super::super::{Case, Condition, Finding, Footprint, Outcome, Record, Records, Units};
use crate::random::Address;
use crate::stats::{Estimate, Undefined};

/// The part of the claim.
const PART: &str = "products";
/// Orders of the products of Jacobians that are followed. The fourth tells whether a mean of squares has an interval.
const ORDERS: [f64; 3] = [1.0, 2.0, 4.0];
/// Most chains of the products' budget.
const CHAINS: usize = 128;

/// The further condition of the claim.
const CONDITION: &str = "products of Jacobians shrink in the second moment, without which W₂ is infinite";

/// Whether moments of the derivatives are finite, order by order.
pub(super) struct Moments {
    rates: Option<Vec<Result<Estimate, Undefined>>>,
}

/// Whether products are followed: a cell that is certified to contract has every moment, and a record is one path, which has no moments.
fn followed(case: &Case) -> bool {
    !case.data.is_recorded() && case.certificate.cell.rate >= 1.0
}

fn products(case: &Case, claim: &str) -> Products {
    let budget = case.budget(claim);
    Products::new(case, &ORDERS, budget.chains.min(CHAINS), budget.steps)
}

/// The units of the products.
pub(super) fn units(case: &Case, claim: &str) -> Option<Units> {
    followed(case).then(|| products(case, claim).units(PART))
}

/// Memory of a unit, where `part` is this one.
pub(super) fn footprint(case: &Case, claim: &str, part: &str) -> Option<Footprint> {
    (part == PART).then(|| products(case, claim).footprint(case))
}

/// A unit, where `part` is this one.
pub(super) fn run(case: &Case, claim: &str, part: &str, address: Address, index: usize) -> Option<Record> {
    (part == PART).then(|| products(case, claim).run(case, address, index))
}

impl Moments {
    /// From the records of the claim.
    pub fn of(case: &Case, claim: &str, records: &Records, address: Address) -> Self {
        Moments { rates: followed(case).then(|| products(case, claim).rates(case, &records.part(PART), address)) }
    }

    /// Whether products shrink in the moment of an order: `Undefined` only where their rate is.
    fn shrink(&self, order: u32) -> Outcome {
        let Some(rates) = &self.rates else { return Outcome::Supported };
        match &rates[order.ilog2() as usize] {
            Err(_) => Outcome::Undefined,
            Ok(rate) if rate.upper < 1.0 => Outcome::Supported,
            Ok(rate) if rate.lower > 1.0 => Outcome::Contradicted,
            Ok(_) => Outcome::Inconclusive,
        }
    }

    /// Whether a distance of order p in a block with derivatives is finite.
    ///
    /// # Errors
    /// [`Undefined`] with the moment that is infinite, or not known to be finite.
    pub fn finite(&self, order: u32) -> Result<(), Undefined> {
        let why = match self.shrink(order) {
            Outcome::Supported => return Ok(()),
            Outcome::Contradicted => "is infinite: products of Jacobians grow",
            _ => "is not known to be finite: products of Jacobians are not seen to shrink",
        };
        Err(Undefined::because(format!("E‖V‖^{order} {why} in the moment of order {order}, so that no finite W_{order} can be shown")))
    }

    /// Whether the moment of order 2p is finite, without which a mean of `‖ΔV‖^p` over stationary copies has no interval.
    pub fn light(&self, order: u32) -> bool {
        self.shrink(2 * order) == Outcome::Supported
    }

    /// Adds the condition and the rates to the claim's finding.
    pub fn weigh(self, mut finding: Finding) -> Finding {
        let outcome = match self.shrink(2) {
            Outcome::Undefined => Outcome::Inconclusive,
            outcome => outcome,
        };
        finding.conditions.push(Condition { name: CONDITION.into(), outcome });
        let Some(rates) = self.rates else { return finding };
        rates.into_iter().zip(ORDERS).fold(finding, |finding, (rate, order)| finding.with(&format!("product_rate_{order}"), rate))
    }
}
