-- in: MaterialiseSeries
-- out: Materialised
select scheduling.materialise(:series_ids::uuid[], :of_series::integer[],
    array(select date '1970-01-01' + day from unnest(:days::integer[]) day), false) as session_count
