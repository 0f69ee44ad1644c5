//! Listings, across the boundary.

use claimcheck_protocol::bytes::Bytes32;
use claimcheck_protocol::ids::{ListingId, ProductId};
use claimcheck_protocol::offer::Offer;
use claimcheck_protocol::signed::Signed;
use claimcheck_protocol::wire::{ListingState, ListingView};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use super::Client;
use super::convert::{self, from_js, id_of, to_js};
use super::failure::{argument, throw};
use crate::sale::OwnListing;

/// Seconds that a listing stands unless its seller says otherwise: 365 days.
const DEFAULT_LISTING_SECONDS: i64 = 365 * 24 * 3600;

#[derive(Deserialize)]
struct Stock {
    stock: Option<u32>,
}

#[derive(Serialize)]
struct Listing<'a> {
    listing_id: ListingId,
    product_id: ProductId,
    offer: &'a Signed<Offer>,
    offer_hash: Bytes32,
    state: ListingState,
    stock: Option<u32>,
    left: Option<u32>,
    files: u32,
    plaintext_size: u64,
    created_at: i64,
    closed_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

impl<'a> Listing<'a> {
    const fn new(view: &'a ListingView, url: Option<&'a str>) -> Self {
        Self {
            listing_id: view.listing_id,
            product_id: view.offer.body.product_id,
            offer: &view.offer,
            offer_hash: view.offer_hash,
            state: view.state,
            stock: view.stock,
            left: view.left,
            files: view.files,
            plaintext_size: view.plaintext_size,
            created_at: view.created_at,
            closed_at: view.closed_at,
            url,
        }
    }
}

#[derive(Serialize)]
struct Page<'a> {
    listings: Vec<Listing<'a>>,
    next: Option<ListingId>,
}

fn own(listing: &OwnListing) -> Result<JsValue, JsValue> {
    to_js(&Listing::new(&listing.view, Some(&listing.url)))
}

#[wasm_bindgen]
impl Client {
    /// See [`crate::sale::Client::create_listing`].
    #[wasm_bindgen(js_name = createListing)]
    pub async fn create_listing(&self, request: JsValue) -> Result<JsValue, JsValue> {
        let Stock { stock } = from_js(request.clone())?;
        let terms = convert::offer_terms(request, DEFAULT_LISTING_SECONDS)?;
        own(&self.0.create_listing(terms, stock).await.map_err(throw)?)
    }

    /// See [`crate::sale::Client::listings`].
    pub async fn listings(&self, after: Option<String>) -> Result<JsValue, JsValue> {
        let after = after.as_deref().map(id_of).transpose()?;
        let (listings, next) = self.0.listings(after).await.map_err(throw)?;
        let listings = listings.iter().map(|own| Listing::new(&own.view, Some(&own.url))).collect();
        to_js(&Page { listings, next })
    }

    /// See [`crate::sale::Client::close_listing`].
    #[wasm_bindgen(js_name = closeListing)]
    pub async fn close_listing(&self, listing_id: String) -> Result<JsValue, JsValue> {
        own(&self.0.close_listing(id_of(&listing_id)?).await.map_err(throw)?)
    }

    /// See [`crate::sale::Client::listing`].
    pub async fn listing(&self, url: String) -> Result<JsValue, JsValue> {
        to_js(&Listing::new(&self.0.listing(&url).await.map_err(throw)?, None))
    }

    /// See [`crate::sale::Client::buy`].
    pub async fn buy(&self, url: String, offer_hash: Option<String>) -> Result<JsValue, JsValue> {
        let seen = offer_hash.as_deref().map(Bytes32::from_base64url).transpose();
        let seen = seen.map_err(|_| argument("offerHash must be the offer_hash of a listing"))?;
        to_js(&self.0.buy(&url, seen).await.map_err(throw)?)
    }
}
