//! The uses of noise inside one replicate; a number once given is never given again.

/// Start of the first copy of a chain.
pub const START: u64 = 1;
/// Start of the second copy.
pub const OTHER_START: u64 = 2;
/// Innovations of the data chain.
pub const INNOVATION: u64 = 3;
/// Innovations before time zero, which bring a copy to stationarity.
pub const BURN_IN: u64 = 4;
/// Observation noise of the targets.
pub const OBSERVATION: u64 = 5;
/// Parameters drawn from the seed.
pub const PARAMETERS: u64 = 6;
/// Resampling of replicas.
pub const RESAMPLING: u64 = 7;
/// Random directions and projections.
pub const DIRECTION: u64 = 8;
/// Choices among the pairs of a population.
pub const CHOICE: u64 = 9;
/// What a learning method chooses at random.
pub const METHOD: u64 = 10;
