-- Sellers' own accounts at the payment provider, and sellers' systems that are told of their sales.

-- Asked for once for each seller; stored before the provider is called.
create table payment_accounts (
  ailock_id text not null primary key, -- the seller
  account_id text unique, -- the provider's name of the account, once it has answered
  idempotency_key text not null unique, -- of the call that makes it
  request text not null check (json_valid(request)), -- JSON: the exact parameters of that call
  charges_enabled integer not null default 0 check (charges_enabled in (0, 1)), -- whether it can be paid
  payouts_enabled integer not null default 0 check (payouts_enabled in (0, 1)), -- whether it pays out to a bank
  details_submitted integer not null default 0 check (details_submitted in (0, 1)), -- whether its owner has answered everything
  as_of integer not null default 0, -- Unix seconds by the provider's clock of what the flags say
  created_at integer not null, -- when it was first asked for
  updated_at integer not null -- last change
) strict;

-- Attempts whose money goes on to the seller's account; stored with the attempt, before the provider is called.
create table connect_charges (
  payment_id text not null primary key references payment_intents (id), -- the attempt
  account_id text not null, -- whose money it is
  fee_amount integer not null check (fee_amount >= 0) -- minor units that the deployment keeps
) strict;

-- Addresses that are told of their owner's sales. The secret is derived, not stored.
create table webhooks (
  id text not null primary key, -- TypeID webhook_…, picked by its owner
  ailock_id text not null, -- whose sales
  url text not null, -- where to
  events text not null check (json_valid(events)), -- JSON: types that are wanted; empty: all
  salt text not null check (length(salt) = 43), -- goes into the secret
  failures integer not null default 0 check (failures >= 0), -- attempts that failed since the last one that succeeded
  failing_since integer, -- the first of them
  disabled_at integer, -- when the server gave up
  disabled_reason text check (disabled_reason in ('failing', 'gone')), -- why
  revoked_at integer, -- when its owner ended it
  created_at integer not null, -- when it was made
  check ((disabled_at is null) = (disabled_reason is null)),
  check ((failures = 0) = (failing_since is null))
) strict;

create index webhooks_owner on webhooks (ailock_id) where revoked_at is null;

-- What is told is written with what it tells of, in one batch. It names ids, types and states: no title, no name.
create trigger webhooks_told_of_messages after insert on messages
begin
  insert into outbox (kind, transfer_id, cause_seq, idempotency_key, request, next_attempt_at, created_at)
  select 'webhook', new.transfer_id, new.cause_seq, w.id || '/' || new.id,
    json_object('webhook_id', w.id, 'event_id', new.id, 'body', json_object(
      'type', new.type,
      'timestamp', strftime('%Y-%m-%dT%H:%M:%SZ', new.created_at, 'unixepoch'),
      'data', json_object('transfer_id', new.transfer_id, 'product_id', t.product_id, 'status', new.status,
        'role', case when new.to_ailock_id = t.from_ailock_id then 'seller' else 'buyer' end,
        'seq', new.cause_seq, 'message_id', new.id, 'notice', json_extract(new.notice, '$.notice')))),
    new.created_at, new.created_at
  from webhooks w join product_transfers t on t.id = new.transfer_id
  where w.ailock_id = new.to_ailock_id and w.revoked_at is null and w.disabled_at is null
    and (w.events = '[]' or exists (select 1 from json_each(w.events) where value = new.type));
end;

create trigger webhooks_told_of_changes after update of status on product_transfers when new.status <> old.status
begin
  insert into outbox (kind, transfer_id, cause_seq, idempotency_key, request, next_attempt_at, created_at)
  select 'webhook', new.id, new.audit_seq, w.id || '/' || new.id || '-' || new.audit_seq,
    json_object('webhook_id', w.id, 'event_id', new.id || '-' || new.audit_seq, 'body', json_object(
      'type', 'transfer_updated',
      'timestamp', strftime('%Y-%m-%dT%H:%M:%SZ', new.updated_at, 'unixepoch'),
      'data', json_object('transfer_id', new.id, 'product_id', new.product_id, 'status', new.status,
        'role', case when w.ailock_id = new.from_ailock_id then 'seller' else 'buyer' end,
        'seq', new.audit_seq, 'before', old.status))),
    new.updated_at, new.updated_at
  from webhooks w
  where w.ailock_id in (new.from_ailock_id, new.to_ailock_id) and w.revoked_at is null and w.disabled_at is null
    and (w.events = '[]' or exists (select 1 from json_each(w.events) where value = 'transfer_updated'));
end;
