-- What the newest run of the cron came to, for /healthz.

alter table cron_runs add column failed text not null default ''; -- the jobs that failed, separated by commas
