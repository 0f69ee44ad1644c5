-- Retention and quotas: whose bytes the bucket holds, where the sweeps of the bucket stand, and what they found.

-- Bytes that count against a quota: of an upload that is open, or completed and not deleted from the bucket. The row
-- comes and goes in the statement that changes the upload, so nothing can drift.
create table reservations (
  release_id text not null primary key, -- the upload's release id, which is the R2 prefix of its chunks
  owner_ailock_id text not null, -- whose quota they count against
  bytes integer not null check (bytes >= 0) -- of all chunks
) strict, without rowid;

create index reservations_owner on reservations (owner_ailock_id, bytes);

insert into reservations (release_id, owner_ailock_id, bytes)
select u.release_id, u.owner_ailock_id, u.sealed_size from uploads u where u.state <> 'aborted'
and not exists (select 1 from releases r where r.id = u.release_id and r.deleted_at is not null);

create trigger uploads_reserve after insert on uploads
begin
  insert into reservations (release_id, owner_ailock_id, bytes) values (new.release_id, new.owner_ailock_id, new.sealed_size);
end;

create trigger uploads_give_back after update of state on uploads when new.state = 'aborted'
begin
  delete from reservations where release_id = new.release_id;
end;

-- releases.deleted_at is the tombstone: from then on nothing of the release is served. The chunks go after it, and
-- with the last of them the reservation. What would need the chunks cannot begin any more.
create index releases_to_purge on releases (deleted_at) where deleted_at is not null;

create trigger product_transfers_need_chunks before insert on product_transfers
when exists (select 1 from releases where id = new.release_id and deleted_at is not null)
begin
  select raise(abort, 'CHECK constraint failed: releases.deleted_at is null');
end;

create trigger product_transfers_freeze_chunks before update of release_id on product_transfers
when old.release_id is null and exists (select 1 from releases where id = new.release_id and deleted_at is not null)
begin
  select raise(abort, 'CHECK constraint failed: releases.deleted_at is null');
end;

create trigger download_links_need_chunks before insert on download_links
when exists (select 1 from releases where id = new.release_id and deleted_at is not null)
begin
  select raise(abort, 'CHECK constraint failed: releases.deleted_at is null');
end;

-- How far a sweep of everything has come; it begins anew when it is through.
create table sweeps (
  sweep text not null primary key, -- its name
  position text not null, -- the last key that it has seen; empty before the first
  rounds integer not null check (rounds >= 0) -- how often it was through
) strict, without rowid;

-- What does not fit between database and bucket, for the operator to look at. Found again, it is one row.
create table storage_findings (
  kind text not null check (kind in ('chunks_missing', 'foreign_object')), -- what does not fit
  subject text not null, -- the release, or the first part of the object's key
  detail text not null, -- what is there and what should be
  found_at integer not null, -- first seen
  seen_at integer not null, -- last seen
  primary key (kind, subject)
) strict, without rowid;

-- What a run of the cron looks for.
create index product_transfers_to_clear on product_transfers (updated_at)
  where held_envelope is not null or buyer_inputs is not null;
create index product_keys_expiry on product_keys (expires_at);
create index messages_read on messages (read_at) where read_at is not null;
create index stripe_events_received on stripe_events (received_at);
create index outbox_done on outbox (done_at) where done_at is not null;
create index audit_log_at on audit_log (at);
