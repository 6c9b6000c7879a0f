CREATE TABLE reviews (
  evaluation_id bigint PRIMARY KEY REFERENCES evaluations ON DELETE CASCADE,
  reviewer_id bigint NOT NULL REFERENCES users,
  agrees boolean NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
