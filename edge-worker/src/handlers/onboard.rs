//! `POST payments-onboard` and `GET payments-account`: a seller who is paid itself.

use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::{Onboard, OnboardAnswer, PaymentAccount, PaymentsMode};
use worker::{Request, Response};

use super::invoice::check_return;
use crate::auth::Caller;
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::accounts::{self, StoredAccount};
use crate::stripe::connect;
use crate::{extract, respond};

/// Takes an [`Onboard`], answers an [`OnboardAnswer`]. The account is made once, the page for each call.
pub async fn make(mut request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    let body: Onboard = extract::json(&mut request).await?;
    check_return(ctx, body.return_origin.as_deref())?;
    ctx.stripe()?;
    if ctx.config.payments.connect_fee.is_none() {
        let detail = "sales are paid to the server's own account: there is nothing to set up";
        return Err(Refusal::new(ProblemCode::WrongState).detail(detail).into());
    }
    let account = connect::account(ctx, caller.id()).await?;
    let origin = body.return_origin.as_deref().unwrap_or(&ctx.issuer);
    let link = connect::link(ctx, &account, origin).await?;
    respond::json(&OnboardAnswer { url: link.url, expires_at: link.expires_at })
}

/// Answers a [`PaymentAccount`]. While the account cannot be paid, Stripe is asked, so that a lost webhook is made up for.
pub async fn show(_request: Request, ctx: &Ctx, caller: Caller) -> Result<Response, ApiError> {
    ctx.stripe()?;
    if ctx.config.payments.connect_fee.is_none() {
        return respond::json(&PaymentAccount {
            mode: PaymentsMode::Merchant,
            has_account: false,
            charges_enabled: true,
            payouts_enabled: true,
            details_submitted: true,
        });
    }
    let mut stored = accounts::find(&ctx.store, caller.id()).await?;
    let waiting = stored.as_ref().filter(|account| !account.can_be_paid());
    if let Some(id) = waiting.and_then(|account| account.account_id.as_deref()) {
        let said = connect::ask(ctx, id).await?;
        let now = ctx.now.seconds();
        ctx.store.run(accounts::said(&said, now, now)).await?;
        stored = accounts::find(&ctx.store, caller.id()).await?;
    }
    let is = |what: fn(&StoredAccount) -> bool| stored.as_ref().is_some_and(what);
    respond::json(&PaymentAccount {
        mode: PaymentsMode::Connect,
        has_account: is(|account| account.account_id.is_some()),
        charges_enabled: is(StoredAccount::can_be_paid),
        payouts_enabled: is(StoredAccount::pays_out),
        details_submitted: is(StoredAccount::is_complete),
    })
}
