-- in:  tidy(u timestamp, t timestamp, s varchar, y double, doubtful boolean); ? first, ? end in UTC
-- out: s varchar, n bigint, mean double, spread double, every bigint
--      spread is the standard deviation, every how many series there are; fullest first
select s, count(y) as n, avg(y) as mean, coalesce(stddev_pop(y), 0) as spread,
  count(*) over () as every
from tidy where u >= ? and u < ? and not doubtful and y is not null
group by s order by n desc, mean desc, s
