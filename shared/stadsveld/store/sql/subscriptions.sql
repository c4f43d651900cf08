-- What a device may see: where things lie, whose access class they have, how they enter and leave.

-- :name follower_table
-- Things that follow another by a reference that its row does not show: the target was not here yet, the
-- thing is deleted, or the reference is in conflict. More than needed does no harm.
CREATE TABLE stadsveld_follower (
    target_id TEXT NOT NULL, entity TEXT NOT NULL, entity_id TEXT NOT NULL,
    PRIMARY KEY (target_id, entity, entity_id)
) WITHOUT ROWID

-- :name leaving_table
-- Things that this working copy is to give up once nothing of them is only here.
CREATE TABLE stadsveld_leaving (
    entity TEXT NOT NULL, entity_id TEXT NOT NULL, PRIMARY KEY (entity, entity_id)
) WITHOUT ROWID

-- :name leaving_photo_table
-- Files of photos that left, until the file is gone.
CREATE TABLE stadsveld_leaving_photo (sha256 TEXT PRIMARY KEY) WITHOUT ROWID

-- :name log_moved_index
CREATE INDEX stadsveld_log_moved ON stadsveld_log (seq) WHERE kind NOT IN ('change', 'row')

-- :name any_reclassed
SELECT 1 FROM stadsveld_log WHERE kind NOT IN ('change', 'row') AND seq > ?
    AND kind IN (SELECT value FROM json_each(?)) LIMIT 1

-- :name deciding_heads
SELECT h.field, json_extract(c.fields, '$$.' || h.field) AS value FROM stadsveld_head h
    JOIN stadsveld_change c ON c.change_id = h.change_id
    WHERE h.entity = ? AND h.entity_id = ? AND h.field IN (SELECT value FROM json_each(?))

-- :name head_value
SELECT json_extract(c.fields, '$$.' || h.field) AS value FROM stadsveld_head h
    JOIN stadsveld_change c ON c.change_id = h.change_id
    WHERE h.entity = ? AND h.entity_id = ? AND h.field = ?

-- :name dataset_classes
SELECT id, access_class FROM dataset

-- :name dataset_class_heads
SELECT h.entity_id AS id, json_extract(c.fields, '$$.access_class') AS access_class FROM stadsveld_head h
    JOIN stadsveld_change c ON c.change_id = h.change_id
    WHERE h.entity = 'dataset' AND h.field = 'access_class'

-- :name dataset_class_bases
-- Of deleted datasets, whose rows stay what they were.
SELECT entity_id AS id, json_extract(row_values, '$$.access_class') AS access_class FROM stadsveld_base
    WHERE entity = 'dataset' AND entity_id NOT IN (SELECT id FROM dataset)

-- :name log_moved
INSERT INTO stadsveld_log (kind, entity, entity_id) VALUES ('moved', ?, ?)

-- :name log_moved_to_dataset
-- Where an edition brings a row into a dataset of another access class.
INSERT INTO stadsveld_log (kind, entity, entity_id)
    SELECT 'moved', $literal, t.id FROM $table t WHERE t.id = ?
        AND coalesce((SELECT access_class FROM dataset WHERE id = t.dataset_id), 'open')
            <> coalesce((SELECT access_class FROM dataset WHERE id = ?), 'open')

-- :name logged_placements
-- Logged changes that may change where something belongs.
SELECT l.seq, l.entity, l.entity_id, c.change_id, c.names, c.seq AS place FROM stadsveld_log l
    JOIN stadsveld_change c ON c.change_id = l.change_id
    WHERE l.seq > ? AND l.seq <= ? AND l.kind = 'change'
        AND (instr(c.names, '"geom"') OR instr(c.names, '_id"') OR instr(c.names, '_entity"')
            OR instr(c.names, '"_e'))

-- :name logged_moves
SELECT DISTINCT entity, entity_id FROM stadsveld_log WHERE seq > ? AND seq <= ? AND kind = 'moved'

-- :name forget_logged_moves
DELETE FROM stadsveld_log WHERE seq > ? AND seq <= ? AND kind = 'moved'

-- :name logged_row_entities
SELECT DISTINCT entity FROM stadsveld_log WHERE seq > ? AND seq <= ? AND kind = 'row'

-- :name followers_of_logged_rows
SELECT DISTINCT f.entity, f.entity_id FROM stadsveld_log l JOIN stadsveld_follower f ON f.target_id = l.entity_id
    WHERE l.seq > ? AND l.seq <= ? AND l.kind = 'row'

-- :name any_follower
SELECT 1 FROM stadsveld_follower LIMIT 1

-- :name followers_noted
SELECT entity, entity_id FROM stadsveld_follower WHERE target_id = ?

-- :name note_follower
INSERT OR IGNORE INTO stadsveld_follower (target_id, entity, entity_id) VALUES (?, ?, ?)

-- :name note_rows_before_target
-- Register rows that refer to what has not arrived; bound: from, to, the kind referred to twice, or NULL
-- where the column beside says it.
INSERT OR IGNORE INTO stadsveld_follower (target_id, entity, entity_id)
    SELECT t.$column, $literal, t.id FROM stadsveld_log l JOIN $table t ON t.id = l.entity_id
    WHERE l.seq > ? AND l.seq <= ? AND l.kind = 'row' AND l.entity = $literal AND t.$column IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM stadsveld_log k
            WHERE k.kind = 'row' AND k.entity = coalesce(?, t.$columns) AND k.entity_id = t.$column AND k.seq < l.seq)
        AND NOT EXISTS (SELECT 1 FROM stadsveld_change c
            WHERE c.entity = coalesce(?, t.$columns) AND c.entity_id = t.$column)

-- :name was_known
-- Whether a thing was here before a change (its place among the changes, and in the log).
SELECT 1 FROM stadsveld_change WHERE entity = :entity AND entity_id = :entity_id AND seq < :place
UNION ALL SELECT 1 FROM stadsveld_log
    WHERE kind = 'row' AND entity = :entity AND entity_id = :entity_id AND seq < :seq LIMIT 1

-- :name number_known
-- How many changes and register rows tell of a thing, up to two.
SELECT count(*) FROM (
    SELECT 1 FROM stadsveld_change WHERE entity = :entity AND entity_id = :entity_id
    UNION ALL SELECT 1 FROM stadsveld_log WHERE kind = 'row' AND entity = :entity AND entity_id = :entity_id
    LIMIT 2
)

-- :name has_logged_row
SELECT 1 FROM stadsveld_log WHERE kind = 'row' AND entity = ? AND entity_id = ? LIMIT 1

-- :name thing_of_change
SELECT entity, entity_id FROM stadsveld_change WHERE change_id = ?

-- :name limits_of_devices
SELECT DISTINCT role, subscription IS NOT NULL AS is_limited FROM stadsveld_device
    WHERE enrolled_at IS NOT NULL AND ended IS NULL AND kind = 'device'

-- :name moving_table
CREATE TEMP TABLE IF NOT EXISTS stadsveld_moving (
    entity TEXT, entity_id TEXT, step INTEGER, PRIMARY KEY (entity, entity_id)
) WITHOUT ROWID

-- :name moving_step_index
CREATE INDEX IF NOT EXISTS temp.stadsveld_moving_step ON stadsveld_moving (step, entity)

-- :name add_moving
INSERT OR IGNORE INTO temp.stadsveld_moving (entity, entity_id, step) VALUES (?, ?, 0)

-- :name add_moving_dataset
-- The rows of a dataset, except those that arrived after a place in the log.
INSERT OR IGNORE INTO temp.stadsveld_moving (entity, entity_id, step)
    SELECT $literal, t.id, 0 FROM $table t WHERE t.dataset_id = ?
        AND NOT EXISTS (SELECT 1 FROM stadsveld_log l
            WHERE l.kind = 'row' AND l.entity = $literal AND l.entity_id = t.id AND l.seq > ?)

-- :name moving_entities
SELECT DISTINCT entity FROM temp.stadsveld_moving WHERE step = ?

-- :name add_followers
INSERT OR IGNORE INTO temp.stadsveld_moving (entity, entity_id, step)
    SELECT $literal, t.id, m.step + 1 FROM temp.stadsveld_moving m CROSS JOIN $table t ON t.$column = m.entity_id
    WHERE m.step = :step AND m.entity = coalesce(:target, m.entity)

-- :name add_noted_followers
INSERT OR IGNORE INTO temp.stadsveld_moving (entity, entity_id, step)
    SELECT f.entity, f.entity_id, m.step + 1 FROM temp.stadsveld_moving m
    CROSS JOIN stadsveld_follower f ON f.target_id = m.entity_id WHERE m.step = :step

-- :name log_moving
INSERT INTO stadsveld_log (kind, entity, entity_id)
    SELECT ?, entity, entity_id FROM temp.stadsveld_moving ORDER BY entity, entity_id

-- :name clear_moving
DELETE FROM temp.stadsveld_moving

-- :name page_entries
-- A part of the log with the changes in it, of the kinds that concern a device.
SELECT l.seq, l.kind, l.entity, l.entity_id, c.change_id, c.actor, c.device, c.hlc, c.schema, c.names,
        c.fields, c.state
    FROM stadsveld_log l LEFT JOIN stadsveld_change c ON c.change_id = l.change_id
    WHERE l.seq > :after AND l.kind IN (SELECT value FROM json_each(:kinds)) ORDER BY l.seq LIMIT :most

-- :name page_parents
SELECT p.change_id, p.field, p.parent FROM stadsveld_log l
    JOIN stadsveld_change_parent p ON p.change_id = l.change_id
    WHERE l.seq > ? AND l.seq <= ? ORDER BY p.change_id, p.field, p.parent

-- :name changes_of_thing
SELECT change_id, entity, entity_id, actor, device, hlc, schema, names, fields, state
    FROM stadsveld_change WHERE entity = ? AND entity_id = ? ORDER BY seq

-- :name is_undelivered
-- Whether a working copy holds work on a thing that the central store has not confirmed, or a form about it.
SELECT 1 FROM stadsveld_change c LEFT JOIN stadsveld_receipt r ON r.change_id = c.change_id
    WHERE c.entity = :entity AND c.entity_id = :entity_id AND c.state = 'accepted'
        AND ((r.change_id IS NULL AND (c.device = :device OR c.seq <= :offer_all)) OR r.status = 'waiting')
UNION ALL SELECT 1 FROM stadsveld_capture WHERE entity = :entity AND entity_id = :entity_id
UNION ALL SELECT 1 FROM stadsveld_log
    WHERE kind = 'row' AND entity = :entity AND entity_id = :entity_id AND seq > :rows_pushed
UNION ALL SELECT 1 FROM stadsveld_draft WHERE entity_id = :entity_id OR instr(fields, :entity_id) > 0
LIMIT 1

-- :name note_leaving
INSERT OR IGNORE INTO stadsveld_leaving (entity, entity_id) VALUES (?, ?)

-- :name list_leaving
SELECT entity, entity_id FROM stadsveld_leaving

-- :name forget_leaving
DELETE FROM stadsveld_leaving WHERE entity = ? AND entity_id = ?

-- :name keep_own_of_left
-- What this device made stays, without its thing, until a backup of the central store holds it.
UPDATE stadsveld_change SET state = 'left'
    WHERE entity = :entity AND entity_id = :entity_id AND device = :device AND state = 'accepted'

-- :name any_left
SELECT 1 FROM stadsveld_change WHERE state = 'left' LIMIT 1

-- :name purge_left_parents
DELETE FROM stadsveld_change_parent WHERE change_id IN (SELECT change_id FROM stadsveld_change WHERE state = 'left')

-- :name purge_left_receipts
DELETE FROM stadsveld_receipt WHERE change_id IN (SELECT change_id FROM stadsveld_change WHERE state = 'left')

-- :name purge_left
DELETE FROM stadsveld_change WHERE state = 'left'

-- :name leave_parents
DELETE FROM stadsveld_change_parent WHERE change_id IN (SELECT c.change_id FROM stadsveld_change c
    WHERE c.entity = :entity AND c.entity_id = :entity_id AND c.state <> 'left' AND NOT EXISTS
        (SELECT 1 FROM stadsveld_receipt r WHERE r.change_id = c.change_id AND r.status = 'quarantined'))

-- :name leave_receipts
DELETE FROM stadsveld_receipt WHERE status <> 'quarantined' AND change_id IN
    (SELECT change_id FROM stadsveld_change
        WHERE entity = :entity AND entity_id = :entity_id AND state <> 'left')

-- :name leave_changes
-- What was refused is only here, so it stays.
DELETE FROM stadsveld_change WHERE entity = :entity AND entity_id = :entity_id AND state <> 'left' AND NOT EXISTS
    (SELECT 1 FROM stadsveld_receipt r WHERE r.change_id = stadsveld_change.change_id AND r.status = 'quarantined')

-- :name leave_heads
DELETE FROM stadsveld_head WHERE entity = :entity AND entity_id = :entity_id

-- :name leave_conflicts
DELETE FROM stadsveld_conflict WHERE entity = :entity AND entity_id = :entity_id

-- :name leave_base
DELETE FROM stadsveld_base WHERE entity = :entity AND entity_id = :entity_id

-- :name leave_log
DELETE FROM stadsveld_log WHERE kind = 'row' AND entity = :entity AND entity_id = :entity_id

-- :name photo_left
-- Whether a photo's file may go: both sides hold it, and no row or form here tells of it.
SELECT 1 FROM stadsveld_photo_receipt WHERE sha256 = :sha256
    AND NOT EXISTS (SELECT 1 FROM photo WHERE sha256 = :sha256)
    AND NOT EXISTS (SELECT 1 FROM stadsveld_draft WHERE instr(fields, :sha256) > 0)

-- :name note_leaving_photo
INSERT OR IGNORE INTO stadsveld_leaving_photo (sha256) VALUES (?)

-- :name leaving_photos
SELECT l.sha256, EXISTS (SELECT 1 FROM photo p WHERE p.sha256 = l.sha256) AS is_back FROM stadsveld_leaving_photo l

-- :name forget_leaving_photo
DELETE FROM stadsveld_leaving_photo WHERE sha256 = ?

-- :name forget_photo_receipt
DELETE FROM stadsveld_photo_receipt WHERE sha256 = ?

-- :name has_photo_receipt
SELECT 1 FROM stadsveld_photo_receipt WHERE sha256 = ?

-- :name began_without_place
SELECT 1 FROM stadsveld_change WHERE entity = :entity AND entity_id = :entity_id AND state = 'accepted'
    AND instr(fields, '"_exists":true') > 0 AND instr(names, '"geom"') = 0 LIMIT 1
