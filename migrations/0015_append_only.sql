-- `replace` deletes a row without firing the trigger of 0011, so a row whose number is taken is refused before that. The
-- words are those of the primary key, by which the server knows that another transition came first.

create trigger audit_log_is_not_replaced before insert on audit_log
when exists (select 1 from audit_log where transfer_id = new.transfer_id and seq = new.seq)
begin
  select raise(abort, 'UNIQUE constraint failed: audit_log.transfer_id, audit_log.seq');
end;
