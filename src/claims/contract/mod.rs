//! What a claim is: a case, units of work and their records, a finding, a verdict, and a case built
//! to break it.

pub(in crate::claims) mod case;
pub(in crate::claims) mod claim;
pub(in crate::claims) mod decide;
pub(in crate::claims) mod exact_models;
pub mod premises;
pub(in crate::claims) mod finding;
pub(in crate::claims) mod gated_violation;
pub(in crate::claims) mod name;
pub(in crate::claims) mod record;
pub(in crate::claims) mod sequential;
pub(in crate::claims) mod verdict;
pub(in crate::claims) mod violation;
