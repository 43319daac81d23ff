-- Which master key this database belongs to, as a keyed digest that only its holder can make.
create table master_key (
    only_row boolean primary key default true check (only_row),
    digest bytea not null
);
