-- An Ailock leaves only when its sales are over. What "over" means has times in it, so the statement that notes the
-- leaving decides: it writes 0 where a sale is not, and fails here with its whole batch.

create trigger erased_ailocks_leave_nothing_open before insert on erased_ailocks when new.erased_at = 0
begin
  select raise(abort, 'CHECK constraint failed: ailocks.sales are over');
end;
