//! The address of a listing, `<origin>/p/<product_id>#<secret>.<seller id>`, and what its secret gives.

use claimcheck_protocol::bytes::{Bytes, Bytes32};
use claimcheck_protocol::ids::{ListingId, ProductId};
use claimcheck_protocol::keys::AilockId;

use super::Failure;
use crate::schedule::LinkSecret;
use crate::secret::Secret32;

const PATH: &str = "/p/";
const NOT_A_LINK: Failure =
    Failure::Argument("this is not the link of a listing, or a part of it is missing");

/// What the link of a listing says.
pub(super) struct ListingLink {
    /// What is sold.
    pub(super) product_id: ProductId,
    /// Opens the wrapped key; no server ever gets it.
    pub(super) secret: Secret32,
    /// Whose offer alone is taken.
    pub(super) seller: AilockId,
}

impl ListingLink {
    /// Reads an address at this server, whole or from its path on.
    pub(super) fn parse(origin: &str, address: &str) -> Result<Self, Failure> {
        let (page, fragment) = address.split_once('#').ok_or(NOT_A_LINK)?;
        let (server, product) = page.split_once(PATH).ok_or(NOT_A_LINK)?;
        if !server.is_empty() && server != origin {
            return Err(Failure::Argument("this link is of another server"));
        }
        let (secret, seller) = fragment.split_once('.').ok_or(NOT_A_LINK)?;
        let secret = Bytes32::from_base64url(secret).map_err(|_| NOT_A_LINK)?;
        Ok(Self {
            product_id: product.parse().map_err(|_| NOT_A_LINK)?,
            secret: Secret32::from_bytes(secret.0),
            seller: seller.parse().map_err(|_| NOT_A_LINK)?,
        })
    }

    /// The address. Whoever has it can buy.
    pub(super) fn address(&self, origin: &str) -> String {
        let secret = Bytes(*self.secret.as_bytes());
        format!("{origin}{PATH}{}#{secret}.{}", self.product_id, self.seller)
    }
}

/// What a listing's keys come from.
pub(super) const fn keys_of<'a>(
    secret: &'a Secret32,
    id: &'a ListingId,
    manifest_hash: &'a Bytes32,
) -> LinkSecret<'a> {
    LinkSecret { secret, password: None, id: id.as_bytes(), manifest_hash }
}

#[cfg(test)]
mod tests {
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    use super::*;
    use crate::identity::Identity;

    const ORIGIN: &str = "https://files.example";
    const PRODUCT: &str = "product_01h455vb4pex5vsknk084sn02q";

    fn link() -> ListingLink {
        let seller = Identity::from_seed(Secret32::from_bytes([7; 32]));
        let secret = Secret32::from_bytes([8; 32]);
        ListingLink { product_id: PRODUCT.parse().unwrap(), secret, seller: *seller.id() }
    }

    #[test]
    fn an_address_says_what_it_was_made_of() {
        let address = link().address(ORIGIN);
        for form in [address.as_str(), address.strip_prefix(ORIGIN).unwrap()] {
            let read = ListingLink::parse(ORIGIN, form).unwrap_or_else(|error| panic!("{form}: {error}"));
            assert_eq!((read.product_id, read.seller), (link().product_id, link().seller));
            assert_eq!(read.secret.as_bytes(), &[8; 32]);
        }
    }

    #[test]
    fn a_part_that_is_missing_or_of_another_server_is_refused() {
        let address = link().address(ORIGIN);
        let (page, fragment) = address.split_once('#').unwrap();
        let (secret, seller) = fragment.split_once('.').unwrap();
        for bad in [
            page.to_owned(),
            format!("{page}#{secret}"),
            format!("{page}#{secret}."),
            format!("{page}#.{seller}"),
            format!("{page}#{}.{seller}", secret.get(1..).unwrap()),
            format!("{page}#{secret}.{}", seller.replace("ailock1", "ailock2")),
            format!("{page}?x#{fragment}"),
            format!("{ORIGIN}/p/#{fragment}"),
            format!("{ORIGIN}/q/{PRODUCT}#{fragment}"),
            address.replace("files.example", "evil.example"),
            address.replace("https://", "http://"),
        ] {
            assert!(ListingLink::parse(ORIGIN, &bad).is_err(), "{bad}");
        }
    }
}
