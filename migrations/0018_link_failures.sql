-- The log of a link tells of downloads that failed under way: `failed`, with the code that the caller was told. A CHECK
-- cannot be changed in place, so the table is made anew.

create table link_log_with_failures (
  id integer primary key autoincrement, -- order of writing
  link_id text not null references download_links (immutable_id), -- the link
  claim_id text, -- the download; null where none began
  event text not null check (event in ('claimed', 'resumed', 'completed', 'cancelled', 'stopped', 'failed', 'refused')), -- what happened
  code text, -- why it failed or was refused
  at integer not null, -- when
  ip text, -- where from, as the deployment keeps it; null: not kept
  user_agent text, -- as the caller sent it, at most 512 bytes
  check ((code is null) = (event not in ('failed', 'refused')))
) strict;

insert into link_log_with_failures (id, link_id, claim_id, event, code, at, ip, user_agent)
select id, link_id, claim_id, event, code, at, ip, user_agent from link_log;
drop table link_log;
alter table link_log_with_failures rename to link_log;

create index link_log_link on link_log (link_id, id);
create index link_log_kind on link_log (link_id, event);
create index link_log_at on link_log (at);
create index link_log_tries on link_log (link_id, at) where code = 'wrong_password';
create unique index link_log_once on link_log (claim_id, event) where event in ('claimed', 'completed', 'cancelled', 'stopped');
create unique index link_log_failed on link_log (claim_id, code) where event = 'failed';
