"""What all tests share. Each fixture is where its subject is: tests/fixtures/."""

pytest_plugins = [
    "tests.fixtures.names",
    "tests.fixtures.required",
    "tests.fixtures.database",
    "tests.fixtures.services",
    "tests.fixtures.simulated",
    "tests.fixtures.prospects",
    "tests.fixtures.live",
    "tests.fixtures.browser",
]
