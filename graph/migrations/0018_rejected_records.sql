-- A rejection may stand for many records of one file that are turned down for one reason.
alter table rejection add column records integer not null default 1;
