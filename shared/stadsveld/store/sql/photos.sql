-- Photos and the proof that both sides hold them.

-- :name photo_hashes_without_receipt
SELECT DISTINCT sha256 FROM photo
    WHERE sha256 IS NOT NULL AND sha256 NOT IN (SELECT sha256 FROM stadsveld_photo_receipt) ORDER BY sha256

-- :name photo_known
SELECT 1 FROM photo WHERE sha256 = ? LIMIT 1

-- :name put_photo_receipt
INSERT OR REPLACE INTO stadsveld_photo_receipt (sha256, at) VALUES (?, ?)

-- :name forget_photo_receipts
DELETE FROM stadsveld_photo_receipt
