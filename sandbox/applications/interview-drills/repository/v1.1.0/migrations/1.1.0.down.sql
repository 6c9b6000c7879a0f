DROP INDEX evaluations_created_at;
