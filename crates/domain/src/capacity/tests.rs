//! Claims about the names of capacities.

use super::*;

#[test]
fn a_capacity_stands_in_the_log_as_in_json() {
    for capacity in Capacity::ALL {
        let json = serde_json::to_string(&capacity).unwrap();
        assert_eq!(json, format!("\"{}\"", capacity.as_str()));
        assert_eq!(Capacity::named(capacity.as_str()), Some(capacity));
    }
    assert_eq!(Capacity::named("delegation"), None);
}
