"""What makes the tests run: databases, servers, browser, proof of requirements."""
