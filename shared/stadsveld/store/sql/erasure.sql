-- Erasure of personal data, and folding of old history.

-- :name erased_table
-- Values that an administrator erased: dropped from changes that are here or arrive later.
CREATE TABLE stadsveld_erased (
    change_id TEXT NOT NULL, field TEXT NOT NULL, PRIMARY KEY (change_id, field)
) WITHOUT ROWID

-- :name erased_fields
SELECT field FROM stadsveld_erased WHERE change_id = ?

-- :name note_erased
INSERT OR IGNORE INTO stadsveld_erased (change_id, field) VALUES (?, ?)

-- :name set_change_fields
UPDATE stadsveld_change SET fields = ? WHERE change_id = ?

-- :name erased_photo_table
-- Files of photos whose hash was erased, until the file is gone here too.
CREATE TABLE stadsveld_erased_photo (sha256 TEXT PRIMARY KEY) WITHOUT ROWID

-- :name note_erased_photo
INSERT OR IGNORE INTO stadsveld_erased_photo (sha256) VALUES (?)

-- :name erased_photos
-- Those that no row tells of any more.
SELECT sha256 FROM stadsveld_erased_photo WHERE sha256 NOT IN (SELECT sha256 FROM photo WHERE sha256 IS NOT NULL)

-- :name forget_erased_photo
DELETE FROM stadsveld_erased_photo WHERE sha256 = ?

-- :name values_of_field
-- Changes of a thing that hold a value of a field.
SELECT change_id FROM stadsveld_change
    WHERE entity = ? AND entity_id = ? AND instr(names, '"' || ? || '"') > 0 AND fields IS NOT NULL ORDER BY change_id

-- :name add_pulled_seq
-- Up to where in the log a device durably holds what it fetched.
ALTER TABLE stadsveld_device ADD COLUMN pulled_seq INTEGER NOT NULL DEFAULT 0

-- :name slowest_device
-- How far the enrolled device that is furthest behind has come; NULL where there is none.
SELECT min(pulled_seq) FROM stadsveld_device WHERE enrolled_at IS NOT NULL AND ended IS NULL AND kind = 'device'

-- :name device_has_pulled
UPDATE stadsveld_device SET pulled_seq = ? WHERE device_id = ? AND pulled_seq < ?

-- :name foldable
-- Old changes in force with values that are no heads and that no conflict rests on; `shown` names the heads.
SELECT change_id, fields, (SELECT json_group_array(field) FROM stadsveld_head h WHERE h.entity = c.entity
        AND h.entity_id = c.entity_id AND h.change_id = c.change_id) AS shown
    FROM stadsveld_change c
    WHERE hlc < :before AND state = 'accepted' AND fields IS NOT NULL AND fields <> '{}'
        AND instr(names, '"_erases"') = 0
        AND (SELECT count(*) FROM stadsveld_head h WHERE h.entity = c.entity AND h.entity_id = c.entity_id
            AND h.change_id = c.change_id) < (SELECT count(*) FROM json_each(c.fields))
        AND NOT EXISTS (SELECT 1 FROM stadsveld_conflict x WHERE x.entity = c.entity
            AND x.entity_id = c.entity_id)
        AND (:is_central OR EXISTS (SELECT 1 FROM stadsveld_receipt r WHERE r.change_id = c.change_id
            AND r.status NOT IN ('quarantined', 'waiting')) OR c.device <> :device)
        AND NOT EXISTS (SELECT 1 FROM stadsveld_receipt w WHERE w.change_id = c.change_id AND w.status = 'waiting')
        AND NOT EXISTS (SELECT 1 FROM stadsveld_log l WHERE :is_central AND l.change_id = c.change_id
            AND l.seq > :pulled)

-- :name log_change_index
CREATE INDEX stadsveld_log_change ON stadsveld_log (change_id) WHERE change_id IS NOT NULL
