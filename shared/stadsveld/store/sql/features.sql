-- Reading features page by page: a beginning, what holds for the rows, and an end, put together in that order.

-- :name feature_last
SELECT coalesce(max(fid), 0) FROM $table

-- :name feature_page
SELECT fid, $columns FROM $table WHERE fid > :after AND fid <= :until

-- :name feature_one
SELECT fid, $columns FROM $table WHERE id = :id

-- :name feature_count
SELECT count(*) FROM (SELECT 1 FROM $table WHERE 1

-- :name feature_in_datasets
AND (dataset_id IS NULL OR dataset_id IN (SELECT value FROM json_each(:datasets)))

-- :name feature_of_datasets
AND dataset_id IN (SELECT value FROM json_each(:datasets))

-- :name feature_in_area
AND (geom IS NULL OR fid IN (
    SELECT pkid FROM $index
    WHERE xmax >= :area_minx AND xmin <= :area_maxx AND ymax >= :area_miny AND ymin <= :area_maxy
))

-- :name feature_in_box
AND fid IN (
    SELECT pkid FROM $index WHERE xmax >= :minx AND xmin <= :maxx AND ymax >= :miny AND ymin <= :maxy
)

-- :name feature_meets_box
AND meets_box(geom)

-- :name feature_never
AND 0

-- :name feature_equals
AND $column = :value_$column

-- :name feature_equals_instant
AND julianday($column) = julianday(:value_$column)

-- :name feature_from_instant
AND julianday($column) >= julianday(:begin)

-- :name feature_until_instant
AND julianday($column) <= julianday(:end)

-- :name feature_from_date
AND substr($column, 1, 10) >= substr(:begin, 1, 10)

-- :name feature_until_date
AND substr($column, 1, 10) <= substr(:end, 1, 10)

-- :name feature_page_end
ORDER BY fid LIMIT :most

-- :name feature_count_end
LIMIT :most)

-- :name feature_conflicts
SELECT entity_id, field FROM stadsveld_conflict
    WHERE entity = ? AND entity_id IN (SELECT value FROM json_each(?)) ORDER BY entity_id, field

-- :name feature_datasets
SELECT id, access_class FROM dataset
