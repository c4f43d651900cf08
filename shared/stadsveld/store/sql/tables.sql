-- Tables of the store, and the triggers that capture edits.

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

-- :name add_column
ALTER TABLE $table ADD COLUMN $columns

-- :name table_columns
SELECT name FROM pragma_table_info(?)

-- :name add_geometry
SELECT AddGeometryColumn(?, 'geom', 28992, ?, 'XY')

-- :name create_spatial_index
SELECT CreateSpatialIndex(?, 'geom')

-- :name drop_time_of_update
DROP TRIGGER IF EXISTS tmu_${table}_geom

-- :name time_of_update
-- SpatiaLite notes the time of each update of a row, which costs as much as the update; of geometries it must.
CREATE TRIGGER tmu_${table}_geom AFTER UPDATE OF geom ON $table
BEGIN
    UPDATE geometry_columns_time SET last_update = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
        WHERE f_table_name = $literal AND f_geometry_column = 'geom';
END

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
