-- The audit log is append-only in the schema itself: 0003 refuses changes to a row, this refuses its deletion.
-- What opens an origin stays deletable, so that erasure leaves the chain valid.

create trigger audit_log_is_not_deleted before delete on audit_log
begin
  select raise(abort, 'audit_log is append-only');
end;
