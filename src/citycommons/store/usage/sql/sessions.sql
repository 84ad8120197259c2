-- in:  kept, keys
-- out: day, dataset ('' the whole city), version (0 all), use, client, sessions bigint
-- A session is a visitor's hour. Who took data has also looked into it, so every session is one of
-- an investigation, and some are of a request.
with used as (
  select distinct day, dataset, version, client, use = 'request' as is_request, visitor, hour
  from kept join keys using (key)
),
counted as (
  select day, coalesce(dataset, '') as dataset, coalesce(version, 0) as version, client,
    count(distinct (visitor, hour)) as looked,
    count(distinct (visitor, hour)) filter (is_request) as took
  from used
  group by grouping sets ((day, client, dataset, version), (day, client, dataset), (day, client))
  having grouping(version) = 1 or version > 0
)
select day, dataset, version, 'investigation' as use, client, looked as sessions from counted
union all
select day, dataset, version, 'request', client, took from counted where took > 0
