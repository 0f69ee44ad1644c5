//! An Ailock that proved who it is for this call.

use claimcheck_protocol::auth::access_token;
use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::problem::ProblemCode;
use worker::Request;

use super::credentials::{Credentials, refused_token};
use crate::context::Ctx;
use crate::error::ApiError;
use crate::router::Route;

/// The caller of a route with [`crate::router::Access::Token`]. Only [`Caller::authenticate`] makes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caller {
    id: AilockId,
    jkt: Bytes32,
}

impl Caller {
    /// Verifies token and proof, and uses the proof up where `route` says so.
    pub async fn authenticate(request: &Request, ctx: &Ctx, route: &Route) -> Result<Self, ApiError> {
        let credentials = Credentials::read(request, ctx, ProblemCode::InvalidToken)?;
        let keys = ctx.server_keys()?;
        let claims = access_token::verify(&credentials.token, keys.public(), &ctx.issuer, ctx.now.seconds())
            .map_err(refused_token(ProblemCode::InvalidToken))?;
        claims.cnf.check(&credentials.proof.jkt).map_err(refused_token(ProblemCode::InvalidToken))?;
        if route.even_gone {
            credentials.use_up(ctx, route.replay).await?;
        } else {
            credentials.use_up_as(ctx, route.replay, claims.sub).await?;
        }
        Ok(Self { id: claims.sub, jkt: credentials.proof.jkt })
    }

    /// Who it is.
    pub const fn id(&self) -> AilockId {
        self.id
    }

    /// The thumbprint of the key that made the proof of this call.
    pub const fn jkt(&self) -> Bytes32 {
        self.jkt
    }

    #[cfg(test)]
    pub(super) const fn test(id: AilockId) -> Self {
        Self { id, jkt: claimcheck_protocol::bytes::Bytes([0; 32]) }
    }
}
