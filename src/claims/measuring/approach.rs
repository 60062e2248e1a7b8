//! Where a measurement beside the study's learning begins: parameters that learning has brought
//! near its end, and chains that have forgotten their start.

use crate::claims::{Case, Learning};
use crate::network::Network;
use crate::random::{Noise, RngKey, stream};
use crate::training::Online;

/// Steps after which a chain of the case has forgotten its start to a part in a million; a thousand
/// where nothing is certified.
pub(in crate::claims) fn forgetting_time(case: &Case) -> usize {
    const FORGOTTEN: f64 = 1e-6;
    const LONGEST: f64 = 1000.0;
    case.certificate.joint().map_or(LONGEST, |rate| (libm::log(FORGOTTEN) / libm::log(rate)).ceil().clamp(50.0, LONGEST)) as usize
}

/// The parameters after `approach` updates of the study's own learning: the same for every replica.
pub(in crate::claims) fn approached(case: &Case, approach: usize, key: RngKey) -> Network {
    let Learning { method, schedule, projection, .. } = case.learning;
    let departure = crate::training::RunStart {
        network: &case.network,
        data: case.data_start(0, 1, key, stream::OTHER_START),
        hidden: vec![0.0; case.network.cell.state_len()],
        innovations: Noise::at(key.stream(stream::INNOVATION)),
        observations: Noise::at(key.stream(stream::OBSERVATION)),
        choices: Noise::at(key.stream(stream::METHOD)),
    };
    Online { data: &*case.data, method, schedule, projection }.run(departure, approach, &mut ())
}
