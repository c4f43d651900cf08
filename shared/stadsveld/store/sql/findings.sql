-- What is to be repaired among the rows that people's changes touched.

-- :name empty_field
SELECT id FROM $table WHERE coalesce($column, '') = ''
    AND id IN (SELECT entity_id FROM stadsveld_head WHERE entity = $literal) ORDER BY id

-- :name unknown_code
SELECT id, $column AS value FROM $table
    WHERE $column IS NOT NULL AND $column NOT IN (SELECT value FROM json_each(?))
    AND id IN (SELECT entity_id FROM stadsveld_head WHERE entity = $literal) ORDER BY id

-- :name references
SELECT id, $columns FROM $table WHERE $column IS NOT NULL
    AND id IN (SELECT entity_id FROM stadsveld_head WHERE entity = $literal) ORDER BY id

-- :name row_exists
SELECT 1 FROM $table WHERE id = ?
