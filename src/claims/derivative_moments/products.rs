//! Which moments the forward derivatives have: the exponents Λ(q) of products of Jacobians over q,
//! their convex curve and its root κ.

use crate::claims::derivative_moments::names;
use crate::claims::judging::decay_rate;
use crate::claims::measuring::jacobian_products::{Products, rate_of};
use crate::claims::{Budget, Case, Condition, Finding, Number, Outcome, Records};
use crate::figures::{Axis, Layer, Mark, Panel, Role};
use crate::stats::{Estimate, Exponents, TailIndex, Undefined};

/// The part of products of Jacobians.
pub(in crate::claims) const PRODUCTS: &str = "products";
/// Orders at which products are followed.
const ORDERS: [f64; 7] = [0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0];
/// Points of the drawn curve.
const DRAWN: usize = 120;

/// The products that are followed.
pub(super) fn products(case: &Case, budget: &Budget) -> Products {
    Products::new(case, &ORDERS, budget.chains, budget.steps)
}

/// What is known of every moment.
pub(super) struct Moments {
    exponents: Vec<(f64, Result<Estimate, Undefined>)>,
    curve: Result<Exponents, Undefined>,
    certified: f64,
    norm: String,
}

/// Whether one moment exists.
pub(super) struct Moment {
    /// `supported`: it does. `contradicted`: it does not. `inconclusive`: open.
    pub word: Outcome,
    /// The rate `r_q`, or a bound on it.
    pub rate: Result<Estimate, Undefined>,
    /// Why, in a sentence.
    pub reason: String,
    /// What the rate rests on where it is not measured.
    pub rests_on: Option<&'static str>,
}

impl Moments {
    /// Reads the products of `derivative_moments`.
    pub(super) fn of(case: &Case, records: &Records) -> Self {
        let products = products(case, case.budget("derivative_moments"));
        let key = case.key_of("derivative_moments", "judge").within(PRODUCTS);
        let measured = products.exponents(case, records.part(PRODUCTS), key);
        let exponents: Vec<_> = products.orders().iter().copied().zip(measured).collect();
        let known: Vec<(f64, Estimate)> = exponents.iter().filter_map(|(order, e)| Some((*order, *e.as_ref().ok()?))).collect();
        Moments { exponents, curve: Exponents::fit(&known), certified: case.certificate.cell.rate, norm: case.certificate.cell.norm.to_string() }
    }

    /// Whether `E‖V‖^order` is finite, by the rate of products of that order: it is where the rate
    /// lies below 1.
    ///
    /// A certified rate below 1 decides at once. Rates rise with the order, so where this one's
    /// exponent was not measured a higher one below 0 or a lower one above 0 decides.
    pub(super) fn of_order(&self, order: f64) -> Moment {
        let own = self.exponents.iter().find(|(q, _)| *q == order).map(|(_, exponent)| exponent.clone());
        let own = own.unwrap_or_else(|| Err(Undefined::because("this order was not followed")));
        let rate = own.map(|exponent| rate_of(order, exponent));
        let word = match &rate {
            Ok(rate) if rate.upper < 1.0 => Outcome::Supported,
            Ok(rate) if rate.lower > 1.0 => Outcome::Contradicted,
            Ok(_) => Outcome::Inconclusive,
            Err(_) => self.by_other_orders(order),
        };
        if self.certified < 1.0 && word != Outcome::Supported {
            let bound = Estimate { value: self.certified, standard_error: 0.0, lower: 0.0, upper: self.certified, level: 1.0 };
            let reason = format!(
                "products of Jacobians are certified to shrink by {:.4} a step ({}), whatever the order of the moment",
                self.certified, self.norm
            );
            return Moment { word: Outcome::Supported, rate: Ok(bound), reason, rests_on: Some("a certificate: the rate is at most this") };
        }
        let mut reason = match &rate {
            Ok(rate) => {
                format!(
                    "products of Jacobians are multiplied by {} at each step in the moment of order {order}, which {}",
                    factor(rate.value),
                    meaning(word)
                )
            }
            Err(why) => format!("the rate of products in the moment of order {order} is not known: {}; it {}", why.reason, meaning(word)),
        };
        if let Some(index) = self.index_in_words() {
            reason = format!("{reason}; {index}");
        }
        Moment { word, rate, reason, rests_on: None }
    }

    fn by_other_orders(&self, order: f64) -> Outcome {
        let known = || self.exponents.iter().filter_map(|(q, exponent)| Some((*q, exponent.as_ref().ok()?)));
        if known().any(|(q, exponent)| q >= order && exponent.upper < 0.0) {
            Outcome::Supported
        } else if known().any(|(q, exponent)| q <= order && exponent.lower > 0.0) {
            Outcome::Contradicted
        } else {
            Outcome::Inconclusive
        }
    }

    fn index_in_words(&self) -> Option<String> {
        Some(match self.curve.as_ref().ok()?.tail_index() {
            TailIndex::Within(index) => format!("moments exist up to the order κ = {:.2} [{:.2}, {:.2}]", index.value, index.lower, index.upper),
            TailIndex::Above { limit, .. } => format!("moments exist up to an order κ above {limit:.2}"),
            TailIndex::Below(order) => format!("no moment of order {order} or more exists"),
            TailIndex::Open => return None,
        })
    }

    /// What must hold of sound measurements: exponents convex in the order, and no rate above the
    /// certified one.
    pub(super) fn checks(&self, case: &Case) -> Vec<Condition> {
        let mut checks = Vec::new();
        if let Ok(curve) = &self.curve {
            let outcome = if curve.is_broken() { Outcome::Undefined } else { Outcome::Supported };
            checks.push(Condition { name: "exponents of products are convex in the order, within what chance 1e-5 allows".into(), outcome });
        }
        // Along one recorded series a rate is a fit to few paths, and no law of theirs stands
        // behind its interval.
        if self.certified < 1.0 && !case.data.is_recorded() {
            let above = |(order, exponent): &(f64, Result<Estimate, Undefined>)| {
                exponent
                    .as_ref()
                    .is_ok_and(|e| e.value.is_finite() && decay_rate::order_broken(&rate_of(*order, *e), &Estimate::exact(self.certified)))
            };
            let outcome = if self.exponents.iter().any(above) { Outcome::Undefined } else { Outcome::Supported };
            checks.push(Condition { name: "rates of products ≤ certified rate, within three half-widths of the intervals".into(), outcome });
        }
        checks
    }

    /// Adds exponents, rates and the tail index.
    pub(super) fn numbers(&self, mut finding: Finding) -> Finding {
        for (order, exponent) in &self.exponents {
            let rate = exponent.clone().map(|exponent| rate_of(*order, exponent));
            finding = finding.with(names::PRODUCT_EXPONENT.of(order), exponent.clone()).with(names::PRODUCT_RATE.of(order), rate);
        }
        let none = |why: String| Number::Undefined { undefined: why };
        let all = self.exponents.iter().all(|(_, exponent)| exponent.as_ref().is_ok_and(|e| e.value == f64::NEG_INFINITY));
        if self.certified < 1.0 || all {
            return finding.with(names::TAIL_INDEX, none("every moment exists: products of Jacobians shrink on every path".into()));
        }
        match self.curve.as_ref().map(Exponents::tail_index) {
            Err(why) => finding.with(names::TAIL_INDEX, none(why.reason.clone())),
            Ok(TailIndex::Within(index)) => finding.with(names::TAIL_INDEX, index).with(names::TAIL_INDEX_ABOVE, index.lower),
            Ok(TailIndex::Above { limit, value }) => {
                let point = value.map_or(String::new(), |value| format!(", perhaps near {value:.2}"));
                finding.with(names::TAIL_INDEX, none(format!("κ > {limit:.2}{point}"))).with(names::TAIL_INDEX_ABOVE, limit)
            }
            Ok(TailIndex::Below(order)) => {
                finding.with(names::TAIL_INDEX, none(format!("κ lies below {order}, or there is none because almost every path grows")))
            }
            Ok(TailIndex::Open) => finding.with(names::TAIL_INDEX, none("the exponents do not tell on which side of 0 they lie".into())),
        }
    }

    /// Λ(q) with intervals, the convex fit, and κ.
    pub(super) fn panel(&self) -> Panel {
        let marks: Vec<Mark> = self
            .exponents
            .iter()
            .filter_map(|(order, exponent)| {
                let e = exponent.as_ref().ok().filter(|e| e.value.is_finite())?;
                Some(Mark { x: *order, y: e.value, interval: (e.lower.is_finite() && e.upper.is_finite()).then_some([e.lower, e.upper]) })
            })
            .collect();
        let mut layers = vec![Layer::Rule { label: "moments exist below 0".into(), role: Role::Margin, at: 0.0 }];
        let mut note = None;
        match &self.curve {
            Err(why) => note = Some(why.reason.clone()),
            Ok(curve) => {
                let ends = [curve.orders()[0], curve.orders()[curve.orders().len() - 1]];
                let orders = (0..=DRAWN).map(|k| ends[0] + (ends[1] - ends[0]) * k as f64 / DRAWN as f64);
                let fit: Vec<(f64, [f64; 3])> = orders.map(|q| (q, curve.at(q))).collect();
                let band = [[0.0; 3]].into_iter().chain(fit.iter().map(|(q, [_, lower, upper])| [*q, *lower, *upper])).collect();
                layers.push(Layer::Band { label: "its interval, order by order".into(), role: Role::Predicted, points: band });
                let points = [[0.0, 0.0]].into_iter().chain(fit.iter().map(|(q, [fit, ..])| [*q, *fit])).collect();
                layers.push(Layer::Line { label: "convex fit with Λ(0) = 0".into(), role: Role::Predicted, points });
                if let TailIndex::Within(index) = curve.tail_index() {
                    let label = format!("κ = {:.2} [{:.2}, {:.2}]", index.value, index.lower, index.upper);
                    layers.push(Layer::Window { label, from: index.lower, to: index.upper });
                }
            }
        }
        layers.push(Layer::Points { label: "Λ(q) measured".into(), role: Role::Measured, points: marks });
        if self.certified < 1.0 {
            let slope = libm::log(self.certified);
            let points = vec![[0.0, 0.0], [ORDERS[ORDERS.len() - 1], slope * ORDERS[ORDERS.len() - 1]]];
            layers.push(Layer::Line { label: format!("certified ({})", self.norm), role: Role::Certified, points });
        }
        Panel {
            title: "exponents of products of Jacobians".into(),
            x: Axis::linear("order q of the moment"),
            y: Axis::linear("Λ(q) = q log r_q (a step)"),
            layers,
            note,
        }
    }
}

fn meaning(word: Outcome) -> &'static str {
    match word {
        Outcome::Supported => "exists",
        Outcome::Contradicted => "does not exist",
        _ => "is left open",
    }
}

/// A factor in few letters, however large.
fn factor(value: f64) -> String {
    if value.abs() < 1e4 { format!("{value:.4}") } else { format!("{value:.2e}") }
}
