-- in:  tidy(g blob, y double, s varchar, k varchar, doubtful boolean)
-- out: g blob, y double (mean), s varchar, k varchar, n bigint, every bigint   one row a place
select g, avg(y) filter (not doubtful) as y, min(s) as s, min(k) as k, count(*) as n,
  count(*) over () as every
from tidy where g is not null group by g
order by n desc, y desc nulls last limit $most
