//! The exact values of one unit, as `oracle` prints them.

use crate::claims::{Case, gaussian_start};
use crate::stats::Undefined;
use crate::theory::{BlockGradient, ScalarDistance, ScalarModel, ScalarNetwork};
use serde_json::{Map, Value, json};

/// One of the distances at a time.
type Pick = fn(&ScalarDistance) -> f64;

/// Numbers by name, with the reason of each that there is none of.
struct Answer {
    fields: Map<String, Value>,
    undefined: Map<String, Value>,
}

impl Answer {
    fn put(&mut self, name: &str, value: Result<Value, Undefined>) {
        let value = value.unwrap_or_else(|why| {
            self.undefined.insert(name.to_string(), json!(why.reason));
            Value::Null
        });
        self.fields.insert(name.to_string(), value);
    }
}

/// The answer in JSON.
pub(super) fn answer(study: &str, case: &Case, model: ScalarModel, times: &[usize], taus: &[usize]) -> Result<Value, Undefined> {
    let unit = ScalarNetwork::new(model)?;
    let mut answer = Answer { fields: Map::new(), undefined: Map::new() };
    answer.put("study", Ok(json!(study)));
    answer.put("case", Ok(json!(case.name)));
    answer.put("unit", Ok(json!(case.network.cell.nonlinearity())));
    answer.put("rho_data", Ok(json!(model.phi.abs())));
    answer.put("rate", unit.second_eigenvalue().map(|rate| json!(rate)));
    answer.put("pathwise_rate", unit.pathwise_rate().map(|rate| json!(rate)));
    for order in [1.0, 2.0, 4.0] {
        answer.put(&format!("moment_rate_{order}"), unit.moment_rate(order).map(|rate| json!(rate)));
    }
    for order in [1.0, 2.0] {
        answer.put(&format!("distance_rate_{order}"), unit.distance_rate(order).map(|rate| json!(rate)));
    }
    let all = || Undefined::because("moments of the derivatives of all orders up to 64 exist");
    answer.put("tail_index", unit.tail_index().and_then(|index| index.map(|index| json!(index)).ok_or_else(all)));
    answer.put("mean_state", unit.mean_state().map(|mean| json!(mean)));
    answer.put("mean_derivative", unit.mean_derivative().map(|[b, w, c]| json!({ "B": b, "W": w, "b": c })));
    answer.put("loss", unit.loss().map(|loss| json!(loss)));
    let gradient = unit.gradient();
    // In the shapes of a network's blocks.
    let shaped = |name: &str, value: f64| if name == "b" || name == "c" { json!([value]) } else { json!([[value]]) };
    let blocks = |gradient: &BlockGradient| -> Value {
        Value::Object(gradient.blocks().into_iter().map(|(name, values)| (name.to_string(), shaped(name, values[0]))).collect())
    };
    answer.put("gradient", gradient.as_ref().map(blocks).map_err(Clone::clone));
    answer.put("gradient_norm", gradient.map(|gradient| json!(gradient.norm())));
    let distances = unit.wasserstein(&gaussian_start(case), times);
    let picks: [(&str, Pick); 3] = [("w1", |distance| distance.w1), ("w2", |distance| distance.w2), ("mean_difference", |distance| distance.mean)];
    for (name, pick) in picks {
        let by_time = |all: &Vec<ScalarDistance>| -> Map<String, Value> {
            times.iter().zip(all).map(|(time, one)| (time.to_string(), json!(pick(one)))).collect()
        };
        answer.put(name, distances.as_ref().map(|all| json!({ "hidden": by_time(all) })).map_err(Clone::clone));
    }
    let by_length = |lengths: &[usize], biases: Vec<BlockGradient>| {
        Value::Object(lengths.iter().zip(biases).map(|(length, bias)| (length.to_string(), json!(bias.recurrent_norm()))).collect())
    };
    answer.put("tbptt_bias", unit.tbptt_biases(taus).map(|biases| by_length(taus, biases)));
    // A block without a step has no gradient and so no bias.
    let steps: Vec<usize> = taus.iter().copied().filter(|tau| *tau > 0).collect();
    answer.put("block_tbptt_bias", unit.block_tbptt_biases(&steps).map(|biases| by_length(&steps, biases)));
    if !answer.undefined.is_empty() {
        answer.fields.insert("undefined".to_string(), Value::Object(answer.undefined));
    }
    Ok(Value::Object(answer.fields))
}
