CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email text NOT NULL UNIQUE,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE questions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic text NOT NULL,
  text text NOT NULL
);
CREATE TABLE evaluations (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES users,
  question_id bigint NOT NULL REFERENCES questions,
  score smallint NOT NULL CHECK (score BETWEEN 0 AND 100),
  feedback text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO questions (topic, text) VALUES ('introduction', 'Tell us about a system that you are proud of.');
