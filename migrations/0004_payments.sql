-- What asking the payment provider needs: when to ask about each attempt again, and what was found to differ.

-- An attempt that is not settled; its row goes when it is.
create table payment_checks (
  payment_id text not null primary key references payment_intents (id), -- the attempt
  next_check_at integer not null, -- when the provider is asked what became of it
  checks integer not null default 0 check (checks >= 0) -- how often it was asked
) strict;

create index payment_checks_due on payment_checks (next_check_at);
create index payment_intents_created on payment_intents (created_at);

-- Every difference between these books and the provider's, for the operator to look at. Found again, it is one row.
create table reconciliation_findings (
  id integer primary key autoincrement, -- order of finding
  kind text not null check (kind in ('unknown_session', 'paid_there_only', 'paid_here_only', 'amount', 'currency',
    'livemode', 'refunds', 'call_refused')), -- what differs
  subject text not null, -- the provider's session, payment or event, or the outbox row, that it is about
  transfer_id text references product_transfers (id), -- the sale, where one is known
  ours text, -- what these books say
  theirs text, -- what the provider says
  found_at integer not null, -- first seen
  seen_at integer not null, -- last seen
  unique (kind, subject)
) strict;

-- When a job that runs less often than the cron began last.
create table job_runs (
  job text not null primary key, -- its name
  began_at integer not null -- Unix seconds
) strict;
