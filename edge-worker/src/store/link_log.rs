//! The log of a link's use: what its owner reads, bounded however often a link is called.

use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::ids::{ClaimId, LinkId};
use claimcheck_protocol::problem::ProblemCode;
use claimcheck_protocol::wire::LinkLogEntry;
use serde::Deserialize;

use super::{Query, Store, StoreError, sql};

/// Rows of a link after which what callers can repeat at will is recorded no more.
const MAX_ROWS: u32 = 1_000;
/// Wrong passwords of one link within [`TRY_SECONDS`].
const MAX_TRIES: u32 = 10;
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
    /// No download began.
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
            Self::Refused(_) => "refused",
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

/// Records what happened. Of one claim, all but `resumed` is recorded once.
pub fn track_download(
    link_id: LinkId,
    claim_id: Option<ClaimId>,
    event: LinkEvent,
    visitor: &Visitor,
    now: i64,
) -> Query {
    let code = match event {
        LinkEvent::Refused(code) => Some(code.as_str()),
        _ => None,
    };
    let can_be_repeated = matches!(event, LinkEvent::Resumed | LinkEvent::Refused(_));
    let query = if can_be_repeated {
        sql("insert into link_log (link_id, claim_id, event, code, at, ip, user_agent) \
             select ?1, ?2, ?3, ?4, cast(?5 as integer), ?6, ?7 \
             where (select count(*) from link_log where link_id = ?1) < ?8")
    } else {
        // Only of a claim that exists: in a batch with what begins one, it is recorded if that did.
        sql("insert into link_log (link_id, claim_id, event, code, at, ip, user_agent) \
             select ?1, ?2, ?3, ?4, cast(?5 as integer), ?6, ?7 \
             where exists (select 1 from claims where id = ?2 and link_id = ?1) on conflict do nothing")
    };
    let query = query
        .bind(link_id)
        .bind(claim_id)
        .bind(event.as_str())
        .bind(code)
        .bind(now)
        .bind(visitor.ip.as_deref())
        .bind(visitor.user_agent.as_deref());
    if can_be_repeated { query.bind(MAX_ROWS) } else { query }
}

#[derive(Deserialize)]
struct Id {
    id: u64,
}

/// Takes one of the tries that a link's password allows and records it as a wrong one, before the password is looked
/// at: so of any number of calls at once no more than allowed are answered. None where no try is left.
pub async fn take_try(
    store: &Store,
    link_id: LinkId,
    visitor: &Visitor,
    now: i64,
) -> Result<Option<u64>, StoreError> {
    let query = sql("insert into link_log (link_id, event, code, at, ip, user_agent) \
         select ?1, 'refused', 'wrong_password', cast(?2 as integer), ?3, ?4 where \
         (select count(*) from link_log where link_id = ?1 and code = 'wrong_password' and at > ?2 - ?5) < ?6 \
         returning id");
    let row: Option<Id> = store
        .first(
            query
                .bind(link_id)
                .bind(now)
                .bind(visitor.ip.as_deref())
                .bind(visitor.user_agent.as_deref())
                .bind(TRY_SECONDS)
                .bind(MAX_TRIES),
        )
        .await?;
    Ok(row.map(|row| row.id))
}

/// Gives a try back: the password was right.
pub fn give_try_back(id: u64) -> Query {
    sql("delete from link_log where id = ?1").bind(id)
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
