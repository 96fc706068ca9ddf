package aws

// layerVendors are accounts that others publish their layers from, as their own guides say, by name.
var layerVendors = table[map[string]string]{
	sources: []Source{
		{"https://github.com/DataDog/datadog-lambda-python/releases/tag/v48", "2026-11-28"},
		{"https://layers.newrelic-external.com/", "2026-11-23"},
		{"https://www.ibm.com/docs/en/SSE1JP5/src/pages/ecosystem/aws-lambda/python/index.html", "2026-11-23"},
		{"https://github.com/SumoLogic/sumologic-otel-lambda/releases/tag/python-v1.40.0", "2026-11-28"},
		{"https://github.com/open-telemetry/opentelemetry-lambda/releases", "2026-11-23"},
	},
	rows: map[string]string{
		"464622532012": "Datadog", "002406178527": "Datadog", "451483290750": "New Relic", "410797082306": "Instana", "663229565520": "Sumo Logic",
		"184161586896": "the OpenTelemetry project",
	},
}

// LayerVendor gives the name of the vendor that publishes layers from an account; false for any other account.
func LayerVendor(account string) (string, bool) {
	name, ok := layerVendors.rows[account]
	return name, ok
}
