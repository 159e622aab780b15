"""The engines, services and pages of this project on one machine, without Docker."""
