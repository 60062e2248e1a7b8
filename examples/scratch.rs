use rtrl_lab::calibration as cal;
use rtrl_lab::random::Address;
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let repeats: usize = args[2].parse().unwrap();
    for t in cal::trials() {
        if t.case.contains(&args[1]) {
            let t0 = std::time::Instant::now();
            for row in cal::coverage(&t, repeats, Address::root(20261124).within("coverage")) {
                if row.level == 0.95 {
                    println!("{} | {} | cov {:?} [{:.3} {:.3}] undef {} bias {:.2e} width {:?} {:?}", row.estimator, row.case, row.coverage, row.coverage_lower, row.coverage_upper, row.undefined, row.bias, row.width, row.kind);
                }
            }
            println!("   {:.1} s for {}", t0.elapsed().as_secs_f64(), t.case);
        }
    }
}
