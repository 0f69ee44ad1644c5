//! Sellers who are paid themselves: their account at Stripe, and what a payment to it costs them.

use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::money::Amount;
use claimcheck_protocol::offer::Offer;
use claimcheck_protocol::problem::ProblemCode;

use super::objects::{Account, AccountLink};
use super::rules::ALL_OF_IT;
use super::{CallError, StripeCall, checkout};
use crate::context::Ctx;
use crate::error::{ApiError, Refusal};
use crate::store::accounts::{self, StoredAccount};

/// Where the money of one payment goes on to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// Stripe's name of the seller's account.
    pub account: String,
    /// What the deployment keeps, in minor units.
    pub fee: Amount,
}

/// Where the money of an offer goes on to: nowhere in merchant mode and at price 0. Refused where the seller cannot
/// be paid yet.
pub async fn destination(ctx: &Ctx, offer: &Offer) -> Result<Option<Destination>, ApiError> {
    let Some(basis_points) = ctx.config.payments.connect_fee else { return Ok(None) };
    if offer.price.is_zero() {
        return Ok(None);
    }
    let stored = accounts::find(&ctx.store, offer.seller).await?.filter(StoredAccount::can_be_paid);
    let account = stored.and_then(|stored| stored.account_id).ok_or(ProblemCode::SellerNotOnboarded)?;
    Ok(Some(Destination { account, fee: fee(offer, basis_points)? }))
}

/// Rounded down to what can be charged in the currency.
fn fee(offer: &Offer, basis_points: u32) -> Result<Amount, ApiError> {
    let step = offer.currency.step().minor_units();
    let share = i128::from(offer.price.minor_units()) * i128::from(basis_points) / i128::from(ALL_OF_IT);
    let fee = i64::try_from(share).map(|share| share - share % step);
    fee.ok().and_then(|fee| Amount::try_from(fee).ok()).ok_or(ApiError::Bug("a fee is beyond its price"))
}

/// The call that makes a seller's account.
pub fn account_call(seller: AilockId) -> StripeCall {
    StripeCall::new(
        "/v1/accounts",
        &[
            ("type", "express".to_owned()),
            ("capabilities[card_payments][requested]", "true".to_owned()),
            ("capabilities[transfers][requested]", "true".to_owned()),
            ("metadata[ailock_id]", seller.to_string()),
        ],
    )
}

/// The seller's account at Stripe, made now where there is none. The same call is made again until it is answered.
pub async fn account(ctx: &Ctx, seller: AilockId) -> Result<String, ApiError> {
    let now = ctx.now.seconds();
    let begin = accounts::begin(seller, &account_call(seller), now);
    ctx.store.run(begin.map_err(|_| ApiError::Bug("a call has no canonical form"))?).await?;
    let stored = accounts::find(&ctx.store, seller).await?;
    let stored = stored.ok_or(ApiError::Bug("an account that was begun is not there"))?;
    if let Some(account) = stored.account_id {
        return Ok(account);
    }
    match ctx.stripe()?.post::<Account>(stored.call(), &stored.idempotency_key).await {
        Ok(account) => {
            ctx.store.run(accounts::opened(seller, &account.id, now)).await?;
            Ok(account.id)
        }
        Err(error) => {
            if matches!(error, CallError::Refused { .. }) {
                ctx.store
                    .run(accounts::refused(seller, &stored.idempotency_key, &ctx.names.request_id))
                    .await?;
            }
            Err(refuse(error))
        }
    }
}

/// A page on which the owner of an account tells Stripe what it asks for; it leads back to `origin`.
pub async fn link(ctx: &Ctx, account: &str, origin: &str) -> Result<AccountLink, ApiError> {
    let page = |result: &str| format!("{origin}/you?onboarding={result}");
    let call = StripeCall::new(
        "/v1/account_links",
        &[
            ("account", account.to_owned()),
            ("type", "account_onboarding".to_owned()),
            ("refresh_url", page("again")),
            ("return_url", page("done")),
        ],
    );
    // A link is good for one visit, so every call is one of its own.
    let key = format!("account-link-{}", ctx.names.request_id);
    ctx.stripe()?.post(&call, &key).await.map_err(refuse)
}

/// The account as Stripe has it now.
pub async fn ask(ctx: &Ctx, account: &str) -> Result<Account, ApiError> {
    ctx.stripe()?.get(&format!("/v1/accounts/{account}")).await.map_err(refuse)
}

fn refuse(error: CallError) -> ApiError {
    match error {
        CallError::Unanswered { .. } => checkout::unanswered(),
        CallError::Refused { code } => {
            let detail = format!("the payment provider says {code}");
            Refusal::new(ProblemCode::PaymentRefused).detail(detail).money(false, true).into()
        }
    }
}
