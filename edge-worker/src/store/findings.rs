//! Differences between these books and the provider's, for the operator; and when the job that looks for them ran.

use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::wire::{FindingView, OwedRefund};

use super::{Query, Store, StoreError, sql};

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A session that is none of these books', yet names a sale of theirs.
    UnknownSession,
    /// Paid there, not here.
    PaidThereOnly,
    /// Paid here, not there.
    PaidHereOnly,
    /// Another amount.
    Amount,
    /// Another currency.
    Currency,
    /// Test and real money mixed up.
    Livemode,
    /// Other refunds.
    Refunds,
    /// A stored call that the provider refuses.
    CallRefused,
}

impl Kind {
    /// The name in the database and the log.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownSession => "unknown_session",
            Self::PaidThereOnly => "paid_there_only",
            Self::PaidHereOnly => "paid_here_only",
            Self::Amount => "amount",
            Self::Currency => "currency",
            Self::Livemode => "livemode",
            Self::Refunds => "refunds",
            Self::CallRefused => "call_refused",
        }
    }
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What differs.
    pub kind: Kind,
    /// The session, payment or call that it is about.
    pub subject: String,
    /// The sale, where one is known.
    pub transfer_id: Option<TransferId>,
    /// What these books say.
    pub ours: String,
    /// What the provider says.
    pub theirs: String,
}

/// Notes a finding; one that was noted before is brought up to date.
pub fn note(finding: &Finding, now: i64) -> Query {
    sql("insert into reconciliation_findings (kind, subject, transfer_id, ours, theirs, found_at, seen_at) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?6) on conflict (kind, subject) do update set ours = excluded.ours, \
         theirs = excluded.theirs, seen_at = excluded.seen_at")
    .bind(finding.kind.as_str())
    .bind(finding.subject.as_str())
    .bind(finding.transfer_id)
    .bind(finding.ours.as_str())
    .bind(finding.theirs.as_str())
    .bind(now)
}

/// Begins a job unless it began at or after `earliest`: changes one row, or none.
pub fn begin_job(job: &str, now: i64, earliest: i64) -> Query {
    sql("insert into job_runs (job, began_at) values (?1, ?2) \
         on conflict (job) do update set began_at = excluded.began_at where began_at < ?3")
    .bind(job)
    .bind(now)
    .bind(earliest)
}

/// The most findings on one page, and the most refunds.
pub const PAGE: u32 = 100;

/// Findings after one, in the order of finding.
pub async fn list(store: &Store, after: u64, limit: u32) -> Result<Vec<FindingView>, StoreError> {
    let query = sql("select id as finding_id, kind, subject, transfer_id, ours, theirs, found_at, seen_at \
         from reconciliation_findings where id > ?1 order by id limit cast(?2 as integer)");
    store.all(query.bind(after).bind(limit)).await
}

/// Refunds that have failed at the bank and not come through since, and calls for one that have failed; the longest
/// owed first.
pub async fn owed_refunds(store: &Store) -> Result<Vec<OwedRefund>, StoreError> {
    let query = sql("select p.transfer_id, p.provider_ref as payment, p.amount, p.currency, \
         (select count(*) from json_each(t.machine, '$.payments.' || p.provider_ref || '.refunds') \
          where value = 'failed') as failures, o.last_error, o.next_attempt_at \
         from outbox o join product_transfers t on t.id = o.transfer_id \
         join payment_intents p on p.transfer_id = o.transfer_id \
          and instr(json_extract(o.request, '$.form'), 'payment_intent=' || p.provider_ref || '&') = 1 \
         where o.kind = 'stripe_refund' and o.done_at is null \
         and (o.last_error is not null or failures > 0) order by o.id limit cast(?1 as integer)");
    store.all(query.bind(PAGE)).await
}
