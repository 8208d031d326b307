"""Running the platform: backup, restore, health, figures."""
