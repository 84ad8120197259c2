-- in:  kept
-- out: day bigint, key uinteger, uses bigint
select day, key, count(*) as uses from kept group by all
