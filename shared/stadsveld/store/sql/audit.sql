-- The audit log: a chain of lines, and beside it the salted digests of what devices sent.

-- :name audit_table
-- `line` is canonical JSON; `hash` is SHA-256 over the hash of the line before and this line.
CREATE TABLE stadsveld_audit (seq INTEGER PRIMARY KEY, line TEXT NOT NULL, hash TEXT NOT NULL)

-- :name audit_change_table
-- The salted digest of a change as it was accepted, by the line that tells of it. Without its salt
-- a digest says nothing about the content any more, and the chain over it stays whole.
CREATE TABLE stadsveld_audit_change (
    change_id TEXT PRIMARY KEY, seq INTEGER NOT NULL, salt BLOB, digest BLOB NOT NULL
) WITHOUT ROWID

-- :name audit_salt_trigger
-- Whoever takes values away (folding, erasure), the salt goes in the same transaction.
CREATE TRIGGER stadsveld_audit_drop_salt AFTER UPDATE OF fields ON stadsveld_change
WHEN OLD.fields IS NOT NEW.fields
BEGIN
    UPDATE stadsveld_audit_change SET salt = NULL WHERE change_id = OLD.change_id;
END

-- :name audit_head
SELECT seq, hash FROM stadsveld_audit ORDER BY seq DESC LIMIT 1

-- :name audit_add
INSERT INTO stadsveld_audit (seq, line, hash) VALUES (?, ?, ?)

-- :name audit_lines
SELECT seq, line, hash FROM stadsveld_audit ORDER BY seq

-- :name audit_line
SELECT hash FROM stadsveld_audit WHERE seq = ?

-- :name audit_content
SELECT change_id, entity, entity_id, actor, device, hlc, schema, names, fields
    FROM stadsveld_change WHERE change_id IN (SELECT value FROM json_each(?)) AND state = 'accepted'
    ORDER BY change_id

-- :name audit_add_change
INSERT OR IGNORE INTO stadsveld_audit_change (change_id, seq, salt, digest) VALUES (?, ?, ?, ?)

-- :name audit_changes
SELECT a.seq, a.change_id AS id, a.salt, a.digest, c.change_id, c.entity, c.entity_id, c.actor, c.device,
        c.hlc, c.schema, c.names, c.fields
    FROM stadsveld_audit_change a LEFT JOIN stadsveld_change c ON c.change_id = a.change_id
    WHERE a.seq <= ? ORDER BY a.seq, a.change_id
