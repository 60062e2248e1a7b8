//! Finite differences → BPTT → RTRL → truncated, per parameter block, for every activation.

use crate::common::{linear_model, network_of, relative, stretch_of};
use rtrl_lab::gradient::{block_truncated, bptt, central_differences, rolling_truncated, rtrl};
use rtrl_lab::network::{Network, activation};
use rtrl_lab::random::RngKey;

const STEPS: usize = 60;

fn by_block<'a>(network: &Network, a: &'a [f64], b: &'a [f64]) -> Vec<(&'static str, Vec<f64>, Vec<f64>)> {
    network.layout().blocks().iter().map(|block| (block.name, block.values(a), block.values(b))).collect()
}

fn ladder(check: impl Fn(&str, &Network, &rtrl_lab::data::Segment, &[f64])) {
    for beta in [0.0, 0.5, 1.0] {
        let model = rtrl_lab::theory::LinearModel { beta, ..linear_model() };
        let segment = stretch_of(&model, STEPS, RngKey::root(11));
        for activation in activation::ALL {
            check(activation.name(), &network_of(&model, activation.name()), &segment, &[0.4, -0.3, 0.2]);
        }
    }
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[test]
fn rtrl_equals_bptt_to_1e_12_in_every_block() {
    ladder(|name, network, segment, start| {
        for warm in [0, 17] {
            let (forward, backward) = (rtrl(network, segment, start, warm), bptt(network, segment, start, warm));
            assert_eq!(forward.loss.to_bits() >> 12, backward.loss.to_bits() >> 12, "{name}");
            for (block, a, b) in by_block(network, &forward.gradient, &backward.gradient) {
                assert!(norm(&b) > 1e-3, "{name} {block}: the gradient is above a floor, or the comparison says nothing");
                assert!(relative(&a, &b) < 1e-12, "{name} {block}: {:e}", relative(&a, &b));
            }
        }
    });
}

#[test]
fn bptt_equals_central_differences_to_1e_6_in_every_block() {
    ladder(|name, network, segment, start| {
        let (exact, differences) = (bptt(network, segment, start, 5), central_differences(network, segment, start, 5, 1e-5));
        for (block, a, b) in by_block(network, &exact.gradient, &differences) {
            assert!(relative(&a, &b) < 1e-6, "{name} {block}: {:e}", relative(&a, &b));
        }
    });
}

#[test]
fn truncation_is_visible_when_short_and_gone_on_the_whole_window() {
    ladder(|name, network, segment, start| {
        let full = bptt(network, segment, start, 0);
        let lengths = [STEPS, 1, 4];
        let truncated = rolling_truncated(network, segment, start, 0, &lengths);
        let recurrent = network.recurrent_len();
        assert!(relative(&truncated[0].gradient, &full.gradient) < 1e-12, "{name}");
        let short = relative(&truncated[1].gradient[..recurrent], &full.gradient[..recurrent]);
        let longer = relative(&truncated[2].gradient[..recurrent], &full.gradient[..recurrent]);
        assert!(short > 1e-3, "{name}: TBPTT(1) differs visibly, {short:e}");
        assert!(longer < short, "{name}: a longer truncation is closer, {longer:e} < {short:e}");
        assert_eq!(truncated[1].gradient[recurrent..], truncated[0].gradient[recurrent..], "{name}: truncation leaves the readout alone");
        let block = block_truncated(network, segment, start, 0, 7);
        assert!(relative(&block.gradient[..recurrent], &full.gradient[..recurrent]) > 1e-4, "{name}: block TBPTT(7) differs");
        assert!(relative(&block_truncated(network, segment, start, 0, STEPS).gradient, &full.gradient) < 1e-12, "{name}");
    });
}

#[test]
fn block_truncation_is_the_sum_of_its_blocks() {
    let model = linear_model();
    let segment = stretch_of(&model, 12, RngKey::root(5));
    let network = network_of(&model, "tanh");
    // With blocks of one step, block and rolling truncation keep the immediate Jacobian alone: the
    // same numbers.
    let block = block_truncated(&network, &segment, &[0.1; 3], 0, 1);
    let rolling = &rolling_truncated(&network, &segment, &[0.1; 3], 0, &[1])[0];
    assert!(relative(&block.gradient, &rolling.gradient) < 1e-13);
}
