//! What claims measure with: pairs, products, frozen chains, gradients along them.

pub(crate) mod names;
pub(in crate::claims) mod approach;
pub(in crate::claims) mod border;
pub(in crate::claims) mod joint_chain_kind;
pub(in crate::claims) mod controls;
pub(in crate::claims) mod memory_count;
pub(in crate::claims) mod gradient_flow;
pub(in crate::claims) mod jacobian_products;
pub(in crate::claims) mod projections;
pub(in crate::claims) mod gradient_walk;
pub(in crate::claims) mod pairs;
pub(in crate::claims) mod parameter_differences;
pub(in crate::claims) mod pathwise;
pub(in crate::claims) mod online_step;
pub(in crate::claims) mod seen_gradients;
