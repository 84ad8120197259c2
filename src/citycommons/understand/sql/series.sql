-- in:  tidy(t timestamp, s varchar, y double, doubtful boolean); ? first, ? end
-- out: s varchar, n bigint, total double, every bigint   every = how many series there are
select s, count(y) as n, sum(y) as total, count(*) over () as every
from tidy where t >= ? and t < ? and not doubtful and y is not null
group by s order by n desc, total desc, s
