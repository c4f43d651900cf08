-- Settings, rows, drafts and spatial indexes.

-- :name get_setting
SELECT value FROM stadsveld_setting WHERE key = ?

-- :name set_setting
INSERT INTO stadsveld_setting (key, value) VALUES (?, ?)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value

-- :name get_row
SELECT $columns FROM $table WHERE id = ?

-- :name all_rows
SELECT $columns FROM $table ORDER BY fid

-- :name rows_where
SELECT $columns FROM $table WHERE $column = ? ORDER BY fid

-- :name rows_in_window
SELECT $columns FROM $table WHERE fid IN (
    SELECT pkid FROM $index WHERE xmax >= ? AND xmin <= ? AND ymax >= ? AND ymin <= ?
)

-- :name rows_in_window_limited
SELECT $columns FROM $table WHERE fid IN (
    SELECT pkid FROM $index WHERE xmax >= ? AND xmin <= ? AND ymax >= ? AND ymin <= ?
) LIMIT ?

-- :name rows_sorted
SELECT $columns FROM $table ORDER BY id

-- :name count_rows
SELECT count(*) FROM $table

-- :name insert_row
INSERT INTO $table ($columns) VALUES ($marks)

-- :name update_row
UPDATE $table SET $assignments WHERE id = ?

-- :name delete_row
DELETE FROM $table WHERE id = ?

-- :name align_index
-- Only for a row that still has a geometry: it may have been deleted in the same transaction.
INSERT OR REPLACE INTO $index (pkid, xmin, xmax, ymin, ymax)
    SELECT fid, ?, ?, ?, ? FROM $table WHERE fid = ? AND geom IS NOT NULL

-- :name check_spatial_index
SELECT CheckSpatialIndex(?, 'geom')

-- :name extent
SELECT min(xmin) AS minx, min(ymin) AS miny, max(xmax) AS maxx, max(ymax) AS maxy FROM $index

-- :name section_conditions
-- Of sections that were inspected, that have no condition yet, or whose inspection went.
SELECT id, condition, inspected_on FROM road_section
    WHERE coalesce(condition, '') <> 'not_inspected' OR inspected_on IS NOT NULL
        OR id IN (SELECT asset_id FROM inspection WHERE asset_entity = 'road_section')

-- :name save_draft
INSERT INTO stadsveld_draft (draft_id, entity, entity_id, fields, updated) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (draft_id) DO UPDATE SET fields = excluded.fields, updated = excluded.updated

-- :name list_drafts
SELECT draft_id, entity, entity_id, fields, updated FROM stadsveld_draft ORDER BY updated DESC

-- :name get_draft
SELECT draft_id, entity, entity_id, fields, updated FROM stadsveld_draft WHERE draft_id = ?

-- :name delete_draft
DELETE FROM stadsveld_draft WHERE draft_id = ?

-- :name inspected_structures
-- Structures that were inspected, or have a score from an inspection that went.
SELECT id FROM structure WHERE condition_score IS NOT NULL OR worst_score IS NOT NULL
    OR id IN (SELECT asset_id FROM inspection WHERE asset_entity = 'structure')
