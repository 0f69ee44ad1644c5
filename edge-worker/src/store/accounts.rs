//! Sellers' accounts at the payment provider.

use claimcheck_protocol::jcs::NotCanonical;
use claimcheck_protocol::keys::AilockId;
use serde::Deserialize;

use super::{JsonText, Param, Query, Store, StoreError, sql};
use crate::stripe::StripeCall;
use crate::stripe::objects::Account;

/// An account as it is known here.
#[derive(Debug, Clone, Deserialize)]
pub struct StoredAccount {
    /// The provider's name of it; none until it has answered.
    pub account_id: Option<String>,
    /// Of the call that makes it.
    pub idempotency_key: String,
    request: JsonText<StripeCall>,
    charges_enabled: u8,
    payouts_enabled: u8,
    details_submitted: u8,
}

impl StoredAccount {
    /// The call that makes it.
    pub const fn call(&self) -> &StripeCall {
        &self.request.0
    }

    /// Whether money can go to it.
    pub const fn can_be_paid(&self) -> bool {
        self.charges_enabled != 0
    }

    /// Whether it pays out to a bank.
    pub const fn pays_out(&self) -> bool {
        self.payouts_enabled != 0
    }

    /// Whether its owner has answered everything.
    pub const fn is_complete(&self) -> bool {
        self.details_submitted != 0
    }
}

/// The account of a seller.
pub async fn find(store: &Store, seller: AilockId) -> Result<Option<StoredAccount>, StoreError> {
    let query = sql("select account_id, idempotency_key, request, charges_enabled, payouts_enabled, \
         details_submitted from payment_accounts where ailock_id = ?1");
    store.first(query.bind(seller)).await
}

/// Stores that an account is about to be made; one that is stored stays as it is.
pub fn begin(seller: AilockId, call: &StripeCall, now: i64) -> Result<Query, NotCanonical> {
    let query =
        sql("insert into payment_accounts (ailock_id, idempotency_key, request, created_at, updated_at) \
         values (?1, ?2, ?3, ?4, ?4) on conflict (ailock_id) do nothing");
    let key = format!("account-{seller}");
    Ok(query.bind(seller).bind(key).bind(Param::try_from(JsonText(call))?).bind(now))
}

/// Notes the provider's name of it.
pub fn opened(seller: AilockId, account: &str, now: i64) -> Query {
    sql("update payment_accounts set account_id = ?2, updated_at = ?3 where ailock_id = ?1 and account_id is null")
        .bind(seller)
        .bind(account)
        .bind(now)
}

/// The provider refused the call and would again under the same key: the next one goes under another.
pub fn refused(seller: AilockId, key: &str, attempt: &str) -> Query {
    sql("update payment_accounts set idempotency_key = ?3 where ailock_id = ?1 and idempotency_key = ?2 \
         and account_id is null")
    .bind(seller)
    .bind(key)
    .bind(format!("account-{seller}.{attempt}"))
}

/// Notes what the provider said of an account at `as_of`, unless it has said something later.
pub fn said(account: &Account, as_of: i64, now: i64) -> Query {
    sql("update payment_accounts set charges_enabled = ?2, payouts_enabled = ?3, details_submitted = ?4, \
         as_of = ?5, updated_at = ?6 where account_id = ?1 and as_of <= cast(?5 as integer)")
    .bind(account.id.as_str())
    .bind(account.charges_enabled)
    .bind(account.payouts_enabled)
    .bind(account.details_submitted)
    .bind(as_of)
    .bind(now)
}
