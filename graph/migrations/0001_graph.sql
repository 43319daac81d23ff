-- The case graph. Ids are UUIDv7 made by the application; instants are timestamptz in UTC; codes that are
-- searched by prefix are collate "C". Masked forms stand in clear, everything else about a person is sealed.
-- What one transaction of intake copies in together refers to each other without foreign keys: checking those took an
-- eighth of its time, and locked the rows of organs that everybody names. Tests check that nothing refers to nothing.

-- Journal: what happened, in the order of commit -------------------------------------------------------------
create table journal_head (
    only_row boolean primary key default true check (only_row),
    position bigint not null,
    hash bytea not null
);
insert into journal_head (position, hash) values (0, '\x');

create table journal (
    position bigint not null,
    kind text not null,
    subject uuid not null,
    object uuid,
    actor text not null,
    at timestamptz not null,
    state text,
    fields text[] not null,
    revisions uuid[] not null,
    digest bytea,
    previous bytea not null,
    primary key (position)
) partition by range (position);
create index journal_subject on journal (subject, position);
create index journal_object on journal (object, position) where object is not null;
create table journal_p0 partition of journal for values from (0) to (10000000);
create table journal_p1 partition of journal for values from (10000000) to (20000000);

create table journal_reader (
    name text primary key,
    position bigint not null,
    at timestamptz not null
);

-- Where and who: vocabularies ----------------------------------------------------------------------------------
create table place (
    id uuid primary key,
    code text collate "C" unique,
    source text collate "C",
    name text not null,
    full_name text not null,
    level text not null,
    parent uuid references place (id),
    check ((code is null) <> (source is null)),
    unique (source, full_name)
);
create index place_parent on place (parent);

create table organ (
    id uuid primary key,
    name text not null unique,
    division text collate "C"
);

-- Submissions ----------------------------------------------------------------------------------------------------
-- The row is the claim on (source, external_id): it is inserted first, and whoever inserted it goes on.
create table submission (
    id uuid primary key,
    channel text not null,
    source text collate "C" not null,
    external_id text collate "C" not null,
    received_at timestamptz not null,
    registered_at timestamptz not null,
    kind text not null,
    topic text collate "C",
    division text collate "C",
    revision uuid not null,
    revision_count integer not null,
    content_digest bytea not null,
    receipt_code text not null unique,
    case_id uuid not null,
    unique (source, external_id)
);
create index submission_received on submission (received_at desc, id desc);
create index submission_case on submission (case_id);

create table submission_revision (
    id uuid primary key,
    submission uuid not null,
    number integer not null,
    at timestamptz not null,
    title text not null,
    body text not null,
    details jsonb not null,
    content_digest bytea not null,
    position text not null,
    payload bytea,
    key bytea,
    unique (submission, number)
);

create table document (
    id uuid primary key,
    submission uuid not null,
    revision uuid not null,
    name text not null,
    media_type text not null,
    size bigint not null,
    digest bytea not null,
    file text not null,
    body text not null,
    key bytea
);
create index document_submission on document (submission);

-- Mentions and parties --------------------------------------------------------------------------------------------
-- `party` is derived: the smallest mention id among those that accepted same_party edges join.
create table mention (
    id uuid primary key,
    submission uuid not null,
    since uuid not null,
    until uuid,
    role text not null,
    kind text not null,
    name_masked text,
    identity_masked text,
    phone_masked text,
    address_masked text,
    account_masked text,
    email_masked text,
    name_hash bytea,
    identity_hash bytea,
    phone_hash bytea,
    account_hash bytea,
    content_digest bytea not null,
    sealed bytea,
    key bytea,
    party uuid not null
);
create index mention_submission on mention (submission);
create index mention_party on mention (party, id);
create index mention_identity on mention (identity_hash, id) where identity_hash is not null;
create index mention_phone on mention (phone_hash, name_hash, id) where phone_hash is not null;
create index mention_account on mention (account_hash, id) where account_hash is not null;

-- Whoever links by a key holds its row until commit, so two writers cannot overlook each other.
create table link_key (key bytea primary key);

-- Cases -------------------------------------------------------------------------------------------------------------
-- `leading` is derived: the end of the chain of accepted SAME_MATTER edges, itself where there is none.
-- Everything from `status` on is derived from the submissions and events filed here.
create table "case" (
    id uuid primary key,
    number bigint generated always as identity unique,
    opened_at timestamptz not null,
    "leading" uuid not null,
    status text not null,
    kind text not null,
    topic text collate "C",
    division text collate "C",
    title text not null,
    channels text[] not null,
    submission_count integer not null,
    first_received_at timestamptz not null,
    last_activity_at timestamptz not null
);
create index case_leading on "case" ("leading");
create index case_opened on "case" (opened_at desc, id desc);
create index case_activity on "case" (last_activity_at desc, id desc);
create index case_status on "case" (status, division, opened_at desc, id desc);

create table event (
    id uuid primary key,
    submission uuid,
    case_id uuid not null,
    kind text not null,
    at timestamptz not null,
    at_given boolean not null,
    organ uuid,
    body text not null,
    satisfaction text,
    since uuid,
    until uuid,
    content_digest bytea not null
);
create index event_case on event (case_id, at, id);
create index event_submission on event (submission);

-- Edges ---------------------------------------------------------------------------------------------------------------
-- Every edge: state, score (0..1, null where a person decided), evidence, who, when. Undoing one is one row.
create table filing (
    id uuid primary key,
    submission uuid not null,
    case_id uuid not null,
    state text not null,
    score real,
    evidence jsonb not null,
    decided_by text not null,
    decided_at timestamptz not null,
    unique (submission, case_id)
);
create index filing_case on filing (case_id);

create table same_party (
    id uuid primary key,
    low uuid not null references mention (id),
    high uuid not null references mention (id),
    state text not null,
    score real,
    evidence jsonb not null,
    decided_by text not null,
    decided_at timestamptz not null,
    check (low < high),
    unique (low, high)
);
create index same_party_high on same_party (high);

-- For SAME_MATTER `target` is the leading case; at most one such edge leaves a case.
create table case_relation (
    id uuid primary key,
    relation text not null,
    origin uuid not null references "case" (id),
    target uuid not null references "case" (id),
    state text not null,
    score real,
    evidence jsonb not null,
    decided_by text not null,
    decided_at timestamptz not null,
    check (origin <> target),
    unique (relation, origin, target)
);
create index case_relation_target on case_relation (target);
create unique index case_relation_follows on case_relation (origin)
    where relation = 'SAME_MATTER' and state = 'ACCEPTED';

-- The next three follow the submission they came from when it is filed elsewhere; by hand they have none.
create table case_place (
    id uuid primary key,
    case_id uuid not null,
    place uuid not null,
    submission uuid,
    state text not null,
    score real,
    evidence jsonb not null,
    decided_by text not null,
    decided_at timestamptz not null
);
create index case_place_case on case_place (case_id);
create index case_place_place on case_place (place);
create index case_place_submission on case_place (submission);

create table case_organ (
    id uuid primary key,
    case_id uuid not null,
    organ uuid not null,
    role text not null,
    submission uuid,
    state text not null,
    score real,
    evidence jsonb not null,
    decided_by text not null,
    decided_at timestamptz not null
);
create index case_organ_case on case_organ (case_id);
create index case_organ_organ on case_organ (organ);
create index case_organ_submission on case_organ (submission);

create table case_accused (
    id uuid primary key,
    case_id uuid not null,
    mention uuid,
    organ uuid,
    submission uuid,
    state text not null,
    score real,
    evidence jsonb not null,
    decided_by text not null,
    decided_at timestamptz not null,
    check ((mention is null) <> (organ is null))
);
create index case_accused_case on case_accused (case_id);
create index case_accused_organ on case_accused (organ) where organ is not null;
create index case_accused_submission on case_accused (submission);

-- What could not be taken in, and how far each source was read ---------------------------------------------------------
create table rejection (
    id uuid primary key,
    channel text not null,
    source text not null,
    position text not null,
    reason text not null,
    message text not null,
    digest bytea not null,
    payload bytea,
    key bytea,
    at timestamptz not null,
    attempts integer not null,
    resolved_at timestamptz,
    resolved_to uuid references submission (id),
    unique (source, position, digest)
);
create index rejection_open on rejection (at desc, id desc) where resolved_at is null;

create table source_cursor (
    source text primary key,
    cursor text not null,
    at timestamptz not null
);
