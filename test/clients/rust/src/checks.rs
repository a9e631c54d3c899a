//! What the steps of a round are checked with.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use kube::core::Status;

use crate::Result;

const PATIENCE: Duration = Duration::from_secs(30);

/// Prints a step that went well.
pub fn ok(what: &str) {
    println!("ok: {what}");
}

pub fn equal<T: PartialEq + Debug>(what: &str, got: T, want: T) -> Result {
    if got == want { Ok(()) } else { Err(format!("{what} is {got:?}, not {want:?}").into()) }
}

/// Checks that a request was refused, and gives the status that says so.
pub fn refused<T>(result: kube::Result<T>, code: u16, reason: &str, words: &str) -> Result<Status> {
    match result {
        Ok(_) => Err(format!("was not refused as {reason}").into()),
        Err(kube::Error::Api(status))
            if status.code == code && status.reason == reason && status.message.contains(words) =>
        {
            Ok(*status)
        }
        Err(error) => Err(format!("was refused with {error:?}, not with {code} {reason} {words:?}").into()),
    }
}

/// The fields among the causes of a refusal.
pub fn causes(status: Status) -> Vec<String> {
    status.details.into_iter().flat_map(|details| details.causes).map(|cause| cause.field).collect()
}

/// Waits until a check passes.
pub async fn eventually(check: impl Fn() -> Result) -> Result {
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = check() {
        if Instant::now() > deadline {
            return Err(error);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
