//! The first numbers of every source of randomness, frozen: a change here changes every study ever
//! run.

use rtrl_lab::random::{Noise, RngKey, stream};
use rtrl_lab::study::{BudgetScale, DEFAULT, Prepared};
use std::path::Path;

#[test]
fn the_first_draws_of_an_address_never_change() {
    let mut noise = Noise::at(RngKey::root(20250114).within("value").replicate(3).stream(stream::INNOVATION));
    let drawn: Vec<u64> = noise.normal_vector(4).into_iter().map(f64::to_bits).collect();
    assert_eq!(drawn, [0xbfd2_12eb_bfc7_36c6, 0xbfbc_a7a4_6b38_0a1a, 0xbfc1_e86b_e0c8_eddf, 0x3fd4_50cd_36d2_4c0d], "{drawn:#x?}");
    let mut uniform = Noise::at(RngKey::root(1));
    let drawn: Vec<u64> = (0..3).map(|_| uniform.uniform().to_bits()).collect();
    assert_eq!(drawn, [0x3fd8_6a52_9268_3a57, 0x3fd2_e016_dcbb_7541, 0x3fe9_8b4c_7dcc_b49e], "{drawn:#x?}");
    let mut index = Noise::at(RngKey::root(2));
    assert_eq!((0..6).map(|_| index.index(1000)).collect::<Vec<_>>(), [976, 133, 422, 928, 921, 14]);
}

#[test]
fn the_parameters_that_a_study_draws_never_change() {
    let prepared = Prepared::new(DEFAULT, "test", Path::new("."), BudgetScale::Full, &[]).unwrap();
    let tanh = &prepared.study.cases.iter().find(|case| case.case.name == "tanh").unwrap().case;
    let parameters = tanh.network.parameters();
    let drawn: Vec<u64> = [0, 8, 9, 44, parameters.len() - 2].map(|index| parameters[index].to_bits()).to_vec();
    let frozen = [0x3fb6_22e3_24a9_5ca7, 0xbfda_393a_13c5_284e, 0xbfa2_7c6c_fda1_6dd3, 0x3fb4_6270_c80b_47fa, 0xbfdb_5888_4d40_2c27];
    assert_eq!(drawn, frozen, "{drawn:#x?}");
}
