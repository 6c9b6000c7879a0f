ALTER TABLE evaluations ADD COLUMN rubric text NOT NULL DEFAULT 'standard';
