//! What is measured of each call: one point of Analytics Engine, and the same members in its log line, so that
//! `npm run metrics` counts from a log what SQL counts from the dataset.
//!
//! ```text
//! index1 route · blob1 route · blob2 method · blob3 outcome · blob4 fault ("" where there is none)
//! double1 ms · double2 upper bound of its bucket (0: above all) · double3 HTTP status
//! ```

use worker::{AnalyticsEngineDataPointBuilder, Env};

use crate::log::CallLine;

const DATASET: &str = "METRICS";
/// Upper bounds of the latency histogram, in milliseconds.
const BUCKETS: [u32; 11] = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000];

/// The bucket of a latency, by its upper bound; none above them all.
pub fn bucket(millis: f64) -> Option<u32> {
    BUCKETS.into_iter().find(|bound| millis <= f64::from(*bound))
}

/// Counts a call. A deployment without the binding measures nothing, and a point that is lost fails no call.
pub fn count(env: &Env, line: &CallLine<'_>) {
    let Ok(dataset) = env.analytics_engine(DATASET) else { return };
    let point = AnalyticsEngineDataPointBuilder::new()
        .indexes([line.route])
        .blobs([line.route, line.method, line.outcome, line.fault.unwrap_or_default()])
        .doubles([line.ms, line.le.map_or(0.0, f64::from), f64::from(line.status)]);
    _ = point.write_to(&dataset);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_in_its_bucket() {
        assert_eq!(bucket(0.0), Some(5));
        assert_eq!(bucket(5.0), Some(5));
        assert_eq!(bucket(5.001), Some(10));
        assert_eq!(bucket(10_000.0), Some(10_000));
        assert_eq!(bucket(10_000.1), None);
    }
}
