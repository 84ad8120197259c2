-- in:  kept, keys
-- out: day, place (of the dataset; -1 the whole city), version (0 all), client, looked, took
-- A session is a visitor's hour. Who took data has also looked into it, so every session is one of
-- an investigation, and some are of a request. Grouped from the narrowest to the widest, which costs
-- a third of counting distinct pairs three times.
with of_version as (
  select day, place, version, client, visitor, hour, bool_or(is_request) as took
  from kept join keys using (key) group by all
),
of_dataset as (
  select day, place, client, visitor, hour, bool_or(took) as took from of_version group by all
),
of_city as (
  select day, client, visitor, hour, bool_or(took) as took from of_dataset group by all
),
counted as (
  select day, place, version, client, count(*) as looked, count(*) filter (took) as took
  from of_version where version > 0 group by all
  union all
  select day, place, 0, client, count(*), count(*) filter (took) from of_dataset group by all
  union all
  select day, -1, 0, client, count(*), count(*) filter (took) from of_city group by all
)
select day, place, version, client, looked, took from counted
