//! Listings: an offer to anybody who has its link, made once; whoever buys needs no answer from the seller.

use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::envelope::SEALED_LEN;
use claimcheck_protocol::ids::{ListingId, TransferId};
use claimcheck_protocol::signed::statement_hash;
use claimcheck_protocol::wire::{self, ListingView};

use super::listing_link::{ListingLink, keys_of};
use super::{Client, Failure, OfferTerms, Untrusted};
use crate::bulk::Bulk;
use crate::driver::{Clock, Control};
use crate::http::Http;
use crate::seal::{Purpose, open_from, seal_to};
use crate::secret::Secret32;
use crate::wrapped_key::{unwrap_key, wrap_key};

/// Stands for the transfer's id where the seller seals a listing's secret to itself.
const NO_TRANSFER: [u8; 16] = [0; 16];

/// A listing of one's own.
#[derive(Debug, Clone)]
pub struct OwnListing {
    /// As the server shows it.
    pub view: ListingView,
    /// Its link. Whoever has it can buy.
    pub url: String,
}

impl<H, B, T> Client<H, B, T>
where
    B: Bulk,
    H: Http<Buf = B::Buf>,
    T: Clock,
{
    /// Offers a release to anybody who has the link, in `stock` copies or in any number.
    pub async fn create_listing(&self, terms: OfferTerms, stock: Option<u32>) -> Result<OwnListing, Failure> {
        if terms.buyer.is_some() {
            return Err(Failure::Argument("a listing names no buyer"));
        }
        let (release, manifest, release_key) = self.own_release(terms.release_id).await?;
        let listing_id = self.make_id(ListingId::from_parts)?;
        let identity = self.session.identity();
        let offer = self.offer_body(terms, &release, &manifest)?;
        let secret = Secret32::random()?;
        let keys = keys_of(&secret, &listing_id, &release.manifest_hash);
        let context = seal_context(&listing_id, &NO_TRANSFER, statement_hash(&offer)?);
        let body = wire::MakeListing {
            listing_id,
            wrapped_key: wrap_key(&keys, &release_key)?,
            auth_hash: keys.auth_hash(),
            sealed_secret: self.seal_secret(&context, &secret)?,
            offer: identity.sign_statement(offer)?,
            stock,
        };
        self.own(self.persist(&Control::new(), || self.session.make_listing(&body)).await?)
    }

    /// One page of one's own listings, each with its link.
    pub async fn listings(
        &self,
        after: Option<ListingId>,
    ) -> Result<(Vec<OwnListing>, Option<ListingId>), Failure> {
        let page = self.persist(&Control::new(), || self.session.listings(after)).await?;
        let own: Result<_, _> = page.listings.into_iter().map(|view| self.own(view)).collect();
        Ok((own?, page.next))
    }

    /// Ends a listing of one's own for new buyers.
    pub async fn close_listing(&self, listing_id: ListingId) -> Result<OwnListing, Failure> {
        self.own(self.persist(&Control::new(), || self.session.close_listing(listing_id)).await?)
    }

    /// What a link offers, once it is known to be offered by the seller that the link names, and to open with the
    /// link's secret. Nothing secret is sent, and this Ailock need not be known to the server.
    pub async fn listing(&self, address: &str) -> Result<ListingView, Failure> {
        self.find_listing(&self.read_link(address)?).await
    }

    /// A sale of what a link offers, to be accepted, paid and downloaded as any other. `seen` is the hash of the
    /// offer that the person has seen. Where a sale of this listing to this Ailock runs already, it is that one.
    pub async fn buy(&self, address: &str, seen: Option<Bytes32>) -> Result<wire::TransferView, Failure> {
        let link = self.read_link(address)?;
        let view = self.find_listing(&link).await?;
        if seen.is_some_and(|seen| seen != view.offer_hash) {
            return Err(Failure::Untrusted(Untrusted::Offer));
        }
        let (id, transfer_id) = (view.listing_id, self.make_transfer_id()?);
        let manifest_hash = view.offer.body.manifest_hash.ok_or(Failure::Untrusted(Untrusted::Offer))?;
        let context = seal_context(&id, transfer_id.as_bytes(), view.offer_hash);
        let body = wire::BuyListing {
            transfer_id,
            listing_id: id,
            auth: keys_of(&link.secret, &id, &manifest_hash).derive_auth(),
            sealed_secret: self.seal_secret(&context, &link.secret)?,
        };
        let transfer = self.persist(&Control::new(), || self.session.buy_listing(&body)).await?;
        let named = (transfer.offer_hash, &transfer.offer, transfer.buyer);
        if named != (view.offer_hash, &view.offer, *self.session.id()) {
            return Err(Failure::Untrusted(Untrusted::Offer));
        }
        let kept = self.kept_secret(&transfer)?.ok_or(Failure::Untrusted(Untrusted::Offer))?;
        if kept.as_bytes() != link.secret.as_bytes() {
            return Err(Failure::WrongLink);
        }
        Ok(transfer)
    }

    /// The release key of a listing's sale, from what this Ailock sealed to itself when it bought.
    pub(super) fn open_listing_key(
        &self,
        transfer_id: TransferId,
        key: &wire::ListingKey,
        offer_hash: Bytes32,
        manifest_hash: Bytes32,
    ) -> Result<Secret32, Failure> {
        let context = seal_context(&key.listing_id, transfer_id.as_bytes(), offer_hash);
        let secret = self.open_secret(&context, &key.sealed_secret)?;
        Ok(unwrap_key(&keys_of(&secret, &key.listing_id, &manifest_hash), &key.wrapped_key)?)
    }

    /// The secret that a sale of a listing keeps for its buyer; None where it is no listing's. A sale whose secret
    /// this Ailock cannot open must not be paid.
    pub(super) fn kept_secret(&self, transfer: &wire::TransferView) -> Result<Option<Secret32>, Failure> {
        let Some(sale) = transfer.listing else { return Ok(None) };
        let sealed = sale.sealed_secret.ok_or(Failure::WrongKey)?;
        let context = seal_context(&sale.listing_id, transfer.transfer_id.as_bytes(), transfer.offer_hash);
        self.open_secret(&context, &sealed).map(Some)
    }

    fn read_link(&self, address: &str) -> Result<ListingLink, Failure> {
        ListingLink::parse(self.session.origin(), address)
    }

    async fn find_listing(&self, link: &ListingLink) -> Result<ListingView, Failure> {
        let view = self.persist(&Control::new(), || self.session.show_listing(link.product_id)).await?;
        view.seller_keys.check(&link.seller).map_err(|_| Failure::Untrusted(Untrusted::Keys))?;
        let untrusted = Failure::Untrusted(Untrusted::Offer);
        let offer = view.offer.clone().verify(&view.seller_keys.ed25519_pk).map_err(|_| untrusted.clone())?;
        let body = offer.body();
        let named = (body.seller, body.product_id, body.buyer, offer.hash());
        let Some(manifest_hash) = body.manifest_hash else { return Err(untrusted) };
        if named != (link.seller, link.product_id, None, view.offer_hash) {
            return Err(untrusted);
        }
        if keys_of(&link.secret, &view.listing_id, &manifest_hash).auth_hash() != view.auth_hash {
            return Err(Failure::WrongLink);
        }
        Ok(view)
    }

    /// The link is remade from what this Ailock sealed to itself.
    fn own(&self, view: ListingView) -> Result<OwnListing, Failure> {
        let sealed = view.sealed_secret.ok_or(Failure::WrongKey)?;
        let secret =
            self.open_secret(&seal_context(&view.listing_id, &NO_TRANSFER, view.offer_hash), &sealed)?;
        let link = ListingLink { product_id: view.offer.body.product_id, secret, seller: *self.session.id() };
        let url = link.address(self.session.origin());
        Ok(OwnListing { view, url })
    }

    fn seal_secret(&self, context: &[u8], secret: &Secret32) -> Result<Bytes<SEALED_LEN>, Failure> {
        let own = self.session.identity().keys().x25519_pk;
        let sealed = seal_to(Purpose::ListingSecret, context, &own, secret.as_bytes())?;
        Bytes::try_from(sealed.as_slice()).map_err(|_| Failure::Platform)
    }

    fn open_secret(&self, context: &[u8], sealed: &Bytes<SEALED_LEN>) -> Result<Secret32, Failure> {
        let identity = self.session.identity();
        let opened = open_from(Purpose::ListingSecret, context, identity, sealed.as_ref())?;
        Secret32::from_slice(&opened).ok_or(Failure::WrongKey)
    }
}

/// What a sealed secret is bound to.
fn seal_context(listing_id: &ListingId, transfer_id: &[u8; 16], offer_hash: Bytes32) -> Vec<u8> {
    [listing_id.as_bytes().as_slice(), transfer_id, offer_hash.as_ref()].concat()
}
