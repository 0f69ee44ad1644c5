//! The log of a link's use: what its owner reads, bounded however often a link is called.

use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::ids::{ClaimId, LinkId};
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::LinkLogEntry;
use serde::Deserialize;

use super::{Query, Store, StoreError, sql};

/// Rows of one kind and link after which what callers can repeat at will is recorded no more.
const MAX_ROWS: u32 = 1_000;
/// Wrong passwords of one link within [`TRY_SECONDS`].
pub const MAX_TRIES: u32 = 10;
/// Seconds for which a wrong password counts.
pub const TRY_SECONDS: i64 = 600;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkEvent {
    /// A download began.
    Claimed,
    /// Its ticket was renewed.
    Resumed,
    /// The claimant says that all of it arrived, verified.
    Completed,
    /// It was given back.
    Cancelled,
    /// It was cut off: the link ended under it.
    Stopped,
    /// The server could not give what the claim is for.
    Failed(ProblemCode),
    /// No download began, or none went on.
    Refused(ProblemCode),
}

impl LinkEvent {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Resumed => "resumed",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
            Self::Stopped => "stopped",
            Self::Failed(_) => "failed",
            Self::Refused(_) => "refused",
        }
    }

    const fn code(self) -> Option<ProblemCode> {
        match self {
            Self::Failed(code) | Self::Refused(code) => Some(code),
            _ => None,
        }
    }
}

/// Who did it, as far as the deployment keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visitor {
    /// Shortened or hashed.
    pub ip: Option<String>,
    /// Cut.
    pub user_agent: Option<String>,
}

/// Records what happened. Of one claim, all but `resumed` and `refused` is recorded once, a failure once for each code.
pub fn track_download(
    link_id: LinkId,
    claim_id: Option<ClaimId>,
    event: LinkEvent,
    visitor: &Visitor,
    now: i64,
) -> Query {
    let (query, limit) = match event {
        // Each kind is bounded by itself, so that strangers who are refused keep no download's line out.
        LinkEvent::Resumed | LinkEvent::Refused(_) => (
            sql("insert into link_log (link_id, claim_id, event, code, at, ip, user_agent) \
                 select ?1, ?2, ?3, ?4, cast(?5 as integer), ?6, ?7 \
                 where (select count(*) from link_log where link_id = ?1 and event = ?3) < ?8"),
            Some(MAX_ROWS),
        ),
        // In a batch after what gives a claim back: recorded if that did.
        LinkEvent::Cancelled => (
            sql("insert into link_log (link_id, claim_id, event, code, at, ip, user_agent) \
                 select ?1, ?2, ?3, ?4, cast(?5 as integer), ?6, ?7 where changes() = 1 on conflict do nothing"),
            None,
        ),
        // Only of a claim that exists: in a batch with what begins one, it is recorded if that did.
        LinkEvent::Claimed | LinkEvent::Completed | LinkEvent::Stopped | LinkEvent::Failed(_) => (
            sql("insert into link_log (link_id, claim_id, event, code, at, ip, user_agent) \
                 select ?1, ?2, ?3, ?4, cast(?5 as integer), ?6, ?7 \
                 where exists (select 1 from claims where id = ?2 and link_id = ?1) on conflict do nothing"),
            None,
        ),
    };
    let query = query
        .bind(link_id)
        .bind(claim_id)
        .bind(event.as_str())
        .bind(event.code().map(ProblemCode::as_str))
        .bind(now)
        .bind(visitor.ip.as_deref())
        .bind(visitor.user_agent.as_deref());
    match limit {
        Some(limit) => query.bind(limit),
        None => query,
    }
}

/// Records a wrong password, if one more may be answered: one statement, so of any number of calls at once no more than
/// allowed are. It changes no row where no try is left.
pub fn take_try(link_id: LinkId, visitor: &Visitor, now: i64) -> Query {
    sql("insert into link_log (link_id, event, code, at, ip, user_agent) \
         select ?1, 'refused', 'wrong_password', cast(?2 as integer), ?3, ?4 where \
         (select count(*) from link_log where link_id = ?1 and code = 'wrong_password' and at > ?2 - ?5) < ?6")
    .bind(link_id)
    .bind(now)
    .bind(visitor.ip.as_deref())
    .bind(visitor.user_agent.as_deref())
    .bind(TRY_SECONDS)
    .bind(MAX_TRIES)
}

#[derive(Deserialize)]
struct Tries {
    count: u32,
}

/// Whether a link's tries are used up, so that not even the right password is answered.
pub async fn is_locked(store: &Store, link_id: LinkId, now: i64) -> Result<bool, StoreError> {
    let query = sql("select count(*) as count from link_log where link_id = ?1 \
         and code = 'wrong_password' and at > ?2 - ?3");
    let tries: Option<Tries> = store.first(query.bind(link_id).bind(now).bind(TRY_SECONDS)).await?;
    Ok(tries.is_some_and(|tries| tries.count >= MAX_TRIES))
}

/// Lines of a link's log, newest first, from before `after` on.
pub async fn list(
    store: &Store,
    link_id: LinkId,
    after: Option<u64>,
    limit: u32,
) -> Result<Vec<LinkLogEntry>, StoreError> {
    let query = sql("select id as entry_id, claim_id, event, code, at, ip, user_agent from link_log \
         where link_id = ?1 and (?2 is null or id < ?2) order by id desc limit cast(?3 as integer)");
    store.all(query.bind(link_id).bind(after).bind(limit)).await
}

#[derive(Deserialize)]
struct At {
    at: i64,
}

/// When a claim was first said to be complete, in Unix seconds.
pub async fn completed_at(store: &Store, claim_id: ClaimId) -> Result<Option<i64>, StoreError> {
    let query = sql("select at from link_log where claim_id = ?1 and event = 'completed'").bind(claim_id);
    Ok(store.first::<At>(query).await?.map(|row| row.at))
}

#[derive(Deserialize)]
struct Salt {
    salt: Bytes32,
}

/// The salt of a day, which is `fresh` if nobody needed one before.
pub async fn salt_of_day(store: &Store, day: i64, fresh: [u8; 32]) -> Result<Option<Bytes32>, StoreError> {
    let insert = sql("insert into link_log_salts (day, salt) values (?1, ?2) on conflict do nothing");
    let select = sql("select salt from link_log_salts where day = ?1").bind(day);
    let outcomes = store.batch(vec![insert.bind(day).bind(Bytes(fresh)), select]).await?;
    let Some(outcome) = outcomes.last() else { return Ok(None) };
    Ok(outcome.rows::<Salt>()?.into_iter().next().map(|row| row.salt))
}

/// Forgets the salts of the days before `day`: what they hashed cannot be compared any more.
pub fn forget_salts(day: i64) -> Query {
    sql("delete from link_log_salts where day < ?1").bind(day)
}
