ALTER TABLE evaluations DROP COLUMN rubric;
