//! Signed statements about a transfer, besides offer and receipt: revocations, disputes and verdicts.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::ids::TransferId;
use claimcheck_protocol::jcs::NotCanonical;
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::signed::Signed;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{JsonText, Param, Query, Store, StoreError, sql};

/// Which kind a statement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A revocation.
    Revoke,
    /// A step of a dispute.
    Dispute,
    /// A verdict.
    Verdict,
}

impl Kind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Revoke => "revoke",
            Self::Dispute => "dispute",
            Self::Verdict => "verdict",
        }
    }
}

#[derive(Deserialize)]
struct Found {
    found: u32,
}

/// Whether a statement with this hash was filed.
pub async fn is_filed(store: &Store, transfer_id: TransferId, hash: Bytes32) -> Result<bool, StoreError> {
    let query = sql("select count(*) as found from transfer_statements where transfer_id = ?1 and hash = ?2");
    let row: Option<Found> = store.first(query.bind(transfer_id).bind(hash)).await?;
    Ok(row.is_some_and(|row| row.found > 0))
}

/// Files a statement, caused by or causing the audit row `seq`; a second time fails the batch.
pub fn insert<T: Serialize>(
    transfer_id: TransferId,
    kind: Kind,
    by: AilockId,
    hash: Bytes32,
    statement: &Signed<T>,
    seq: u64,
) -> Result<Query, NotCanonical> {
    let query =
        sql("insert into transfer_statements (transfer_id, hash, kind, by_ailock_id, statement, seq) \
         values (?1, ?2, ?3, ?4, ?5, ?6)");
    Ok(query
        .bind(transfer_id)
        .bind(hash)
        .bind(kind.as_str())
        .bind(by)
        .bind(Param::try_from(JsonText(statement))?)
        .bind(seq))
}

/// All statements of one kind, in the order in which they arrived.
pub async fn list<T: DeserializeOwned>(
    store: &Store,
    transfer_id: TransferId,
    kind: Kind,
) -> Result<Vec<Signed<T>>, StoreError> {
    #[derive(Deserialize)]
    #[serde(bound = "T: DeserializeOwned")]
    struct Row<T> {
        statement: JsonText<Signed<T>>,
    }
    let query =
        sql("select statement from transfer_statements where transfer_id = ?1 and kind = ?2 order by seq");
    let rows: Vec<Row<T>> = store.all(query.bind(transfer_id).bind(kind.as_str())).await?;
    Ok(rows.into_iter().map(|row| row.statement.0).collect())
}
