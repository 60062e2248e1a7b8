//! The rates of contraction of one case side by side: certified, along almost every path, and in
//! the moments of products of Jacobians.

use crate::claims::derivative_moments;
use crate::claims::derivative_moments::PRODUCTS;
use crate::claims::hidden_contraction;
use crate::claims::measuring::jacobian_products::Products;
use crate::claims::measuring::pathwise;
use crate::claims::{Budget, Case, Claim, Records};
use crate::stats::{Estimate, Undefined};

/// Rates a step of a case at frozen parameters; a rate of 1 is the edge.
///
/// ```
/// use rtrl_lab::claims::{Contraction, named};
/// // Tanh units of recurrent weights 0.8 and −0.5, which contract more than their steepest slope.
/// let case = named("gradient_identity").unwrap().violation(1);
/// let rates = Contraction::of(&case, 32, 50);
/// assert_eq!(rates.certified, 0.8);
/// assert!(rates.pathwise.unwrap().upper < rates.certified);
/// ```
#[derive(Clone, Debug)]
pub struct Contraction {
    /// The certified rate of the cell, which may exceed 1.
    pub certified: f64,
    /// `exp λ₁`, the rate along almost every path.
    pub pathwise: Result<Estimate, Undefined>,
    /// `(E‖A_t ⋯ A_1 δ‖^p)^{1/(p t)}` for p = 2 and 4: where one is 1 or more, the derivatives have
    /// no such moment.
    pub moments: [Result<Estimate, Undefined>; 2],
}

impl Contraction {
    /// Measures a case with `chains` populations' worth of tangents (see `derivative_moments`) and
    /// `steps` steps.
    ///
    /// ```
    /// use rtrl_lab::claims::{Contraction, named};
    /// // One linear unit of recurrent weight 1.05: the same product on every path.
    /// let case = named("derivative_moments").unwrap().violation(1);
    /// let rates = Contraction::of(&case, 32, 50);
    /// assert!((rates.pathwise.unwrap().value - 1.05).abs() < 1e-9);
    /// assert!(rates.moments.iter().all(|r| (r.as_ref().unwrap().value - 1.05).abs() < 1e-9));
    /// ```
    pub fn of(case: &Case, chains: usize, steps: usize) -> Self {
        let budget = Budget { chains, steps, ..hidden_contraction::HiddenContraction.budget() };
        let ids = [hidden_contraction::HiddenContraction.id(), derivative_moments::DerivativeMoments.id()];
        let budgets = ids.map(|id| (id.to_string(), budget.clone())).into();
        let case = &Case { budgets, ..case.clone() };
        let key = case.key_of(hidden_contraction::HiddenContraction.id(), pathwise::PART);
        let part = pathwise::work(case, &budget, key).records();
        let pathwise = pathwise::rate(&Records([(pathwise::PART.to_string(), part)].into()), &budget, case.level);
        let products = Products::new(case, &[2.0, 4.0], chains, steps);
        let key = case.key_of(derivative_moments::DerivativeMoments.id(), PRODUCTS);
        let records = products.clone().work(PRODUCTS, case, key).records();
        let mut rates = products.rates(case, &records, key.within("judge")).into_iter();
        let missing = || Err(Undefined::because("this moment was not followed"));
        let moments = [(); 2].map(|()| rates.next().unwrap_or_else(missing));
        Contraction { certified: case.certificate.cell.rate, pathwise, moments }
    }
}
