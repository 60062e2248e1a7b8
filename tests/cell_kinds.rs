//! Laws of every kind of cell: what a cell overrides equals the default, its two linear maps are
//! adjoint and are the derivatives of its step, and real-time recurrent learning is
//! backpropagation.

use ndarray::Array2;
use rtrl_lab::data::Segment;
use rtrl_lab::gradient::{bptt, central_differences, rtrl};
use rtrl_lab::network::kind::{self, CellKind, CellOptions, Sizes};
use rtrl_lab::network::{Cell, InfluenceLayout, Layout, Network, Readout, activation, loss};
use rtrl_lab::random::{Noise, RngKey};
use rtrl_lab::training::method::{self, MethodKind, Rule};

/// A cell that overrides nothing.
#[derive(Clone)]
struct Plain(Box<dyn Cell>);

impl Cell for Plain {
    fn state_len(&self) -> usize {
        self.0.state_len()
    }
    fn visible_len(&self) -> usize {
        self.0.visible_len()
    }
    fn inputs(&self) -> usize {
        self.0.inputs()
    }
    fn layout(&self) -> Layout {
        self.0.layout()
    }
    fn parameters(&self) -> &[f64] {
        self.0.parameters()
    }
    fn parameters_mut(&mut self) -> &mut [f64] {
        self.0.parameters_mut()
    }
    fn tape_len(&self) -> usize {
        self.0.tape_len()
    }
    fn step(&self, state: &[f64], input: &[f64], next: &mut [f64], tape: &mut [f64]) {
        self.0.step(state, input, next, tape);
    }
    fn push(&self, tape: &[f64], tangent: Option<&[f64]>, direction: Option<&[f64]>, image: &mut [f64]) {
        self.0.push(tape, tangent, direction, image);
    }
    fn pull(&self, tape: &[f64], adjoint: &[f64], previous: &mut [f64], gradient: &mut [f64]) {
        self.0.pull(tape, adjoint, previous, gradient);
    }
    fn name(&self) -> &'static str {
        self.0.name()
    }
    fn nonlinearity(&self) -> &'static str {
        self.0.nonlinearity()
    }
    fn is_smooth(&self) -> bool {
        self.0.is_smooth()
    }
    fn boxed_clone(&self) -> Box<dyn Cell> {
        Box::new(self.clone())
    }
}

const UNITS: usize = 3;
const INPUTS: usize = 2;

/// A cell of a kind with normal weights.
fn drawn(kind: &dyn CellKind, noise: &mut Noise) -> Box<dyn Cell> {
    let blocks: Vec<Array2<f64>> = kind
        .blocks(Sizes { units: UNITS, inputs: INPUTS })
        .iter()
        .map(|block| Array2::from_shape_fn((UNITS, block.columns), |_| 0.7 * noise.normal_vector(1)[0]))
        .collect();
    let options = CellOptions { activation: activation::TANH, beta: if kind.takes_beta() { 0.5 } else { 0.0 }, mask: None };
    kind.build(&blocks, options).unwrap()
}

/// Each kind with a cell and the tape of a step at a random place.
fn each(mut of: impl FnMut(&str, &dyn Cell, &[f64], &[f64], &[f64], &mut Noise)) {
    for kind in kind::ALL {
        let mut noise = Noise::at(RngKey::root(5).within(kind.name()));
        let cell = drawn(kind, &mut noise);
        let (state, input) = (noise.normal_vector(cell.state_len()), noise.normal_vector(INPUTS));
        let (mut next, mut tape) = (vec![0.0; cell.state_len()], vec![0.0; cell.tape_len()]);
        cell.step(&state, &input, &mut next, &mut tape);
        of(kind.name(), &*cell, &state, &input, &tape, &mut noise);
    }
}

fn close(a: &[f64], b: &[f64], within: f64, what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    let scale = b.iter().fold(1.0f64, |top, x| top.max(x.abs()));
    for (a, b) in a.iter().zip(b) {
        assert!((a - b).abs() <= within * scale, "{what}: {a} {b}");
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[test]
fn what_a_cell_overrides_equals_the_default() {
    each(|name, cell, _, _, tape, noise| {
        let plain = Plain(cell.boxed_clone());
        let (n, p) = (cell.state_len(), cell.parameters().len());
        let (mut own, mut default) = (vec![0.0; n * n], vec![0.0; n * n]);
        cell.jacobian(tape, &mut own);
        plain.jacobian(tape, &mut default);
        close(&own, &default, 1e-14, name);
        let adjoint = noise.normal_vector(n);
        let (mut own, mut default) = (vec![0.0; p], vec![0.0; p]);
        cell.immediate(tape, &adjoint, &mut own);
        plain.immediate(tape, &adjoint, &mut default);
        close(&own, &default, 1e-14, name);
        // Two steps at once.
        let (tapes, adjoints) = ([tape, tape].concat(), [&adjoint[..], &noise.normal_vector(n)].concat());
        cell.immediates(&tapes, &mut adjoints.clone(), &mut own);
        plain.immediates(&tapes, &mut adjoints.clone(), &mut default);
        close(&own, &default, 1e-14, name);
        // V of the cell's own storage, and the same matrix whole.
        let layout = cell.influence_layout();
        let stored = noise.normal_vector(layout.len());
        let whole = |stored: &[f64]| -> Vec<f64> {
            let mut whole = vec![0.0; n * p];
            for parameter in 0..p {
                let mut unit = vec![0.0; p];
                unit[parameter] = 1.0;
                let mut column = vec![0.0; n];
                layout.apply(stored, &unit, &mut column);
                column.iter().enumerate().for_each(|(i, v)| whole[i * p + parameter] = *v);
            }
            whole
        };
        assert_eq!(plain.influence_layout(), InfluenceLayout::Dense { units: n, parameters: p });
        let (mut own, mut default) = (vec![0.0; layout.len()], vec![0.0; n * p]);
        cell.advance_influence(tape, &stored, &mut own, &mut vec![0.0; cell.work_len()]);
        plain.advance_influence(tape, &whole(&stored), &mut default, &mut vec![0.0; plain.work_len()]);
        close(&whole(&own), &default, 1e-14, name);
    });
}

/// What a cell says of its zeros: the Jacobian is zero where a number does not see another, and the
/// immediate Jacobian outside of the stated layout.
#[test]
fn zeros_are_where_a_cell_says_so() {
    each(|name, cell, _, _, tape, _| {
        let (n, p, layout) = (cell.state_len(), cell.parameters().len(), cell.immediate_layout());
        let mut jacobian = vec![0.0; n * n];
        cell.jacobian(tape, &mut jacobian);
        let (mut seen, mut unseen) = (0, 0);
        for (place, a) in jacobian.iter().enumerate() {
            assert!(cell.sees(place / n, place % n) || *a == 0.0, "{name} {place}");
            seen += usize::from(*a != 0.0);
            unseen += usize::from(!cell.sees(place / n, place % n));
        }
        assert!(seen > 0 && seen + unseen + n >= n * n, "{name}: {seen} {unseen}");
        for row in 0..n {
            let (mut unit, mut gradient) = (vec![0.0; n], vec![0.0; p]);
            unit[row] = 1.0;
            cell.immediate(tape, &unit, &mut gradient);
            let mut own = vec![false; p];
            (0..p).for_each(|parameter| own[parameter] = layout.holds(row, parameter));
            assert!(gradient.iter().zip(&own).all(|(g, own)| *own || *g == 0.0), "{name} {row}");
        }
        assert!((0..p).any(|parameter| !layout.holds(0, parameter)), "{name}: nothing is said");
    });
}

#[test]
fn the_two_linear_maps_are_adjoint_and_add_up() {
    each(|name, cell, _, _, tape, noise| {
        let (n, p) = (cell.state_len(), cell.parameters().len());
        let (tangent, direction, adjoint) = (noise.normal_vector(n), noise.normal_vector(p), noise.normal_vector(n));
        let image = |tangent: Option<&[f64]>, direction: Option<&[f64]>| {
            let mut image = vec![f64::NAN; n];
            cell.push(tape, tangent, direction, &mut image);
            image
        };
        let (mut previous, mut gradient) = (vec![f64::NAN; n], vec![0.0; p]);
        cell.pull(tape, &adjoint, &mut previous, &mut gradient);
        let [of_tangent, of_direction] = [image(Some(&tangent), None), image(None, Some(&direction))];
        close(&[dot(&adjoint, &of_tangent)], &[dot(&previous, &tangent)], 1e-13, name);
        close(&[dot(&adjoint, &of_direction)], &[dot(&gradient, &direction)], 1e-13, name);
        let both: Vec<f64> = of_tangent.iter().zip(&of_direction).map(|(a, b)| a + b).collect();
        close(&image(Some(&tangent), Some(&direction)), &both, 1e-14, name);
        assert_eq!(image(None, None), vec![0.0; n], "{name}");
    });
}

#[test]
fn the_linear_maps_are_the_derivatives_of_the_step() {
    each(|name, cell, state, input, tape, noise| {
        let (n, p) = (cell.state_len(), cell.parameters().len());
        let (tangent, direction) = (noise.normal_vector(n), noise.normal_vector(p));
        let mut image = vec![0.0; n];
        cell.push(tape, Some(&tangent), Some(&direction), &mut image);
        let moved = |h: f64| {
            let mut cell = cell.boxed_clone();
            cell.parameters_mut().iter_mut().zip(&direction).for_each(|(theta, w)| *theta += h * w);
            let state: Vec<f64> = state.iter().zip(&tangent).map(|(s, v)| s + h * v).collect();
            let (mut next, mut tape) = (vec![0.0; n], vec![0.0; cell.tape_len()]);
            cell.step(&state, input, &mut next, &mut tape);
            next
        };
        let (forth, back) = (moved(1e-5), moved(-1e-5));
        let difference: Vec<f64> = forth.iter().zip(&back).map(|(a, b)| (a - b) / 2e-5).collect();
        close(&image, &difference, 1e-8, name);
    });
}

#[test]
fn real_time_recurrent_learning_is_backpropagation_under_every_loss() {
    for (kind, loss) in kind::ALL.into_iter().flat_map(|kind| loss::ALL.map(|loss| (kind, loss))) {
        let mut noise = Noise::at(RngKey::root(6).within(kind.name()).within(loss.name()));
        let cell = drawn(kind, &mut noise);
        let visible = cell.visible_len();
        let start = vec![0.1; cell.state_len()];
        let readout = Readout::new(&noise.normal_vector(2 * visible), &noise.normal_vector(2), visible).under(loss);
        let network = Network { cell, readout };
        let segment = Segment::given(noise.normal_vector(30 * INPUTS), INPUTS, noise.normal_vector(30 * 2), 2);
        let what = format!("{} {}", kind.name(), loss.name());
        let (forward, backward) = (rtrl(&network, &segment, &start, 4), bptt(&network, &segment, &start, 4));
        close(&forward.gradient, &backward.gradient, 1e-13, &what);
        close(&[forward.loss], &[backward.loss], 1e-13, &what);
        close(&backward.gradient, &central_differences(&network, &segment, &start, 4, 1e-5), 1e-7, &what);
        assert!(backward.gradient.iter().all(|g| *g != 0.0), "{what}: every parameter counts");
    }
}

/// A method whose gradient at frozen parameters is had in its own way has the one of its running
/// rule.
struct Running(&'static dyn MethodKind);

impl MethodKind for Running {
    fn id(&self) -> &'static str {
        self.0.id()
    }
    fn words(&self) -> &'static str {
        self.0.words()
    }
    fn name(&self, length: usize) -> String {
        self.0.name(length)
    }
    fn numbers(&self, cell: &dyn Cell, length: usize) -> usize {
        self.0.numbers(cell, length)
    }
    fn flops(&self, length: usize, cell: &dyn Cell) -> f64 {
        self.0.flops(length, cell)
    }
    fn rounding(&self) -> f64 {
        self.0.rounding()
    }
    fn start(&self, length: usize, network: &Network, hidden: Vec<f64>, choices: Noise) -> Box<dyn Rule> {
        self.0.start(length, network, hidden, choices)
    }
}

#[test]
fn a_method_at_frozen_parameters_is_its_running_rule() {
    for (kind, method) in kind::ALL.into_iter().flat_map(|kind| method::ALL.map(|method| (kind, method))) {
        let key = RngKey::root(7).within(kind.name()).within(method.id());
        let mut noise = Noise::at(key);
        let cell = drawn(kind, &mut noise);
        if let Err(why) = method.suits(&*cell) {
            assert!(why.len() > 20 && kind.name() != "elman", "{} {}: {why}", kind.name(), method.id());
            continue;
        }
        let visible = cell.visible_len();
        let start = vec![0.1; cell.state_len()];
        let network = Network { cell, readout: Readout::new(&noise.normal_vector(visible), &noise.normal_vector(1), visible) };
        // Whole blocks of three steps, from the first step on.
        let segment = Segment::given(noise.normal_vector(30 * INPUTS), INPUTS, noise.normal_vector(30), 1);
        let choices = || Noise::at(key.stream(1));
        let own = method.frozen(3, &network, &segment, &start, 0, choices());
        let run = Running(method).frozen(3, &network, &segment, &start, 0, choices());
        let what = format!("{} {}", kind.name(), method.id());
        close(&own.gradient, &run.gradient, 4000.0 * method.rounding(), &what);
        close(&[own.loss], &[run.loss], 1e-12, &what);
        let exact = rtrl(&network, &segment, &start, 0);
        let gap = own.gradient.iter().zip(&exact.gradient).fold(0.0f64, |top, (a, b)| top.max((a - b).abs()));
        // Three steps reach every number of the cells on offer, so that SnAp-3 leaves nothing out.
        assert_eq!(method.is_exact() || method.id() == "snap", gap < 1e-12, "{what}: {gap}");
    }
}

/// Chains side by side have the steps, images, adjoints and gradients that each has alone.
#[test]
fn columns_are_chains_one_by_one() {
    const M: usize = 16;
    let mut seen = Vec::new();
    each(|name, cell, _, _, _, noise| {
        let Some(columns) = cell.columns() else { return };
        let (n, len, own) = (cell.state_len(), columns.column_tape_len(), cell.tape_len());
        let of = |all: &[f64], m: usize| all.chunks_exact(M).map(|entry| entry[m]).collect::<Vec<f64>>();
        let steps = 3;
        let (mut state, mut tapes) = (noise.normal_vector(n * M), vec![0.0; steps * len * M]);
        let mut alone: Vec<(Vec<f64>, Vec<f64>)> = (0..M).map(|m| (of(&state, m), Vec::new())).collect();
        for tape in tapes.chunks_exact_mut(len * M) {
            let (input, mut next) = (noise.normal_vector(INPUTS * M), vec![0.0; n * M]);
            columns.step_columns(M, &state, &input, &mut next, tape);
            for (m, (state, tapes)) in alone.iter_mut().enumerate() {
                let (mut own_next, mut tape) = (vec![0.0; n], vec![0.0; own]);
                cell.step(state, &of(&input, m), &mut own_next, &mut tape);
                close(&of(&next, m), &own_next, 1e-14, name);
                *state = own_next;
                tapes.extend(tape);
            }
            state = next;
        }
        let v = noise.normal_vector(n * M);
        let (mut image, mut previous, mut work) = (vec![0.0; n * M], vec![0.0; n * M], vec![0.0; n * M]);
        columns.push_columns(M, &tapes[..len * M], &v, &mut image);
        columns.pull_columns(M, &tapes[..len * M], &v, &mut previous, &mut work);
        let adjoints = noise.normal_vector(steps * n * M);
        let mut gradient = vec![1.0; cell.parameters().len() * M];
        columns.immediates_of_columns(M, &tapes, &mut adjoints.clone(), &mut gradient);
        for (m, (_, tapes)) in alone.iter().enumerate() {
            let (mut own_image, mut own_previous, mut own_gradient) = (vec![0.0; n], vec![0.0; n], vec![1.0; cell.parameters().len()]);
            cell.push(&tapes[..own], Some(&of(&v, m)), None, &mut own_image);
            close(&of(&image, m), &own_image, 1e-13, name);
            cell.pull(&tapes[..own], &of(&v, m), &mut own_previous, &mut vec![0.0; cell.parameters().len()]);
            close(&of(&previous, m), &own_previous, 1e-13, name);
            for (tape, adjoint) in tapes.chunks_exact(own).zip(adjoints.chunks_exact(n * M)) {
                cell.immediate(tape, &of(adjoint, m), &mut own_gradient);
            }
            close(&of(&gradient, m), &own_gradient, 1e-13, name);
            assert!(own_gradient.iter().any(|g| (g - 1.0).abs() > 1e-3), "{name}");
        }
        seen.push(name.to_string());
    });
    assert_eq!(seen, ["elman", "gru", "mgu", "lstm", "complex-diagonal"]);
}
