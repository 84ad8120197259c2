-- in:  raw(line varchar): lines of access logs, combined format; $salt
-- out: lines(moment bigint µs since 1970, visitor ubigint, is_good boolean, path, referer, agent);
--      good is 200 or 304 with a body (COUNTER, section 10.1); moment is null for a line that cannot be read. Addresses end here, in a hash.
-- Fields stand between quotation marks, and servers write a mark inside one as \" or \x22: splitting
-- at the marks leaves address, time, request and status where they are, and cuts such an agent.
-- Of a path only what tells datasets apart is kept: thousands of tiles are one.
create temp table lines as
select
  epoch_us(try_strptime(split_part(split_part(part[1], '[', 2), ']', 1), '%d/%b/%Y:%H:%M:%S %z'))
    as moment,
  hash($salt, split_part(part[1], ' ', 1), part[6]) as visitor,
  split_part(part[3], ' ', 2) in ('200', '304') and not starts_with(part[2], 'HEAD ') as is_good,
  case
    when asked like '/tiles/%' then '/tiles/' || split_part(asked, '/', 3) || '/0/0/0'
    when asked like '/ogc/collections/%/items/%'
      then '/ogc/collections/' || split_part(asked, '/', 4) || '/items'
    when asked like '/api/%action/%' then asked
    else split_part(asked, '?', 1)
  end as path,
  coalesce(part[4], '') as referer,
  coalesce(part[6], '') as agent
from (
  select part, split_part(part[2], ' ', 2) as asked
  from (select string_split(line, '"') as part from raw where line <> '')
)
