-- What the parties, the operator and the arbiter sign about a sale, and the deadlines of all sales.
-- Times are Unix seconds, hashes unpadded base64url.

create table transfer_statements (
  transfer_id text not null references product_transfers (id), -- what it is about
  hash text not null check (length(hash) = 43), -- SHA-256(JCS(body)): the same statement again is the same request
  kind text not null check (kind in ('revoke', 'dispute', 'verdict')), -- which kind of statement
  by_ailock_id text not null, -- who signed it
  statement text not null check (json_valid(statement)), -- JSON: body and signature, as they were signed
  seq integer not null, -- the audit row of what it caused; gives the order
  primary key (transfer_id, hash)
) strict;

create table disputes (
  transfer_id text not null references product_transfers (id), -- what it is about
  id text not null, -- TypeID dispute_…, picked by the buyer
  opened_at integer not null, -- when it arrived
  answer_due_at integer, -- when it is lost unless the seller answers; null once answered or closed
  primary key (transfer_id, id)
) strict;

create index disputes_due on disputes (answer_due_at) where answer_due_at is not null;

-- The next deadlines, without what is over already.
drop index product_transfers_retention;
create index product_transfers_retention on product_transfers (retention_ends_at)
  where status in ('delivered', 'acknowledged', 'disputed');
create index product_transfers_expiry on product_transfers (json_extract(offer, '$.body.expires_at'))
  where status in ('offered', 'invoiced', 'payment_processing');
