//! Which moments of the derivatives there are: below what order Wasserstein distances of the
//! derivative and the joint block are finite and can be estimated.

use crate::claims::geometric_ergodicity::names;
use crate::claims::judging::decay_rate::BlockDecay;
use crate::claims::measuring::jacobian_products::Products;
use crate::claims::{Case, Condition, Finding, Outcome, Records, Work};
use crate::random::RngKey;
use crate::stats::{Estimate, Undefined};
use crate::theory::shared_growth;

/// The part of the claim.
const PART: &str = "products";
/// Orders of the products of Jacobians that are followed. The fourth tells whether a mean of
/// squares has an interval.
const ORDERS: [f64; 3] = [1.0, 2.0, 4.0];
/// Most chains of the products' budget.
const CHAINS: usize = 128;

/// The further condition of the claim.
const CONDITION: &str = "products of Jacobians shrink in the second moment, without which W₂ is infinite";

/// Whether moments of the derivatives are finite, order by order.
pub(super) struct Moments {
    rates: Option<Vec<Result<Estimate, Undefined>>>,
}

/// Whether products are followed: a cell that is certified to contract has every moment, and a
/// record is one path, which has no moments.
fn followed(case: &Case) -> bool {
    !case.data.is_recorded() && case.certificate.cell.rate >= 1.0
}

fn products(case: &Case, claim: &str) -> Products {
    let budget = case.budget(claim);
    Products::new(case, &ORDERS, budget.chains.min(CHAINS), budget.steps)
}

/// The units of the products, where they are followed.
pub(super) fn work<'c>(case: &'c Case, claim: &str) -> Option<Work<'c>> {
    followed(case).then(|| products(case, claim).work(PART, case, case.key_of(claim, PART)))
}

impl Moments {
    /// From the records of the claim.
    pub(super) fn of(case: &Case, claim: &str, records: &Records, key: RngKey) -> Self {
        Moments { rates: followed(case).then(|| products(case, claim).rates(case, records.part(PART), key)) }
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
    pub(super) fn finite(&self, order: u32) -> Result<(), Undefined> {
        let why = match self.shrink(order) {
            Outcome::Supported => return Ok(()),
            Outcome::Contradicted => "is infinite: products of Jacobians grow",
            _ => "is not known to be finite: products of Jacobians are not seen to shrink",
        };
        Err(Undefined::because(format!("E‖V‖^{order} {why} in the moment of order {order}, so that no finite W_{order} can be shown")))
    }

    /// Whether the moment of order 2p is finite, without which a mean of `‖ΔV‖^p` over stationary
    /// copies has no interval.
    pub(super) fn light(&self, order: u32) -> bool {
        self.shrink(2 * order) == Outcome::Supported
    }

    /// Puts upper ends of rates that populations may have missed where theory puts them; a
    /// population that loses the rare pairs which carry a moment shows a smaller rate and does not
    /// know it.
    ///
    /// ```text
    /// hidden and later blocks     r_2,                                      where Λ(2) < Λ(1)
    /// derivative and joint block  e^{B/2},  B = min_s max( A(s − 2), Λ(s) ),  where Λ(4) > Λ(2)
    /// ```
    ///
    /// The first: `Λ` is convex with `Λ(0) = 0`, so it falls up to its lowest place beyond 1, and
    /// near copies carry the second moment of a distance. The second is the rate of `E ‖d_t V_t‖²`,
    /// which feeds a difference of derivatives (`theory::ScalarNetwork::derivative_rate`). `Λ` and
    /// `A`, the exponents of products and of distances, are replaced by chords through their upper
    /// limits at q = 0, 1, 2 and 4, which lie above convex curves.
    ///
    /// `decays` are those of the hidden, the derivative and the joint block.
    pub(super) fn widen(&self, decays: &mut [BlockDecay]) {
        let Some([Ok(first), Ok(second), fourth]) = self.rates.as_deref() else { return };
        let exponent = |order: f64, rate: f64| order * libm::log(rate);
        let put = |decays: &mut [BlockDecay], end: f64| {
            for fit in decays.iter_mut().filter_map(|decay| decay.fit.as_mut().ok()) {
                fit.rate.upper = fit.rate.upper.max(end);
            }
        };
        if exponent(2.0, second.value) < exponent(1.0, first.value) {
            put(decays, second.upper);
        }
        let Ok(fourth) = fourth else { return };
        if second.upper < 1.0 && fourth.upper.is_finite() && exponent(4.0, fourth.value) > exponent(2.0, second.value) {
            let limits = [exponent(1.0, first.upper), exponent(2.0, second.upper), exponent(4.0, fourth.upper)];
            put(&mut decays[1..], libm::exp(0.5 * shared_growth(limits)));
        }
    }

    /// Adds the condition and the rates to the claim's finding.
    pub(super) fn weigh(self, mut finding: Finding) -> Finding {
        let outcome = match self.shrink(2) {
            Outcome::Undefined => Outcome::Inconclusive,
            outcome => outcome,
        };
        finding.conditions.push(Condition { name: CONDITION.into(), outcome });
        let Some(rates) = self.rates else { return finding };
        rates.into_iter().zip(ORDERS).fold(finding, |finding, (rate, order)| finding.with(names::PRODUCT_RATE.of(order), rate))
    }
}
