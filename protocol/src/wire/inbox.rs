//! The inbox.

use serde::{Deserialize, Serialize};

use crate::ids::{MessageId, TransferId};
use crate::keys::AilockId;
use crate::transfer::{MessageType, Notice, Status};

/// A message about a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The message.
    pub message_id: MessageId,
    /// Position in the recipient's inbox, growing.
    pub cursor: u64,
    /// What it says.
    #[serde(rename = "type")]
    pub kind: MessageType,
    /// What it tells beyond its type.
    pub notice: Option<Notice>,
    /// The transfer it is about.
    pub transfer_id: TransferId,
    /// Who caused it.
    pub from: AilockId,
    /// The offer's title.
    pub title: String,
    /// The transfer's status when the message was written.
    pub status: Status,
    /// Unix seconds.
    pub created_at: i64,
    /// Unix seconds, once read.
    pub read_at: Option<i64>,
}

/// `GET inbox?after=<cursor>&limit=<1..100>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbox {
    /// Oldest first.
    pub messages: Vec<Message>,
    /// Give it as `after` for what follows.
    pub cursor: u64,
}

/// `POST inbox-read`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InboxRead {
    /// At most 100; ids that are not in the caller's inbox are passed over.
    pub message_ids: Vec<MessageId>,
}

/// Answer to `inbox-read`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxReadAnswer {
    /// How many were unread before.
    pub marked: u64,
}
