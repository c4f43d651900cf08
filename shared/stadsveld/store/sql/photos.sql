-- Photos and the proof that both sides hold them.

-- :name photo_index
CREATE INDEX IF NOT EXISTS photo_sha256 ON photo (sha256)

-- :name photo_hashes_without_receipt
SELECT DISTINCT sha256 FROM photo
    WHERE sha256 IS NOT NULL AND sha256 NOT IN (SELECT sha256 FROM stadsveld_photo_receipt) ORDER BY sha256

-- :name photo_known
SELECT 1 FROM photo WHERE sha256 = ? LIMIT 1

-- :name rows_of_photo
-- The rows that tell of a photo, and whether a device wrote that hash into them itself.
SELECT p.id, EXISTS (SELECT 1 FROM stadsveld_change c WHERE c.entity = 'photo' AND c.entity_id = p.id
        AND c.device = :device AND c.state = 'accepted' AND instr(c.fields, :sha256) > 0) AS is_own
    FROM photo p WHERE p.sha256 = :sha256

-- :name put_photo_receipt
INSERT OR REPLACE INTO stadsveld_photo_receipt (sha256, at) VALUES (?, ?)

-- :name forget_photo_receipts
DELETE FROM stadsveld_photo_receipt

-- :name photo_receipts_before
-- In an earlier second: the moment of a backup is written without its fraction, that of a receipt with it.
SELECT sha256 FROM stadsveld_photo_receipt WHERE substr(at, 1, 19) < substr(?, 1, 19)

-- :name fate_of_original
-- What decides whether an original may go: whether a row tells of its photo, when the central store had the
-- released file, whether that was erased, and whether an unfinished form tells of it.
SELECT EXISTS (SELECT 1 FROM photo WHERE id = :id) AS has_row,
    (SELECT r.at FROM photo p JOIN stadsveld_photo_receipt r ON r.sha256 = p.sha256 WHERE p.id = :id) AS delivered_at,
    EXISTS (SELECT 1 FROM stadsveld_change c JOIN stadsveld_erased e ON e.change_id = c.change_id
        WHERE c.entity = 'photo' AND c.entity_id = :id AND e.field = 'sha256'
            AND NOT EXISTS (SELECT 1 FROM photo WHERE id = :id AND sha256 IS NOT NULL)) AS is_erased,
    EXISTS (SELECT 1 FROM stadsveld_draft WHERE instr(fields, :id) > 0 OR entity_id = :id) AS is_in_draft
