CREATE INDEX evaluations_created_at ON evaluations (created_at DESC);
