-- Copying the whole state of one file into another that is empty.

-- :name attach_other
ATTACH DATABASE ? AS other

-- :name detach_other
DETACH DATABASE other

-- :name visible_table
-- What a snapshot for a limited device may hold.
CREATE TEMP TABLE stadsveld_visible (entity TEXT, entity_id TEXT, PRIMARY KEY (entity, entity_id)) WITHOUT ROWID

-- :name add_visible
INSERT OR IGNORE INTO temp.stadsveld_visible (entity, entity_id) VALUES (?, ?)

-- :name drop_visible
DROP TABLE temp.stadsveld_visible

-- :name entities_known
-- Every thing that changes or register rows tell of.
SELECT DISTINCT entity, entity_id FROM stadsveld_change
UNION SELECT entity, entity_id FROM stadsveld_log WHERE kind = 'row'

-- :name copy_table
INSERT INTO main.$table ($columns) SELECT $columns FROM other.$table

-- :name copy_visible_rows
INSERT INTO main.$table ($columns) SELECT $columns FROM other.$table
    WHERE id IN (SELECT entity_id FROM temp.stadsveld_visible WHERE entity = $literal)

-- :name copy_visible_things
INSERT INTO main.$table ($columns) SELECT $columns FROM other.$table t
    WHERE EXISTS (SELECT 1 FROM temp.stadsveld_visible v WHERE v.entity = t.entity AND v.entity_id = t.entity_id)

-- :name copy_visible_parents
INSERT INTO main.stadsveld_change_parent (change_id, field, parent)
    SELECT change_id, field, parent FROM other.stadsveld_change_parent
    WHERE change_id IN (SELECT change_id FROM main.stadsveld_change)

-- :name empty_index_part
DELETE FROM main.${index}_$column

-- :name copy_index_part
INSERT INTO main.${index}_$column SELECT * FROM other.${index}_$column

-- :name copy_visible_index
INSERT INTO main.$index (pkid, xmin, xmax, ymin, ymax)
    SELECT pkid, xmin, xmax, ymin, ymax FROM other.$index WHERE pkid IN (SELECT fid FROM main.$table)

-- :name register_rows_here
SELECT count(*) FROM $table WHERE dataset_id IS NOT NULL

-- :name last_stamp
SELECT coalesce(max(hlc), 0) FROM stadsveld_change

-- :name is_anything_here
SELECT 1 FROM stadsveld_change UNION ALL SELECT 1 FROM stadsveld_capture
    UNION ALL SELECT 1 FROM stadsveld_log UNION ALL SELECT 1 FROM stadsveld_base LIMIT 1
