-- in:  hits(moment bigint µs since 1970, visitor ubigint, key uinteger),
--      keys(key uinteger, thing uinteger: what a double click is on, …)
-- out: kept(day bigint, hour bigint since 1970, visitor ubigint, key uinteger)   one row a use
-- A hit goes if the same visitor comes back to the same thing within 30 s: the last of a chain stays.
create or replace temp table kept as
select moment // 86400000000 as day, moment // 3600000000 as hour, visitor, key
from (
  select moment, visitor, key,
    lead(moment) over (
      partition by visitor, moment // 86400000000, thing order by moment, key
    ) - moment as pause
  from hits join keys using (key)
)
where pause is null or pause > $pause
