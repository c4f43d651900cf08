-- Bundles: what travels without a network.

-- :name put_receipt_of_known
-- A receipt counts only where its change is here.
INSERT INTO stadsveld_receipt (change_id, status, reason, at)
    SELECT change_id, :status, :reason, :at FROM stadsveld_change WHERE change_id = :change_id
    ON CONFLICT (change_id) DO UPDATE SET status = excluded.status, reason = excluded.reason, at = excluded.at

-- :name receipts_for_device
-- What the central store has of a device's changes: accepted, or refused with the reason.
SELECT c.change_id, CASE c.state WHEN 'accepted' THEN 'accepted' ELSE 'quarantined' END AS status, r.reason
    FROM stadsveld_change c LEFT JOIN stadsveld_receipt r ON r.change_id = c.change_id
    WHERE c.device = :device ORDER BY c.seq

-- :name token_of_device
SELECT token_hash FROM stadsveld_device WHERE device_id = ?

-- :name photo_hashes
SELECT DISTINCT sha256 FROM photo WHERE sha256 IS NOT NULL ORDER BY sha256
