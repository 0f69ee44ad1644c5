-- What the newest run of the cron came to, for /healthz.

create table cron_runs_new (
  id integer primary key not null check (id = 1), -- there is one row: the newest run
  ended_at integer not null, -- when it had gone through its jobs, whatever they came to
  failed text not null default '' -- the jobs that failed, separated by commas
) strict;

insert into cron_runs_new (id, ended_at) select id, ended_at from cron_runs;
drop table cron_runs;
alter table cron_runs_new rename to cron_runs;
