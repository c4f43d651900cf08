-- Every SQL statement of the store, by name. A $word stands for an identifier, or a list of them,
-- that `statements.py` takes from the model; values are always bound parameters.

-- :name settings_table
CREATE TABLE stadsveld_setting (key TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID

-- :name capture_table
-- What was edited and is not yet sealed into changes; `old` is the value before the edit.
CREATE TABLE stadsveld_capture (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    entity TEXT NOT NULL, entity_id TEXT NOT NULL, field TEXT NOT NULL, old
)

-- :name change_table
-- The changes this file holds, in order of arrival. `fields` is canonical JSON {name: value};
-- NULL once the values were folded away: the skeleton stays.
CREATE TABLE stadsveld_change (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    change_id TEXT NOT NULL UNIQUE,
    entity TEXT NOT NULL, entity_id TEXT NOT NULL,
    actor TEXT NOT NULL, device TEXT NOT NULL,
    hlc INTEGER NOT NULL, schema INTEGER NOT NULL,
    names TEXT NOT NULL, fields TEXT,
    state TEXT NOT NULL DEFAULT 'accepted'
)

-- :name change_entity_index
CREATE INDEX stadsveld_change_entity ON stadsveld_change (entity, entity_id)

-- :name parent_table
CREATE TABLE stadsveld_change_parent (
    change_id TEXT NOT NULL, field TEXT NOT NULL, parent TEXT NOT NULL,
    PRIMARY KEY (change_id, field, parent)
) WITHOUT ROWID

-- :name parent_index
CREATE INDEX stadsveld_change_child ON stadsveld_change_parent (parent, field)

-- :name head_table
CREATE TABLE stadsveld_head (
    entity TEXT NOT NULL, entity_id TEXT NOT NULL, field TEXT NOT NULL, change_id TEXT NOT NULL,
    PRIMARY KEY (entity, entity_id, field, change_id)
) WITHOUT ROWID

-- :name conflict_table
-- Fields whose heads differ: kept with the merge so that screens need not compute it.
CREATE TABLE stadsveld_conflict (
    entity TEXT NOT NULL, entity_id TEXT NOT NULL, field TEXT NOT NULL,
    PRIMARY KEY (entity, entity_id, field)
) WITHOUT ROWID

-- :name receipt_table
-- The answers of the other side on changes made here: accepted, duplicate or quarantined.
CREATE TABLE stadsveld_receipt (
    change_id TEXT PRIMARY KEY, status TEXT NOT NULL, reason TEXT, at TEXT NOT NULL
) WITHOUT ROWID

-- :name photo_receipt_table
-- Photos that this file and the other side both hold, verified.
CREATE TABLE stadsveld_photo_receipt (sha256 TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID

-- :name base_table
-- What the register says of a row beneath people's changes: of fields that changes own, or of all
-- where a change deleted the row. JSON {name: value}, geometry as WKB in hexadecimal.
CREATE TABLE stadsveld_base (
    entity TEXT NOT NULL, entity_id TEXT NOT NULL, row_values TEXT NOT NULL,
    PRIMARY KEY (entity, entity_id)
) WITHOUT ROWID

-- :name log_table
-- What others have to fetch, in order: a change, or a register row as it is now.
CREATE TABLE stadsveld_log (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL, entity TEXT NOT NULL, entity_id TEXT NOT NULL, change_id TEXT
)

-- :name log_row_index
CREATE INDEX stadsveld_log_row ON stadsveld_log (entity, entity_id) WHERE kind = 'row'

-- :name device_table
-- Enrolled devices. Tokens and codes are stored as SHA-256 only.
CREATE TABLE stadsveld_device (
    device_id TEXT PRIMARY KEY, name TEXT NOT NULL, role TEXT NOT NULL, bbox TEXT,
    code_hash TEXT UNIQUE, code_expires TEXT, token_hash TEXT UNIQUE, subscription TEXT,
    enrolled_at TEXT, last_seen TEXT, ended TEXT, ended_at TEXT
) WITHOUT ROWID

-- :name draft_table
-- Unfinished forms, saved at every keystroke; local to this file, never synced.
CREATE TABLE stadsveld_draft (
    draft_id TEXT PRIMARY KEY, entity TEXT NOT NULL, entity_id TEXT NOT NULL,
    fields TEXT NOT NULL, updated TEXT NOT NULL
) WITHOUT ROWID

-- :name entity_table
CREATE TABLE $table (fid INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, $columns)

-- :name add_geometry
SELECT AddGeometryColumn(?, 'geom', 28992, ?, 'XY')

-- :name create_spatial_index
SELECT CreateSpatialIndex(?, 'geom')

-- :name dataset_index
CREATE INDEX ${table}_dataset ON $table (dataset_id)

-- :name reference_index
CREATE INDEX ${table}_$column ON $table ($column)

-- :name capture_insert
CREATE TRIGGER stadsveld_insert_$table AFTER INSERT ON $table
WHEN NEW.id GLOB $uuid_glob AND (SELECT value FROM stadsveld_setting WHERE key = 'capture') = '1'
BEGIN
    INSERT INTO stadsveld_capture (entity, entity_id, field) VALUES ($literal, NEW.id, '_exists');
END

-- :name make_id
-- A row without a proper UUID gets a new UUIDv7 (a pasted copy, a raw insert), then it is captured.
CREATE TRIGGER stadsveld_make_id_$table AFTER INSERT ON $table
WHEN NEW.id IS NULL OR NEW.id NOT GLOB $uuid_glob
BEGIN
    UPDATE $table SET id = (
        SELECT substr(t, 1, 8) || '-' || substr(t, 9, 4) || '-7' || substr(r, 1, 3) || '-'
            || substr('89ab', 1 + abs(random() % 4), 1) || substr(r, 4, 3) || '-' || substr(r, 7, 12)
        FROM (SELECT printf('%012x', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)) AS t,
                     lower(hex(randomblob(9))) AS r)
    )
    WHERE fid = NEW.fid;
    INSERT INTO stadsveld_capture (entity, entity_id, field)
        SELECT $literal, id, '_exists' FROM $table
        WHERE fid = NEW.fid AND (SELECT value FROM stadsveld_setting WHERE key = 'capture') = '1';
END

-- :name capture_update
CREATE TRIGGER stadsveld_update_${table}_$column AFTER UPDATE OF $column ON $table
WHEN OLD.$column IS NOT NEW.$column
    AND (SELECT value FROM stadsveld_setting WHERE key = 'capture') = '1'
BEGIN
    INSERT INTO stadsveld_capture (entity, entity_id, field, old)
        VALUES ($literal, OLD.id, $column_literal, OLD.$column);
END

-- :name capture_delete
CREATE TRIGGER stadsveld_delete_$table AFTER DELETE ON $table
WHEN (SELECT value FROM stadsveld_setting WHERE key = 'capture') = '1'
BEGIN
    INSERT INTO stadsveld_capture (entity, entity_id, field, old)
        VALUES ($literal, OLD.id, '_exists', '1');
END

-- :name capture_delete_values
-- What a register says of a row would be gone with it, so a deletion keeps the old values too.
CREATE TRIGGER stadsveld_delete_$table AFTER DELETE ON $table
WHEN (SELECT value FROM stadsveld_setting WHERE key = 'capture') = '1'
BEGIN
    INSERT INTO stadsveld_capture (entity, entity_id, field, old)
        VALUES ($literal, OLD.id, '_exists', '1');
    INSERT INTO stadsveld_capture (entity, entity_id, field, old) VALUES $old_values;
END

-- :name keep_id
CREATE TRIGGER stadsveld_keep_id_$table BEFORE UPDATE OF id ON $table
WHEN OLD.id GLOB $uuid_glob AND NEW.id IS NOT OLD.id
BEGIN
    SELECT RAISE(ABORT, 'the id of a row never changes');
END

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

-- :name count_rows
SELECT count(*) FROM $table

-- :name insert_row
INSERT INTO $table ($columns) VALUES ($marks)

-- :name update_row
UPDATE $table SET $assignments WHERE id = ?

-- :name delete_row
DELETE FROM $table WHERE id = ?

-- :name forget_logged_row
DELETE FROM stadsveld_log WHERE kind = 'row' AND entity = ? AND entity_id = ?

-- :name log_row
INSERT INTO stadsveld_log (kind, entity, entity_id) VALUES ('row', ?, ?)

-- :name owned_fields
SELECT DISTINCT entity_id, field FROM stadsveld_head WHERE entity = ?

-- :name align_index
-- Only for a row that still has a geometry: it may have been deleted in the same transaction.
INSERT OR REPLACE INTO $index (pkid, xmin, xmax, ymin, ymax)
    SELECT fid, ?, ?, ?, ? FROM $table WHERE fid = ? AND geom IS NOT NULL

-- :name check_spatial_index
SELECT CheckSpatialIndex(?, 'geom')

-- :name save_draft
INSERT INTO stadsveld_draft (draft_id, entity, entity_id, fields, updated) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (draft_id) DO UPDATE SET fields = excluded.fields, updated = excluded.updated

-- :name list_drafts
SELECT draft_id, entity, entity_id, fields, updated FROM stadsveld_draft ORDER BY updated DESC

-- :name get_draft
SELECT draft_id, entity, entity_id, fields, updated FROM stadsveld_draft WHERE draft_id = ?

-- :name delete_draft
DELETE FROM stadsveld_draft WHERE draft_id = ?

-- :name section_conditions
SELECT id, condition, inspected_on FROM road_section

-- :name extent
SELECT min(xmin) AS minx, min(ymin) AS miny, max(xmax) AS maxx, max(ymax) AS maxy FROM $index

-- :name rows_in_window_limited
SELECT $columns FROM $table WHERE fid IN (
    SELECT pkid FROM $index WHERE xmax >= ? AND xmin <= ? AND ymax >= ? AND ymin <= ?
) LIMIT ?

-- :name captured
SELECT entity, entity_id, field, old FROM stadsveld_capture ORDER BY entity, entity_id, seq

-- :name any_captured
SELECT 1 FROM stadsveld_capture LIMIT 1

-- :name clear_capture
DELETE FROM stadsveld_capture

-- :name insert_change
INSERT INTO stadsveld_change (change_id, entity, entity_id, actor, device, hlc, schema, names, fields, state)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)

-- :name insert_parent
INSERT OR IGNORE INTO stadsveld_change_parent (change_id, field, parent) VALUES (?, ?, ?)

-- :name change_by_id
SELECT change_id, entity, entity_id, actor, device, hlc, schema, names, fields, state
    FROM stadsveld_change WHERE change_id = ?

-- :name parents_of_change
SELECT field, parent FROM stadsveld_change_parent WHERE change_id = ? ORDER BY field, parent

-- :name set_change_state
UPDATE stadsveld_change SET state = ?, fields = coalesce(?, fields) WHERE change_id = ?

-- :name fields_with_children
SELECT DISTINCT field FROM stadsveld_change_parent WHERE parent = ?

-- :name accepted_descendant
-- A quarantined change links its children to its parents, so the search goes on behind it.
WITH RECURSIVE down(id, state) AS (
    SELECT c.change_id, c.state FROM stadsveld_change_parent p
        JOIN stadsveld_change c ON c.change_id = p.change_id
        WHERE p.parent = :change AND p.field = :field AND c.entity = :entity AND c.entity_id = :entity_id
            AND instr(c.names, '"' || :field || '"') > 0
    UNION
    SELECT c.change_id, c.state FROM down
        JOIN stadsveld_change_parent p ON p.parent = down.id AND p.field = :field
        JOIN stadsveld_change c ON c.change_id = p.change_id
        WHERE down.state <> 'accepted' AND c.entity = :entity AND c.entity_id = :entity_id
            AND instr(c.names, '"' || :field || '"') > 0
)
SELECT 1 FROM down WHERE state = 'accepted' LIMIT 1

-- :name supersede_heads
-- The nearest ancestors in force are no heads any more; a quarantined one passes it on.
WITH RECURSIVE up(id) AS (
    SELECT parent FROM stadsveld_change_parent WHERE change_id = :change AND field = :field
    UNION
    SELECT p.parent FROM up
        JOIN stadsveld_change c ON c.change_id = up.id AND c.state <> 'accepted'
            AND c.entity = :entity AND c.entity_id = :entity_id
            AND instr(c.names, '"' || :field || '"') > 0
        JOIN stadsveld_change_parent p ON p.change_id = c.change_id AND p.field = :field
)
DELETE FROM stadsveld_head WHERE entity = :entity AND entity_id = :entity_id AND field = :field
    AND change_id IN (SELECT id FROM up)

-- :name is_seen
-- Whether :head is among what :change saw of the field, or an ancestor of that.
WITH RECURSIVE up(id) AS (
    SELECT parent FROM stadsveld_change_parent WHERE change_id = :change AND field = :field
    UNION
    SELECT p.parent FROM up JOIN stadsveld_change_parent p ON p.change_id = up.id AND p.field = :field
)
SELECT 1 FROM up WHERE id = :head LIMIT 1

-- :name insert_head
INSERT OR IGNORE INTO stadsveld_head (entity, entity_id, field, change_id) VALUES (?, ?, ?, ?)

-- :name clear_heads
DELETE FROM stadsveld_head WHERE entity = ? AND entity_id = ? AND field = ?

-- :name entity_heads
SELECT h.field, h.change_id, c.hlc, c.fields, c.actor, c.device FROM stadsveld_head h
    JOIN stadsveld_change c ON c.change_id = h.change_id
    WHERE h.entity = ? AND h.entity_id = ? ORDER BY h.field, c.hlc DESC, h.change_id DESC

-- :name entity_changes
SELECT change_id, entity, entity_id, actor, device, hlc, schema, names, fields, state
    FROM stadsveld_change WHERE entity = ? AND entity_id = ? ORDER BY hlc, change_id

-- :name all_changes
SELECT change_id, entity, entity_id, actor, device, hlc, schema, names, fields, state
    FROM stadsveld_change ORDER BY hlc, change_id

-- :name clear_conflicts
DELETE FROM stadsveld_conflict WHERE entity = ? AND entity_id = ?

-- :name insert_conflict
INSERT INTO stadsveld_conflict (entity, entity_id, field) VALUES (?, ?, ?)

-- :name list_conflicts
SELECT entity, entity_id, field FROM stadsveld_conflict ORDER BY entity, entity_id, field

-- :name count_conflicts
SELECT count(*) FROM stadsveld_conflict

-- :name entity_conflicts
SELECT field FROM stadsveld_conflict WHERE entity = ? AND entity_id = ? ORDER BY field

-- :name put_base
INSERT OR REPLACE INTO stadsveld_base (entity, entity_id, row_values) VALUES (?, ?, ?)

-- :name get_base
SELECT row_values FROM stadsveld_base WHERE entity = ? AND entity_id = ?

-- :name unsent_changes
SELECT c.seq, c.change_id, c.entity, c.entity_id, c.actor, c.device, c.hlc, c.schema, c.names, c.fields, c.state
    FROM stadsveld_change c LEFT JOIN stadsveld_receipt r ON r.change_id = c.change_id
    WHERE c.seq > ? AND r.change_id IS NULL AND c.state = 'accepted' AND (c.device = ? OR c.seq <= ?)
    ORDER BY c.seq LIMIT ?

-- :name outbox
SELECT c.change_id, c.entity, c.entity_id, c.hlc, c.fields, r.status, r.reason
    FROM stadsveld_change c LEFT JOIN stadsveld_receipt r ON r.change_id = c.change_id
    WHERE c.device = ? AND (r.change_id IS NULL OR r.status = 'quarantined') ORDER BY c.seq

-- :name put_receipt
INSERT INTO stadsveld_receipt (change_id, status, reason, at) VALUES (?, ?, ?, ?)
    ON CONFLICT (change_id) DO UPDATE SET status = excluded.status, reason = excluded.reason, at = excluded.at

-- :name receipt_of
SELECT status, reason FROM stadsveld_receipt WHERE change_id = ?

-- :name forget_receipt
DELETE FROM stadsveld_receipt WHERE change_id = ?

-- :name forget_receipts
DELETE FROM stadsveld_receipt WHERE status <> 'quarantined'

-- :name log_change
INSERT INTO stadsveld_log (kind, entity, entity_id, change_id) VALUES ('change', ?, ?, ?)

-- :name log_entity_again
INSERT INTO stadsveld_log (kind, entity, entity_id, change_id)
    SELECT 'change', entity, entity_id, change_id FROM stadsveld_change
    WHERE entity = ? AND entity_id = ? ORDER BY seq

-- :name log_unlogged_changes
INSERT INTO stadsveld_log (kind, entity, entity_id, change_id)
    SELECT 'change', entity, entity_id, change_id FROM stadsveld_change
    WHERE change_id NOT IN (SELECT change_id FROM stadsveld_log WHERE change_id IS NOT NULL) ORDER BY seq

-- :name log_page
SELECT seq, kind, entity, entity_id, change_id FROM stadsveld_log WHERE seq > ? ORDER BY seq LIMIT ?

-- :name row_log_page
SELECT seq, kind, entity, entity_id, change_id FROM stadsveld_log
    WHERE kind = 'row' AND seq > ? ORDER BY seq LIMIT ?

-- :name last_logged
SELECT coalesce(max(seq), 0) FROM stadsveld_log

-- :name owned_of_row
SELECT DISTINCT field FROM stadsveld_head WHERE entity = ? AND entity_id = ?

-- :name has_heads
SELECT 1 FROM stadsveld_head WHERE entity = ? LIMIT 1

-- :name photo_hashes_without_receipt
SELECT DISTINCT sha256 FROM photo
    WHERE sha256 IS NOT NULL AND sha256 NOT IN (SELECT sha256 FROM stadsveld_photo_receipt) ORDER BY sha256

-- :name photo_known
SELECT 1 FROM photo WHERE sha256 = ? LIMIT 1

-- :name put_photo_receipt
INSERT OR REPLACE INTO stadsveld_photo_receipt (sha256, at) VALUES (?, ?)

-- :name forget_photo_receipts
DELETE FROM stadsveld_photo_receipt

-- :name add_code
INSERT INTO stadsveld_device (device_id, name, role, bbox, code_hash, code_expires) VALUES (?, ?, ?, ?, ?, ?)

-- :name device_by_code
SELECT * FROM stadsveld_device WHERE code_hash = ?

-- :name device_by_token
SELECT * FROM stadsveld_device WHERE token_hash = ?

-- :name device_by_id
SELECT * FROM stadsveld_device WHERE device_id = ?

-- :name list_devices
SELECT device_id, name, role, bbox, subscription, code_expires, enrolled_at, last_seen, ended, ended_at
    FROM stadsveld_device ORDER BY name, device_id

-- :name enrol_device
UPDATE stadsveld_device
    SET device_id = ?, name = ?, token_hash = ?, subscription = ?, enrolled_at = ?, last_seen = ?
    WHERE code_hash = ? AND enrolled_at IS NULL

-- :name device_seen
UPDATE stadsveld_device SET last_seen = ? WHERE device_id = ?

-- :name end_device
UPDATE stadsveld_device SET ended = ?, ended_at = ? WHERE device_id = ?

-- :name rows_sorted
SELECT $columns FROM $table ORDER BY id

-- :name last_change
SELECT coalesce(max(seq), 0) FROM stadsveld_change

-- :name entity_geometries
SELECT fields FROM stadsveld_change
    WHERE entity = ? AND entity_id = ? AND fields IS NOT NULL AND instr(names, '"geom"') > 0

-- :name closing_surfaces
-- What is there (existing, at ground level, not ended) and belongs to the BGT's plane, in a window.
SELECT id, bgt_class, geom FROM $table WHERE fid IN (
    SELECT pkid FROM $index WHERE xmax >= ? AND xmin <= ? AND ymax >= ? AND ymin <= ?
) AND ended IS NULL AND status = 'bestaand' AND coalesce(level, 0) = 0 AND coalesce(type, '') <> 'niet-bgt'

-- :name delivered_table
-- The objects that the delivery being imported knows; on disk where they are many, never in the store.
CREATE TEMP TABLE IF NOT EXISTS stadsveld_delivered (
    id TEXT PRIMARY KEY, entity TEXT, state TEXT NOT NULL, registered TEXT, ended TEXT
) WITHOUT ROWID

-- :name clear_delivered
DELETE FROM stadsveld_delivered

-- :name note_current
INSERT INTO stadsveld_delivered (id, entity, state, registered) VALUES (?, ?, 'current', ?)
    ON CONFLICT (id) DO UPDATE SET entity = excluded.entity, state = 'current', registered = excluded.registered
    WHERE state <> 'current'

-- :name note_ended
INSERT INTO stadsveld_delivered (id, state, ended) VALUES (?, 'ended', ?)
    ON CONFLICT (id) DO UPDATE SET ended = max(coalesce(ended, ''), coalesce(excluded.ended, ''))
    WHERE state = 'ended'

-- :name note_refused
INSERT INTO stadsveld_delivered (id, state) VALUES (?, 'refused')
    ON CONFLICT (id) DO UPDATE SET state = 'refused' WHERE state = 'ended'

-- :name noted_current
SELECT id, registered FROM stadsveld_delivered
    WHERE state = 'current' AND id IN (SELECT value FROM json_each(?))

-- :name delivered
SELECT entity, state, registered, ended FROM stadsveld_delivered WHERE id = ?

-- :name not_delivered
-- Rows that the delivery does not bring as they are: ended in it, absent from it, or moved elsewhere.
SELECT r.id, r.bgt_class, r.local_id, r.registered, r.geom, d.state, d.ended AS delivered_end
    FROM $table r LEFT JOIN stadsveld_delivered d ON d.id = r.id
    WHERE r.ended IS NULL AND r.dataset_id = ?
        AND (d.id IS NULL OR d.state <> 'current' OR d.entity <> $literal)

-- :name insert_triggers
SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? AND sql LIKE '% INSERT ON %'

-- :name drop_trigger
DROP TRIGGER $table

-- :name last_fid
SELECT seq FROM sqlite_sequence WHERE name = ?

-- :name index_row
INSERT INTO $index (pkid, xmin, xmax, ymin, ymax) VALUES (?, ?, ?, ?, ?)
