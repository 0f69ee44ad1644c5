//! Bodies of requests and answers, as JSON. Bytes are base64url, times Unix seconds, money minor units.

mod batch;
mod claims;
mod disputes;
mod findings;
mod inbox;
mod inputs;
mod payments;
mod products;
mod transfers;
mod uploads;
mod webhooks;

pub use batch::{
    Batch, BatchAnswer, BatchInbox, BatchOp, BatchRequest, BatchResult, ConfirmPayment, MAX_BATCH,
};
pub use claims::{
    Ack, AckAnswer, CancelClaim, CancelClaimAnswer, Claim, ClaimAnswer, ClaimState, DownloadManifest,
};
pub use disputes::{CancelTransfer, DisputeView, Disputes, MakeDispute, MakeRevoke, MakeVerdict};
pub use findings::{FindingView, Findings, OwedRefund};
pub use inbox::{Inbox, InboxRead, InboxReadAnswer, Message};
pub use inputs::{InputState, MAX_REASON, RejectInput, Requirement, Requirements, SubmitInputs};
pub use payments::{Onboard, OnboardAnswer, PaymentAccount, PaymentsMode};
pub use products::{CreateProduct, EditProduct, Product, Products};
pub use transfers::{
    Invoice, InvoiceAnswer, MakeGrant, MakeOffer, RefundPart, RefundProgress, RefundTransfer, RefundView,
    TransferView, Transfers,
};
pub use uploads::{
    AbortUpload, ChunkRange, ChunkStored, CompleteUpload, InitUpload, Release, StoredChunk, UploadFile,
    UploadOpened, UploadState, UploadStatus,
};
pub use webhooks::{MakeWebhook, RevokeWebhook, TRANSFER_UPDATED, Webhook, Webhooks};
