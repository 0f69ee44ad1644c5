//! Inboxes: what the parties of a sale are told, written in the batch that caused it.

use claimcheck_protocol::ids::{MessageId, TransferId};
use claimcheck_protocol::jcs::NotCanonical;
use claimcheck_protocol::keys::AilockId;
use claimcheck_protocol::transfer::{MessageType, Notice, Status};
use claimcheck_protocol::wire::Message;
use serde::Deserialize;

use super::{JsonText, Param, Query, Store, StoreError, sql};

/// The most messages in one answer, and the most marked by one call.
pub const PAGE: u32 = 100;

/// A message to be written.
#[derive(Debug, Clone, Copy)]
pub struct NewMessage<'a> {
    /// Made by the server.
    pub id: MessageId,
    /// Whose inbox.
    pub to: AilockId,
    /// Who caused it; for the server's own doing, the other party.
    pub from: AilockId,
    /// Its type.
    pub kind: MessageType,
    /// What it tells beyond its type.
    pub notice: Option<&'a Notice>,
    /// What it is about.
    pub transfer_id: TransferId,
    /// The audit row of the transition that caused it.
    pub cause_seq: u64,
    /// Which of that transition's effects it is.
    pub ordinal: u32,
    /// Of the transfer after the transition.
    pub status: Status,
    /// Unix seconds.
    pub now: i64,
}

/// Writes a message; a second one of the same cause fails the batch.
pub fn insert(message: &NewMessage<'_>) -> Result<Query, NotCanonical> {
    let notice = message.notice.map(|notice| Param::try_from(JsonText(notice))).transpose()?;
    let query =
        sql("insert into messages (id, to_ailock_id, from_ailock_id, type, notice, transfer_id, cause_seq, \
         ordinal, status, created_at) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
    Ok(query
        .bind(message.id)
        .bind(message.to)
        .bind(message.from)
        .bind(message.kind.as_str())
        .bind(notice.unwrap_or(Param::Null))
        .bind(message.transfer_id)
        .bind(message.cause_seq)
        .bind(message.ordinal)
        .bind(message.status.as_str())
        .bind(message.now))
}

#[derive(Deserialize)]
struct Row {
    cursor: u64,
    id: MessageId,
    from_ailock_id: AilockId,
    #[serde(rename = "type")]
    kind: MessageType,
    notice: Option<JsonText<Notice>>,
    transfer_id: TransferId,
    title: String,
    status: Status,
    created_at: i64,
    read_at: Option<i64>,
}

impl From<Row> for Message {
    fn from(row: Row) -> Self {
        Self {
            message_id: row.id,
            cursor: row.cursor,
            kind: row.kind,
            notice: row.notice.map(|notice| notice.0),
            transfer_id: row.transfer_id,
            from: row.from_ailock_id,
            title: row.title,
            status: row.status,
            created_at: row.created_at,
            read_at: row.read_at,
        }
    }
}

/// Messages of an inbox after a cursor, oldest first.
pub async fn list(store: &Store, to: AilockId, after: u64, limit: u32) -> Result<Vec<Message>, StoreError> {
    let query = sql(
        "select m.cursor, m.id, m.from_ailock_id, m.type, m.notice, m.transfer_id, m.status, m.created_at, \
         m.read_at, json_extract(t.offer, '$.body.title') as title \
         from messages m join product_transfers t on t.id = m.transfer_id \
         where m.to_ailock_id = ?1 and m.cursor > ?2 order by m.cursor limit cast(?3 as integer)",
    );
    let rows: Vec<Row> = store.all(query.bind(to).bind(after).bind(limit)).await?;
    Ok(rows.into_iter().map(Message::from).collect())
}

/// Marks messages of an inbox as read; those of others are passed over. Returns how many were unread.
pub async fn mark_read(store: &Store, to: AilockId, ids: &[MessageId], now: i64) -> Result<u64, StoreError> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let query = sql("update messages set read_at = ?3 where to_ailock_id = ?1 and read_at is null \
         and id in (select value from json_each(?2))");
    let ids = Param::try_from(JsonText(&ids)).map_err(|error| StoreError::Unreadable(error.to_string()))?;
    Ok(store.run(query.bind(to).bind(ids).bind(now)).await? as u64)
}
