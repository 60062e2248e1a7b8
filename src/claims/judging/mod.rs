//! What claims judge by: rates of decay, exponents, limits, whether two laws are one.

pub(crate) mod names;
pub(in crate::claims) mod power_law;
pub(in crate::claims) mod limits;
pub(in crate::claims) mod decay_panels;
pub(in crate::claims) mod decay_rate;
pub(in crate::claims) mod same_law;
