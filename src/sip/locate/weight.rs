//! The order of SRV records (RFC 2782).

use super::Srv;

/// Puts the records in the order in which they are to be tried: by priority, and within one by lot, each as
/// often as its weight says. `random` makes the lots.
pub(super) fn order(records: &mut Vec<Srv>, mut random: u64) {
    records.sort_by_key(|record| record.priority);
    let mut ordered = Vec::with_capacity(records.len());
    while let Some(priority) = records.first().map(|record| record.priority) {
        let equal = records.iter().take_while(|record| record.priority == priority).count();
        let mut group: Vec<Srv> = records.drain(..equal).collect();
        // Those of weight 0 stand first, so that they are drawn only by the lot 0.
        group.sort_by_key(|record| record.weight != 0);
        while !group.is_empty() {
            random = next(random);
            ordered.push(group.remove(drawn(&group, random)));
        }
    }
    *records = ordered;
}

/// The first whose running sum reaches the lot.
fn drawn(group: &[Srv], random: u64) -> usize {
    let sum: u64 = group.iter().map(|record| u64::from(record.weight)).sum();
    let lot = random % (sum + 1);
    let mut running = 0;
    let reaches = |record: &Srv| {
        running += u64::from(record.weight);
        running >= lot
    };
    group.iter().position(reaches).unwrap_or(0)
}

/// The generator of SplitMix64.
fn next(state: u64) -> u64 {
    let value = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn srv(priority: u16, weight: u16) -> Srv {
        Srv { priority, weight, port: 5060, target: format!("{priority}-{weight}").into() }
    }

    fn ordered(records: &[(u16, u16)], random: u64) -> Vec<(u16, u16)> {
        let mut records = records.iter().map(|(priority, weight)| srv(*priority, *weight)).collect();
        order(&mut records, random);
        records.iter().map(|record| (record.priority, record.weight)).collect()
    }

    #[test]
    fn a_lower_priority_comes_first_whatever_the_weights() {
        for random in 0..1000 {
            assert_eq!(ordered(&[(20, 65_535), (10, 0), (30, 1)], random), [(10, 0), (20, 65_535), (30, 1)]);
        }
    }

    /// RFC 2782: "the probability of being selected first is proportional to the weight".
    #[test]
    fn within_a_priority_the_weight_is_the_share() {
        let first =
            (0..30_000).filter(|random| ordered(&[(1, 10), (1, 20), (1, 70)], *random)[0].1 == 70).count();
        assert!((20_000..22_000).contains(&first), "{first} of 30,000");
    }

    #[test]
    fn a_weight_of_zero_is_seldom_first_but_always_there() {
        let of = |random| ordered(&[(1, 100), (1, 0)], random);
        let first = (0..10_000).filter(|random| of(*random)[0].1 == 0).count();
        assert!((20..300).contains(&first), "{first} of 10,000");
        assert!((0..1000).all(|random| of(random).len() == 2));
    }

    #[test]
    fn all_of_weight_zero_keep_their_order() {
        let mut records = vec![Srv { port: 1, ..srv(1, 0) }, Srv { port: 2, ..srv(1, 0) }];
        order(&mut records, 7);
        assert_eq!(records.iter().map(|record| record.port).collect::<Vec<_>>(), [1, 2]);
    }
}
