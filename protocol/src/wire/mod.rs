//! Bodies of requests and answers, as JSON. Bytes are base64url, times Unix seconds, money minor units.

mod account;
mod attachments;
mod batch;
mod claims;
mod content;
mod disputes;
mod features;
mod findings;
mod inbox;
mod inputs;
mod links;
mod listings;
mod payments;
mod products;
mod transfers;
mod uploads;
mod webhooks;

pub use account::{DeleteAilock, DeletedAilock};
pub use attachments::{Attachment, CompleteAttachment, InitAttachment};
pub use batch::{
    Batch, BatchAnswer, BatchInbox, BatchOp, BatchRequest, BatchResult, ConfirmPayment, MAX_BATCH,
};
pub use claims::{
    Ack, AckAnswer, CancelClaim, CancelClaimAnswer, Claim, ClaimAnswer, ClaimState, DownloadManifest,
};
pub use content::{ContentCheck, MalwareScan, Moderation, ReportContent};
pub use disputes::{CancelTransfer, DisputeView, Disputes, MakeDispute, MakeRevoke, MakeVerdict};
pub use features::{Features, LinkLimits, UploadLimits};
pub use findings::{FindingView, Findings, OwedRefund, StorageFinding};
pub use inbox::{Inbox, InboxRead, InboxReadAnswer, Message};
pub use inputs::{InputState, MAX_REASON, RejectInput, Requirement, Requirements, SubmitInputs};
pub use links::{
    ClaimLink, CompleteLinkClaim, DownloadLink, DownloadLinks, LINK_DOWNLOADS, LINK_SECONDS, LinkClaim,
    LinkClaimCompleted, LinkFile, LinkInfo, LinkLog, LinkLogEntry, LinkState, MAX_SEALED_NAME, MakeLink,
    ProductFile, ProductFiles, RevokeLink, WRAPPED_KEY_LEN,
};
pub use listings::{
    BuyListing, CloseListing, ListingKey, ListingSale, ListingState, ListingView, Listings, MakeListing,
};
pub use payments::{Onboard, OnboardAnswer, PaymentAccount, PaymentsMode};
pub use products::{CreateProduct, DeleteProduct, DeleteRelease, Deleted, EditProduct, Product, Products};
pub use transfers::{
    Invoice, InvoiceAnswer, MakeGrant, MakeOffer, RefundPart, RefundProgress, RefundTransfer, RefundView,
    TransferView, Transfers,
};
pub use uploads::{
    AbortUpload, ChunkRange, ChunkStored, CompleteUpload, InitUpload, Release, ReleaseStored, StoredChunk,
    UploadFile, UploadOpened, UploadState, UploadStatus,
};
pub use webhooks::{MakeWebhook, RevokeWebhook, TRANSFER_UPDATED, Webhook, Webhooks};
