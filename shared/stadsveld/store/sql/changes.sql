-- Changes, their heads and conflicts, receipts, and the log that others fetch.

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

-- :name ahead_table
-- Changes whose stamps ran further ahead than a clock may when they arrived here.
CREATE TABLE stadsveld_ahead (change_id TEXT PRIMARY KEY) WITHOUT ROWID

-- :name note_ahead
INSERT OR IGNORE INTO stadsveld_ahead (change_id) VALUES (?)

-- :name is_ahead
SELECT 1 FROM stadsveld_ahead WHERE change_id = ?

-- :name count_ahead
SELECT count(*) FROM stadsveld_ahead

-- :name known_changes
SELECT change_id FROM stadsveld_change WHERE change_id IN (SELECT value FROM json_each(?))

-- :name known_parents
SELECT DISTINCT parent FROM stadsveld_change_parent WHERE parent IN (SELECT value FROM json_each(?))

-- :name accepted_changes
SELECT change_id FROM stadsveld_change
    WHERE change_id IN (SELECT value FROM json_each(?)) AND state = 'accepted'

-- :name any_child
SELECT 1 FROM stadsveld_change_parent WHERE parent = ? LIMIT 1

-- :name is_any
SELECT 1 FROM $table LIMIT 1

-- :name parents_of_changes
SELECT change_id, field, parent FROM stadsveld_change_parent
    WHERE change_id IN (SELECT value FROM json_each(?)) ORDER BY change_id, field, parent

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

-- :name delete_head
DELETE FROM stadsveld_head WHERE entity = ? AND entity_id = ? AND field = ? AND change_id = ?

-- :name clear_heads
DELETE FROM stadsveld_head WHERE entity = ? AND entity_id = ? AND field = ?

-- :name entity_heads
SELECT h.field, h.change_id, c.hlc, c.fields, c.actor, c.device FROM stadsveld_head h
    JOIN stadsveld_change c ON c.change_id = h.change_id
    WHERE h.entity = ? AND h.entity_id = ? ORDER BY h.field, c.hlc DESC, h.change_id DESC

-- :name heads_of_things
SELECT h.entity_id, h.field, h.change_id, c.hlc, c.fields, c.actor, c.device FROM stadsveld_head h
    JOIN stadsveld_change c ON c.change_id = h.change_id
    WHERE h.entity = ? AND h.entity_id IN (SELECT value FROM json_each(?))
    ORDER BY h.entity_id, h.field, c.hlc DESC, h.change_id DESC

-- :name has_heads
SELECT 1 FROM stadsveld_head WHERE entity = ? LIMIT 1

-- :name owned_of_row
SELECT DISTINCT field FROM stadsveld_head WHERE entity = ? AND entity_id = ?

-- :name owned_fields
SELECT DISTINCT entity_id, field FROM stadsveld_head WHERE entity = ?

-- :name entity_changes
SELECT change_id, entity, entity_id, actor, device, hlc, schema, names, fields, state
    FROM stadsveld_change WHERE entity = ? AND entity_id = ? ORDER BY hlc, change_id

-- :name all_changes
SELECT change_id, entity, entity_id, actor, device, hlc, schema, names, fields, state
    FROM stadsveld_change ORDER BY hlc, change_id

-- :name rows_by_ids
SELECT $columns FROM $table WHERE id IN (SELECT value FROM json_each(?))

-- :name last_change
SELECT coalesce(max(seq), 0) FROM stadsveld_change

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

-- :name unsent_changes
-- A restored central store also has to know again what it refused: the line of ancestors goes through that;
-- and what was made here on things that left since, which nobody else may hold.
SELECT c.seq, c.change_id, c.entity, c.entity_id, c.actor, c.device, c.hlc, c.schema, c.names, c.fields, c.state
    FROM stadsveld_change c LEFT JOIN stadsveld_receipt r ON r.change_id = c.change_id
    WHERE c.seq > :after AND (
        (r.change_id IS NULL AND c.state = 'accepted' AND (c.device = :device OR c.seq <= :offer_all))
        OR (r.status = 'quarantined' AND c.device = :device AND c.seq <= :offer_all)
        OR (r.change_id IS NULL AND c.state = 'left' AND c.seq <= :offer_all)
    ) ORDER BY c.seq LIMIT :most

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

-- :name log_row
INSERT INTO stadsveld_log (kind, entity, entity_id) VALUES ('row', ?, ?)

-- :name forget_logged_row
DELETE FROM stadsveld_log WHERE kind = 'row' AND entity = ? AND entity_id = ?

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

-- :name entity_geometries
SELECT fields FROM stadsveld_change
    WHERE entity = ? AND entity_id = ? AND fields IS NOT NULL AND instr(names, '"geom"') > 0
