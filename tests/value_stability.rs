//! The first numbers of every source of randomness, frozen: a change here changes every study ever run.

use rtrl_lab::random::{Address, Noise, stream};

#[test]
fn the_first_draws_of_an_address_never_change() {
    let mut noise = Noise::at(Address::root(20250114).within("value").replicate(3).stream(stream::INNOVATION));
    let drawn: Vec<u64> = noise.normal_vector(4).into_iter().map(f64::to_bits).collect();
    println!("{drawn:#x?}");
    assert_eq!(drawn, [0, 0, 0, 0]);
    let mut uniform = Noise::at(Address::root(1));
    let drawn: Vec<u64> = (0..3).map(|_| uniform.uniform().to_bits()).collect();
    println!("{drawn:#x?}");
    assert_eq!(drawn, [0, 0, 0]);
}
