//! The table of contents: every route of the API on one page, and the way from a request to its handler.
//!
//! To add a route: write `pub async fn name(request: Request, ctx: &Ctx, …) -> Result<Response, ApiError>` in
//! `handlers/`, add its line to [`ROUTES`], and its SQL to `store/`. The line decides who may call:
//!
//! - `public!(f)`: anybody; `f(request, &ctx)`.
//! - `probe!(f)`: anybody, not counted, also where there is no `ctx` to be had; `f(Ok(&ctx) or Err(&why))`.
//! - `token!(f)`: an Ailock with a token and a proof; `f(request, &ctx, caller)`.
//! - `ticket!(f)`: the holder of a claim ticket; `f(request, &ctx, holder)`.
//!
//! Credentials are checked before the handler runs. A proof is good for one changing call: `.replay(…)` says where
//! that differs. `.rate("BINDING")` counts calls per Ailock, or per address where nobody is known; a public route
//! without it, and calls with refused credentials, count against `RATE_ANON`.
//! A handler extracts (`extract`), loads (`store`), decides (pure code in `claimcheck_protocol`), persists, responds
//! (`respond`); what it may do to a thing is a value from `auth` ([`crate::auth::Owner`], [`crate::auth::Party`], …).

mod dispatch;
pub mod openapi;
mod route;

pub use dispatch::answer;
pub use route::{Access, HandlerFuture, Path, Route};

use route::{GET, GET_PATCH, GET_POST, POST, PUT_POST, api, at, probe, public, ticket, token};

use crate::auth::Replay;
use crate::handlers::{
    ack, ailocks, attachment_read, attachments, audit, batch, cancel, chunk_put, claims, content, dispute,
    disputed_chunk, download, erasure, features, findings, grant, health, inbox, invoice, link_claims,
    link_page, links, listing_buy, listings, metadata, offers, onboard, packet, product_files, products,
    refund, register, release_put, requirements, requirements_reject, requirements_submit, revoke, token,
    transfers, upload_complete, uploads, verdict, webhook, webhooks, withdrawal,
};

/// Every route. `api("name", …)` is `/api/name` and, for callers of old, `/.netlify/functions/name`.
pub static ROUTES: &[Route] = &[
    // Identity
    api("ailocks-register", POST, public!(register::register)).rate("RATE_REGISTER"),
    api("ailocks", GET, token!(ailocks::show)),
    // Who left may ask again, and is told the same.
    api("ailocks-delete", POST, token!(erasure::delete)).even_gone(),
    at("/token", POST, public!(token::issue)),
    at("/.well-known/oauth-authorization-server", GET, public!(metadata::authorization_server)),
    at("/.well-known/jwks.json", GET, public!(metadata::jwks)),
    // Products and their releases
    api("products-create", POST, token!(products::create)),
    api("products", GET_PATCH, token!(products::show_or_edit)),
    at("/api/products/:id/files", GET, token!(product_files::show)),
    api("products-upload-init", POST, token!(uploads::init)),
    // Create-once and checked by its hash: a proof seen twice does no harm, and no row is written per chunk.
    api("products-upload-chunk", PUT_POST, token!(chunk_put::put)).replay(Replay::Harmless),
    api("uploads", POST, token!(release_put::upload_file)),
    api("products-upload-complete", POST, token!(upload_complete::complete)),
    api("products-upload-status", GET, token!(uploads::status)),
    api("products-upload-abort", POST, token!(uploads::abort)),
    api("releases-delete", POST, token!(withdrawal::release)),
    api("products-delete", POST, token!(withdrawal::product)),
    api("content-checks", GET_POST, token!(content::show_or_report)),
    // Sales
    api("products-offer", POST, token!(offers::make)),
    api("listings", GET_POST, token!(listings::list_or_make)),
    api("listings-close", POST, token!(listings::close)),
    // The page of what is sold: whoever reads it may be nobody yet.
    api("listings-show", GET, public!(listing_buy::show)).rate("RATE_ANON"),
    api("listings-buy", POST, token!(listing_buy::buy)).rate("RATE_CLAIM"),
    api("products-invoice", POST, token!(invoice::make)),
    api("products-grant", POST, token!(grant::make)),
    api("transfers", GET, token!(transfers::show)),
    api("transfers-cancel", POST, token!(cancel::cancel)),
    api("transfers-packet", GET, token!(packet::show)),
    api("transfers-audit", GET, token!(audit::show)),
    api("products-revoke", POST, token!(revoke::revoke)).rate("RATE_REVOKE"),
    api("products-dispute", GET_POST, token!(dispute::show_or_file)),
    api("disputes-verdict", POST, token!(verdict::rule)),
    api("disputes-chunk", GET, token!(disputed_chunk::show)),
    api("products-requirements", GET, token!(requirements::show)),
    api("transfers-requirements-submit", POST, token!(requirements_submit::submit)),
    api("transfers-requirements-reject", POST, token!(requirements_reject::reject)),
    api("transfers-refund", POST, token!(refund::make)),
    api("attachments-upload-init", POST, token!(attachments::init)),
    api("attachments-upload-chunk", PUT_POST, token!(chunk_put::put)).replay(Replay::Harmless),
    api("attachments-upload-complete", POST, token!(attachments::complete)),
    api("attachments", GET, token!(attachment_read::show)),
    api("attachments-download-chunk", GET, token!(attachment_read::chunk)),
    api("payments-onboard", POST, token!(onboard::make)),
    api("payments-account", GET, token!(onboard::show)),
    // Signed by Stripe, which delivers an event until it is taken: the signature is the credential.
    api("payments-stripe-webhook", POST, public!(webhook::receive)).rate("RATE_WEBHOOK"),
    api("payments-findings", GET, token!(findings::list)),
    // Sellers' systems
    api("webhooks", GET_POST, token!(webhooks::list_or_make)),
    api("webhooks-revoke", POST, token!(webhooks::revoke)),
    api("inbox", GET, token!(inbox::show)),
    api("inbox-read", POST, token!(inbox::mark_read)),
    api("ailock-batch", POST, token!(batch::run)),
    // Delivery; a claim changes something even with GET
    api("products-claim", GET_POST, token!(claims::claim)).replay(Replay::Refused).rate("RATE_CLAIM"),
    api("claims-cancel", POST, token!(claims::cancel)),
    api("products-download-manifest", GET, ticket!(download::manifest)),
    api("products-download-chunk", GET, ticket!(download::chunk)),
    api("products-ack", POST, token!(ack::acknowledge)).rate("RATE_ACK"),
    // Download links. A link's claim is its key's, which proves itself, and costs nobody a registration.
    api("download-links", GET_POST, token!(links::make_or_list)),
    api("download-links-revoke", POST, token!(links::revoke)),
    api("download-links-log", GET, token!(links::log)),
    at("/downloads/:token", GET, public!(link_page::show)).rate("RATE_ANON"),
    at("/downloads/:token/claim", POST, public!(link_claims::claim)).rate("RATE_CLAIM"),
    api("link-claims-cancel", POST, ticket!(link_claims::cancel)),
    api("link-claims-complete", POST, ticket!(link_claims::complete)),
    // Operation
    at("/openapi.json", GET, public!(features::document)),
    api("features", GET, public!(features::show)),
    at("/healthz", GET, probe!(health::show)),
];
