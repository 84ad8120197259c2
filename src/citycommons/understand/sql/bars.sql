-- in:  tidy(s varchar, y double, doubtful boolean)
-- out: s varchar, y double (sum), mean double, n bigint, largest first by n; nulls left out
select s, sum(y) as y, avg(y) as mean, count(*) as n
from tidy where s is not null and not doubtful group by s order by n desc, s
