//! Problem details (RFC 9457): the stable `code` of each refusal, its HTTP status and its title.
//!
//! Programs decide on `code`; `title` and `detail` are for people and may change.

use serde::{Deserialize, Serialize};

use crate::bytes::Bytes32;

macro_rules! problem_codes {
    ($($(#[$doc:meta])* $variant:ident = ($code:literal, $status:literal, $title:literal),)*) => {
        /// Why a call is refused.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ProblemCode {
            $($(#[$doc])* #[serde(rename = $code)] $variant,)*
        }

        impl ProblemCode {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The text on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// The HTTP status that goes with it.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),* }
            }

            /// A short sentence for people.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title),* }
            }
        }
    };
}

problem_codes! {
    /// The request cannot be read: JSON, a parameter, a header.
    InvalidRequest = ("invalid_request", 400, "The request cannot be read"),
    /// A webhook is not signed by its sender, or not just now.
    InvalidSignature = ("invalid_signature", 400, "The signature is not valid"),
    /// A chunk PUT came without its digest.
    DigestRequired = ("digest_required", 400, "A chunk needs a Repr-Digest header with its sha-256"),
    /// The bytes are not the ones the digest was made of.
    DigestMismatch = ("digest_mismatch", 400, "The bytes do not have the digest given"),
    /// No credentials.
    AuthenticationRequired = ("authentication_required", 401, "This call needs a DPoP-bound access token"),
    /// The token is unknown, expired, or not for this server.
    InvalidToken = ("invalid_token", 401, "The access token is not valid"),
    /// The proof of possession does not fit the call.
    InvalidProof = ("invalid_dpop_proof", 401, "The DPoP proof is not valid for this call"),
    /// The proof was used before.
    ProofReplayed = ("dpop_proof_replayed", 401, "The DPoP proof was used before"),
    /// The claim ticket is unknown, expired, or another claim's.
    InvalidTicket = ("invalid_ticket", 401, "The claim ticket is not valid"),
    /// The caller may not do this to a thing it can see.
    Forbidden = ("forbidden", 403, "This is not yours to do"),
    /// A quota of the caller's has not that much left.
    QuotaExceeded = ("quota_exceeded", 403, "The quota is used up"),
    /// The wrong password or secret of a link.
    WrongPassword = ("wrong_password", 403, "The password is not right"),
    /// There is no such thing, or it is not the caller's.
    NotFound = ("not_found", 404, "There is no such thing"),
    /// The route knows other methods.
    MethodNotAllowed = ("method_not_allowed", 405, "This route does not know that method"),
    /// The id stands for something else already.
    IdConflict = ("id_conflict", 409, "The id is taken by something with another body"),
    /// The event is not possible in the state of the transfer.
    WrongState = ("wrong_state", 409, "This is not possible in the present state"),
    /// Another change came first; the same call may be repeated.
    Busy = ("busy", 409, "Another change came first; try again"),
    /// The chunk is stored with other bytes.
    ChunkConflict = ("chunk_conflict", 409, "The chunk is stored with other bytes"),
    /// The upload was completed or aborted.
    UploadClosed = ("upload_closed", 409, "The upload is not open any more"),
    /// Some chunks are not stored yet.
    UploadIncomplete = ("upload_incomplete", 409, "Some chunks are not stored yet"),
    /// The receipt's hash is not the commitment of the manifest.
    ContentMismatch = ("content_mismatch", 409, "The receipt is for other content"),
    /// A required content check is not clean yet.
    ContentCheckPending = ("content_check_pending", 409, "The content check is not finished"),
    /// The content did not pass its check.
    ContentRefused = ("content_refused", 409, "The content did not pass its check"),
    /// An Ailock cannot leave while a sale of its is not over.
    OpenSales = ("open_sales", 409, "Some sales are not over yet"),
    /// No open dispute of the caller has this id.
    DisputeNotOpen = ("dispute_not_open", 409, "There is no open dispute of this id"),
    /// Nobody has paid, so nothing can go back.
    NothingPaid = ("nothing_paid", 409, "Nothing was paid for this"),
    /// The bank of the buyer disputes the payment, so Stripe would refuse a refund of a part.
    DisputedAtStripe = ("disputed_at_stripe", 409, "The payment is disputed at the bank"),
    /// The claim was given back, has lapsed, or cannot be given back any more.
    ClaimEnded = ("claim_ended", 409, "The claim has ended"),
    /// The number of downloads is used up.
    DownloadsUsedUp = ("downloads_used_up", 409, "All downloads are used up"),
    /// The listing has no copies left.
    SoldOut = ("sold_out", 409, "No copies are left"),
    /// The listing was closed by its seller, or its date has passed.
    ListingClosed = ("listing_closed", 409, "This is not on sale any more"),
    /// The offer's time has passed.
    OfferExpired = ("offer_expired", 409, "The offer has expired"),
    /// The release was deleted at the end of its retention.
    ReleaseGone = ("release_gone", 410, "The files were deleted at the end of their retention"),
    /// The link has ended.
    LinkGone = ("link_gone", 410, "The link has expired or was revoked"),
    /// A body without Content-Length.
    LengthRequired = ("length_required", 411, "The request needs a Content-Length"),
    /// The body, the file or the release is larger than this server takes.
    TooLarge = ("too_large", 413, "This is larger than the server takes"),
    /// The body has a type that the route does not take.
    UnsupportedMediaType = ("unsupported_media_type", 415, "This route takes another content type"),
    /// A Range that is not aligned to segments, or beyond the chunk.
    RangeNotSatisfiable = ("range_not_satisfiable", 416, "The range is not made of whole segments of the chunk"),
    /// A chunk has not the length that its place gives it.
    WrongChunkLength = ("wrong_chunk_length", 422, "The chunk has the wrong length"),
    /// A signed statement is refused.
    InvalidStatement = ("invalid_statement", 422, "A signed statement is not valid"),
    /// Members contradict each other or what is stored.
    Unprocessable = ("unprocessable", 422, "The request contradicts itself or what is stored"),
    /// The declared type is not allowed here.
    TypeNotAllowed = ("type_not_allowed", 422, "Files of this type are not allowed"),
    /// Stripe refuses to open a payment page for this sale.
    PaymentRefused = ("payment_refused", 422, "The payment provider refuses this sale"),
    /// An address that the server does not call.
    WebhookUrlNotAllowed = ("webhook_url_not_allowed", 422, "The server does not call this address"),
    /// Sellers are paid themselves here, and this one has no account that can be.
    SellerNotOnboarded = ("seller_not_onboarded", 409, "The seller cannot take payments yet"),
    /// The buyer has to provide something first.
    MissingInputs = ("missing_inputs", 422, "Some inputs are missing"),
    /// The offer asks for no such input.
    UnknownInput = ("unknown_input", 422, "The offer asks for no such input"),
    /// A refund of nothing, or of more than is left.
    RefundOutOfBounds = ("refund_out_of_bounds", 422, "This is not an amount that can be refunded"),
    /// Too many calls.
    RateLimited = ("rate_limited", 429, "Too many calls; wait as Retry-After says"),
    /// A bug, or a dependency failed in an unknown way.
    Internal = ("internal", 500, "Something went wrong on the server"),
    /// No payment provider is configured.
    PaymentsNotConfigured = ("payments_not_configured", 503, "This server is not set up to take payments"),
    /// A dependency does not answer.
    Unavailable = ("unavailable", 503, "A part of the service does not answer; try again"),
}

/// What of an Ailock's a quota bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    /// Bytes of sealed chunks, of uploads that are open and of what is stored.
    Bytes,
    /// Uploads that are neither completed nor aborted.
    OpenUploads,
    /// Products.
    Products,
    /// Download links that are neither revoked nor expired.
    OpenLinks,
}

/// With `quota_exceeded`: how far the quota goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuotaFacts {
    /// What is bounded.
    pub resource: Resource,
    /// How much is in use.
    pub used: u64,
    /// How much more this call would need.
    pub requested: u64,
    /// How much may be in use.
    pub allowed: u64,
}

/// The body of a refusal, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `about:blank`: the status and `code` say it all.
    #[serde(rename = "type")]
    pub kind: String,
    /// A short sentence for people.
    pub title: String,
    /// HTTP status.
    pub status: u16,
    /// What programs decide on.
    pub code: ProblemCode,
    /// What is wrong in this call, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// Names this call in the server's log.
    pub request_id: String,
    /// Near money: whether this call moved any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub money_moved: Option<bool>,
    /// Near money: whether the same call may be repeated without paying twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_safe: Option<bool>,
    /// With `chunk_conflict`: SHA-256 of the bytes that are stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stored_sha256: Option<Bytes32>,
    /// With `missing_inputs`: the ids of what is missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_inputs: Option<Vec<String>>,
    /// With `upload_incomplete`: how many chunks are missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missing_chunks: Option<u64>,
    /// With `quota_exceeded`: how far the quota goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<QuotaFacts>,
}

impl Problem {
    /// A problem without extensions.
    pub fn new(code: ProblemCode, request_id: String) -> Self {
        Self {
            kind: "about:blank".to_owned(),
            title: code.title().to_owned(),
            status: code.status(),
            code,
            detail: None,
            request_id,
            money_moved: None,
            retry_safe: None,
            stored_sha256: None,
            missing_inputs: None,
            missing_chunks: None,
            quota: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codes_are_distinct_and_serialise_as_they_read() {
        let mut seen = std::collections::BTreeSet::new();
        for code in ProblemCode::ALL {
            assert!(seen.insert(code.as_str()), "{}", code.as_str());
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
            assert!((400..600).contains(&code.status()));
        }
    }
}
