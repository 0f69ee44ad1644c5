-- Sales: transfers with their payments, grants, claims, receipts, messages and audit chain.
-- Times are Unix seconds, hashes and signatures unpadded base64url, JSON as the client signed or sent it.

create table product_transfers (
  id text not null primary key, -- TypeID transfer_…, picked by the seller
  product_id text not null references digital_products (id), -- what is sold
  from_ailock_id text not null, -- the seller
  to_ailock_id text not null, -- the buyer
  price integer not null check (price >= 0), -- minor units, frozen from the offer
  currency text not null check (length(currency) = 3 and currency = lower(currency)), -- ISO 4217, lower case
  status text not null check (status in ('offered', 'invoiced', 'payment_processing', 'paid_pending_inputs', 'paid',
    'delivered', 'acknowledged', 'disputed', 'refund_pending', 'refunded', 'revoked', 'expired', 'cancelled')), -- of the state machine
  policy text not null check (json_valid(policy)), -- JSON, frozen from the offer
  buyer_inputs text check (json_valid(buyer_inputs)), -- JSON: what the buyer provided, sealed to the seller
  created_at integer not null, -- when the offer arrived
  updated_at integer not null, -- when the state last changed
  offer_id text not null, -- TypeID offer_…
  listing_id text, -- TypeID listing_…, where the offer was open to anybody
  offer text not null check (json_valid(offer)), -- JSON: the signed offer
  offer_hash text not null check (length(offer_hash) = 43), -- SHA-256(JCS(offer))
  release_id text, -- the release that the offer froze
  manifest_hash text check (length(manifest_hash) = 43), -- its manifest
  held_envelope text check (json_valid(held_envelope)), -- JSON: the envelope sealed ahead, released by the payment
  machine text not null check (json_valid(machine)), -- JSON: the state machine's own facts
  audit_seq integer not null check (audit_seq >= 1), -- sequence number of the newest audit row
  audit_head text not null check (length(audit_head) = 43), -- hash of the newest audit row
  claims_state text not null default 'open' check (claims_state in ('open', 'closing', 'frozen', 'ended')), -- closing: running claims may finish; frozen: a dispute
  claims_end text, -- why they ended, for the buyer
  grant_due_at integer, -- when a payment without a grant goes back
  delivered_at integer, -- when the buyer got access
  retention_ends_at integer, -- when that access ends; null before the delivery
  dispute_due_at integer, -- when an unanswered dispute is lost
  check (from_ailock_id <> to_ailock_id),
  check ((release_id is null) = (manifest_hash is null)),
  check ((delivered_at is null) = (retention_ends_at is null)),
  check ((claims_state = 'ended') = (claims_end is not null))
) strict;

create unique index product_transfers_offer on product_transfers (offer_id) where listing_id is null;
create index product_transfers_seller on product_transfers (from_ailock_id, id);
create index product_transfers_buyer on product_transfers (to_ailock_id, id);
create index product_transfers_release on product_transfers (release_id);
create index product_transfers_grant_due on product_transfers (grant_due_at) where grant_due_at is not null;
create index product_transfers_retention on product_transfers (retention_ends_at) where retention_ends_at is not null;
create index product_transfers_dispute_due on product_transfers (dispute_due_at) where dispute_due_at is not null;

create table payment_intents (
  id text not null primary key, -- transfer id, a dot, the attempt
  provider text not null check (provider in ('stripe')), -- who takes the money
  provider_ref text, -- the provider's name of the payment, once it has one
  amount integer not null check (amount > 0), -- minor units
  currency text not null check (length(currency) = 3 and currency = lower(currency)), -- ISO 4217, lower case
  status text not null check (status in ('requested', 'open', 'processing', 'succeeded', 'failed', 'expired', 'refunding',
    'refunded')), -- of this attempt
  transfer_id text not null references product_transfers (id), -- what it pays for
  created_at integer not null, -- when the attempt was stored, before the provider was called
  attempt integer not null check (attempt >= 1), -- counts the attempts of one transfer
  session_id text unique, -- the provider's payment page
  checkout_url text, -- where the buyer pays
  expires_at integer, -- when the payment page closes
  livemode integer check (livemode in (0, 1)), -- 0 in the provider's test mode
  refunded_amount integer not null default 0 check (refunded_amount between 0 and amount), -- minor units given back
  idempotency_key text not null unique, -- of the call that opens the page
  request text not null, -- the exact parameters of that call
  updated_at integer not null, -- last change
  unique (transfer_id, attempt)
) strict;

create unique index payment_intents_ref on payment_intents (provider, provider_ref) where provider_ref is not null;

-- One row is one grant; the unique transfer is why there is at most one.
create table product_keys (
  id text not null primary key, -- the transfer id: one grant each
  product_id text not null references digital_products (id), -- what is sold
  recipient_ailock_id text not null, -- whom it is sealed to
  key_envelope text not null check (length(key_envelope) = 107), -- base64url of enc32 || ct48
  algo text not null check (algo = 'hpke-x25519-hkdf-sha256-aes-256-gcm'), -- how it is sealed
  created_at integer not null, -- when it was granted
  expires_at integer not null, -- when it is deleted, with the transfer's retention
  transfer_id text not null unique references product_transfers (id), -- the sale
  signature text not null check (length(signature) = 86), -- the seller's, over context and envelope
  check (id = transfer_id)
) strict;

create table delivery_receipts (
  id text not null primary key, -- the transfer id: one receipt each
  transfer_id text not null unique references product_transfers (id), -- the sale
  client_hash text not null check (length(client_hash) = 43), -- the commitment, recomputed by the buyer
  signature text not null check (length(signature) = 86), -- the buyer's, over the receipt
  delivered_at integer not null, -- by the buyer's clock
  meta text not null check (json_valid(meta)), -- JSON: {receipt, countersign}, both as signed
  claim_id text not null references claims (id), -- under which the bytes came
  receipt_hash text not null check (length(receipt_hash) = 43), -- SHA-256(JCS(receipt))
  received_at integer not null, -- by the server's clock
  check (id = transfer_id)
) strict;

create table download_links (
  immutable_id text not null primary key, -- TypeID link_…
  digital_file_id text, -- the one file it names; null for the whole release
  user_id text not null, -- Ailock id of the owner
  order_id text references product_transfers (id), -- the sale; null for an owner's own link
  access_token text not null unique check (length(access_token) = 43), -- SHA-256 of the token in the address
  download_count integer not null default 0 check (download_count >= 0), -- claims not given back, kept by triggers for display
  max_downloads integer not null default 5 check (max_downloads between 1 and 5), -- claims allowed
  expires_at integer not null, -- no new claim from here on
  created_at integer not null, -- when the link was made
  updated_at integer not null, -- last change
  release_id text not null, -- what it gives
  wrapped_key text not null, -- nonce12 || AES-256-GCM of the key, by the link's secret
  auth_hash text not null check (length(auth_hash) = 43), -- SHA-256 of the value that proves the secret
  has_password integer not null check (has_password in (0, 1)), -- whether a password goes into the secret
  revoked_at integer, -- when the owner ended it
  check (expires_at > created_at)
) strict;

create index download_links_owner on download_links (user_id, immutable_id);
create index download_links_order on download_links (order_id);

-- One row is one download, counted. A claim given back, or lapsed before its first chunk, counts no more.
create table claims (
  id text not null primary key, -- TypeID claim_…
  transfer_id text references product_transfers (id), -- the sale, or
  link_id text references download_links (immutable_id), -- the link
  release_id text not null, -- what may be downloaded
  holder_ailock_id text, -- the buyer; null where the key alone holds it
  key_thumbprint text check (length(key_thumbprint) = 43), -- RFC 7638, of a link's claimant; null for a transfer
  nonce text not null check (length(nonce) = 43), -- goes into the receipt
  created_at integer not null, -- when it began
  expires_at integer not null, -- no ticket and no chunk from here on
  first_chunk_at integer, -- set before the first chunk is served; from then on it cannot be given back
  cancelled_at integer, -- when it was given back
  check ((transfer_id is null) <> (link_id is null)),
  check ((transfer_id is null) = (holder_ailock_id is null)),
  check ((link_id is null) = (key_thumbprint is null)),
  check (first_chunk_at is null or cancelled_at is null)
) strict;

create index claims_transfer on claims (transfer_id) where transfer_id is not null;
create index claims_link on claims (link_id) where link_id is not null;
create index claims_release on claims (release_id, expires_at);

create trigger claims_count_begun after insert on claims when new.link_id is not null
begin
  update download_links set download_count = (select count(*) from claims where link_id = new.link_id and cancelled_at is null)
  where immutable_id = new.link_id;
end;

create trigger claims_count_given_back after update of cancelled_at on claims when new.link_id is not null
begin
  update download_links set download_count = (select count(*) from claims where link_id = new.link_id and cancelled_at is null)
  where immutable_id = new.link_id;
end;

create table attachments (
  id text not null primary key, -- TypeID attachment_…
  transfer_id text not null references product_transfers (id), -- the sale it is an input of
  input_id text not null, -- which of the offer's required inputs
  owner_ailock_id text not null, -- the buyer, who uploads
  storage_type text not null check (storage_type in ('r2')), -- where the bytes lie
  storage_pointer text not null unique, -- prefix of their keys
  size integer not null check (size >= 0), -- bytes of plaintext
  content_type text not null, -- declared by the buyer
  checksum text check (length(checksum) = 43), -- hash of the completed attachment's manifest
  manifest text check (json_valid(manifest)), -- JSON: the signed manifest, once complete
  envelope text check (json_valid(envelope)), -- JSON: its key, sealed to the seller
  created_at integer not null, -- when the upload began
  completed_at integer, -- when all chunks were there
  check ((completed_at is null) = (checksum is null))
) strict;

create index attachments_transfer on attachments (transfer_id, input_id);

create table messages (
  cursor integer primary key autoincrement, -- grows; never given twice, also after a deletion
  id text not null unique, -- TypeID message_…
  to_ailock_id text not null, -- whose inbox
  from_ailock_id text not null, -- who caused it
  type text not null check (type in ('product_offer', 'payment_request', 'payment_confirmed', 'product_delivery',
    'delivery_receipt', 'product_revoke', 'product_dispute')), -- what it says
  transfer_id text not null references product_transfers (id), -- what it is about
  cause_seq integer not null, -- the audit row of the transition that caused it
  ordinal integer not null check (ordinal >= 0), -- which of that transition's effects it is
  notice text check (json_valid(notice)), -- JSON: what it tells beyond its type
  status text not null, -- of the transfer after that transition
  created_at integer not null, -- when it was written
  read_at integer, -- when its recipient marked it
  unique (transfer_id, cause_seq, ordinal)
) strict;

create index messages_inbox on messages (to_ailock_id, cursor);

create table stripe_events (
  id text not null primary key, -- Stripe's event id: a second delivery fails here
  type text not null, -- Stripe's type
  livemode integer not null check (livemode in (0, 1)), -- 0 in test mode
  provider_ref text, -- payment intent it is about; a refund seen before its payment waits here
  transfer_id text references product_transfers (id), -- the sale, where one was found
  outcome text not null check (outcome in ('applied', 'no_effect', 'waiting', 'unknown')), -- what became of it
  created_at integer not null, -- Stripe's clock
  received_at integer not null, -- ours
  facts text not null check (json_valid(facts)) -- JSON: amounts and ids it carried; nothing personal
) strict;

create index stripe_events_ref on stripe_events (provider_ref) where outcome = 'waiting';

-- Calls to others, stored with the transition that asks for them and made afterwards.
create table outbox (
  id integer primary key autoincrement, -- order of writing
  kind text not null, -- what is to be called
  transfer_id text references product_transfers (id), -- the sale
  cause_seq integer, -- the audit row of the transition that asks for it
  idempotency_key text not null unique, -- the same in every attempt
  request text not null check (json_valid(request)), -- JSON: the exact parameters
  attempts integer not null default 0 check (attempts >= 0), -- made so far
  next_attempt_at integer, -- when it is due; null once done or given up
  done_at integer, -- when it succeeded
  last_error text, -- code of the last failure; no text of others
  created_at integer not null, -- when it was asked for
  check (done_at is null or next_attempt_at is null)
) strict;

create index outbox_due on outbox (next_attempt_at) where next_attempt_at is not null;

-- Append-only. Inserting (transfer_id, seq) first in each transition's batch is the transfer's lock.
create table audit_log (
  seq integer not null check (seq >= 1), -- 1, 2, 3 … within the transfer
  transfer_id text not null references product_transfers (id), -- the sale
  at integer not null, -- when it happened
  actor text not null, -- Ailock id, or server, stripe, arbiter
  action text not null, -- the event's name
  request_id text not null, -- names the call in the server's log
  trace_id text, -- W3C trace id, where the caller sent one
  origin_hash text not null check (length(origin_hash) = 43), -- salted hash of IP address and user agent
  prev_hash text not null check (length(prev_hash) = 43), -- hash of the row before; 32 zero bytes in the first
  hash text not null check (length(hash) = 43), -- of this row
  primary key (transfer_id, seq)
) strict, without rowid;

create trigger audit_log_is_not_changed before update on audit_log
begin
  select raise(abort, 'audit_log is append-only');
end;

-- What opens an origin_hash, kept apart so that erasing it leaves the chain valid.
create table audit_origins (
  transfer_id text not null, -- of the audit row
  seq integer not null, -- of the audit row
  salt text not null check (length(salt) = 43), -- 32 random bytes
  ip text, -- as the edge saw it
  user_agent text, -- as it was sent, cut to 512 bytes
  primary key (transfer_id, seq),
  foreign key (transfer_id, seq) references audit_log (transfer_id, seq)
) strict, without rowid;
