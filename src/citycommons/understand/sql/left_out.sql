-- in:  tidy(u timestamp, t timestamp, s varchar, y double, doubtful boolean); ? first, ? end in UTC, ? series
-- out: doubtful bigint, missing bigint, every bigint
select count(*) filter (doubtful) as doubtful,
  count(*) filter (not doubtful and y is null) as missing, count(*) as every
from tidy where u >= ? and u < ? and s = ?
