"""The database: engine, rows in bulk, compiled statements, repositories, history, migrations."""
