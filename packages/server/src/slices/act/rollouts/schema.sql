-- What was decided between two releases, as it was decided: later evidence makes another row. The event is the fact in
-- the journal and in the ledger; this row is what lists and pages read.
create table release_comparisons (
  organization_id uuid not null,
  comparison_id uuid not null,
  agent_id uuid not null,
  control_release_id uuid not null,
  candidate_release_id uuid not null,
  -- Names as they were when it was decided, as in the event.
  agent text not null,
  control_release text not null,
  candidate_release text not null,
  -- Null: executions of all environments were compared.
  environment text,
  policy text not null,
  pairing text not null check (pairing in ('unit', 'none')),
  control_arm jsonb not null,
  candidate_arm jsonb not null,
  success jsonb not null,
  guardrails jsonb not null,
  verdict text not null check (verdict in ('promote', 'reject', 'hold', 'continue')),
  because jsonb not null,
  -- SHA-256 over the canonical compared rows, hex.
  evidence_digest text not null,
  decided_at timestamptz not null,
  -- Kind and id of who asked for it: `user:0190…`.
  decided_by text not null,
  event_id uuid not null,
  primary key (organization_id, comparison_id),
  check (control_release_id <> candidate_release_id),
  foreign key (organization_id, agent_id) references agent_registry (organization_id, agent_id),
  foreign key (organization_id, control_release_id) references releases (organization_id, release_id),
  foreign key (organization_id, candidate_release_id) references releases (organization_id, release_id),
  foreign key (organization_id, event_id) references journal_events (organization_id, event_id)
);
create index release_comparisons_by_agent on release_comparisons (organization_id, agent_id, comparison_id);
select metaagent_tenant_table('release_comparisons', append_only => true);
