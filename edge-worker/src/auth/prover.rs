//! Whoever holds a key, and is otherwise nobody: the claimant of a link.

use claimcheck_protocol::bytes::Bytes32;
use worker::Request;

use super::Replay;
use super::credentials::{read_proof, use_up};
use crate::context::Ctx;
use crate::error::ApiError;

/// The caller of a public route that binds what it answers to a key. Only [`Prover::authenticate`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prover {
    jkt: Bytes32,
}

impl Prover {
    /// Verifies the proof, which goes with no token, and uses it up.
    pub async fn authenticate(request: &Request, ctx: &Ctx) -> Result<Self, ApiError> {
        let proof = read_proof(request, ctx, None)?;
        use_up(ctx, &proof, Replay::Refused).await?;
        Ok(Self { jkt: proof.jkt })
    }

    /// The thumbprint of the key that made the proof.
    pub const fn jkt(&self) -> Bytes32 {
        self.jkt
    }
}
