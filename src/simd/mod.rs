//! Vector registers, dispatch to the widest of them, elementary functions and dense products; the
//! only room with `unsafe`.

pub(crate) mod columns;
pub(crate) mod dense;
pub(crate) mod dispatch;
pub mod elementary;
pub(crate) mod far;
pub(crate) mod few;
pub(crate) mod normals;
pub(crate) mod outers;
pub(crate) mod pairs;
pub(crate) mod panels;
#[allow(unsafe_code)]
pub(crate) mod register;
pub(crate) mod traces;
