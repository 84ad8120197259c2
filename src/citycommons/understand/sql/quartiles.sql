-- in:  tidy(y double, doubtful boolean)
-- out: low double, high double, n bigint, doubtful bigint   half of all values lie from low to high
select quantile_cont(y, 0.25) filter (not doubtful) as low,
  quantile_cont(y, 0.75) filter (not doubtful) as high,
  count(y) filter (not doubtful) as n, count(*) filter (doubtful) as doubtful
from tidy
