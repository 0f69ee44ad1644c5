-- Listings: offers to anybody who has the link, and which sales came of them.
-- Times are Unix seconds, hashes unpadded base64url.

create table listings (
  id text not null primary key, -- TypeID listing_…, picked by the seller
  product_id text not null references digital_products (id), -- what is sold
  seller_ailock_id text not null, -- who sells it
  offer text not null check (json_valid(offer)), -- JSON: the signed offer, without a buyer
  offer_hash text not null check (length(offer_hash) = 43), -- SHA-256(JCS(offer))
  release_id text not null references releases (id), -- the release that the offer froze
  wrapped_key text not null check (length(wrapped_key) = 80), -- nonce12 || AES-256-GCM of the release key, by the link's secret
  auth_hash text not null check (length(auth_hash) = 43), -- SHA-256 of the value that proves the secret
  sealed_secret text not null check (length(sealed_secret) = 107), -- the secret, sealed to the seller itself
  stock integer check (stock >= 1), -- copies for sale; null: any number
  created_at integer not null, -- when it was made
  closes_at integer not null, -- the offer's expiry: nobody buys from here on
  closed_at integer, -- when its seller ended it, or a later listing found it past its date
  check (closes_at > created_at)
) strict;

-- What would need the chunks of a release cannot begin once they are to be deleted.
create trigger listings_need_chunks before insert on listings
when exists (select 1 from releases where id = new.release_id and deleted_at is not null)
begin
  select raise(abort, 'CHECK constraint failed: releases.deleted_at is null');
end;

create unique index listings_open on listings (product_id) where closed_at is null;
create index listings_product on listings (product_id, id);
create index listings_seller on listings (seller_ailock_id, id);
create index listings_release on listings (release_id);

-- One row is one sale of a listing. A payment takes the next copy: that one more than the stock cannot be taken, and
-- that none is taken twice, the two constraints say; there is no counter to drift.
create table listing_sales (
  transfer_id text not null primary key references product_transfers (id), -- the sale
  listing_id text not null references listings (id), -- what was bought
  sealed_secret text check (length(sealed_secret) = 107), -- the link's secret, sealed to the buyer itself; gone after the sale
  stock integer check (stock >= 1), -- the listing's
  copy integer check (copy >= 1), -- which copy it took when it was paid; a refund does not give it back
  unique (listing_id, copy),
  constraint sold_out check (copy <= stock)
) strict;

-- A buyer has one running sale of a listing: whoever asks again, on whatever device, is given that one.
create unique index product_transfers_running on product_transfers (listing_id, to_ailock_id)
  where listing_id is not null and status in ('offered', 'invoiced', 'payment_processing', 'paid_pending_inputs', 'paid',
    'delivered', 'acknowledged', 'disputed');
