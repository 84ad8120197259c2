-- in:  tidy(u timestamp, t timestamp, s varchar, y double, doubtful boolean); ? first, ? end in UTC, ? series
-- out: day bigint (Monday 0), hour bigint, y double, low double, high double, n bigint
--      low and high hold four of five values of that hour of the week
select isodow(t) - 1 as day, hour(t) as hour, avg(y) as y,
  quantile_cont(y, 0.1) as low, quantile_cont(y, 0.9) as high, count(y) as n
from tidy where u >= ? and u < ? and s = ? and not doubtful and y is not null
group by day, hour order by day, hour
