-- Who has left. The keys stay, since they verify what was signed in sales that others were part of.

create table erased_ailocks (
  id text not null primary key, -- Ailock id
  ed25519_pk text not null, -- verifies its signatures; base64url, 32 bytes
  x25519_pk text not null, -- what was sealed to it; base64url, 32 bytes
  erased_at integer not null -- Unix seconds of the last time that it left
) strict, without rowid;

create trigger ailocks_leave_nothing_open before delete on ailocks
when exists (select 1 from product_transfers where (from_ailock_id = old.id or to_ailock_id = old.id)
  and status not in ('refunded', 'revoked', 'expired', 'cancelled'))
begin
  select raise(abort, 'CHECK constraint failed: ailocks.sales are over');
end;
