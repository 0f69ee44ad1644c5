//! Whoever holds a claim ticket and its key.

use std::ops::Deref;

use claimcheck_protocol::auth::ticket::{self, Ticket, TicketClaims};
use claimcheck_protocol::ids::ClaimId;
use claimcheck_protocol::problem::ProblemCode;
use worker::Request;

use super::credentials::{Credentials, Replay, refused_token};
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};

/// The caller of a route with [`crate::router::Access::Ticket`]. Only [`TicketHolder::authenticate`] makes one. That
/// the claim is still active is for its row to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketHolder(Ticket);

impl TicketHolder {
    /// Verifies ticket and proof, and uses the proof up where `replay` says so.
    pub async fn authenticate(request: &Request, ctx: &Ctx, replay: Replay) -> Result<Self, ApiError> {
        let credentials = Credentials::read(request, ctx, ProblemCode::InvalidTicket)?;
        let keys = ctx.server_keys()?;
        let jkt = credentials.proof.jkt;
        let ticket = ticket::verify(&credentials.token, keys.public(), &ctx.issuer, &jkt, ctx.now.seconds())
            .map_err(refused_token(ProblemCode::InvalidTicket))?;
        credentials.use_up(ctx, replay).await?;
        Ok(Self(ticket))
    }

    /// Refuses a call about another claim than the ticket's.
    pub fn check_claim(&self, claim_id: ClaimId) -> Result<(), ApiError> {
        if self.claim_id == claim_id {
            return Ok(());
        }
        Err(Refusal::new(ProblemCode::InvalidTicket).detail("the ticket is another claim's").into())
    }
}

impl Deref for TicketHolder {
    type Target = Ticket;

    fn deref(&self) -> &Ticket {
        &self.0
    }
}

impl Ctx {
    /// Signs a ticket that lives [`ticket::LIFETIME`], or until the claim ends; and the seconds that it lives.
    pub fn issue_ticket(&self, ticket: &Ticket, claim_expires_at: i64) -> Result<(String, u64), ApiError> {
        let keys = self.server_keys()?;
        let claims = TicketClaims::issue(&self.issuer, ticket, claim_expires_at, self.now.seconds());
        let lives = u64::try_from(claims.exp.saturating_sub(claims.iat)).unwrap_or_default();
        Ok((keys.sign_jwt(ticket::unsigned(keys.kid(), &claims))?, lives))
    }
}
