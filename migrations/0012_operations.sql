-- What an operator wants to know of the deployment itself. Times are Unix seconds.

create table cron_runs (
  id integer primary key not null check (id = 1), -- there is one row: the newest run
  ended_at integer not null -- when it had gone through its jobs, whatever they came to
) strict;
