DROP TABLE evaluations;
DROP TABLE questions;
DROP TABLE users;
