-- squawk-ignore-file adding-field-with-default, adding-not-nullable-field, ban-drop-default
-- (the default is constant)
-- Whether a mention came with an accusation: it joins no parties of those that came with none (docs/decisions.md). Stays
-- as it was written, so that linking does not depend on what was decided since. Not granted to what reads for the API.
alter table mention add column accusing boolean not null default false;
update mention set accusing = true from submission where submission.id = mention.submission and submission.kind = 'ACCUSATION';
alter table mention alter column accusing drop default;
