"""The dashboards as code: made from the catalogue, checked in as JSON, shown by Grafana and our own wall."""
