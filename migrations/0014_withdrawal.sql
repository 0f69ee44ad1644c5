-- What a seller takes back. Nothing new begins with it; what was paid for goes on, and the chunks go when nothing
-- needs them any more.

create table withdrawn_releases (
  release_id text not null primary key references releases (id), -- what its seller deleted
  withdrawn_at integer not null -- when
) strict, without rowid;

create table deleted_products (
  product_id text not null primary key references digital_products (id), -- what its owner deleted, with its releases
  deleted_at integer not null -- when
) strict, without rowid;

drop trigger product_transfers_need_chunks;
create trigger product_transfers_need_chunks before insert on product_transfers
when exists (select 1 from releases where id = new.release_id and deleted_at is not null)
  or exists (select 1 from withdrawn_releases where release_id = new.release_id)
  or exists (select 1 from deleted_products where product_id = new.product_id)
begin
  select raise(abort, 'CHECK constraint failed: releases.deleted_at is null');
end;

drop trigger listings_need_chunks;
create trigger listings_need_chunks before insert on listings
when exists (select 1 from releases where id = new.release_id and deleted_at is not null)
  or exists (select 1 from withdrawn_releases where release_id = new.release_id)
begin
  select raise(abort, 'CHECK constraint failed: releases.deleted_at is null');
end;

-- A link of a sale is its buyer's, and can still be made.
drop trigger download_links_need_chunks;
create trigger download_links_need_chunks before insert on download_links
when exists (select 1 from releases where id = new.release_id and deleted_at is not null)
  or (new.order_id is null and exists (select 1 from withdrawn_releases where release_id = new.release_id))
begin
  select raise(abort, 'CHECK constraint failed: releases.deleted_at is null');
end;
